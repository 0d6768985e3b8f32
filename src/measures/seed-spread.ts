import {checkPair} from "./check.js";
import {clampUnit, meanPsnr, psnr} from "./fidelity.js";
import type {Plane} from "./image.js";
import {averageRanks} from "./statistics/ranks.js";

/** Several samples of a generator for one input. */
export interface SeedSpread {
  /** Number of samples K. */
  readonly k: number;
  /** Mean image. */
  readonly mean: Plane;
  /** Standard deviation over the samples at each pixel, ddof 1. */
  readonly sd: Plane;
  /** Mean of `sd` over the pixels. */
  readonly meanSd: number;
  /** Spearman's rank correlation of σ with |mean − HR| over the pixels: does it know where it errs? Null where one is constant. */
  readonly calibration: number | null;
  /** PSNR of the mean image, dB. */
  readonly psnrOfMean: number;
  /** Mean PSNR of the samples, dB; null where all are perfect. */
  readonly meanPsnr: number | null;
  /** `psnrOfMean` − `meanPsnr`, dB: what averaging gains; null where one of them is infinite. */
  readonly gain: number | null;
  /** What averaging K draws of a perfect posterior sampler gains: 10·log₁₀(2K/(K+1)) dB. */
  readonly posteriorGain: number;
}

/**
 * Spread of a generator's samples over seeds against its error. Use K ≥ 8.
 * @throws RangeError for fewer than two samples, differing sizes, NaN or infinities.
 */
export function seedSpread(hr: Plane, samples: readonly Plane[]): SeedSpread {
  const k = samples.length;
  if (k < 2) throw new RangeError(`samples must be at least 2, not ${k}: a spread needs several seeds`);
  samples.forEach((sample, i) => {
    checkPair(hr, sample, "hr", `sample ${i}`);
  });
  const {width, height} = hr;
  const n = width * height;
  const clamped = samples.map(clampUnit);
  const mean = new Float64Array(n);
  for (const {data} of clamped) for (let i = 0; i < n; i++) mean[i] += data[i] / k;
  const sd = new Float64Array(n);
  for (const {data} of clamped) for (let i = 0; i < n; i++) sd[i] += (data[i] - mean[i]) ** 2;
  let sum = 0;
  const error = new Float64Array(n);
  const truth = clampUnit(hr).data;
  for (let i = 0; i < n; i++) {
    sd[i] = Math.sqrt(sd[i] / (k - 1));
    sum += sd[i];
    error[i] = Math.abs(mean[i] - truth[i]);
  }
  const psnrOfMean = psnr(hr, {data: mean, width, height});
  const {mean: meanOfPsnrs, infinite} = meanPsnr(clamped.map((sample) => psnr(hr, sample)));
  const finite = Number.isFinite(psnrOfMean) && meanOfPsnrs !== null && infinite === 0;
  return {
    k,
    mean: {data: mean, width, height},
    sd: {data: sd, width, height},
    meanSd: sum / n,
    calibration: rankCorrelation(sd, error),
    psnrOfMean,
    meanPsnr: meanOfPsnrs,
    gain: finite ? psnrOfMean - meanOfPsnrs : null,
    posteriorGain: 10 * Math.log10((2 * k) / (k + 1))
  };
}

/** Spearman's ρ with average ranks; null where one side is constant. */
function rankCorrelation(x: Float64Array, y: Float64Array): number | null {
  const {ranks: a} = averageRanks(x);
  const {ranks: b} = averageRanks(y);
  const middle = (x.length + 1) / 2;
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < a.length; i++) {
    xy += (a[i] - middle) * (b[i] - middle);
    xx += (a[i] - middle) ** 2;
    yy += (b[i] - middle) ** 2;
  }
  return xx === 0 || yy === 0 ? null : xy / Math.sqrt(xx * yy);
}
