import {checkNumber, checkPair} from "./check.js";
import type {Plane} from "./image.js";

/** What an autoencoder alone does to an image: statistics of |AE − HR|. */
export interface NoiseFloor {
  readonly mean: number;
  /** Population standard deviation. */
  readonly sd: number;
  /** mean + k·sd. */
  readonly threshold: number;
}

/** Threshold rates as published; the words are the study's: a dark invention counts as "loss". */
export interface PublishedHallucination {
  readonly threshold: number;
  /** Share of the pixels with SR − HR > threshold. */
  readonly hallu_rate: number;
  /** Share of the pixels with SR − HR < −threshold. */
  readonly loss_rate: number;
  /** Mean of SR − HR over the former; 0 where there are none, as published. */
  readonly hallu_magnitude: number;
  /** Mean of |SR − HR| over the latter; 0 where there are none, as published. */
  readonly loss_magnitude: number;
}

/** Pixels beyond a threshold. */
export interface Exceedance {
  /** Share of all pixels. */
  readonly rate: number;
  /** Mean |SR − HR| over them; null where there are none. */
  readonly magnitude: number | null;
}

/** Threshold rates that name the direction and not the cause. */
export interface ThresholdRates {
  readonly threshold: number;
  readonly k: number;
  /** |SR − HR| > threshold. */
  readonly absolute: Exceedance;
  /** SR − HR > threshold: brighter than HR. */
  readonly brighter: Exceedance;
  /** SR − HR < −threshold: darker than HR. */
  readonly darker: Exceedance;
}

/**
 * The error that the autoencoder makes by itself, as a threshold: mean + k·SD of |AE − HR|.
 * @throws RangeError on differing sizes, NaN or infinities, or a negative k.
 */
export function noiseFloor(hr: Plane, ae: Plane, k = 2): NoiseFloor {
  checkPair(hr, ae, "hr", "ae");
  checkNumber(k, "k", 0);
  const n = hr.data.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += Math.abs(ae.data[i] - hr.data[i]);
  const mean = sum / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (Math.abs(ae.data[i] - hr.data[i]) - mean) ** 2;
  const sd = Math.sqrt(squares / n);
  return {mean, sd, threshold: mean + k * sd};
}

/**
 * Published flavour: τ = mean + 2·SD of |AE − HR|, "hallucination" where SR − HR > τ, "loss" where SR − HR < −τ. The study
 * took one autoencoder's floor for both arms: pass that autoencoder's image to compare with its numbers.
 * @throws RangeError on differing sizes, NaN or infinities.
 */
export function publishedHallucination(hr: Plane, sr: Plane, ae: Plane): PublishedHallucination {
  return publishedNames(thresholdRates(hr, sr, ae, 2));
}

/** The published flavour of rates at k = 2. */
export function publishedNames({threshold, brighter, darker}: ThresholdRates): PublishedHallucination {
  return {
    threshold,
    hallu_rate: brighter.rate,
    loss_rate: darker.rate,
    hallu_magnitude: brighter.magnitude ?? 0,
    loss_magnitude: darker.magnitude ?? 0
  };
}

/**
 * Default flavour: the floor of the arm's own autoencoder, k selectable, both directions and their union.
 * @throws RangeError on differing sizes, NaN or infinities, or a negative k.
 */
export function thresholdRates(hr: Plane, sr: Plane, ae: Plane, k = 2): ThresholdRates {
  const {threshold} = noiseFloor(hr, ae, k);
  checkPair(hr, sr);
  return {threshold, k, ...exceed(hr, sr, threshold)};
}

/** Pixels beyond a threshold that is known. @throws RangeError also when it is negative. */
export function exceedances(hr: Plane, sr: Plane, threshold: number): Omit<ThresholdRates, "threshold" | "k"> {
  checkPair(hr, sr);
  checkNumber(threshold, "threshold", 0);
  return exceed(hr, sr, threshold);
}

/** +1 where SR − HR > threshold, −1 where SR − HR < −threshold, else 0; row-major. */
export function exceedanceMask(hr: Plane, sr: Plane, threshold: number): Int8Array {
  checkPair(hr, sr);
  checkNumber(threshold, "threshold", 0);
  const mask = new Int8Array(hr.data.length);
  for (let i = 0; i < mask.length; i++) {
    const d = sr.data[i] - hr.data[i];
    mask[i] = d > threshold ? 1 : d < -threshold ? -1 : 0;
  }
  return mask;
}

function exceed(hr: Plane, sr: Plane, threshold: number): Omit<ThresholdRates, "threshold" | "k"> {
  const n = hr.data.length;
  let brighter = 0;
  let brighterSum = 0;
  let darker = 0;
  let darkerSum = 0;
  for (let i = 0; i < n; i++) {
    const d = sr.data[i] - hr.data[i];
    if (d > threshold) {
      brighter++;
      brighterSum += d;
    } else if (d < -threshold) {
      darker++;
      darkerSum -= d;
    }
  }
  const exceedance = (count: number, sum: number): Exceedance => ({
    rate: count / n,
    magnitude: count === 0 ? null : sum / count
  });
  return {
    absolute: exceedance(brighter + darker, brighterSum + darkerSum),
    brighter: exceedance(brighter, brighterSum),
    darker: exceedance(darker, darkerSum)
  };
}
