import {bandMeasures} from "./bands.js";
import {checkInteger, checkNumber, checkPlane} from "./check.js";
import {clampUnit, mae, psnr} from "./fidelity.js";
import {crossing, meanCorrelation, ringCorrelation} from "./frc.js";
import {exceedances} from "./hallucination.js";
import type {Image, Plane} from "./image.js";
import {gaussianBlur} from "./moments.js";
import {msSsim} from "./ms-ssim.js";
import {Degradation, nullSpaceMeasures} from "./nullspace.js";
import {radialComparison} from "./radial.js";
import {type Random, random} from "./random.js";
import {type Roc, roc} from "./roc.js";
import {lowestCrossing, scanRingCorrelation} from "./sfrc.js";
import {ssim} from "./ssim.js";

/** A lesion to be planted: a disc with a soft edge, which is in no HR image. */
export interface Lesion {
  /** Added to the image in the middle, grey levels of [0, 1]; below 0 it is dark. */
  readonly contrast: number;
  /** Full width at half maximum in pixels. */
  readonly diameter: number;
}

/** What a score may look at. LR is D·HR, without noise. */
export interface Trial {
  readonly hr: Plane;
  readonly sr: Plane;
  readonly lr: Plane;
  readonly degradation: Degradation;
  /** Threshold for the rates: mean + 2·SD of |HR + noise − HR|, the floor of the innocent. */
  readonly floor: number;
}

/** A number that should be higher the more was made up; null where it is absent. */
export type Score = (trial: Trial) => number | null;

/** The measures as scores, each turned so that higher means more fabricated. */
export const scores: Readonly<Record<string, Score>> = {
  PSNR: ({hr, sr}) => -psnr(hr, sr),
  MAE: ({hr, sr}) => mae(hr, sr),
  "SSIM (wang)": ({hr, sr}) => negate(ssim(hr, sr)),
  "MS-SSIM": ({hr, sr}) => negate(msSsim(hr, sr)),
  "LL3 SSE share": ({hr, sr}) => bandMeasures(hr, sr).bands.LL3.share,
  "level 3 SSE share": ({hr, sr}) => levelShare(hr, sr, 3),
  "level 2 SSE share": ({hr, sr}) => levelShare(hr, sr, 2),
  "level 1 SSE share": ({hr, sr}) => levelShare(hr, sr, 1),
  "excess radial power": ({hr, sr}) => mostExcess(hr, sr),
  "FRC crossing 1/2": ({hr, sr}) => negate(crossing(ringCorrelation(hr, sr), 1 / 2)?.frequency ?? null),
  "FRC mean": ({hr, sr}) => negate(meanCorrelation(ringCorrelation(hr, sr))),
  "sFRC lowest crossing": ({hr, sr}) => negate(lowest(hr, sr)),
  "published hallucination rate": ({hr, sr, floor}) => exceedances(hr, sr, floor).brighter.rate,
  "published loss rate": ({hr, sr, floor}) => exceedances(hr, sr, floor).darker.rate,
  "absolute threshold rate": ({hr, sr, floor}) => exceedances(hr, sr, floor).absolute.rate,
  "threshold magnitude": ({hr, sr, floor}) => exceedances(hr, sr, floor).absolute.magnitude ?? 0,
  "measurement consistency": ({sr, lr, degradation}) => degradation.consistency(sr, lr),
  "local measurement consistency": ({sr, lr, degradation}) => peak(degradation.apply(sr), lr),
  "invented error": ({hr, sr, degradation}) => nullSpaceMeasures(degradation, hr, sr).invented_sse,
  "invented share": ({hr, sr, degradation}) => nullSpaceMeasures(degradation, hr, sr).invented_share,
  "invented energy ratio": ({hr, sr, degradation}) => nullSpaceMeasures(degradation, hr, sr).invented_energy_ratio,
  "local error": ({hr, sr}) => peak(gaussianBlur(sr, 3), gaussianBlur(hr, 3))
};

export interface CalibrationOptions {
  readonly lesion?: Lesion;
  /** SD of white noise, grey levels. */
  readonly noise?: number;
  /** σ of the Gaussian blur, pixels. */
  readonly blur?: number;
  /** Down-sampling factor of D. */
  readonly factor?: number;
  /** The names of the scores to be tried; all unless told. */
  readonly only?: readonly string[];
  readonly seed?: number;
  readonly onImage?: (done: number, total: number) => void;
}

/** One score on the trial images. */
export interface ScoreCalibration {
  readonly score: string;
  /** HR + lesion against HR + noise and HR + blur: does it tell fabrication from honest imperfection? Null: absent. */
  readonly against: Roc | null;
  /** Noisy HR + lesion against the same noisy HR: does it see the lesion through noise? */
  readonly inNoise: Roc | null;
  /** Blurred HR + lesion against the same blurred HR. */
  readonly inBlur: Roc | null;
  /** The scores themselves, one an image; null where absent. */
  readonly values: Readonly<Record<Condition, readonly (number | null)[]>>;
}

export type Condition = "noise" | "blur" | "lesion" | "noise+lesion" | "blur+lesion";

/**
 * Null calibration: every measure on images that were only degraded (noise, blur) and on images with something that was never
 * there (a planted lesion of known contrast and size, at a random place on bright tissue). A measure that cannot tell
 * these apart measures no fabrication, whatever its name. Seeded: the same images and options give the same numbers.
 * @throws RangeError for no images, bad options, NaN or infinities.
 */
export function calibrate(images: readonly Image[], options: CalibrationOptions = {}): ScoreCalibration[] {
  const {lesion = {contrast: 0.2, diameter: 10}, noise = 0.02, blur = 1, factor = 4, seed = 1} = options;
  if (images.length === 0) throw new RangeError("images must not be empty");
  checkNumber(lesion.contrast, "contrast");
  checkNumber(lesion.diameter, "diameter", 1);
  checkNumber(noise, "noise", 0);
  checkInteger(factor, "factor", 1);
  const names = options.only ?? Object.keys(scores);
  for (const name of names) if (!Object.hasOwn(scores, name)) throw new RangeError(`invalid score: ${name}`);
  const values = names.map(() => ({
    noise: [] as (number | null)[],
    blur: [] as (number | null)[],
    lesion: [] as (number | null)[],
    "noise+lesion": [] as (number | null)[],
    "blur+lesion": [] as (number | null)[]
  }));
  images.forEach((hr, i) => {
    checkPlane(hr, `image ${hr.id}`);
    const generator = random("calibrate", seed, hr.id);
    const degradation = new Degradation(
      hr.width,
      hr.height,
      Math.max(1, Math.round(hr.width / factor)),
      Math.max(1, Math.round(hr.height / factor))
    );
    const lr = degradation.apply(hr);
    const noisy = withNoise(hr, noise, generator);
    const blurred = gaussianBlur(hr, blur);
    const planted = lesionMap(hr, lesion, generator);
    const conditions: Record<Condition, Plane> = {
      noise: noisy,
      blur: blurred,
      lesion: plus(hr, planted),
      "noise+lesion": plus(noisy, planted),
      "blur+lesion": plus(blurred, planted)
    };
    const floor = floorOf(hr, clampUnit(noisy));
    for (const [condition, sr] of Object.entries(conditions) as [Condition, Plane][]) {
      const trial: Trial = {hr, sr: clampUnit(sr), lr, degradation, floor};
      names.forEach((name, k) => {
        values[k][condition].push(scores[name](trial));
      });
    }
    options.onImage?.(i + 1, images.length);
  });
  return names.map((score, k) => {
    const present = (...conditions: Condition[]) => conditions.flatMap((c) => values[k][c].filter((v) => v !== null));
    return {
      score,
      against: roc(present("noise", "blur"), present("lesion")),
      inNoise: roc(present("noise"), present("noise+lesion")),
      inBlur: roc(present("blur"), present("blur+lesion")),
      values: values[k]
    };
  });
}

/**
 * A lesion alone, on black: contrast · exp(−ln 2 · (2r/diameter)⁴), flat in the middle with a soft edge, centred at random
 * on a pixel brighter than the image's mean (tissue, not air) that is at least a diameter from the border where one is.
 */
export function lesionMap(hr: Plane, {contrast, diameter}: Lesion, generator: Random): Plane {
  const {data, width, height} = hr;
  let mean = 0;
  let brightest = -Infinity;
  for (let i = 0; i < data.length; i++) {
    mean += data[i] / data.length;
    if (data[i] > brightest) brightest = data[i];
  }
  // a constant image's mean may be rounded to above its value
  mean = Math.min(mean, brightest);
  const candidates: number[] = [];
  for (const margin of [diameter, 0]) {
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        const clear = x >= margin && y >= margin && x < width - margin && y < height - margin;
        if (clear && data[i] >= mean) candidates.push(i);
      }
    }
    if (candidates.length > 0) break;
  }
  const centre = generator.pick(candidates);
  const cx = centre % width;
  const cy = Math.floor(centre / width);
  const out = new Float64Array(data.length);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const r2 = ((x - cx) ** 2 + (y - cy) ** 2) / (diameter / 2) ** 2;
      out[i] = contrast * Math.exp(-Math.LN2 * r2 * r2);
    }
  }
  return {data: out, width, height};
}

function withNoise({data, width, height}: Plane, sd: number, generator: Random): Plane {
  return {data: Float64Array.from(data, (v) => v + sd * generator.normal()), width, height};
}

function plus(a: Plane, b: Plane): Plane {
  return {data: Float64Array.from(a.data, (v, i) => v + b.data[i]), width: a.width, height: a.height};
}

function floorOf(hr: Plane, innocent: Plane): number {
  const n = hr.data.length;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const e = Math.abs(innocent.data[i] - hr.data[i]);
    sum += e;
    squares += e * e;
  }
  const mean = sum / n;
  return mean + 2 * Math.sqrt(Math.max(0, squares / n - mean * mean));
}

function levelShare(hr: Plane, sr: Plane, level: 1 | 2 | 3): number | null {
  const {bands} = bandMeasures(hr, sr);
  const share = (name: "LH" | "HL" | "HH") => bands[`${name}${level}`].share;
  return share("LH") === null ? null : share("LH")! + share("HL")! + share("HH")!;
}

/** The ring in which SR's power exceeds HR's most, dB. */
function mostExcess(hr: Plane, sr: Plane): number | null {
  let most: number | null = null;
  for (const v of radialComparison(hr, sr).ratio) if (Number.isFinite(v) && (most === null || v > most)) most = v;
  return most;
}

function lowest(hr: Plane, sr: Plane): number | null {
  const scan = scanRingCorrelation(hr, sr, {size: 32, stride: 16});
  return scan === null ? null : lowestCrossing(scan);
}

function peak(a: Plane, b: Plane): number {
  let most = 0;
  for (let i = 0; i < a.data.length; i++) most = Math.max(most, Math.abs(a.data[i] - b.data[i]));
  return most;
}

function negate(value: number | null): number | null {
  return value === null ? null : -value;
}
