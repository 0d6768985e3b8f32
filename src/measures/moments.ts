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

/** The rolling mean over `size` samples. */
export function uniformKernel(size = 7): Float64Array {
  return new Float64Array(size).fill(1 / size);
}

function smooth(
  source: Plane["data"],
  width: number,
  height: number,
  kernel: Float64Array,
  rows: Int32Array,
  columns: Int32Array
): Float64Array {
  const pad = (kernel.length - 1) / 2;
  const out = new Float64Array(width * height);
  const line = new Float64Array(width + 2 * pad);
  for (let y = 0; y < height; y++) {
    // down the columns first, symmetric rows taken together, into one line …
    const k0 = kernel[pad];
    const centre = y * width;
    for (let x = 0; x < width; x++) line[pad + x] = k0 * source[centre + x];
    for (let d = 1; d <= pad; d++) {
      const k = kernel[pad + d];
      const above = rows[y + pad - d] * width;
      const below = rows[y + pad + d] * width;
      for (let x = 0; x < width; x++) line[pad + x] += k * (source[above + x] + source[below + x]);
    }
    // … whose ends are extended, then along it
    for (let i = 0; i < pad; i++) {
      line[i] = line[pad + columns[i]];
      line[pad + width + i] = line[pad + columns[pad + width + i]];
    }
    for (let x = 0; x < width; x++) {
      let sum = k0 * line[pad + x];
      for (let d = 1; d <= pad; d++) sum += kernel[pad + d] * (line[pad + x - d] + line[pad + x + d]);
      out[centre + x] = sum;
    }
  }
  return out;
}
