import {checkInteger, checkPlane} from "./check.js";
import type {Plane} from "./image.js";

/** One level's details. Names as published: LH = pywt's cH, HL = cV, HH = cD. */
export interface HaarDetail {
  /** Differences between rows: horizontal edges. */
  readonly lh: Plane;
  /** Differences between columns: vertical edges. */
  readonly hl: Plane;
  /** Differences along both: diagonal structure. */
  readonly hh: Plane;
}

/** An orthonormal Haar decomposition. */
export interface Haar {
  readonly width: number;
  readonly height: number;
  readonly boundary: HaarBoundary;
  /** The approximation that is left after the last level. */
  readonly ll: Plane;
  /** `details[0]` is level 1, the finest. */
  readonly details: readonly HaarDetail[];
}

/**
 * What stands beside the last sample of an odd length: `symmetric` repeats it (pywt's default: perfect reconstruction,
 * but its energy counts twice); `orthonormal` carries it over as it is, so that Parseval holds at every size.
 * On even lengths both are the same.
 */
export type HaarBoundary = "symmetric" | "orthonormal";

/**
 * Two-dimensional orthonormal Haar transform, `levels` times on the approximation. [[1, 2], [3, 4]] gives
 * LL 5, LH −2, HL −1, HH 0. A length n becomes ⌈n/2⌉ per level (pywt's `wavedec2(x, "haar", level=levels)`).
 * @throws RangeError when the plane holds NaN or infinities, or `levels` is not a whole number from 1.
 */
export function haar(plane: Plane, levels = 3, boundary: HaarBoundary = "symmetric"): Haar {
  checkInteger(levels, "levels", 1);
  checkPlane(plane, "plane");
  const details: HaarDetail[] = [];
  let ll = plane;
  for (let level = 0; level < levels; level++) {
    const step = analyse(ll, boundary);
    details.push(step);
    ll = step.ll;
  }
  return {width: plane.width, height: plane.height, boundary, ll, details};
}

/** The image whose decomposition this is: exact to rounding, at every size. */
export function inverseHaar({width, height, boundary, ll, details}: Haar): Plane {
  let plane = ll;
  for (let level = details.length - 1; level >= 0; level--) {
    // the size of a level's input is that of the next finer level's bands
    const [w, h] = level === 0 ? [width, height] : [details[level - 1].lh.width, details[level - 1].lh.height];
    plane = synthesise(plane, details[level], w, h, boundary);
  }
  return plane;
}

function analyse({data, width, height}: Plane, boundary: HaarBoundary): HaarDetail & {ll: Plane} {
  const w = (width + 1) >> 1;
  const h = (height + 1) >> 1;
  const n = w * h;
  const ll = new Float64Array(n);
  const lh = new Float64Array(n);
  const hl = new Float64Array(n);
  const hh = new Float64Array(n);
  for (let y = 0, o = 0; y < h; y++) {
    const top = 2 * y * width;
    const bottom = 2 * y + 1 < height ? top + width : top;
    for (let x = 0; x < w; x++, o++) {
      const left = 2 * x;
      const right = left + 1 < width ? left + 1 : left;
      const a = data[top + left];
      const b = data[top + right];
      const c = data[bottom + left];
      const d = data[bottom + right];
      ll[o] = (a + b + c + d) / 2;
      lh[o] = (a + b - c - d) / 2;
      hl[o] = (a - b + c - d) / 2;
      hh[o] = (a - b - c + d) / 2;
    }
  }
  if (boundary === "orthonormal") scaleOddEnds([ll, lh, hl, hh], w, h, width, height, Math.SQRT1_2);
  const plane = (values: Float64Array): Plane => ({data: values, width: w, height: h});
  return {ll: plane(ll), lh: plane(lh), hl: plane(hl), hh: plane(hh)};
}

function synthesise(ll: Plane, {lh, hl, hh}: HaarDetail, width: number, height: number, boundary: HaarBoundary): Plane {
  const {width: w, height: h} = ll;
  const bands = [ll.data, lh.data, hl.data, hh.data];
  if (boundary === "orthonormal" && (width % 2 === 1 || height % 2 === 1)) {
    for (let i = 0; i < 4; i++) bands[i] = bands[i].slice();
    scaleOddEnds(bands, w, h, width, height, Math.SQRT2);
  }
  const [A, H, V, D] = bands;
  const out = new Float64Array(width * height);
  for (let y = 0, i = 0; y < h; y++) {
    const top = 2 * y * width;
    const hasBottom = 2 * y + 1 < height;
    for (let x = 0; x < w; x++, i++) {
      const left = top + 2 * x;
      const hasRight = 2 * x + 1 < width;
      const sum = A[i] + D[i];
      const difference = A[i] - D[i];
      const plus = H[i] + V[i];
      const minus = H[i] - V[i];
      out[left] = (sum + plus) / 2;
      if (hasRight) out[left + 1] = (difference + minus) / 2;
      if (hasBottom) {
        out[left + width] = (difference - minus) / 2;
        if (hasRight) out[left + width + 1] = (sum - plus) / 2;
      }
    }
  }
  return {data: out, width, height};
}

/** Multiplies the last column and row of each band where the length was odd (a corner by the factor's square). */
function scaleOddEnds(
  bands: Plane["data"][],
  w: number,
  h: number,
  width: number,
  height: number,
  factor: number
): void {
  for (const band of bands) {
    if (width % 2 === 1) for (let y = 0; y < h; y++) band[y * w + w - 1] *= factor;
    if (height % 2 === 1) for (let x = 0; x < w; x++) band[(h - 1) * w + x] *= factor;
  }
}
