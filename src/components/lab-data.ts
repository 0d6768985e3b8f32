import {cohensH, tost} from "../measures/statistics/index.js";

/** Differences of two 8-bit pictures in 1/255 and how many pixels have each, rising: difference, count, difference, count, … */
export type Histogram = readonly number[];

export type Direction = "either" | "brighter" | "darker";
export const directions: readonly Direction[] = ["either", "brighter", "darker"];

/** Mean + k·SD of |difference|, in grey levels: what the study calls the noise floor. */
export function floorOf(histogram: Histogram, k: number): number {
  let n = 0;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < histogram.length; i += 2) {
    const size = Math.abs(histogram[i]) / 255;
    const count = histogram[i + 1];
    n += count;
    sum += count * size;
    squares += count * size * size;
  }
  if (n === 0) return 0;
  const mean = sum / n;
  return mean + k * Math.sqrt(Math.max(0, squares / n - mean * mean));
}

/** Share of the pixels beyond a threshold. */
export function rateOf(histogram: Histogram, threshold: number, direction: Direction): number {
  let n = 0;
  let beyond = 0;
  for (let i = 0; i < histogram.length; i += 2) {
    // as `exceedanceMask` compares them, in the float32 of a picture
    const difference = histogram[i] / 255;
    const count = histogram[i + 1];
    n += count;
    if (
      (direction !== "darker" && difference > threshold + tolerance) ||
      (direction !== "brighter" && difference < -threshold - tolerance)
    ) {
      beyond += count;
    }
  }
  return n === 0 ? 0 : beyond / n;
}

/** Far below a grey level: a threshold that is a difference to the last digit is not exceeded by it. */
export const tolerance = 1e-6;

/** Where a threshold comes from. */
export interface Floor {
  /** `own`: each arm's own autoencoder; `fixed`: the same number everywhere; else the arm whose error is the floor of all. */
  readonly source: string;
  readonly k: number;
  /** In grey levels, for `fixed`. */
  readonly fixed: number;
}

/** One image as the lab sees it. */
export interface LabImage {
  readonly id: string;
  readonly patient: string | null;
  /** By arm. */
  readonly histograms: Readonly<Record<string, Histogram>>;
}

/** The threshold of an arm on an image. `autoencoderOf` says whose error is an arm's own floor; an arm without one takes `fallback`. */
export function thresholdOf(
  image: LabImage,
  arm: string,
  {source, k, fixed}: Floor,
  autoencoderOf: (arm: string) => string
): number {
  if (source === "fixed") return fixed;
  return floorOf(image.histograms[source === "own" ? autoencoderOf(arm) : source], k);
}

/** Two arms' rates over images, and whether they differ. */
export interface LabResult {
  readonly a: LabSide;
  readonly b: LabSide;
  /** Of the mean rates, B − A. */
  readonly h: number;
  /** Mean of B − A over patients, its 90 % interval, and whether it lies within ±margin; null for fewer than two patients. */
  readonly difference: number;
  readonly interval: readonly [number, number] | null;
  readonly p: number | null;
  readonly equivalent: boolean | null;
  readonly images: number;
  readonly patients: number;
}

export interface LabSide {
  readonly rates: readonly number[];
  readonly mean: number;
  readonly thresholds: readonly number[];
}

/** Rates of two arms on the same images, Cohen's h, and the paired equivalence test over patients. */
export function compareRates(
  images: readonly LabImage[],
  {a, b, floor, direction, margin}: {a: string; b: string; floor: Floor; direction: Direction; margin: number},
  autoencoderOf: (arm: string) => string
): LabResult {
  const side = (arm: string): LabSide => {
    const thresholds = images.map((image) => thresholdOf(image, arm, floor, autoencoderOf));
    const rates = images.map((image, i) => rateOf(image.histograms[arm], thresholds[i], direction));
    return {rates, thresholds, mean: mean(rates)};
  };
  const [sideA, sideB] = [side(a), side(b)];
  const byPatient = new Map<string, number[]>();
  images.forEach(({id, patient}, i) => {
    const name = patient ?? id;
    const own = byPatient.get(name) ?? [];
    own.push(sideB.rates[i] - sideA.rates[i]);
    byPatient.set(name, own);
  });
  const differences = Array.from(byPatient.values(), mean);
  const test = differences.length > 1 ? tost(differences, margin) : null;
  return {
    a: sideA,
    b: sideB,
    h: cohensH(sideB.mean, sideA.mean),
    difference: mean(differences),
    interval: test?.interval ?? null,
    p: test?.p ?? null,
    equivalent: test?.equivalent ?? null,
    images: images.length,
    patients: differences.length
  };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
