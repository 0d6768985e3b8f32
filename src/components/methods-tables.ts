import {bandOf, type Measure, measures} from "../measures/tables/measures.js";
import {element, scrollRegion} from "./dom.js";
import {dateTime, grouped, shortHash} from "./format.js";
import type {Published, SiteArm, SiteIndex} from "./site-data.js";

/** Where each published number was read, and how precisely. */
export function publishedSources({sources, citation}: Published): HTMLElement {
  return simpleTable(
    ["Read in", "Precision", "Caution"],
    Object.values(sources).map(({where, precision, mispaired}) => [
      where,
      precision,
      mispaired ? "compares images of different patients" : ""
    ]),
    `Files of ${citation.code} at commit ${shortHash(citation.commit)}, unless another place is named; text: arXiv ${citation.arxiv}`
  );
}

/** Every measure that tables can have, by its key; those of a band or a ring once for all. */
export function measureList(): HTMLElement {
  const rows = new Map<string, Measure & {readonly count: number}>();
  for (const measure of measures) {
    const key = familyOf(measure.key);
    const known = rows.get(key);
    rows.set(key, {...(known ?? measure), key, count: (known?.count ?? 0) + 1});
  }
  const better = {higher: "higher", lower: "lower"} as const;
  return simpleTable(
    ["Key", "Measure", "Flavour", "Unit", "Closer to HR"],
    [...rows.values()].map((measure) => [
      measure.key,
      measure.count > 1
        ? `${measure.label.replace(/,? ?(of |ring 1 of 10|coarse picture, level 3).*$/, "")}, ${measure.count} of them`
        : measure.label,
      measure.flavour,
      measure.unit === "1" ? "–" : measure.unit,
      measure.better === null ? "neither" : better[measure.better]
    ]),
    "Measures by their keys in files of bandscope analyse and of studies"
  );
}

/** `band_sse_HH1` → `band_sse_<band>`, `radial_log_power_3` → `radial_log_power_<ring>`. */
function familyOf(key: string): string {
  const band = bandOf(key);
  if (band !== null) return key.replace(band, "<band>");
  return key.replace(/^(radial_log_power_)\d+$/, "$1<ring>");
}

/** Arms, how their networks were trained, and images of this build. */
export function methodsProvenance(index: SiteIndex): HTMLElement {
  const trained = index.arms.filter(({training, licence}) => training !== undefined || licence !== undefined);
  return element(
    "div",
    {},
    simpleTable(
      ["Arm", "Latent", "Parameters", "Computed", "Weights (SHA-256)"],
      index.arms.map((arm) => [
        arm.label,
        arm.geometry ? `${channels(arm.geometry.channels)} at 1/${arm.geometry.factor}` : "–",
        arm.parameters === undefined ? "–" : grouped(arm.parameters),
        dateTime(index.computed[arm.id]),
        weightsOf(arm)
      ]),
      `Arms; computed by ${enginesOf(index.arms)}`
    ),
    trained.length > 0 &&
      simpleTable(
        ["Network", "Trained on", "Licence"],
        trained.map(({label, training, licence}) => [label, training ?? "–", shortName(licence)]),
        "Training of their networks: steps, time, images; licence of the weights"
      ),
    simpleTable(
      ["Images", "Number", "Patients or scenes", "Kind", "Licence"],
      index.sets.map((set) => [
        set.label,
        String(set.images),
        set.patients === null ? "not known" : String(set.patients),
        set.simulated ? "simulated" : "real",
        set.licence
      ]),
      `Images; measured by Bandscope ${index.bandscope}`
    )
  );
}

/** Each engine with its arms; that of most comes last, with "all others". */
export function enginesOf(arms: readonly Pick<SiteArm, "label" | "engine">[]): string {
  const byEngine = [...new Set(arms.map(({engine}) => engine))]
    .map((engine) => ({engine, labels: arms.filter((arm) => arm.engine === engine).map(({label}) => label)}))
    .sort((a, b) => a.labels.length - b.labels.length);
  const [most] = byEngine.splice(-1);
  const few = byEngine.map(({engine, labels}) => `${engine} (${labels.join(", ")})`);
  return few.length === 0 ? most.engine : [...few, `${most.engine} (all others)`].join("; ");
}

function channels(count: number): string {
  return `${count} channel${count === 1 ? "" : "s"}`;
}

/** A super-resolution arm's own weights are its generator's; those of the autoencoder in whose latents it works come second. */
function weightsOf({weights, generator}: SiteArm): string {
  const own = weights && `${weights.files.join(", ")}: ${shortHash(weights.sha256)}…`;
  if (generator === undefined) return own ?? "–";
  return `${generator.file}: ${shortHash(generator.sha256)}…${own === undefined ? "" : `; its autoencoder ${own}`}`;
}

/** `MIT (trained on simulated images only)` → "MIT", which says the rest when pointed at. */
function shortName(licence: string | undefined): Cell {
  const name = licence?.replace(/ \(.*\)$/, "");
  return name === undefined || name === licence ? (name ?? "–") : element("abbr", {title: licence}, name);
}

type Cell = string | Node;

function simpleTable(columns: readonly string[], rows: readonly (readonly Cell[])[], caption: string): HTMLElement {
  return scrollRegion(
    caption,
    element(
      "table",
      {class: "texts"},
      element("caption", {}, caption),
      element("thead", {}, element("tr", {}, ...columns.map((column) => element("th", {scope: "col"}, column)))),
      element(
        "tbody",
        {},
        ...rows.map((row) =>
          element(
            "tr",
            {},
            ...row.map((cell, i) => (i === 0 ? element("th", {scope: "row"}, cell) : element("td", {}, cell)))
          )
        )
      )
    )
  );
}
