import {lesionMap} from "../measures/calibrate.js";
import {type Haar, haar, inverseHaar} from "../measures/dwt.js";
import {psnr} from "../measures/fidelity.js";
import type {Plane} from "../measures/image.js";
import {gaussianBlur} from "../measures/moments.js";
import {Degradation} from "../measures/nullspace.js";
import {random} from "../measures/random.js";

/** The scales of a three-level Haar transform, coarse to fine, in words that a class understands. */
export const scales = [
  {id: "coarse", label: "coarse picture", pixels: "8 pixels and more"},
  {id: "3", label: "large detail", pixels: "about 8 pixels"},
  {id: "2", label: "middling detail", pixels: "about 4 pixels"},
  {id: "1", label: "fine detail", pixels: "about 2 pixels"}
] as const;

/** One share for each of `scales`; they add up to 1. */
export type Shares = readonly number[];

/** How an image's contrast (its squared distance from its own mean) divides among the scales. */
export function contrastByScale(image: Plane): Shares {
  const {ll, details} = haar(image);
  let mean = 0;
  for (const value of ll.data) mean += value / ll.data.length;
  let coarse = 0;
  for (const value of ll.data) coarse += (value - mean) ** 2;
  return normalised([coarse, ...[3, 2, 1].map((level) => detailEnergy(details[level - 1]))]);
}

/** How the squared error of an output divides among the scales. */
export function errorByScale(hr: Plane, output: Plane): Shares {
  const difference = {...hr, data: Float64Array.from(hr.data, (value, i) => output.data[i] - value)};
  const {ll, details} = haar(difference);
  let coarse = 0;
  for (const value of ll.data) coarse += value * value;
  return normalised([coarse, ...[3, 2, 1].map((level) => detailEnergy(details[level - 1]))]);
}

function detailEnergy({lh, hl, hh}: Haar["details"][number]): number {
  let sum = 0;
  for (const {data} of [lh, hl, hh]) for (const value of data) sum += value * value;
  return sum;
}

function normalised(values: readonly number[]): Shares {
  const total = values.reduce((sum, value) => sum + value, 0);
  return values.map((value) => (total > 0 ? value / total : 0));
}

/** The image without the details of some levels (1 fine, 3 large). */
export function withoutLevels(image: Plane, levels: ReadonlySet<number>): Plane {
  const parts = haar(image);
  const empty = (plane: Plane): Plane => ({...plane, data: new Float64Array(plane.data.length)});
  return inverseHaar({
    ...parts,
    details: parts.details.map((detail, i) =>
      levels.has(i + 1) ? {...detail, lh: empty(detail.lh), hl: empty(detail.hl), hh: empty(detail.hh)} : detail
    )
  });
}

/** How far two divisions are apart: the share that would have to be moved, from 0 (equal) to 1. */
export function moved(a: Shares, b: Shares): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / 2;
}

/** A picture that nobody can tell from HR by its low-resolution image, and how different the two are nevertheless. */
export interface Twin {
  /** What HR's low-resolution image determines, and the rest from another image. */
  readonly plane: Plane;
  readonly psnr: number;
  /** HR and the twin, down-sampled. */
  readonly low: readonly [Plane, Plane];
  /** Largest difference of the two low-resolution images, grey levels. */
  readonly lowDifference: number;
  /** Share of HR's contrast that its low-resolution image does not determine. */
  readonly undetermined: number;
}

/**
 * Keeps the part of `hr` that down-sampling sees and replaces the other part by that of `other`: both pictures have the same
 * low-resolution image. @throws RangeError when sizes differ or are no multiples of `factor`.
 */
export function twinOf(hr: Plane, other: Plane, factor = 4): Twin {
  const {width, height} = hr;
  if (other.width !== width || other.height !== height || width % factor !== 0 || height % factor !== 0) {
    throw new RangeError(`the images must have one size that is a multiple of ${factor}`);
  }
  const degradation = new Degradation(width, height, width / factor, height / factor);
  const seen = degradation.measured(hr);
  const seenOther = degradation.measured(other);
  const data = Float64Array.from(seen.data, (value, i) => value + other.data[i] - seenOther.data[i]);
  const plane = {data, width, height};
  const [a, b] = [degradation.apply(hr), degradation.apply(plane)];
  let mean = 0;
  for (const value of hr.data) mean += value / hr.data.length;
  let unseen = 0;
  let contrast = 0;
  for (let i = 0; i < hr.data.length; i++) {
    unseen += (hr.data[i] - seen.data[i]) ** 2;
    contrast += (hr.data[i] - mean) ** 2;
  }
  return {
    plane,
    psnr: psnr(hr, plane),
    low: [a, b],
    lowDifference: largestDifference(a, b),
    undetermined: contrast > 0 ? unseen / contrast : 0
  };
}

function largestDifference(a: Plane, b: Plane): number {
  let most = 0;
  for (let i = 0; i < a.data.length; i++) most = Math.max(most, Math.abs(a.data[i] - b.data[i]));
  return most;
}

/** HR with a small bright spot that was never there, at a place that depends on `id` alone. */
export function withSpot(hr: Plane, id: string, {contrast, diameter}: {contrast: number; diameter: number}): Plane {
  const spot = lesionMap(hr, {contrast, diameter}, random("lesson", id));
  return {
    width: hr.width,
    height: hr.height,
    data: Float64Array.from(hr.data, (value, i) => Math.min(1, Math.max(0, value + spot.data[i])))
  };
}

/** HR blurred until its PSNR has fallen to `target` dB (within 0.01 dB), and the blur's σ in pixels. */
export function blurredTo(hr: Plane, target: number): {plane: Plane; sigma: number; psnr: number} {
  let [low, high] = [0.05, 20];
  for (let i = 0; i < 24; i++) {
    const middle = Math.sqrt(low * high);
    const found = psnr(hr, gaussianBlur(hr, middle));
    if (Math.abs(found - target) < 0.01) return {plane: gaussianBlur(hr, middle), sigma: middle, psnr: found};
    if (found > target) low = middle;
    else high = middle;
  }
  const sigma = Math.sqrt(low * high);
  const plane = gaussianBlur(hr, sigma);
  return {plane, sigma, psnr: psnr(hr, plane)};
}
