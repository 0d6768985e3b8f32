import {random} from "../random.js";
import {quantileSorted, standardDeviation, sum} from "./descriptive.js";
import {normalCdf, normalQuantile} from "./normal.js";
import {groupRows} from "./patients.js";
import {requireFinite, type Sample} from "./sample.js";

export type Interval = readonly [low: number, high: number];

export interface BootstrapOptions {
  /** One label a row (the patient): whole clusters are resampled, with all their rows. Absent: rows are. */
  readonly clusters?: readonly string[];
  /** B, how often to resample. */
  readonly resamples?: number;
  /** Coverage of the intervals. */
  readonly level?: number;
  readonly seed?: number;
  /** The statistic of all but these rows, where that is quicker than to compute it from the rest (for BCa). */
  readonly without?: (rows: readonly number[]) => number;
}

export interface BootstrapResult {
  readonly estimate: number | null;
  readonly standardError: number | null;
  readonly percentile: Interval | null;
  /** Bias-corrected and accelerated (Efron 1987). */
  readonly bca: Interval | null;
  readonly level: number;
  readonly resamples: number;
  readonly seed: number;
  /** Rows (images), and what was resampled: clusters (patients), or rows where there are none. */
  readonly n: number;
  readonly nUnits: number;
  readonly unit: "row" | "cluster";
  /** Why an interval is absent. */
  readonly reason: string | null;
}

/**
 * Bootstrap intervals for any statistic of `n` rows: `statistic` gets the numbers of the rows in a resample. Pairs stay
 * together because a row is a pair. With `clusters`, clusters are drawn (as many as there are), each with all its rows.
 * BCa takes its acceleration from the jackknife over the same units.
 * @throws RangeError when an option is out of range or the number of labels is not n.
 */
export function bootstrap(
  n: number,
  statistic: (rows: Int32Array) => number,
  {clusters, resamples = 10_000, level = 0.95, seed = 1, without}: BootstrapOptions = {}
): BootstrapResult {
  if (!Number.isInteger(resamples) || resamples < 1) {
    throw new RangeError(`invalid resamples: ${resamples}; it must be a whole number from 1`);
  }
  if (!(level > 0 && level < 1)) throw new RangeError(`invalid level: ${level}; it must be between 0 and 1`);
  if (clusters !== undefined && clusters.length !== n) {
    throw new RangeError(`clusters must have one label a row: ${n}, not ${clusters.length}`);
  }
  const units = clusters === undefined ? undefined : [...groupRows(clusters).values()];
  const nUnits = units?.length ?? n;
  const all = Int32Array.from({length: n}, (_, i) => i);
  const estimate = n === 0 ? null : statistic(all);
  const common = {estimate, level, resamples, seed, n, nUnits, unit: units === undefined ? "row" : "cluster"} as const;
  if (nUnits < 2) {
    const what = units === undefined ? "value" : "patient";
    const reason = nUnits === 0 ? "there are no values" : `one ${what} only: nothing to resample`;
    return {...common, standardError: null, percentile: null, bca: null, reason};
  }

  const source = random("bootstrap", seed);
  const longest = units === undefined ? 1 : units.reduce((most, rows) => Math.max(most, rows.length), 0);
  const buffer = new Int32Array(nUnits * longest);
  const replicates = new Float64Array(resamples);
  const scale = nUnits / 2 ** 32;
  for (let r = 0; r < resamples; r++) {
    let length = 0;
    for (let k = 0; k < nUnits; k++) {
      // not `integer`: its freedom from a bias of n/2³² costs three times the time
      const drawn = (source.bits() * scale) | 0;
      if (units === undefined) buffer[length++] = drawn;
      else for (const row of units[drawn]) buffer[length++] = row;
    }
    replicates[r] = statistic(buffer.subarray(0, length));
  }
  const standardError = standardDeviation(replicates) ?? 0;
  replicates.sort();
  const tail = (1 - level) / 2;
  const at = (p: number) => quantileSorted(replicates, p)!;
  const percentile: Interval = [at(tail), at(1 - tail)];
  const adjust = bcaAdjustment(replicates, estimate!, jackknife(n, units, statistic, without));
  if (typeof adjust === "string") return {...common, standardError, percentile, bca: null, reason: adjust};
  return {...common, standardError, percentile, bca: [at(adjust(tail)), at(adjust(1 - tail))], reason: null};
}

/** The bootstrap of a mean of rows. @throws RangeError when a value is not finite. */
export function bootstrapMean(values: Sample, options?: BootstrapOptions): BootstrapResult {
  requireFinite(values, "values");
  const mean = (rows: Int32Array) => {
    let total = 0;
    for (const row of rows) total += values[row];
    return total / rows.length;
  };
  const total = sum(values);
  const without = (rows: readonly number[]) => {
    let own = 0;
    for (const row of rows) own += values[row];
    return (total - own) / (values.length - rows.length);
  };
  return bootstrap(values.length, mean, {...options, without});
}

/** The statistic with each unit left out in turn. */
function jackknife(
  n: number,
  units: number[][] | undefined,
  statistic: (rows: Int32Array) => number,
  without: ((rows: readonly number[]) => number) | undefined
): Float64Array {
  const rowsOf = (unit: number): readonly number[] => units?.[unit] ?? [unit];
  const nUnits = units?.length ?? n;
  if (without !== undefined) return Float64Array.from({length: nUnits}, (_, unit) => without(rowsOf(unit)));
  const rows = new Int32Array(n);
  return Float64Array.from({length: nUnits}, (_, unit) => {
    const out = new Set(rowsOf(unit));
    let length = 0;
    for (let i = 0; i < n; i++) if (!out.has(i)) rows[length++] = i;
    return statistic(rows.subarray(0, length));
  });
}

/** Maps a nominal probability to the one at which BCa reads the replicates; a reason where there is none. */
function bcaAdjustment(sorted: Float64Array, estimate: number, left: Float64Array): ((p: number) => number) | string {
  let below = 0;
  let equal = 0;
  for (const r of sorted) {
    if (r < estimate) below++;
    else if (r === estimate) equal++;
  }
  if (equal === sorted.length) return "every resample gives the same value: BCa is undefined";
  const z0 = normalQuantile((below + equal / 2) / sorted.length);
  if (!Number.isFinite(z0)) return "every resample lies on one side of the estimate: BCa is undefined";
  const centre = sum(left) / left.length;
  let squares = 0;
  let cubes = 0;
  for (const value of left) {
    const d = centre - value;
    squares += d * d;
    cubes += d * d * d;
  }
  if (!(squares > 0)) return "leaving out any one unit changes nothing: BCa is undefined";
  const acceleration = cubes / (6 * squares ** 1.5);
  return (p) => {
    const z = z0 + normalQuantile(p);
    return normalCdf(z0 + z / (1 - acceleration * z));
  };
}
