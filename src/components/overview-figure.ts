import {belowBicubic} from "./below-bicubic.js";
import {element, scrollRegion} from "./dom.js";
import {figure} from "./figure.js";
import {dateTime, fixed, shortHash, signed} from "./format.js";
import {factList, sourced} from "./provenance.js";
import {overviewMarks, psnrOverview} from "./psnr-overview.js";
import type {Overview} from "./site-data.js";
import {subjects} from "./subjects.js";

/** The home page's chart with its title, caption and numbers. */
export function overviewFigure(overview: Overview, {width}: {width: number}): HTMLElement {
  const {lanes, marks} = overviewMarks(overview);
  return figure(psnrOverview(overview, {width}), {
    name: "psnr-overview",
    title: "PSNR by dataset and arm, mean over images",
    subtitle:
      "Filled: super-resolution. Hollow: an autoencoder alone, its ceiling (circle: the study's; diamond: measured here). Tick: bicubic. Whiskers: ±1 SD over images.",
    caption:
      "The study's super-resolution values are self-referential: the reference is decode(encode(HR)) by the same autoencoder. All others are against HR. Datasets differ between the lanes, so levels should not be compared across them.",
    rows: marks.map(({lane, label, value, sd}) => ({
      dataset: lanes[lane].text,
      arm: label,
      "PSNR (dB)": fixed(value, 2),
      "SD (dB)": sd === null ? null : fixed(sd, 2),
      n: lanes[lane].note.replace("n = ", "")
    }))
  });
}

/** A published gain of MedVAE over SD-VAE as a number that names its source. */
overviewFigure.gap = ({published}: Overview, dataset: string, convention: string): HTMLElement => {
  const row = published.values.find(
    (one) => one.measure === "psnr_gap" && one.dataset === dataset && one.convention === convention
  );
  if (row === undefined) throw new RangeError(`no published gain for ${dataset}, ${convention}`);
  const source = published.sources[row.source];
  return sourced(signed(row.value, 2), [
    ["published", `arXiv ${published.citation.arxiv}`],
    ["read in", source.where],
    ["precision", source.precision],
    ["compared with", published.conventions[row.convention]],
    ["data", published.datasets[dataset].label],
    ["n", `${row.n} images`]
  ]);
};

/** Where what this build's generators made stays below bicubic; null where it does not. */
overviewFigure.belowBicubic = ({ours}: Pick<Overview, "ours">): string | null =>
  belowBicubic(
    [...new Set(ours.map(({set}) => set))].flatMap((set) => {
      const own = ours.filter((row) => row.set === set);
      const bicubic = own.find(({arm}) => arm === "bicubic");
      const arms = own.filter(({arm}) => arm.startsWith("sr:")).map(({mean}) => mean);
      return bicubic ? [{label: `${bicubic.label}, n = ${bicubic.n}`, bicubic: bicubic.mean, arms}] : [];
    }),
    "The generators of this build"
  );

/** Engine, images, weights, seed and date of everything that this build measured, and its numbers. */
export function overviewProvenance({engine, ours, published}: Overview): HTMLElement {
  const sets = [...new Set(ours.map((row) => row.set))];
  const arms = [...new Set(ours.map((row) => row.arm))];
  const dates = ours.map((row) => row.date).sort();
  const weights = [...new Map(ours.filter((row) => row.weights).map((row) => [row.armLabel, row]))];
  const cell = (set: string, arm: string) => ours.find((row) => row.set === set && row.arm === arm);
  return element(
    "div",
    {},
    scrollRegion(
      "Mean PSNR measured here",
      element(
        "table",
        {id: "measured"},
        element("caption", {class: "visually-hidden"}, "Mean PSNR in dB with its 95 % interval"),
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            element("th", {scope: "col"}, "Mean PSNR against HR (dB)"),
            ...arms.map((arm) =>
              element("th", {scope: "col", class: "number"}, ours.find((row) => row.arm === arm)!.armLabel)
            )
          )
        ),
        element(
          "tbody",
          {},
          ...sets.map((set) =>
            element(
              "tr",
              {},
              element("th", {scope: "row"}, ours.find((row) => row.set === set)!.label),
              ...arms.map((arm) => {
                const row = cell(set, arm);
                if (row === undefined) return element("td", {class: "number"}, "–");
                const interval =
                  row.low === null || row.high === null
                    ? "not available"
                    : `${fixed(row.low, 2)} to ${fixed(row.high, 2)} dB`;
                return element(
                  "td",
                  {class: "number", "data-set": set, "data-arm": arm},
                  sourced(fixed(row.mean, 2), [
                    ["mean PSNR", `${row.armLabel}, ${row.label}`],
                    ["95 % interval", `${interval} (bootstrap over patients)`],
                    ["n", `${row.n} images${row.patients === null ? "" : `, ${subjects(row.patients, row.anatomy)}`}`],
                    ["seed", row.seeds],
                    ...(row.weights
                      ? ([[row.autoencoderWeights ? "generator" : "weights", shortHash(row.weights)]] as const)
                      : []),
                    ...(row.autoencoderWeights ? ([["autoencoder", shortHash(row.autoencoderWeights)]] as const) : []),
                    ["artefacts", `${shortHash(row.artefact)} and ${row.moreArtefacts} more`],
                    ["engine", row.engine],
                    ["computed", dateTime(row.date)]
                  ])
                );
              })
            )
          )
        )
      )
    ),
    factList([
      ["Engine", engine],
      ["Images", ours.some((row) => row.simulated) ? "simulated; none is of a patient" : "real"],
      ["Seed of the images", [...new Set(ours.map((row) => row.seeds))].join(", ")],
      ...weights.map(
        ([label, {weights, autoencoderWeights}]) =>
          [
            `Weights of ${label}`,
            autoencoderWeights === undefined
              ? `SHA-256 ${shortHash(weights!)}…`
              : `generator SHA-256 ${shortHash(weights!)}…; its autoencoder ${shortHash(autoencoderWeights)}…`
          ] as const
      ),
      ...[...new Map(ours.flatMap((row) => (row.training ? [[row.armLabel, row.training] as const] : [])))].map(
        ([label, training]) => [`${label}: trained on`, training] as const
      ),
      [
        "Computed",
        dates[0] === dates.at(-1) ? dateTime(dates[0]) : `${dateTime(dates[0])} to ${dateTime(dates.at(-1) ?? null)}`
      ],
      ["Published numbers", `arXiv ${published.citation.arxiv} and its code at ${shortHash(published.citation.commit)}`]
    ])
  );
}
