import {checkInteger, checkPlane} from "./check.js";
import type {Plane} from "./image.js";

/** Pillow's resampling filters. Bicubic has a = −0.5; all but `nearest` widen when they shrink an image (antialiasing). */
export type ResizeFilter = "nearest" | "box" | "bilinear" | "bicubic" | "lanczos";
export const resizeFilters: readonly ResizeFilter[] = ["nearest", "box", "bilinear", "bicubic", "lanczos"];

/** A resampling along one axis as a sparse `to` × `from` matrix: row i has `weights[i]` from column `start[i]` on. */
export interface ResizeRows {
  readonly from: number;
  readonly to: number;
  readonly start: Int32Array;
  readonly weights: readonly Float64Array[];
}

/**
 * The resampling of a length to another as a matrix: output pixel i is Σ weights[i][k] · input[start[i] + k], the weights of
 * a row sum to 1. As Pillow computes them: the window is cut at the border and renormalised.
 * @throws RangeError when a length is not a whole number from 1, or the filter is unknown.
 */
export function resizeRows(from: number, to: number, filter: ResizeFilter = "bicubic"): ResizeRows {
  checkInteger(from, "from", 1);
  checkInteger(to, "to", 1);
  return filter === "nearest" ? nearestRows(from, to) : windowedRows(from, to, kernelOf(filter));
}

/**
 * Resizes a plane of real numbers as Pillow resizes mode `F`, but in float64 throughout, without clamping: a linear map.
 * @throws RangeError when the plane holds NaN or infinities, a side is not a whole number from 1, or the filter is unknown.
 */
export function resize(plane: Plane, width: number, height: number, filter: ResizeFilter = "bicubic"): Plane {
  checkPlane(plane, "plane");
  const columns = resizeRows(plane.width, width, filter);
  const rows = resizeRows(plane.height, height, filter);
  const across = new Float64Array(width * plane.height);
  for (let x = 0; x < width; x++) {
    const w = columns.weights[x];
    const start = columns.start[x];
    for (let y = 0; y < plane.height; y++) {
      const from = y * plane.width + start;
      let sum = 0;
      for (let k = 0; k < w.length; k++) sum += w[k] * plane.data[from + k];
      across[y * width + x] = sum;
    }
  }
  return {data: applyDown(rows, across, width), width, height};
}

/**
 * Resizes 8-bit pixels exactly as Pillow's `Image.resize` resizes mode `L`: weights in 22-bit fixed point, across first,
 * the intermediate rounded and clipped to 8 bit, then down. Nothing is done along an axis that keeps its length.
 * @throws RangeError when the sizes do not fit or the filter is unknown.
 */
export function resize8(
  pixels: Uint8Array | Uint8ClampedArray,
  from: {width: number; height: number},
  to: {width: number; height: number},
  filter: ResizeFilter = "bicubic"
): Uint8Array {
  if (pixels.length !== from.width * from.height) {
    throw new RangeError(`pixels must have ${from.width * from.height} values, not ${pixels.length}`);
  }
  const columns = fixedPoint(resizeRows(from.width, to.width, filter));
  const rows = fixedPoint(resizeRows(from.height, to.height, filter));
  let current = Uint8Array.from(pixels);
  if (from.width !== to.width) {
    const across = new Uint8Array(to.width * from.height);
    for (let y = 0; y < from.height; y++) {
      for (let x = 0; x < to.width; x++) {
        const w = columns.weights[x];
        const first = y * from.width + columns.start[x];
        let sum = HALF;
        for (let k = 0; k < w.length; k++) sum += w[k] * current[first + k];
        across[y * to.width + x] = clip8(sum);
      }
    }
    current = across;
  }
  if (from.height !== to.height) {
    const down = new Uint8Array(to.width * to.height);
    for (let y = 0; y < to.height; y++) {
      const w = rows.weights[y];
      for (let x = 0; x < to.width; x++) {
        const first = rows.start[y] * to.width + x;
        let sum = HALF;
        for (let k = 0; k < w.length; k++) sum += w[k] * current[first + k * to.width];
        down[y * to.width + x] = clip8(sum);
      }
    }
    current = down;
  }
  return current;
}

/** An image in [0, 1] resized by way of 8-bit pixels, as a PNG that Pillow resized would be. */
export function resizeQuantised(image: Plane, width: number, height: number, filter: ResizeFilter = "bicubic"): Plane {
  checkPlane(image, "image");
  const pixels = Uint8Array.from(image.data, (v) => Math.round(255 * Math.min(1, Math.max(0, v))));
  const small = resize8(pixels, image, {width, height}, filter);
  return {data: Float64Array.from(small, (v) => v / 255), width, height};
}

/** rows × data, where data has `rows.from` lines of `width` numbers. */
export function applyDown({to, start, weights}: ResizeRows, data: Plane["data"], width: number): Float64Array {
  const out = new Float64Array(to * width);
  for (let y = 0; y < to; y++) {
    const w = weights[y];
    const line = y * width;
    let from = start[y] * width;
    let k = 0;
    // four lines at a time: the sum is loaded and stored a quarter as often
    for (; k + 4 <= w.length; k += 4, from += 4 * width) {
      const w0 = w[k];
      const w1 = w[k + 1];
      const w2 = w[k + 2];
      const w3 = w[k + 3];
      const b = from + width;
      const c = b + width;
      const d = c + width;
      for (let x = 0; x < width; x++) {
        out[line + x] += w0 * data[from + x] + w1 * data[b + x] + w2 * data[c + x] + w3 * data[d + x];
      }
    }
    for (; k < w.length; k++, from += width) {
      const weight = w[k];
      for (let x = 0; x < width; x++) out[line + x] += weight * data[from + x];
    }
  }
  return out;
}

/** The transposed matrix in the same form: row j has the weights with which input pixel j enters the output. */
export function transposeRows({from, to, start, weights}: ResizeRows): ResizeRows {
  const first = new Int32Array(from).fill(to);
  const end = new Int32Array(from);
  for (let i = 0; i < to; i++) {
    for (let j = start[i]; j < start[i] + weights[i].length; j++) {
      first[j] = Math.min(first[j], i);
      end[j] = i + 1;
    }
  }
  const columns = Array.from({length: from}, (_, j) => {
    const column = new Float64Array(Math.max(0, end[j] - first[j]));
    for (let i = first[j]; i < end[j]; i++) column[i - first[j]] = weights[i][j - start[i]] ?? 0;
    return column;
  });
  return {from: to, to: from, start: first, weights: columns};
}

// Pillow's Resample.c: 32 bits less 8 for the pixel and 2 for overshoot
const PRECISION_BITS = 22;
const ONE = 2 ** PRECISION_BITS;
const HALF = ONE / 2;

function fixedPoint(rows: ResizeRows): ResizeRows {
  return {...rows, weights: rows.weights.map((w) => w.map((v) => Math.trunc(v * ONE + (v < 0 ? -0.5 : 0.5))))};
}

function clip8(sum: number): number {
  const value = Math.floor(sum / ONE);
  return Math.min(255, Math.max(0, value));
}

interface Kernel {
  readonly support: number;
  weight(x: number): number;
}

const kernels: Record<Exclude<ResizeFilter, "nearest">, Kernel> = {
  box: {support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0)},
  bilinear: {support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x))},
  bicubic: {support: 2, weight: (x) => cubic(Math.abs(x), -0.5)},
  lanczos: {support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0)}
};

function kernelOf(filter: Exclude<ResizeFilter, "nearest">): Kernel {
  if (!Object.hasOwn(kernels, filter)) {
    throw new RangeError(`invalid filter: ${filter} (there are ${resizeFilters.join(", ")})`);
  }
  return kernels[filter];
}

/** Keys' cubic convolution kernel (IEEE TASSP 1981). */
function cubic(x: number, a: number): number {
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

function sinc(x: number): number {
  if (x === 0) return 1;
  const angle = x * Math.PI;
  return Math.sin(angle) / angle;
}

function windowedRows(from: number, to: number, {support: unit, weight}: Kernel): ResizeRows {
  const scale = from / to;
  const filterScale = Math.max(1, scale);
  const support = unit * filterScale;
  const inverse = 1 / filterScale;
  const start = new Int32Array(to);
  const weights: Float64Array[] = [];
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(from, Math.trunc(centre + support + 0.5));
    const w = new Float64Array(end - first);
    let sum = 0;
    for (let k = 0; k < w.length; k++) {
      w[k] = weight((k + first - centre + 0.5) * inverse);
      sum += w[k];
    }
    for (let k = 0; k < w.length; k++) w[k] /= sum;
    start[i] = first;
    weights.push(w);
  }
  return {from, to, start, weights};
}

function nearestRows(from: number, to: number): ResizeRows {
  const scale = from / to;
  const start = new Int32Array(to);
  // summed up, not multiplied out: so does Pillow, and the last bit decides which pixel is the nearest
  for (let i = 0, position = 0.5 * scale; i < to; i++, position += scale) {
    start[i] = Math.min(from - 1, Math.trunc(position));
  }
  return {from, to, start, weights: Array.from({length: to}, () => Float64Array.of(1))};
}
