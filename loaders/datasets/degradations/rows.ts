import {cos, exp, sin} from "../../../src/measures/elementary.js";
import {type ResizeRows, resizeRows} from "../../../src/measures/resize.js";

/** How the detail is lost. `bicubic` and `lanczos` are Pillow's antialiased filters. */
export type DegradationKind = "bicubic" | "lanczos" | "kspace" | "gaussian";
export const DEGRADATION_KINDS: readonly DegradationKind[] = ["bicubic", "lanczos", "kspace", "gaussian"];

/** One axis of a degradation as a matrix of `from / factor` rows. `sigma` in high-resolution pixels (gaussian only). */
export function degradationRows(kind: DegradationKind, from: number, factor: number, sigma: number): ResizeRows {
  const to = from / factor;
  if (kind === "kspace") return truncationRows(from, to);
  if (kind === "gaussian") return gaussianRows(from, to, sigma);
  return resizeRows(from, to, kind);
}

/**
 * The central part of k-space, read at the centres of the large pixels: row j is the periodic sinc (Dirichlet kernel)
 * Σ cos 2πk((x + ½)/n − (j + ½)/m) / n over |k| ≤ m/2, the two Nyquist terms at half weight, so that the result is real and its
 * mean is the image's. What a scanner with 1/factor of the phase and frequency encodings would see, without phase errors.
 */
function truncationRows(n: number, m: number): ResizeRows {
  const weights: Float64Array[] = [];
  for (let j = 0; j < m; ++j) {
    const row = new Float64Array(n);
    for (let x = 0; x < n; ++x) {
      const angle = Math.PI * ((x + 0.5) / n - (j + 0.5) / m);
      const s = sin(angle);
      // Σ over |k| ≤ K of cos(2k·angle) = sin((2K + 1)·angle) / sin(angle)
      if (Math.abs(s) < 1e-12) row[x] = m / n;
      else if (m % 2 === 1) row[x] = sin(m * angle) / s / n;
      else row[x] = (sin((m - 1) * angle) / s + cos(m * angle)) / n;
    }
    weights.push(row);
  }
  return {from: n, to: m, start: new Int32Array(m), weights};
}

/** A Gaussian of SD `sigma` around the centre of each large pixel, cut at 4 SD and at the border, weights summing to 1. */
function gaussianRows(n: number, m: number, sigma: number): ResizeRows {
  const start = new Int32Array(m);
  const weights: Float64Array[] = [];
  const reach = Math.max(1, 4 * sigma);
  for (let j = 0; j < m; ++j) {
    const centre = ((j + 0.5) * n) / m - 0.5;
    const first = Math.max(0, Math.ceil(centre - reach));
    const last = Math.min(n - 1, Math.floor(centre + reach));
    const row = new Float64Array(last - first + 1);
    let sum = 0;
    for (let k = 0; k < row.length; ++k) {
      const d = (first + k - centre) / sigma;
      row[k] = exp(-0.5 * d * d);
      sum += row[k];
    }
    for (let k = 0; k < row.length; ++k) row[k] /= sum;
    start[j] = first;
    weights.push(row);
  }
  return {from: n, to: m, start, weights};
}
