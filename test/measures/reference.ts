import {readFileSync} from "node:fs";
import {decodeNpy} from "../../loaders/images/index.js";
import type {Plane} from "../../src/measures/image.js";
import {random} from "../../src/measures/random.js";
import {shared} from "../support/shared.js";

/** A reference array of the shared folder as a plane; 8-bit values stay 0 … 255. */
export function referencePlane(name: string): Plane {
  const path = shared(`golden/metrics/${name}`);
  const {shape, data} = decodeNpy(new Uint8Array(readFileSync(path)), path);
  return {data: Float64Array.from(data as ArrayLike<number>), height: shape[0], width: shape[1]};
}

/** One pair of the reference set with its values. */
export interface ReferenceCase {
  readonly shape: [number, number];
  readonly psnr: number;
  readonly ssim_wang_skimage: number;
  readonly ssim_skimage_default: number;
  readonly ssim_torchmetrics: number;
  readonly ms_ssim_torchmetrics: number;
  readonly hallucination: Record<
    "threshold" | "hallu_rate" | "loss_rate" | "hallu_magnitude" | "loss_magnitude",
    number
  >;
  readonly radial_power_10?: number[];
  readonly subband_psnr: Record<string, number>;
  readonly haar_energy: Record<string, number>;
}

interface HaarCase {
  readonly input: number[][];
  readonly cA: number[][];
  readonly cH: number[][];
  readonly cV: number[][];
  readonly cD: number[][];
}

export interface ReferenceFile {
  readonly cases: ReferenceCase[];
  readonly haar_2x2: HaarCase;
  readonly haar_5x5_symmetric: HaarCase;
}

export function readReference(): ReferenceFile {
  return JSON.parse(readFileSync(shared("golden/metrics/image_metrics.json"), "utf8"));
}

export function plane(rows: readonly (readonly number[])[]): Plane {
  return {data: Float64Array.from(rows.flat()), height: rows.length, width: rows[0].length};
}

export function filled(width: number, height: number, value = 0): Plane {
  return {data: new Float64Array(width * height).fill(value), width, height};
}

/** White uniform noise in [0, 1). */
export function noise(width: number, height: number, ...seed: (string | number)[]): Plane {
  const generator = random("test/measures", ...seed);
  return {data: Float64Array.from({length: width * height}, () => generator.uniform()), width, height};
}

/** A smooth picture with edges: a few ellipses on a gradient, blurred by nothing. */
export function picture(width: number, height: number, ...seed: (string | number)[]): Plane {
  const generator = random("test/measures/picture", ...seed);
  const data = new Float64Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) data[y * width + x] = 0.2 + (0.2 * (x + y)) / (width + height);
  for (let k = 0; k < 12; k++) {
    const cx = generator.between(0, width);
    const cy = generator.between(0, height);
    const rx = generator.between(0.04, 0.25) * width + 1;
    const ry = generator.between(0.04, 0.25) * height + 1;
    const value = generator.between(-0.25, 0.35);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1) data[y * width + x] += value;
      }
    }
  }
  return {data: data.map((v) => Math.min(1, Math.max(0, v))), width, height};
}

export function map(p: Plane, f: (value: number, index: number) => number): Plane {
  return {...p, data: Float64Array.from(p.data, f)};
}

export function maxAbsDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let max = 0;
  for (let i = 0; i < a.length; i++) max = Math.max(max, Math.abs(a[i] - b[i]));
  return a.length === b.length ? max : Number.NaN;
}
