import {exp} from "../../../src/measures/elementary.js";
import type {Random} from "../../../src/measures/random.js";
import type {Grid} from "./grid.js";

/** Convolves in place with a Gaussian of `sigma` pixels, edges replicated. */
export function blur(grid: Grid, plane: Float32Array, sigma: number): void {
  if (!(sigma > 0.05)) return;
  const {size} = grid;
  const reach = Math.max(1, Math.ceil(3.5 * sigma));
  const taps = new Float64Array(2 * reach + 1);
  let total = 0;
  for (let i = -reach; i <= reach; ++i) total += taps[i + reach] = exp(-(i * i) / (2 * sigma * sigma));
  for (let i = 0; i < taps.length; ++i) taps[i] /= total;
  const line = new Float64Array(size + 2 * reach);
  for (let pass = 0; pass < 2; ++pass) {
    const step = pass === 0 ? 1 : size;
    const jump = pass === 0 ? size : 1;
    for (let j = 0; j < size; ++j) {
      const start = j * jump;
      for (let i = -reach; i < size + reach; ++i) {
        const clamped = i < 0 ? 0 : i >= size ? size - 1 : i;
        line[i + reach] = plane[start + clamped * step];
      }
      for (let i = 0; i < size; ++i) {
        let sum = 0;
        for (let t = 0; t < taps.length; ++t) sum += taps[t] * line[i + t];
        plane[start + i * step] = sum;
      }
    }
  }
}

/**
 * The magnitude of a complex signal with independent Gaussian noise in both channels (Gudbjartsson & Patz, 1995).
 * `correlation` in pixels blurs the noise, as a scanner's k-space filter does; its SD stays `sigma`.
 */
export function rician(grid: Grid, plane: Float32Array, sigma: number, source: Random, correlation = 0): void {
  const real = grid.plane();
  const imaginary = grid.plane();
  for (let k = 0; k < plane.length; ++k) {
    real[k] = source.normal();
    imaginary[k] = source.normal();
  }
  let scale = sigma;
  if (correlation > 0.05) {
    blur(grid, real, correlation);
    blur(grid, imaginary, correlation);
    let square = 0;
    for (let k = 0; k < real.length; ++k) square += real[k] * real[k] + imaginary[k] * imaginary[k];
    scale = sigma / Math.sqrt(square / (2 * real.length));
  }
  for (let k = 0; k < plane.length; ++k) {
    const a = plane[k] + scale * real[k];
    const b = scale * imaginary[k];
    plane[k] = Math.sqrt(a * a + b * b);
  }
}

/** Clamps to [0, 1] in place. */
export function clamp(plane: Float32Array): Float32Array {
  for (let k = 0; k < plane.length; ++k) plane[k] = plane[k] < 0 ? 0 : Math.min(plane[k], 1);
  return plane;
}
