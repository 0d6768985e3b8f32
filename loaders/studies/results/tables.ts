import type {StudyComparison, StudyResults} from "../../../src/components/study-data.js";
import {bandNames} from "../../../src/measures/bands.js";
import {
  type AblationPoint,
  type Claim,
  type ClaimPart,
  countedWords,
  failedBelow,
  failureOf,
  type OurNumber,
  type StudyReport,
  verdictWords
} from "../../../src/measures/studies/index.js";
import {measureOf} from "../../../src/measures/tables/measures.js";

/** A table as people read it: texts. */
export interface ResultTable {
  readonly id: string;
  readonly title: string;
  /** What its numbers are. */
  readonly note: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Every table of a study, in the order in which one reads them. Those without a row are left out. */
export function resultTables(results: StudyResults, report: StudyReport): ResultTable[] {
  return [
    psnrTable(results, report, "psnr"),
    psnrTable(results, report, "self_psnr"),
    bandTable(results, report),
    hallucinationTable(results, report),
    ceilingTable(results, report),
    ablationTable(results, report),
    ladderTable(results, report),
    comparisonTable(results),
    ...report.claims.map((claim) => claimTable(results, claim))
  ].filter(({rows}) => rows.length > 0);
}

function psnrTable(results: StudyResults, {fidelity}: StudyReport, measure: "psnr" | "self_psnr"): ResultTable {
  const rows = results.arms.flatMap(({id, label}) => {
    const own = results.sets.map(
      ({id: set}) => fidelity.find((row) => row.arm === id && row.set === set && row.measure === measure)?.mean
    );
    // an autoencoder compared with itself says nothing
    if (own.every((mean) => mean === undefined || mean.mean === null)) return [];
    const seeds = Math.max(...own.map((mean) => mean?.seeds ?? 0));
    return [
      [
        label,
        String(seeds),
        ...own.map((mean) => {
          if (mean === undefined || mean.mean === null) return "–";
          const infinite = mean.infinite > 0 ? `, ${mean.infinite} infinite left out` : "";
          return `${estimate(mean, 2)}${infinite}`;
        })
      ]
    ];
  });
  return {
    id: measure,
    title: `${measure === "psnr" ? "PSNR against HR" : "PSNR against decode(encode(HR)), self-referential"} by arm and dataset (dB)`,
    note: "mean over patients of the means over a patient's images and over seeds; 95 % bootstrap interval, patients resampled",
    head: ["arm", "seeds", ...results.sets.map(({label, images, patients}) => `${label}, ${count(images, patients)}`)],
    rows
  };
}

function bandTable(results: StudyResults, {bands}: StudyReport): ResultTable {
  return {
    id: "bands",
    title: "Band budget: in which Haar bands the error lies (% of the SSE)",
    note: "mean SSE over patients; shares add up to 100 because the transform is orthonormal; level 1 is the finest",
    head: ["arm", "dataset", "SSE", ...bandNames(3)],
    rows: bands
      .filter(({pairing}) => pairing === "correct")
      .map(({arm, set, budget}) => [
        labelOf(results.arms, arm),
        labelOf(results.sets, set),
        fixed(
          budget.reduce((sum, {sse}) => sum + sse.mean!, 0),
          1
        ),
        ...budget.map(({share}) => (share === null ? "–" : fixed(100 * share, 1)))
      ])
  };
}

function hallucinationTable(results: StudyResults, {hallucination}: StudyReport): ResultTable {
  const measures = [...new Set(hallucination.map(({measure}) => measure))];
  const rows = results.arms.flatMap(({id: arm, label}) =>
    results.sets.flatMap(({id: set, label: setLabel}) => {
      const own = hallucination.filter((row) => row.arm === arm && row.set === set);
      if (own.length === 0) return [];
      return [
        [
          label,
          setLabel,
          ...measures.map((measure) => {
            const of = (pairing: string) => own.find((row) => row.measure === measure && row.pairing === pairing)?.mean;
            const [paired, mispaired] = [of("correct"), of("published-bug")];
            const text = (mean: typeof paired) => (mean?.mean == null ? "–" : fixed(mean.mean, 4));
            return mispaired === undefined ? text(paired) : `${text(paired)} | ${text(mispaired)}`;
          })
        ]
      ];
    })
  );
  return {
    id: "hallucination",
    title: "Hallucination measures, paired | mispaired as published",
    note: "means over patients; mispaired: outputs named by their place in a list sorted as text",
    head: ["arm", "dataset", ...measures.map((measure) => measureOf(measure).label)],
    rows
  };
}

function ceilingTable(results: StudyResults, {ceiling}: StudyReport): ResultTable {
  const words = {psnr: "SR against HR", self_psnr: "SR self-referential"};
  const number = (value: number | null | undefined, places = 2) => (value == null ? "–" : fixed(value, places));
  return {
    id: "ceiling",
    title: "Does the autoencoder's PSNR predict SR's?",
    note: "a point is an autoencoder on a dataset; interval of r by Fisher's z, with the means taken away as a partial correlation's (one point fewer for each further dataset); Q²: the line through the other datasets predicts this one",
    head: ["SR", "points", "n", "r", "95 % CI of r", "R²", "slope", "intercept", "Q² left out", "RMSE left out (dB)"],
    rows: ceiling.flatMap(({measure, fit}) => {
      if (fit.points.length === 0) return [];
      const line = (name: string, {correlation, line}: typeof fit.pooled, left?: (typeof fit.leaveOneOut)[number]) => [
        words[measure],
        name,
        String(correlation.n),
        number(correlation.r),
        correlation.interval === null ? "–" : range(...correlation.interval, 2),
        number(correlation.r2, 3),
        number(line.slope),
        number(line.intercept),
        number(left?.q2),
        number(left?.rmse)
      ];
      return [
        line("pooled", fit.pooled),
        line("pooled, datasets' means taken away", fit.centred),
        ...fit.within.map((within) =>
          line(
            `within ${labelOf(results.sets, within.set)}`,
            within,
            fit.leaveOneOut.find(({group}) => group === within.set)
          )
        )
      ];
    })
  };
}

function ablationTable(results: StudyResults, {ablations}: StudyReport): ResultTable {
  const name = (side: "a" | "b") => {
    const arm = results.arms.find(({id}) => id === ablations[0]?.[side]);
    return labelOf(results.autoencoders, arm?.autoencoder ?? side);
  };
  const psnr = (value: AblationPoint["psnrA"]) => (value === null ? "–" : fixed(value, 2));
  return {
    id: "ablations",
    title: "Ablations: the PSNR gap of the medical f4c3 over the natural f8c4 autoencoder (dB)",
    note: `PSNR: mean against HR; change: against the reference of the same seeds (a single seed of the reference: against the mean of its seeds), patient by patient; ±0.15 dB is the published band; equivalent: by TOST at that margin; a generator "failed" where its PSNR lies more than ${failedBelow} dB below bicubic's on the same images: its gap is no evidence`,
    head: [
      ...["dataset", "changed", "value", "seeds", `PSNR, ${name("a")}`, `PSNR, ${name("b")}`, "gap", "change"],
      ...["in ±0.15 dB", "equivalent"]
    ],
    rows: ablations.map(({set, factor, value, seeds, psnrA, psnrB, gap, change, within, equivalent, ...point}) => [
      labelOf(results.sets, set),
      factor,
      value,
      seeds.length === 0 ? "–" : seeds.join(", "),
      psnr(psnrA),
      psnr(psnrB),
      estimate(gap, 2),
      change === null ? "–" : estimate(change, 2),
      failureOf(point) ?? (within === null ? "–" : yes(within)),
      equivalent === null ? "–" : yes(equivalent)
    ])
  };
}

function ladderTable(results: StudyResults, {ladder}: StudyReport): ResultTable {
  return {
    id: "ladder",
    title: "Geometry or domain: what each step is worth (dB of PSNR)",
    note: "domain-f8 + resolution + capacity = geometry + domain-f4 = total; published: on the dataset of the same anatomy",
    head: ["step", "what changes", "dataset", "autoencoders alone", "published", "SR", "published"],
    rows: ladder
      .filter(({stage}) => stage === "ae")
      .flatMap((alone) => {
        const sr = ladder.find((row) => row.stage === "sr" && row.step === alone.step && row.set === alone.set)!;
        if (alone.gain === null && sr.gain === null) return [];
        const cells = ({gain, published}: typeof sr) => [
          gain === null ? "–" : estimate(gain, 2),
          published === null ? "–" : signed(published.value, 2)
        ];
        const {id, label} = alone.step;
        return [[id, label, labelOf(results.sets, alone.set), ...cells(alone), ...cells(sr)]];
      })
  };
}

function comparisonTable({comparisons, sets}: StudyResults): ResultTable {
  return {
    id: "comparisons",
    title: "Comparisons that the study asks for (B − A, paired correctly)",
    note: "on patients' means; Wilcoxon's p two-sided, exact up to 50 without ties, Holm-adjusted over all comparisons; h of rates, TOST at its margin",
    head: [
      "comparison",
      "dataset",
      "measure",
      "images",
      "patients",
      "B − A",
      "d_z",
      "d",
      "h",
      "log10 p (Holm)",
      "equivalent"
    ],
    rows: comparisons
      .filter(({pairing}) => pairing === "correct")
      .map((one) => [
        one.title,
        labelOf(sets, one.set),
        measureOf(one.measure).label,
        String(one.nImages),
        one.nPatients === null ? "–" : String(one.nPatients),
        estimate(differenceOf(one), one.unit === "dB" ? 2 : 4),
        one.cohensDz === null ? "–" : signed(one.cohensDz, 2),
        one.cohensD === null ? "–" : signed(one.cohensD, 2),
        one.cohensH == null ? "–" : signed(one.cohensH, 3),
        one.holmLog10p === null ? "–" : fixed(one.holmLog10p, 1),
        equivalence(one)
      ])
  };
}

/** The mean difference with its interval. */
export function differenceOf({meanDifference, bootstrap}: StudyComparison) {
  return {mean: meanDifference!, low: bootstrap.percentile?.[0] ?? null, high: bootstrap.percentile?.[1] ?? null};
}

function equivalence({tost, tostH, unit}: StudyComparison): string {
  if (tost?.equivalent != null) return `${yes(tost.equivalent)} (±${tost.margin} ${unit})`;
  if (tostH?.equivalent != null) return `${yes(tostH.equivalent)} (±${tostH.margin} h)`;
  return "–";
}

/** How each outcome of a claim is put in a heading. */
const outcomeWords: Readonly<Record<Claim["outcome"], string>> = {
  agrees: "agrees here",
  sign: "agrees in sign",
  partly: "agrees in part",
  differs: "does not hold here",
  open: "not decided here"
};

function claimTable(results: StudyResults, claim: Claim): ResultTable {
  const {number, id, title, claim: text, parts, outcome} = claim;
  return {
    id: `claim-${id}`,
    title: `Claim ${number}: ${title}: ${outcomeWords[outcome]} (${countedWords(claim)})`,
    note: text,
    head: ["what", "published", "ours", "ours, mispaired", "our dataset", "verdict", "because"],
    rows: parts.map(({label, set, unit, digits, published, ours, mispaired, verdict, because}: ClaimPart) => {
      const suffix = unit === "1" ? "" : ` ${unit}`;
      const own = (value: OurNumber | null) =>
        value === null ? "–" : `${estimate({...value, mean: value.value}, digits)}${suffix}`;
      return [
        label,
        published === null ? "–" : `${publishedText(id, unit, published, digits)}${suffix}`,
        own(ours),
        own(mispaired),
        set === null || ours === null ? "–" : labelOf(results.sets, set),
        verdictWords[verdict],
        because
      ];
    })
  };
}

/** A band has ±, a share or an R² no sign in front. */
function publishedText(id: Claim["id"], unit: string, value: number, digits: number): string {
  if (id === "stability") return `±${fixed(value, digits)}`;
  return unit === "1" ? fixed(value, digits) : signed(value, digits);
}

function labelOf(list: readonly {readonly id: string; readonly label: string}[], id: string): string {
  return list.find((one) => one.id === id)?.label ?? id;
}

function count(images: number, patients: number | null): string {
  return `${images} images${patients === null ? "" : `, ${patients} patients`}`;
}

/** `2.91 [2.60, 3.22]` */
function estimate(
  {mean, low, high}: {mean: number | null; low: number | null; high: number | null},
  places: number
): string {
  if (mean === null) return "–";
  return `${fixed(mean, places)}${low === null || high === null ? "" : ` ${range(low, high, places)}`}`;
}

function range(low: number, high: number, places: number): string {
  return `[${fixed(low, places)}, ${fixed(high, places)}]`;
}

function yes(value: boolean): string {
  return value ? "yes" : "no";
}

/** With a minus sign, not a hyphen; never −0.00. */
function fixed(value: number, places: number): string {
  const text = Math.abs(value).toFixed(places);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

function signed(value: number, places: number): string {
  const text = fixed(value, places);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
}
