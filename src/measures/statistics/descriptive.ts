import type {Sample} from "./sample.js";

/** Σx, by Neumaier's compensated summation: exact to the last digits for any order of the values. */
export function sum(values: Sample): number {
  let total = 0;
  let lost = 0;
  for (let i = 0; i < values.length; i++) {
    const x = values[i];
    const next = total + x;
    lost += Math.abs(total) >= Math.abs(x) ? total - next + x : x - next + total;
    total = next;
  }
  return total + lost;
}

/** The arithmetic mean; `undefined` for no values. */
export function mean(values: Sample): number | undefined {
  return values.length === 0 ? undefined : sum(values) / values.length;
}

/** The variance with n − `ddof` in the denominator (1: unbiased), two-pass; `undefined` for n ≤ ddof. */
export function variance(values: Sample, ddof = 1): number | undefined {
  const n = values.length;
  if (n <= ddof) return undefined;
  const centre = sum(values) / n;
  let squares = 0;
  let rest = 0;
  for (let i = 0; i < n; i++) {
    const d = values[i] - centre;
    squares += d * d;
    rest += d;
  }
  return (squares - (rest * rest) / n) / (n - ddof);
}

/** The standard deviation, √variance; `undefined` for n ≤ ddof. */
export function standardDeviation(values: Sample, ddof = 1): number | undefined {
  const v = variance(values, ddof);
  return v === undefined ? undefined : Math.sqrt(Math.max(0, v));
}

/**
 * The p-quantile of ascending values, linear between order statistics (Hyndman & Fan type 7, numpy's default);
 * `undefined` for no values. @throws RangeError when p is not in [0, 1].
 */
export function quantileSorted(sorted: Sample, p: number): number | undefined {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`invalid p: ${p}; it must be from 0 to 1`);
  const n = sorted.length;
  if (n === 0) return undefined;
  const at = (n - 1) * p;
  const low = Math.floor(at);
  const high = Math.min(low + 1, n - 1);
  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}
