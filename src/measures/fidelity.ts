import {checkPair} from "./check.js";
import type {Plane} from "./image.js";

/** Sum of squared differences of two planes of one size. @throws RangeError on differing sizes, NaN or infinities. */
export function sse(hr: Plane, sr: Plane): number {
  checkPair(hr, sr);
  return sumSquaredDifference(hr.data, sr.data);
}

/** Mean squared error. @throws RangeError as `sse`. */
export function mse(hr: Plane, sr: Plane): number {
  return sse(hr, sr) / hr.data.length;
}

/** Mean absolute error. @throws RangeError as `sse`. */
export function mae(hr: Plane, sr: Plane): number {
  checkPair(hr, sr);
  let sum = 0;
  for (let i = 0; i < hr.data.length; i++) sum += Math.abs(sr.data[i] - hr.data[i]);
  return sum / hr.data.length;
}

/** Root mean squared error. @throws RangeError as `sse`. */
export function rmse(hr: Plane, sr: Plane): number {
  return Math.sqrt(mse(hr, sr));
}

/** By what the RMSE is divided: ‖HR‖/√n, max − min, or the mean of HR (scikit-image's three). */
export type Normalization = "euclidean" | "min-max" | "mean";

/**
 * Normalised root mean squared error, as scikit-image's `normalized_root_mse`. Null where HR gives nothing to divide by
 * (all zero; constant, for `min-max`). @throws RangeError as `sse`.
 */
export function nrmse(hr: Plane, sr: Plane, normalization: Normalization = "euclidean"): number | null {
  const error = rmse(hr, sr);
  const denominator = normalizer(hr.data, normalization);
  return denominator === 0 ? null : error / denominator;
}

/**
 * Peak signal-to-noise ratio in dB: −10·log₁₀ MSE, with both images clamped to [0, 1] and a range of 1.
 * Infinite where the images are equal: leave it infinite, `meanPsnr` counts such images.
 * @throws RangeError as `sse`.
 */
export function psnr(hr: Plane, sr: Plane): number {
  checkPair(hr, sr); // before clamping, which would make a number of an infinity
  return psnrFromMse(sumSquaredDifference(clampUnit(hr).data, clampUnit(sr).data) / hr.data.length);
}

/** −10·log₁₀ `mse` in dB for a range of 1; +Infinity for 0. */
export function psnrFromMse(mse: number): number {
  return mse === 0 ? Infinity : -10 * Math.log10(mse);
}

/** The mean of per-image PSNRs, and how many infinite ones were left out of it; null when nothing is left. */
export function meanPsnr(values: Iterable<number>): {mean: number | null; n: number; infinite: number} {
  let sum = 0;
  let n = 0;
  let infinite = 0;
  for (const value of values) {
    if (value === Infinity) infinite++;
    else {
      sum += value;
      n++;
    }
  }
  return {mean: n === 0 ? null : sum / n, n, infinite};
}

/** The plane with its values clamped to [0, 1]; the very plane where nothing lies outside. */
export function clampUnit(plane: Plane): Plane {
  const {data, width, height} = plane;
  let i = 0;
  while (i < data.length && !(data[i] < 0 || data[i] > 1)) i++;
  if (i === data.length) return plane;
  const clamped = data.slice();
  for (; i < clamped.length; i++) {
    if (clamped[i] < 0) clamped[i] = 0;
    else if (clamped[i] > 1) clamped[i] = 1;
  }
  return {data: clamped, width, height};
}

/** Σ (b − a)² without any check. */
export function sumSquaredDifference(a: Plane["data"], b: Plane["data"]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const d = b[i] - a[i];
    sum += d * d;
  }
  return sum;
}

function normalizer(data: Plane["data"], normalization: Normalization): number {
  let sum = 0;
  if (normalization === "euclidean") {
    for (let i = 0; i < data.length; i++) sum += data[i] * data[i];
    return Math.sqrt(sum / data.length);
  }
  if (normalization === "mean") {
    for (let i = 0; i < data.length; i++) sum += data[i];
    return sum / data.length;
  }
  if (normalization !== "min-max") throw new RangeError(`invalid normalization: ${normalization}`);
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < data.length; i++) {
    if (data[i] < min) min = data[i];
    if (data[i] > max) max = data[i];
  }
  return max - min;
}
