import {type BlandAltmanResult, blandAltman} from "../statistics/bland-altman.js";
import {mean, quantileSorted, standardDeviation} from "../statistics/descriptive.js";
import {holm} from "../statistics/holm.js";
import {intraclassCorrelation} from "../statistics/intraclass-correlation.js";
import {comparePaired, type PairedComparison} from "../statistics/paired-comparison.js";
import {patientMeans} from "../statistics/patients.js";
import {type Measure, measureOf, measures} from "./measures.js";
import type {ImageRecord} from "./record.js";
import {type SeedSpreadRecord, type SeedSpreadSummary, summariseSpread} from "./spread.js";

/** One measure over an arm's images. Infinite values are left out of all but `infinite`. */
export interface MeasureSummary {
  readonly n: number;
  readonly mean: number | null;
  /** ddof 1; null for one image. */
  readonly sd: number | null;
  readonly median: number | null;
  readonly min: number | null;
  readonly max: number | null;
  /** Infinite ones (PSNR of equal images) that were left out. */
  readonly infinite: number;
  /** Images without this measure. */
  readonly absent: number;
  /** Over patients' means; null where patients are not known. */
  readonly patients: {
    readonly n: number;
    readonly mean: number;
    readonly sd: number | null;
    /** How alike a patient's images are, and by how much that inflates the variance of the mean over images. */
    readonly icc: number | null;
    readonly designEffect: number | null;
  } | null;
}

export interface ArmSummary {
  readonly images: number;
  readonly patients: number | null;
  /** By the measure's key; a measure that no image has is left out. */
  readonly measures: Readonly<Record<string, MeasureSummary>>;
  /** Bland–Altman of the images' mean grey levels, SR − HR: does the arm brighten or darken? Clustered by patient. */
  readonly meanAgreement: BlandAltmanResult;
}

/** Arm A against arm B in one measure, on the images that have both. */
export interface ArmComparison extends PairedComparison {
  readonly a: string;
  readonly b: string;
  /** Key of the measure. */
  readonly measure: string;
  readonly flavour: string;
  readonly unit: string;
  readonly better: Measure["better"];
  /** Images left out because a value is absent or infinite in an arm. */
  readonly leftOut: number;
  /** Wilcoxon's log10 p after Holm's adjustment over all comparisons of the report. */
  readonly holmLog10p: number | null;
  readonly holmP: number | null;
}

export interface Summary {
  readonly arms: Readonly<Record<string, ArmSummary>>;
  readonly comparisons: readonly ArmComparison[];
  /** How many tests Holm's adjustment takes into account. */
  readonly holmFamily: number;
  /** By arm without its seed, where an arm was given with two seeds or more. */
  readonly seedSpread: Readonly<Record<string, SeedSpreadSummary>>;
}

/** What two arms are compared in. Band errors tell where in frequency one arm is ahead. */
export const comparedMeasures: readonly string[] = [
  "psnr",
  "ssim",
  "ms_ssim",
  "lpips",
  "mae",
  "frc_half",
  ...measures.filter(({key}) => key.startsWith("band_sse_")).map(({key}) => key),
  "hallu_rate",
  "loss_rate",
  "rate_absolute",
  "invented_energy_ratio",
  "region_psnr_inside",
  "region_ssim_inside",
  "region_psnr_outside",
  "sfrc_lowest"
];

export interface SummaryOptions {
  readonly resamples?: number;
  readonly seed?: number;
  /** Equivalence margin for PSNR in dB. */
  readonly margin?: number;
  readonly compared?: readonly string[];
  /** Of the images of arms with several seeds. */
  readonly spreads?: readonly SeedSpreadRecord[];
  /** Called after each comparison and each arm, with how many there are. */
  readonly onComparison?: (total: number) => void;
}

/**
 * Summarises records by arm and compares each arm with each later one, in the order of `arms`. Tests run on patients'
 * means when every record has a patient.
 */
export function summarise(
  records: readonly ImageRecord[],
  arms: readonly string[],
  {compared = comparedMeasures, spreads = [], margin, onComparison, ...options}: SummaryOptions = {}
): Summary {
  const byArm = new Map(arms.map((arm) => [arm, records.filter((record) => record.arm === arm)]));
  const jobs = arms.flatMap((a, i) =>
    arms.slice(i + 1).flatMap((b) => compared.map((key) => ({a, b, measure: measureOf(key)})))
  );
  const total = jobs.length + arms.length;
  const armSummaries: Record<string, ArmSummary> = {};
  for (const [arm, own] of byArm) {
    armSummaries[arm] = summariseArm(own, options);
    onComparison?.(total);
  }
  const comparisons: Omit<ArmComparison, "holmLog10p" | "holmP">[] = [];
  for (const {a, b, measure} of jobs) {
    const settings = {...options, margin: measure.key === "psnr" ? margin : undefined};
    const comparison = compareArms(byArm.get(a)!, byArm.get(b)!, measure, settings);
    if (comparison !== null) comparisons.push({a, b, ...comparison});
    onComparison?.(total);
  }
  const adjusted = holm(comparisons.map(({wilcoxon}) => wilcoxon.log10p));
  return {
    arms: armSummaries,
    comparisons: comparisons.map((comparison, i) => {
      const log10p = adjusted[i];
      return {...comparison, holmLog10p: log10p, holmP: log10p === null ? null : 10 ** log10p};
    }),
    holmFamily: adjusted.filter((log10p) => log10p !== null).length,
    seedSpread: summariseSpread(spreads, arms, records)
  };
}

function summariseArm(records: readonly ImageRecord[], options: {resamples?: number; seed?: number}): ArmSummary {
  const known = records.length > 0 && records.every(({patient}) => patient !== null);
  const summaries: Record<string, MeasureSummary> = {};
  for (const measure of measures) {
    const summary = summariseMeasure(records, measure, known);
    if (summary.absent < records.length) summaries[measure.key] = summary;
  }
  const patients = known ? new Set(records.map(({patient}) => patient)).size : null;
  const meanAgreement = blandAltman(
    records.map(({mean_sr}) => mean_sr),
    records.map(({mean_hr}) => mean_hr),
    {...options, patients: known ? records.map(({patient}) => patient!) : undefined}
  );
  return {images: records.length, patients, measures: summaries, meanAgreement};
}

function summariseMeasure(records: readonly ImageRecord[], measure: Measure, known: boolean): MeasureSummary {
  const values: number[] = [];
  const patients: string[] = [];
  let infinite = 0;
  let absent = 0;
  for (const record of records) {
    const value = measure.value(record);
    if (value === null) absent++;
    else if (!Number.isFinite(value)) infinite++;
    else {
      values.push(value);
      patients.push(record.patient ?? "");
    }
  }
  const sorted = Float64Array.from(values).sort();
  return {
    n: values.length,
    mean: mean(values) ?? null,
    sd: standardDeviation(values) ?? null,
    median: quantileSorted(sorted, 0.5) ?? null,
    min: sorted[0] ?? null,
    max: sorted[sorted.length - 1] ?? null,
    infinite,
    absent,
    patients: known && values.length > 0 ? summarisePatients(values, patients) : null
  };
}

function summarisePatients(values: readonly number[], patients: readonly string[]): MeasureSummary["patients"] {
  const means = patientMeans(values, patients).values;
  const {icc, designEffect} = intraclassCorrelation(values, patients);
  return {n: means.length, mean: mean(means)!, sd: standardDeviation(means) ?? null, icc, designEffect};
}

/** Null where no image has the measure in both arms. */
function compareArms(
  a: readonly ImageRecord[],
  b: readonly ImageRecord[],
  measure: Measure,
  options: {resamples?: number; seed?: number; margin?: number}
): Omit<ArmComparison, "a" | "b" | "holmLog10p" | "holmP"> | null {
  // paired by id, never by position
  const others = new Map(b.map((record) => [record.id, record]));
  const [valuesA, valuesB]: [number[], number[]] = [[], []];
  const patients: (string | null)[] = [];
  let leftOut = 0;
  let measured = 0;
  for (const record of a) {
    const other = others.get(record.id);
    if (other === undefined) continue;
    const [x, y] = [measure.value(record), measure.value(other)];
    if (x !== null && y !== null) measured++;
    if (x === null || y === null || !Number.isFinite(x) || !Number.isFinite(y)) {
      leftOut++;
      continue;
    }
    valuesA.push(x);
    valuesB.push(y);
    patients.push(record.patient);
  }
  if (measured === 0) return null;
  const known = patients.every((patient) => patient !== null) ? (patients as string[]) : undefined;
  const {key, flavour, unit, better} = measure;
  const comparison = comparePaired(valuesA, valuesB, {...options, patients: known});
  return {measure: key, flavour, unit, better, leftOut, ...comparison};
}
