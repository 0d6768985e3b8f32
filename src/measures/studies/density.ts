import {quantileSorted, type Sample, standardDeviation} from "../statistics/index.js";
import {requireFinite} from "../statistics/sample.js";

export interface Density {
  readonly x: Float64Array;
  /** Integrates to 1. */
  readonly density: Float64Array;
  readonly bandwidth: number;
}

/**
 * Gaussian kernel density over three bandwidths beyond the data; bandwidth by Silverman's rule, 0.9·min(SD, IQR/1.34)·n^(−1/5).
 * Null where there is no spread to smooth. @throws RangeError when a value is not finite.
 */
export function kernelDensity(values: Sample, points = 80): Density | null {
  requireFinite(values, "values");
  const n = values.length;
  const sd = standardDeviation(values);
  if (sd === undefined || !(sd > 0)) return null;
  const sorted = Float64Array.from(values).sort();
  const range = quantileSorted(sorted, 0.75)! - quantileSorted(sorted, 0.25)!;
  const bandwidth = 0.9 * (range > 0 ? Math.min(sd, range / 1.34) : sd) * n ** -0.2;
  const low = sorted[0] - 3 * bandwidth;
  const step = (sorted[n - 1] + 3 * bandwidth - low) / (points - 1);
  const x = Float64Array.from({length: points}, (_, i) => low + i * step);
  const factor = 1 / (n * bandwidth * Math.sqrt(2 * Math.PI));
  const density = x.map((at) => {
    let total = 0;
    for (const value of sorted) total += Math.exp(-0.5 * ((at - value) / bandwidth) ** 2);
    return total * factor;
  });
  return {x, density, bandwidth};
}
