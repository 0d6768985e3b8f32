import {bootstrap} from "./bootstrap.js";
import {mean, standardDeviation} from "./descriptive.js";
import {groupRows} from "./patients.js";
import {differences, type Sample} from "./sample.js";
import {studentTQuantile} from "./student-t.js";

/** Limits hold 95 % of the differences: ±1.96 SD. */
const LIMIT = 1.96;

export interface AgreementLimits {
  readonly sd: number;
  readonly lower: number;
  readonly upper: number;
  readonly biasInterval: readonly [number, number];
  readonly lowerInterval: readonly [number, number];
  readonly upperInterval: readonly [number, number];
}

export interface BlandAltmanResult {
  readonly n: number;
  readonly nPatients: number | null;
  /** Mean of a − b. */
  readonly bias: number | null;
  /** As if the values were independent: bias ± 1.96·SD (ddof 1); intervals by Bland & Altman (1999). */
  readonly independent: AgreementLimits | null;
  /**
   * With patients: SD² = between-patient + within-patient variance of the differences (Bland & Altman 2007, true value
   * varies), intervals by resampling patients.
   */
  readonly clustered: AgreementLimits | null;
  readonly level: number;
  readonly reason: string | null;
  readonly clusteredReason: string | null;
}

/**
 * Agreement of two paired measurements. Slices of one patient are clustered: give `patients` and read `clustered`.
 * @throws RangeError when lengths differ or a value is not finite.
 */
export function blandAltman(
  a: Sample,
  b: Sample,
  {
    patients,
    level = 0.95,
    resamples = 10_000,
    seed = 1
  }: {patients?: readonly string[]; level?: number; resamples?: number; seed?: number} = {}
): BlandAltmanResult {
  const d = differences(a, b);
  const n = d.length;
  const bias = mean(d) ?? null;
  const sd = standardDeviation(d);
  if (patients !== undefined && patients.length !== n) {
    throw new RangeError(`patients must have one label a pair: ${n}, not ${patients.length}`);
  }
  const nPatients = patients === undefined ? null : new Set(patients).size;
  const common = {n, nPatients, bias, level};
  if (sd === undefined) {
    const reason = n === 0 ? "there are no pairs" : "one pair only";
    return {...common, independent: null, clustered: null, reason, clusteredReason: reason};
  }
  const t = studentTQuantile(0.5 + level / 2, n - 1);
  const around = (centre: number, half: number) => [centre - half, centre + half] as const;
  const limitHalf = t * sd * Math.sqrt(1 / n + LIMIT ** 2 / (2 * (n - 1)));
  const independent: AgreementLimits = {
    sd,
    lower: bias! - LIMIT * sd,
    upper: bias! + LIMIT * sd,
    biasInterval: around(bias!, (t * sd) / Math.sqrt(n)),
    lowerInterval: around(bias! - LIMIT * sd, limitHalf),
    upperInterval: around(bias! + LIMIT * sd, limitHalf)
  };
  if (patients === undefined) {
    return {...common, independent, clustered: null, reason: null, clusteredReason: "no patient ids"};
  }
  const clustered = clusteredLimits(d, patients, {level, resamples, seed});
  return typeof clustered === "string"
    ? {...common, independent, clustered: null, reason: null, clusteredReason: clustered}
    : {...common, independent, clustered, reason: null, clusteredReason: null};
}

/** What one patient's differences amount to. */
interface PatientSums {
  readonly size: number;
  readonly mean: number;
  /** Σ(d − mean)² */
  readonly within: number;
}

/** Mean, and √(between + within variance) by the one-way analysis of variance; the first component is at least 0. */
function biasAndSd(patients: Iterable<PatientSums>): {bias: number; sd: number} {
  let n = 0;
  let k = 0;
  let total = 0;
  let squares = 0;
  let squaredSizes = 0;
  let ssWithin = 0;
  for (const {size, mean, within} of patients) {
    n += size;
    k++;
    total += size * mean;
    squares += size * mean * mean;
    squaredSizes += size * size;
    ssWithin += within;
  }
  const bias = total / n;
  const msBetween = Math.max(0, squares - n * bias * bias) / (k - 1);
  if (n === k) return {bias, sd: Math.sqrt(msBetween)};
  const msWithin = ssWithin / (n - k);
  const m0 = (n - squaredSizes / n) / (k - 1);
  return {bias, sd: Math.sqrt(Math.max(0, (msBetween - msWithin) / m0) + msWithin)};
}

function clusteredLimits(
  d: Float64Array,
  labels: readonly string[],
  options: {level: number; resamples: number; seed: number}
): AgreementLimits | string {
  // about the overall mean, so that biasAndSd's sums of squares keep their digits
  const origin = mean(d)!;
  const patients = Array.from(groupRows(labels).values(), (rows): PatientSums => {
    const own = rows.reduce((s, i) => s + d[i] - origin, 0) / rows.length;
    return {size: rows.length, mean: own, within: rows.reduce((s, i) => s + (d[i] - origin - own) ** 2, 0)};
  });
  const limit = (sums: PatientSums[], factor: number) => {
    const {bias, sd} = biasAndSd(sums);
    return origin + bias + factor * sd;
  };
  const interval = (factor: number) => {
    const statistic = (rows: Int32Array) =>
      limit(
        Array.from(rows, (row) => patients[row]),
        factor
      );
    return bootstrap(patients.length, statistic, options).percentile;
  };
  if (patients.length < 2) return "one patient only";
  const [biasInterval, lowerInterval, upperInterval] = [interval(0)!, interval(-LIMIT)!, interval(LIMIT)!];
  const [lower, upper] = [limit(patients, -LIMIT), limit(patients, LIMIT)];
  return {sd: biasAndSd(patients).sd, lower, upper, biasInterval, lowerInterval, upperInterval};
}
