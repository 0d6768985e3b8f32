import {checkPair} from "./check.js";
import type {Plane} from "./image.js";
import {type StructureMeans, structureMeans} from "./ssim.js";

/** Weights of the five scales (Wang, Simoncelli & Bovik, Asilomar 2003). */
export const msSsimWeights: readonly number[] = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];

/** Below this side the fifth scale has no room for the 11×11 window. */
export const msSsimMinimumSide = 176;

/**
 * Multi-scale SSIM as torchmetrics 1.9 computes it: 2×2 mean pooling between scales, the contrast-structure term at the
 * first four (mean over the inside), the whole SSIM at the last (mean over all pixels), each clipped at 0 before it is
 * raised to its weight.
 * Null where a side is shorter than 176. @throws RangeError on differing sizes, NaN or infinities.
 */
export function msSsim(hr: Plane, sr: Plane): number | null {
  checkPair(hr, sr);
  if (Math.min(hr.width, hr.height) < msSsimMinimumSide) return null;
  return msSsimFrom(structureMeans(hr, sr), hr, sr);
}

/** The same, where the first scale's means are known already. Nothing is checked. */
export function msSsimFrom(first: StructureMeans, hr: Plane, sr: Plane): number {
  let product = Math.max(0, first.insideContrast) ** msSsimWeights[0];
  const last = msSsimWeights.length - 1;
  let a = hr;
  let b = sr;
  for (let scale = 1; scale <= last; scale++) {
    a = halve(a);
    b = halve(b);
    const means = structureMeans(a, b);
    product *= Math.max(0, scale === last ? means.ssim : means.insideContrast) ** msSsimWeights[scale];
  }
  return product;
}

/** 2×2 block means; an odd last row or column is dropped, as `avg_pool2d` does. */
function halve({data, width, height}: Plane): Plane {
  const w = width >> 1;
  const h = height >> 1;
  const out = new Float64Array(w * h);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const i = 2 * y * width + 2 * x;
      out[y * w + x] = (data[i] + data[i + 1] + data[i + width] + data[i + width + 1]) / 4;
    }
  }
  return {data: out, width: w, height: h};
}
