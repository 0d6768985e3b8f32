import {
  type AblationFactor,
  type AblationPoint,
  ablations,
  claimedStable,
  evidence,
  failureOf,
  stableWithin
} from "../measures/studies/ablation.js";
import {failedWords} from "../measures/studies/failed.js";
import {configurationName} from "../measures/studies/names.js";
import {studyResampling} from "../measures/studies/resampling.js";
import {
  autoencoderRoles,
  type Configuration,
  configurations,
  referenceConfiguration,
  srArm
} from "../measures/studies/roles.js";
import type {ResultRow} from "../measures/studies/rows.js";
import {ablationChart, extent, factorNames, gapText, inOrder, pointKey, standing} from "./ablation-chart.js";
import {convention, measureFor, onConvention} from "./convention.js";
import {element, scrollRegion} from "./dom.js";
import {figure} from "./figure.js";
import {fixed, signed} from "./format.js";
import {type Facts, sourced} from "./provenance.js";
import {responsive} from "./responsive.js";
import {dropdown, segmented} from "./segmented.js";
import type {Published} from "./site-data.js";
import {configurationText} from "./study-controls.js";
import type {StudyResults} from "./study-data.js";
import {studyFacts} from "./study-facts.js";
import {fromUrl, toUrl} from "./url-state.js";

export interface AblationBoardOptions {
  readonly results: StudyResults;
  readonly fidelity: readonly ResultRow[];
  readonly published: Published;
}

/** What the study says its gap is stable under, in its words. */
const claimWords: Readonly<Partial<Record<AblationFactor, string>>> = {
  steps: "inference schedules: the number of steps T",
  sampler: "inference schedules: how the sampler walks them",
  target: "prediction targets (x₀, ε, v)",
  generator: "generators (diffusion, flow matching)"
};

/** What the study did not try, or did not say. */
const unclaimed: readonly AblationFactor[] = ["scaling", "latent", "training seed", "seed"];

/** Everything that the page Ablations shows of a study. Its state stands in the address. */
export function ablationBoard({results, fidelity, published}: AblationBoardOptions): HTMLElement {
  const roles = autoencoderRoles(results);
  // an autoencoder without super-resolution has no gap
  const generated = results.autoencoders.filter(({id}) =>
    results.arms.some(({kind, autoencoder}) => kind === "sr" && autoencoder === id)
  );
  const choices = generated.length > 0 ? generated : results.autoencoders;
  const ids = choices.map(({id}) => id);
  const options = choices.map(({id, label}) => ({value: id, label}));
  const mainA = ids.find((id) => id === roles.sdvae) ?? ids[0];
  const mainB = ids.find((id) => id === roles["medvae-4-3"]) ?? ids.find((id) => id !== mainA) ?? mainA;
  const from = dropdown(options, {label: "Gap from", value: fromUrl("from", mainA, ids)});
  const to = dropdown(options, {label: "to", value: fromUrl("to", mainB, ids)});
  const reference = referenceConfiguration(results);
  const candidates = configurations(results.arms);
  const base = dropdown(
    candidates.map((one) => ({value: configurationText(one), label: configurationName(results, one)})),
    {
      label: "Reference",
      value: fromUrl(
        "config",
        reference === null ? "" : configurationText(reference),
        candidates.map(configurationText)
      )
    }
  );
  const show = segmented(
    [
      {value: "gap", label: "the gap"},
      {value: "change", label: "its change"}
    ],
    {label: "Show", value: fromUrl("show", "gap", ["gap", "change"])}
  );

  let points: readonly AblationPoint[] = [];
  let measure = measureFor("psnr", convention(), {kind: "sr"});
  const charts = responsive((width) => drawCharts(width));
  const verdicts = element("div", {});
  const summary = element("p", {});
  const labelOf = (set: string) => results.sets.find(({id}) => id === set)?.label ?? set;
  const nameOf = (id: string) => results.autoencoders.find((one) => one.id === id)?.label ?? id;
  const sets = () => [...new Set(points.map(({set}) => set))];

  function factsOf(point: AblationPoint): Facts {
    return studyFacts(results, {
      arms: [point.a, point.b],
      sets: [point.set],
      seed: point.seed ?? undefined,
      nImages: point.gap.nImages,
      nPatients: point.gap.nPatients
    });
  }

  function drawCharts(width: number): Node {
    if (points.length === 0) {
      return element(
        "p",
        {class: "note-simulated"},
        `This study has no super-resolution in the latents of both ${nameOf(from.value)} and ${nameOf(to.value)} with this reference.`
      );
    }
    const mode = show.value as "gap" | "change";
    const ends = points.flatMap((point) => {
      const [low, , high] = extent(point, mode);
      const centre = mode === "gap" && point.factor === "reference" ? point.gap.mean : 0;
      return [low, high, centre - stableWithin, centre + stableWithin].filter(
        (x, i) => i < 2 || mode === "change" || point.factor === "reference" || x > low
      );
    });
    const [least, most] = [Math.min(...ends), Math.max(...ends)];
    const room = (most - least) * 0.05 || 0.1;
    const domain = [least - room, most + room] as const;
    const columns = Math.max(1, Math.min(sets().length, Math.floor((width + 40) / 400)));
    const each = Math.floor((width - 40 * (columns - 1)) / columns);
    return element(
      "div",
      {class: "columns", style: `grid-template-columns: repeat(${columns}, minmax(0, 1fr))`},
      ...sets().map((set) => {
        const own = points.filter((point) => point.set === set);
        const drawing = ablationChart(own, {
          width: each,
          domain,
          margin: stableWithin,
          show: mode,
          onSelect: (point) => {
            location.href = statisticsLink(point);
          }
        });
        return figure(drawing, {
          name: `ablations-${set}`,
          title: labelOf(set),
          subtitle: `${own[0].gap.nImages} images${own[0].gap.nPatients === null ? "" : ` of ${own[0].gap.nPatients} patients`}`,
          rows: inOrder(own).map((point) => ({
            changed: factorNames[point.factor],
            to: point.value,
            seeds: point.seeds.join(", "),
            [`PSNR against HR, ${nameOf(from.value)} (dB)`]: round(point.psnrA),
            [`PSNR against HR, ${nameOf(to.value)} (dB)`]: round(point.psnrB),
            "gap (dB)": round(point.gap.mean),
            "gap, low": round(point.gap.low),
            "gap, high": round(point.gap.high),
            "change (dB)": round(point.change?.mean ?? null),
            "change, low": round(point.change?.low ?? null),
            "change, high": round(point.change?.high ?? null),
            [`within ±${stableWithin} dB`]: point.within === null ? null : point.within ? "yes" : "no",
            "shown by TOST": point.equivalent === null ? null : point.equivalent ? "yes" : "no",
            "no evidence": failureOf(point)
          }))
        });
      })
    );
  }

  function statisticsLink({a, b, seed}: AblationPoint): string {
    const search = new URLSearchParams({a, b, ...(seed === null ? {} : {seed: String(seed)})});
    if (convention() !== "default") search.set("convention", convention());
    return `./statistics.html?${search}`;
  }

  function drawVerdicts(): void {
    if (points.length === 0) {
      verdicts.replaceChildren();
      summary.textContent = "";
      return;
    }
    summary.replaceChildren(...summaryOf());
    const changes = points.filter(({factor}) => factor !== "reference");
    const row = (factor: AblationFactor, words: string) =>
      element(
        "tr",
        {"data-factor": factor},
        element("th", {scope: "row"}, words),
        ...sets().map((set) => {
          const here = changes.filter((point) => point.factor === factor && point.set === set);
          if (here.length === 0) return element("td", {}, "not tried");
          const worst = largest(here.filter(({failed}) => failed.length === 0));
          const failed = here.filter(({failed}) => failed.length > 0).length;
          return element(
            "td",
            {"data-set": set, "data-verdict": verdictOf(here)},
            element("strong", {}, wordsOf(factor, verdictOf(here))),
            worst !== undefined && element("br"),
            worst !== undefined &&
              sourced(gapText(worst.change!), [
                ["largest change", `${factorNames[worst.factor]}: ${worst.value}`],
                ["of", `${here.length - failed} tried`],
                ...factsOf(worst)
              ]),
            failed > 0 && element("br"),
            failed > 0 && `${failed} of ${here.length} left out: a model failed`
          );
        })
      );
    const head = element(
      "thead",
      {},
      element(
        "tr",
        {},
        element("th", {scope: "col"}, "Changed"),
        ...sets().map((set) => element("th", {scope: "col"}, labelOf(set)))
      )
    );
    const group = (title: string, rows: readonly HTMLElement[]) =>
      element(
        "tbody",
        {},
        element("tr", {class: "group"}, element("th", {colspan: sets().length + 1, scope: "rowgroup"}, title)),
        ...rows
      );
    const tried = unclaimed.filter((factor) => changes.some((point) => point.factor === factor));
    const table = element(
      "table",
      {class: "verdicts", id: "verdicts"},
      element("caption", {class: "visually-hidden"}, "Whether the gap stays within the band"),
      head,
      group(
        `Claimed to be stable within ±${stableWithin} dB`,
        claimedStable.map((factor) => row(factor, claimWords[factor] ?? factorNames[factor].toLowerCase()))
      ),
      ...(tried.length === 0
        ? []
        : [
            group(
              "Not part of the claim",
              tried.map((factor) => row(factor, factorNames[factor].toLowerCase()))
            )
          ])
    );
    verdicts.replaceChildren(
      figure(scrollRegion("Verdicts", table), {
        name: "ablation-verdicts",
        title: "Which part of the claim holds here",
        caption: `Beneath each verdict the largest change of the gap against the reference of the same seeds, with its 95 % interval (bootstrap over patients). ${explained(
          [...claimedStable, ...tried].flatMap((factor) =>
            sets().flatMap((set) => {
              const here = changes.filter((point) => point.factor === factor && point.set === set);
              return here.length === 0 ? [] : [[factor, verdictOf(here)] as const];
            })
          )
        )} The study (arXiv ${published.citation.arxiv}) compared means only.`,
        rows: [...claimedStable, ...tried].flatMap((factor) =>
          sets().map((set) => {
            const here = changes.filter((point) => point.factor === factor && point.set === set);
            const worst = largest(here.filter(({failed}) => failed.length === 0));
            return {
              changed: factorNames[factor],
              dataset: labelOf(set),
              tried: here.length,
              failed: here.filter(({failed}) => failed.length > 0).length,
              verdict: here.length === 0 ? "not tried" : wordsOf(factor, verdictOf(here)),
              "largest change (dB)": round(worst?.change?.mean ?? null),
              low: round(worst?.change?.low ?? null),
              high: round(worst?.change?.high ?? null)
            };
          })
        )
      })
    );
  }

  /** What the charts come to: the changes that are evidence, the failed ones, and the seeds by themselves. */
  function summaryOf(): (Node | string)[] {
    const sound = evidence(points);
    const tried = points.filter(({factor}) => factor !== "reference" && factor !== "seed");
    const seeds = points.filter(({factor, failed}) => factor === "seed" && failed.length === 0);
    const count = (is: ReturnType<typeof standing>) => sound.filter((point) => standing(point) === is).length;
    const most = largest(sound);
    const furthest = largest(seeds);
    const failed = tried.length - sound.length;
    if (tried.length === 0) return ["This study tried no change of this reference in both autoencoders."];
    return [
      ...(most === undefined
        ? []
        : [
            `Of ${sound.length} changes (over all datasets), ${sound.length - count("outside")} leave the gap within ±${stableWithin} dB of the reference’s, ${count("shown")} demonstrably so (TOST), and ${count("outside")} move it further. The largest change is `,
            sourced(`${signed(most.change!.mean, 2)} dB`, [
              ["changed", `${factorNames[most.factor]}: ${most.value}`],
              ...factsOf(most)
            ]),
            ` (${factorNames[most.factor].toLowerCase()}: ${most.value}; ${labelOf(most.set)}). `
          ]),
      ...(failed === 0
        ? []
        : [
            `${failed} ${most === undefined ? (failed === 1 ? "change says" : "changes say") : `more ${failed === 1 ? "says" : "say"}`} nothing of stability: a model that is compared there ${failedWords} on the same images (both models’ PSNR stands in the table behind each chart). `
          ]),
      ...(furthest === undefined
        ? []
        : [
            `By themselves, the seeds of the noise have a gap within ${fixed(Math.abs(furthest.change!.mean), 2)} dB of their mean’s.`
          ])
    ];
  }

  function update(): void {
    measure = measureFor("psnr", convention(), {kind: "sr"});
    const configuration: Configuration | undefined = candidates.find((one) => configurationText(one) === base.value);
    const complete =
      configuration !== undefined &&
      [from.value, to.value].every((id) => srArm(results, id, configuration) !== undefined);
    points = complete
      ? ablations(results, fidelity, {
          a: from.value,
          b: to.value,
          // none for the reference: where each dataset has generators of its own, so is each dataset's reference
          configuration: reference !== null && base.value === configurationText(reference) ? undefined : configuration,
          measure: measure.key as "psnr" | "self_psnr",
          ...studyResampling
        })
      : [];
    toUrl({
      from: from.value === mainA ? null : from.value,
      to: to.value === mainB ? null : to.value,
      config: reference !== null && base.value === configurationText(reference) ? null : base.value || null,
      show: show.value === "gap" ? null : show.value
    });
    said.textContent = `${measure.label}: ${nameOf(to.value)} minus ${nameOf(from.value)}, patient by patient. Dot and line: mean and 95 % interval (bootstrap over patients). Filled: within ±${stableWithin} dB of the reference, and shown to be; hollow: within, not shown; red: outside; grey and dashed: no evidence, a model ${failedWords}. Grey area: the band. A change that was tried with fewer seeds is compared with the reference of the same seeds.`;
    // the key of marks and the heading of verdicts that are not there
    said.hidden = points.length === 0;
    decided.hidden = points.length === 0;
    charts.redraw();
    drawVerdicts();
  }

  const said = element("p", {class: "keys"});
  const decided = element("h2", {}, "Does the claim hold?");
  for (const control of [from, to, base]) control.addEventListener("input", update);
  show.addEventListener("input", () => {
    toUrl({show: show.value === "gap" ? null : show.value});
    charts.redraw();
  });
  const board = element(
    "div",
    {class: "ablation-board"},
    element("div", {class: "controls"}, from, to, candidates.length > 0 && base, show),
    said,
    charts,
    decided,
    summary,
    verdicts
  );
  onConvention(() => update());
  return board;
}

type AblationVerdict = "holds" | "within" | "fails" | "unknown";

const verdictWords: Readonly<Record<AblationVerdict, string>> = {
  holds: "holds",
  within: "within, not shown",
  fails: "does not hold",
  unknown: "cannot tell"
};

/** Where nothing was claimed, nothing can hold or fail. */
function wordsOf(factor: AblationFactor, verdict: AblationVerdict): string {
  if (verdict === "holds" && !claimedStable.includes(factor)) return "stays within";
  if (verdict === "fails" && !claimedStable.includes(factor)) return "moves the gap";
  return verdictWords[verdict];
}

const meanings: Readonly<Record<AblationVerdict, string>> = {
  holds: "every change is within the band, and TOST shows it (α = 0.05)",
  within: "means are within the band, but too few patients, or too different ones, to be sure",
  fails: "a mean lies outside the band",
  unknown: `every change that was tried compares a model that ${failedWords}`
};

/** The words that a table has, and no others: “Holds”, “stays within”: every change … */
function explained(shown: readonly (readonly [AblationFactor, AblationVerdict])[]): string {
  return (Object.keys(meanings) as AblationVerdict[])
    .flatMap((verdict) => {
      const words = new Set(shown.filter(([, is]) => is === verdict).map(([factor]) => wordsOf(factor, verdict)));
      return words.size === 0 ? [] : [`“${[...words].join("”, “")}”: ${meanings[verdict]}.`];
    })
    .join(" ");
}

function verdictOf(points: readonly AblationPoint[]): AblationVerdict {
  const all = points.map(standing).filter((is) => is !== "failed");
  if (all.length === 0) return "unknown";
  return all.includes("outside") ? "fails" : all.includes("within") ? "within" : "holds";
}

function largest(points: readonly AblationPoint[]): AblationPoint | undefined {
  return [...points].sort((x, y) => Math.abs(y.change!.mean) - Math.abs(x.change!.mean))[0];
}

function round(value: number | null): number | null {
  return value === null ? null : Number(fixed(value, 4).replace("−", "-"));
}

export {pointKey};
