import {type Extension, extendedIndices} from "./extend.js";
import type {Plane} from "./image.js";

/** Local moments of a pair under a separable window, each height × width. */
export interface LocalMoments {
  readonly meanX: Float64Array;
  readonly meanY: Float64Array;
  /** Window mean of x² + y²: SSIM needs the two variances only as their sum. */
  readonly meanSquares: Float64Array;
  readonly meanProduct: Float64Array;
}

/**
 * Means of x, y, x² + y² and xy under the window `kernel ⊗ kernel` (odd length, symmetric, sum 1) at every pixel, the
 * images going on past their border by `extension`.
 */
export function localMoments(x: Plane, y: Plane, kernel: Float64Array, extension: Extension): LocalMoments {
  const {width, height} = x;
  const pad = (kernel.length - 1) / 2;
  const columns = extendedIndices(width, pad, extension);
  const rows = extendedIndices(height, pad, extension);
  const n = width * height;
  const squares = new Float64Array(n);
  const product = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const a = x.data[i];
    const b = y.data[i];
    squares[i] = a * a + b * b;
    product[i] = a * b;
  }
  const filter = (source: Plane["data"]) => smooth(source, width, height, kernel, rows, columns);
  return {
    meanX: filter(Float64Array.from(x.data)),
    meanY: filter(Float64Array.from(y.data)),
    meanSquares: filter(squares),
    meanProduct: filter(product)
  };
}

/** The plane under the window `kernel ⊗ kernel` (odd length, symmetric), going on past its border by `extension`. */
export function smoothPlane(plane: Plane, kernel: Float64Array, extension: Extension): Plane {
  const {width, height} = plane;
  const pad = (kernel.length - 1) / 2;
  const rows = extendedIndices(height, pad, extension);
  const columns = extendedIndices(width, pad, extension);
  return {data: smooth(Float64Array.from(plane.data), width, height, kernel, rows, columns), width, height};
}

/** A Gaussian blur of standard deviation `sigma` pixels, cut at 4σ, the border mirrored. */
export function gaussianBlur(plane: Plane, sigma: number): Plane {
  if (!(sigma > 0 && sigma < Infinity)) throw new RangeError(`sigma must be a positive number, not ${sigma}`);
  return smoothPlane(plane, gaussianKernel(sigma, Math.ceil(4 * sigma)), "symmetric");
}

/** Wang et al.'s window: a Gaussian of the given σ cut at `radius`, normalised to sum 1. */
export function gaussianKernel(sigma = 1.5, radius = 5): Float64Array {
  const kernel = Float64Array.from({length: 2 * radius + 1}, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2))
  );
  const sum = kernel.reduce((a, b) => a + b, 0);
  return kernel.map((v) => v / sum);
}

/** The rolling mean over `size` samples, zeros around it up to eleven taps (the number that `smooth` is quick at). */
export function uniformKernel(size = 7): Float64Array {
  const length = Math.max(11, size);
  const rim = (length - size) / 2;
  return Float64Array.from({length}, (_, i) => (i < rim || i >= length - rim ? 0 : 1 / size));
}

/** Down the columns into one line, whose ends are then extended, and along it. */
function smooth(
  source: Plane["data"],
  width: number,
  height: number,
  kernel: Float64Array,
  rows: Int32Array,
  columns: Int32Array
): Float64Array {
  const pad = (kernel.length - 1) / 2;
  const down = kernel.length === 11 ? downEleven : downAny;
  const along = kernel.length === 11 ? alongEleven : alongAny;
  const out = new Float64Array(width * height);
  const line = new Float64Array(width + 2 * pad);
  for (let y = 0; y < height; y++) {
    down(source, width, kernel, rows, y, line);
    for (let i = 0; i < pad; i++) {
      line[i] = line[pad + columns[i]];
      line[pad + width + i] = line[pad + columns[pad + width + i]];
    }
    along(line, width, kernel, out, y * width);
  }
  return out;
}

function downAny(
  source: Plane["data"],
  width: number,
  kernel: Float64Array,
  rows: Int32Array,
  y: number,
  line: Float64Array
): void {
  const pad = (kernel.length - 1) / 2;
  const centre = y * width;
  for (let x = 0; x < width; x++) line[pad + x] = kernel[pad] * source[centre + x];
  for (let d = 1; d <= pad; d++) {
    const k = kernel[pad + d];
    const above = rows[y + pad - d] * width;
    const below = rows[y + pad + d] * width;
    for (let x = 0; x < width; x++) line[pad + x] += k * (source[above + x] + source[below + x]);
  }
}

function alongAny(line: Float64Array, width: number, kernel: Float64Array, out: Float64Array, at: number): void {
  const pad = (kernel.length - 1) / 2;
  for (let x = 0; x < width; x++) {
    const centre = pad + x;
    let sum = kernel[pad] * line[centre];
    for (let d = 1; d <= pad; d++) sum += kernel[pad + d] * (line[centre - d] + line[centre + d]);
    out[at + x] = sum;
  }
}

// SSIM's window is by far the most frequent: written out, it runs more than twice as fast

function downEleven(
  source: Plane["data"],
  width: number,
  kernel: Float64Array,
  rows: Int32Array,
  y: number,
  line: Float64Array
): void {
  const [, , , , , k0, k1, k2, k3, k4, k5] = kernel;
  const a5 = rows[y] * width;
  const a4 = rows[y + 1] * width;
  const a3 = rows[y + 2] * width;
  const a2 = rows[y + 3] * width;
  const a1 = rows[y + 4] * width;
  const c = rows[y + 5] * width;
  const b1 = rows[y + 6] * width;
  const b2 = rows[y + 7] * width;
  const b3 = rows[y + 8] * width;
  const b4 = rows[y + 9] * width;
  const b5 = rows[y + 10] * width;
  for (let x = 0; x < width; x++) {
    line[5 + x] =
      k0 * source[c + x] +
      k1 * (source[a1 + x] + source[b1 + x]) +
      k2 * (source[a2 + x] + source[b2 + x]) +
      k3 * (source[a3 + x] + source[b3 + x]) +
      k4 * (source[a4 + x] + source[b4 + x]) +
      k5 * (source[a5 + x] + source[b5 + x]);
  }
}

function alongEleven(line: Float64Array, width: number, kernel: Float64Array, out: Float64Array, at: number): void {
  const [, , , , , k0, k1, k2, k3, k4, k5] = kernel;
  for (let x = 0; x < width; x++) {
    out[at + x] =
      k0 * line[x + 5] +
      k1 * (line[x + 4] + line[x + 6]) +
      k2 * (line[x + 3] + line[x + 7]) +
      k3 * (line[x + 2] + line[x + 8]) +
      k4 * (line[x + 1] + line[x + 9]) +
      k5 * (line[x] + line[x + 10]);
  }
}
