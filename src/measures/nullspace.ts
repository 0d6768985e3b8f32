import {checkInteger, checkPlane, checkSameSize} from "./check.js";
import {clampUnit, psnrFromMse, sumSquaredDifference} from "./fidelity.js";
import type {Plane} from "./image.js";
import {applyDown, type ResizeFilter, type ResizeRows, resizeRows, transposeRows} from "./resize.js";

/**
 * A down-sampling D of width × height to lowWidth × lowHeight, separable, with its Moore–Penrose inverse. Down-sampling sees
 * an image's *measured part* P·X·Pᵀ, P = D⁺D; whatever an algorithm puts into the rest X − P·X·Pᵀ, the *invented part*,
 * leaves no trace in the low-resolution image (Bhadra et al., IEEE TMI 2021: measurement and null space).
 */
export class Degradation {
  readonly width: number;
  readonly height: number;
  readonly lowWidth: number;
  readonly lowHeight: number;
  readonly filter: ResizeFilter;
  private readonly across: Axis;
  private readonly down: Axis;
  private ones: Plane["data"] | undefined;

  /** @throws RangeError when the low size is larger than the high one, or D has no full rank. */
  constructor(width: number, height: number, lowWidth: number, lowHeight: number, filter: ResizeFilter = "bicubic") {
    checkInteger(width, "width", 1);
    checkInteger(height, "height", 1);
    this.across = axisOf(width, lowWidth, filter);
    this.down = axisOf(height, lowHeight, filter);
    this.width = width;
    this.height = height;
    this.lowWidth = lowWidth;
    this.lowHeight = lowHeight;
    this.filter = filter;
  }

  /** D·X·Dᵀ: the low-resolution image, in real numbers, neither clamped nor rounded. */
  apply(image: Plane): Plane {
    this.checkHigh(image, "image");
    const tall = applyDown(this.down.rows, image.data, this.width);
    const turned = transpose(tall, this.width, this.lowHeight);
    const low = applyDown(this.across.rows, turned, this.lowHeight);
    return {data: transpose(low, this.lowHeight, this.lowWidth), width: this.lowWidth, height: this.lowHeight};
  }

  /** D⁺·Y·D⁺ᵀ: the smallest image (in the mean square) whose low-resolution image is Y. */
  lift(low: Plane): Plane {
    if (low.width !== this.lowWidth || low.height !== this.lowHeight) {
      throw new RangeError(`low must be ${this.lowWidth}×${this.lowHeight}, not ${low.width}×${low.height}`);
    }
    checkPlane(low, "low");
    const tall = pseudoInverse(this.down, Float64Array.from(low.data), this.lowWidth);
    const turned = transpose(tall, this.lowWidth, this.height);
    const high = pseudoInverse(this.across, turned, this.height);
    return {data: transpose(high, this.height, this.width), width: this.width, height: this.height};
  }

  /** P·X·Pᵀ: what of the image the low-resolution image determines. */
  measured(image: Plane): Plane {
    return this.lift(this.apply(image));
  }

  /** X − P·X·Pᵀ: what the low-resolution image says nothing about. */
  invented(image: Plane): Plane {
    return subtract(image, this.measured(image));
  }

  /** Invented part of SR minus invented part of HR: the hallucination map (signed, in grey levels). */
  hallucinationMap(hr: Plane, sr: Plane): Plane {
    checkSameSize(hr, sr);
    return this.invented(subtract(sr, hr)); // a linear map
  }

  /**
   * SR with its measured part replaced by the one that LR dictates: SR + D⁺(LR − D·SR). Its low-resolution image is LR.
   * The projection is orthogonal, so the result is never farther from any image that degrades to LR than SR is.
   */
  project(sr: Plane, lr: Plane): Plane {
    const low = this.apply(sr);
    checkSameSize(lr, low, "lr", "D·SR");
    const correction = this.lift(subtract(lr, low));
    return {...correction, data: (correction.data as Float64Array).map((v, i) => v + sr.data[i])};
  }

  /** Measurement consistency: RMSE(D·SR, LR), in grey levels of [0, 1]. Needs no HR. */
  consistency(sr: Plane, lr: Plane): number {
    const low = this.apply(sr);
    checkPlane(lr, "lr");
    checkSameSize(lr, low, "lr", "D·SR");
    return Math.sqrt(sumSquaredDifference(low.data, lr.data) / low.data.length);
  }

  /** The invented part of an image of ones: not 0 at the border, where the window is cut. */
  inventedOnes(): Plane["data"] {
    if (this.ones === undefined) {
      const data = new Float64Array(this.width * this.height).fill(1);
      this.ones = this.invented({data, width: this.width, height: this.height}).data;
    }
    return this.ones;
  }

  private checkHigh(plane: Plane, name: string): void {
    checkPlane(plane, name);
    if (plane.width !== this.width || plane.height !== this.height) {
      throw new RangeError(`${name} must be ${this.width}×${this.height}, not ${plane.width}×${plane.height}`);
    }
  }
}

/** A pair's error, split at the border between what was measured and what had to be invented. */
export interface NullSpaceMeasures {
  /** SSE of the measured parts: D determined this, and SR got it wrong. */
  readonly measured_sse: number;
  /** SSE of the invented parts. The two add up to the SSE of the pair. */
  readonly invented_sse: number;
  /** `invented_sse` over the whole SSE; null where the images are equal. */
  readonly invented_share: number | null;
  /** Energy of SR's invented part (its mean removed) over HR's: under 1 too little detail, over 1 too much; null where HR has none. */
  readonly invented_energy_ratio: number | null;
  /** RMSE(D·SR, LR). */
  readonly consistency: number;
  /** PSNR in dB after range–null projection (clamped to [0, 1]). */
  readonly projected_psnr: number;
  /** `projected_psnr` minus the PSNR of SR: what LR gives for free. NaN where both are infinite, +Infinity where one is. */
  readonly free_psnr: number;
}

/**
 * Null-space measures of a pair under a degradation. `lr` is the image that SR was made from; without it D·HR is taken.
 * @throws RangeError on sizes that do not fit, NaN or infinities.
 */
export function nullSpaceMeasures(degradation: Degradation, hr: Plane, sr: Plane, lr?: Plane): NullSpaceMeasures {
  checkSameSize(hr, sr);
  const lowHr = degradation.apply(hr);
  const lowSr = degradation.apply(sr);
  const low = lr ?? lowHr;
  checkSameSize(low, lowSr, "lr", "D·SR");
  const measuredHr = degradation.lift(lowHr).data;
  const measuredSr = degradation.lift(lowSr).data;
  const measuredLr = lr === undefined ? measuredHr : degradation.lift(lr).data;
  const n = hr.data.length;
  let measuredSse = 0;
  let inventedSse = 0;
  const projected = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const measured = measuredSr[i] - measuredHr[i];
    const invented = sr.data[i] - hr.data[i] - measured;
    measuredSse += measured * measured;
    inventedSse += invented * invented;
    projected[i] = sr.data[i] - measuredSr[i] + measuredLr[i];
  }
  const reference = clampUnit(hr).data;
  const decibel = (image: Plane) => psnrFromMse(sumSquaredDifference(reference, clampUnit(image).data) / n);
  const projectedPsnr = decibel({data: projected, width: hr.width, height: hr.height});
  const sse = measuredSse + inventedSse;
  const border = degradation.inventedOnes();
  const energyHr = detailEnergy(hr.data, measuredHr, border);
  return {
    measured_sse: measuredSse,
    invented_sse: inventedSse,
    invented_share: sse === 0 ? null : inventedSse / sse,
    // an exact zero leaves rounding behind
    invented_energy_ratio: energyHr <= 1e-24 * n ? null : detailEnergy(sr.data, measuredSr, border) / energyHr,
    consistency: Math.sqrt(sumSquaredDifference(lowSr.data, low.data) / low.data.length),
    projected_psnr: projectedPsnr,
    free_psnr: projectedPsnr - decibel(sr)
  };
}

/**
 * Σ of the squared invented part of the image less its mean. The window is cut at the border, so that a constant has an
 * invented part there: left in, it would drown the detail.
 */
function detailEnergy(image: Plane["data"], measured: Plane["data"], border: Plane["data"]): number {
  let mean = 0;
  for (let i = 0; i < image.length; i++) mean += image[i];
  mean /= image.length;
  let energy = 0;
  for (let i = 0; i < image.length; i++) {
    const invented = image[i] - measured[i] - mean * border[i];
    energy += invented * invented;
  }
  return energy;
}

/**
 * One axis of D, with a Cholesky factor of the banded Gram matrix D·Dᵀ: D⁺ = Dᵀ(D·Dᵀ)⁻¹ for full row rank. D is well
 * conditioned (1.44 at 256 → 64 bicubic, 11 at the worst, 256 → 255 bilinear): squaring that costs two digits of sixteen.
 */
interface Axis {
  readonly rows: ResizeRows;
  /** Dᵀ. */
  readonly columns: ResizeRows;
  readonly bandwidth: number;
  /** Lower factor by rows, `bandwidth + 1` numbers each, the diagonal last. */
  readonly factor: Float64Array;
}

const axes = new Map<string, Axis>();

function axisOf(from: number, to: number, filter: ResizeFilter): Axis {
  const key = `${from} ${to} ${filter}`;
  let axis = axes.get(key);
  if (axis === undefined) {
    if (to > from) throw new RangeError(`the low-resolution side must be at most ${from}, not ${to}`);
    axis = factorise(resizeRows(from, to, filter));
    if (axes.size >= 16) axes.delete(axes.keys().next().value!);
    axes.set(key, axis);
  }
  return axis;
}

function factorise(rows: ResizeRows): Axis {
  const {to, start, weights} = rows;
  let bandwidth = 0;
  for (let i = 0; i < to; i++) {
    for (let j = i - 1; j >= 0 && start[j] + weights[j].length > start[i]; j--) bandwidth = Math.max(bandwidth, i - j);
  }
  const size = bandwidth + 1;
  const gram = new Float64Array(to * size);
  const factor = new Float64Array(to * size);
  for (let i = 0; i < to; i++) {
    for (let j = Math.max(0, i - bandwidth); j <= i; j++) {
      const at = i * size + j - i + bandwidth;
      gram[at] = innerProduct(rows, i, j);
      let sum = gram[at];
      for (let k = Math.max(0, i - bandwidth, j - bandwidth); k < j; k++) {
        sum -= factor[i * size + k - i + bandwidth] * factor[j * size + k - j + bandwidth];
      }
      if (j < i) factor[at] = sum / factor[j * size + bandwidth];
      else {
        if (!(sum > 1e-13 * gram[at])) {
          throw new RangeError(
            `the down-sampling of ${rows.from} to ${to} has no full rank: there is no unique inverse`
          );
        }
        factor[at] = Math.sqrt(sum);
      }
    }
  }
  return {rows, columns: transposeRows(rows), bandwidth, factor};
}

function innerProduct({start, weights}: ResizeRows, i: number, j: number): number {
  const first = Math.max(start[i], start[j]);
  const end = Math.min(start[i] + weights[i].length, start[j] + weights[j].length);
  let sum = 0;
  for (let k = first; k < end; k++) sum += weights[i][k - start[i]] * weights[j][k - start[j]];
  return sum;
}

/** D⁺ × data, data having `to` lines of `width` numbers. `data` is used up. */
function pseudoInverse(axis: Axis, data: Float64Array, width: number): Float64Array {
  solve(axis, data, width);
  return applyDown(axis.columns, data, width);
}

/** (D·Dᵀ)⁻¹ × data, in place. */
function solve({rows, bandwidth, factor}: Axis, data: Float64Array, width: number): void {
  const size = bandwidth + 1;
  for (let i = 0; i < rows.to; i++) {
    const line = i * width;
    for (let j = Math.max(0, i - bandwidth); j < i; j++) {
      const l = factor[i * size + j - i + bandwidth];
      const other = j * width;
      for (let x = 0; x < width; x++) data[line + x] -= l * data[other + x];
    }
    const diagonal = factor[i * size + bandwidth];
    for (let x = 0; x < width; x++) data[line + x] /= diagonal;
  }
  for (let i = rows.to - 1; i >= 0; i--) {
    const line = i * width;
    for (let j = i + 1; j <= Math.min(rows.to - 1, i + bandwidth); j++) {
      const l = factor[j * size + i - j + bandwidth];
      const other = j * width;
      for (let x = 0; x < width; x++) data[line + x] -= l * data[other + x];
    }
    const diagonal = factor[i * size + bandwidth];
    for (let x = 0; x < width; x++) data[line + x] /= diagonal;
  }
}

/** height × width → width × height, in blocks that stay in the cache. */
function transpose(data: Float64Array, width: number, height: number): Float64Array {
  const out = new Float64Array(data.length);
  const block = 16;
  for (let y0 = 0; y0 < height; y0 += block) {
    const y1 = Math.min(height, y0 + block);
    for (let x0 = 0; x0 < width; x0 += block) {
      const x1 = Math.min(width, x0 + block);
      for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) out[x * height + y] = data[y * width + x];
    }
  }
  return out;
}

function subtract(a: Plane, b: Plane): Plane {
  const data = new Float64Array(a.data.length);
  for (let i = 0; i < data.length; i++) data[i] = a.data[i] - b.data[i];
  return {data, width: a.width, height: a.height};
}
