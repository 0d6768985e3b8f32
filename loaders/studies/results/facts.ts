import type {StudyResults} from "../../../src/components/study-data.js";
import type {StudyReport} from "../../../src/measures/studies/index.js";
import {csvLine} from "../../../src/measures/tables/csv.js";
import {measureOf} from "../../../src/measures/tables/measures.js";
import {differenceOf} from "./tables.js";

/** One number of a study's tables, with all its digits: what a spreadsheet or R takes. */
export interface Fact {
  /** `psnr`, `bands`, `hallucination`, `ceiling`, `ablations`, `ladder`, `comparisons`, `claims` */
  readonly table: string;
  readonly set: string | null;
  /** An arm, two arms, a step, a claim's part. */
  readonly what: string;
  readonly measure: string;
  readonly pairing: string;
  readonly unit: string;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly images: number | null;
  readonly patients: number | null;
  readonly published: number | null;
  readonly verdict: string | null;
}

const columns = [
  ...["table", "set", "what", "measure", "pairing", "unit", "value", "low", "high", "images", "patients"],
  ...["published", "verdict"]
] as (keyof Fact)[];

/** The facts as CSV with a header line. */
export function factsCsv(facts: readonly Fact[]): string {
  return `${[columns.join(","), ...facts.map((fact) => csvLine(columns.map((column) => fact[column])))].join("\n")}\n`;
}

/** Every number that the tables show. */
export function resultFacts({comparisons}: StudyResults, report: StudyReport): Fact[] {
  const plain = {
    pairing: "correct",
    low: null,
    high: null,
    images: null,
    patients: null,
    published: null,
    verdict: null
  } as const;
  const facts: Fact[] = [];
  for (const [table, rows] of [
    ["psnr", report.fidelity],
    ["hallucination", report.hallucination]
  ] as const) {
    for (const {arm, set, measure, pairing, mean} of rows) {
      const {mean: value, low, high, nImages: images, nPatients: patients} = mean;
      const {unit} = measureOf(measure);
      facts.push({...plain, table, set, what: arm, measure, pairing, unit, value, low, high, images, patients});
    }
  }
  for (const {arm, set, pairing, budget} of report.bands) {
    for (const {band, sse, share} of budget) {
      const {mean: value, low, high, nImages: images, nPatients: patients} = sse;
      const common = {...plain, table: "bands", set, what: arm, pairing, images, patients};
      facts.push({...common, measure: `band_sse_${band}`, unit: "grey level²", value, low, high});
      facts.push({...common, measure: `band_share_${band}`, unit: "1", value: share});
    }
  }
  for (const {measure, fit} of report.ceiling) {
    const add = (set: string | null, what: string, {correlation, line}: typeof fit.pooled) => {
      const common = {...plain, table: "ceiling", set, what, images: null};
      const [low, high] = correlation.interval ?? [null, null];
      facts.push({...common, measure: `${measure} r`, unit: "1", value: correlation.r, low, high});
      facts.push({...common, measure: `${measure} R²`, unit: "1", value: correlation.r2});
      facts.push({...common, measure: `${measure} slope`, unit: "dB/dB", value: line.slope});
      facts.push({...common, measure: `${measure} intercept`, unit: "dB", value: line.intercept});
    };
    add(null, "pooled", fit.pooled);
    add(null, "datasets' means taken away", fit.centred);
    for (const within of fit.within) add(within.set, "within", within);
    for (const {group: set, q2, rmse} of fit.leaveOneOut) {
      const common = {...plain, table: "ceiling", set, what: "left out"};
      facts.push({...common, measure: `${measure} Q²`, unit: "1", value: q2});
      facts.push({...common, measure: `${measure} RMSE`, unit: "dB", value: rmse});
    }
    for (const {set, autoencoder, ceiling, sr} of fit.points) {
      const common = {...plain, table: "ceiling", set, what: autoencoder, unit: "dB"};
      facts.push({...common, measure: "ceiling", value: ceiling}, {...common, measure, value: sr});
    }
  }
  for (const {set, factor, value: what, gap, change, within} of report.ablations) {
    const common = {...plain, table: "ablations", set, what: `${factor}: ${what}`, unit: "dB"};
    const {nImages: images, nPatients: patients} = gap;
    facts.push({...common, measure: "gap", value: gap.mean, low: gap.low, high: gap.high, images, patients});
    if (change !== null) {
      const {mean: value, low, high} = change;
      const verdict = within === null ? "unresolved" : within ? "holds" : "fails";
      facts.push({...common, measure: "change", value, low, high, images, patients, verdict});
    }
  }
  for (const {step, set, stage, gain, published} of report.ladder) {
    if (gain === null) continue;
    const {mean: value, low, high, nImages: images, nPatients: patients} = gain;
    const common = {...plain, table: "ladder", set, what: `${step.id}: ${step.label}`, unit: "dB"};
    const theirs = published?.value ?? null;
    facts.push({...common, measure: stage, value, low, high, images, patients, published: theirs});
  }
  for (const one of comparisons) {
    const {mean: value, low, high} = differenceOf(one);
    const {set, pairing, measure, unit, nImages: images, nPatients: patients} = one;
    const common = {...plain, table: "comparisons", set, what: `${one.b} − ${one.a}`, pairing, images, patients};
    facts.push({...common, measure, unit, value, low, high});
    facts.push({...common, measure: `${measure} d_z`, unit: "1", value: one.cohensDz});
    if (one.cohensH != null) facts.push({...common, measure: `${measure} h`, unit: "h", value: one.cohensH});
    facts.push({...common, measure: `${measure} log10 p (Wilcoxon, Holm)`, unit: "1", value: one.holmLog10p});
  }
  for (const {id, parts} of report.claims) {
    for (const {label: what, set, unit, published, ours, mispaired, verdict} of parts) {
      const common = {...plain, table: "claims", set, what, measure: id, unit, published};
      const numbers = {value: ours?.value ?? null, low: ours?.low ?? null, high: ours?.high ?? null};
      const n = {images: ours?.nImages ?? null, patients: ours?.nPatients ?? null};
      facts.push({...common, ...numbers, ...n, verdict});
      if (mispaired !== null) {
        const {value, low, high, nImages: images, nPatients: patients} = mispaired;
        facts.push({...common, pairing: "published-bug", value, low, high, images, patients});
      }
    }
  }
  return facts;
}
