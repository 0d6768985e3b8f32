import {checkInteger, checkPair} from "./check.js";
import {fft2Pair, frequencyIndex, type Spectrum} from "./fft.js";
import type {Plane} from "./image.js";
import {hann} from "./radial.js";

/** Fourier ring correlation, one value a ring. */
export interface RingCorrelation {
  /** Centre of each ring in cycles/pixel: ring number / N, N the shorter side. */
  readonly frequency: Float64Array;
  /** Re Σ F₁F₂* / √(Σ|F₁|² Σ|F₂|²), in [−1, 1]; NaN where one of the images has no power in the ring. */
  readonly correlation: Float64Array;
  /** Number of frequencies in each ring. */
  readonly count: Int32Array;
}

/** A crossing that was looked for in a ring correlation. */
export interface Crossing {
  /** cycles/pixel, between two rings by linear interpolation; the last ring's frequency where it never crosses. */
  readonly frequency: number;
  /** False where the correlation stays above the threshold up to the last ring: resolved at least that far. */
  readonly crossed: boolean;
}

/**
 * Fourier ring correlation of two images (Saxton & Baumeister 1982; van Heel 1987): unlike power spectra it sees phase.
 * Frequencies are rounded to whole rings 0 … < N/2, N the shorter side. A ring without power in one of the images (a
 * constant image has power only at 0) has no correlation: NaN. `window: "hann"` suppresses what the borders do.
 * @throws RangeError on differing sizes, NaN or infinities.
 */
export function ringCorrelation(
  hr: Plane,
  sr: Plane,
  {window = "none"}: {window?: "none" | "hann"} = {}
): RingCorrelation {
  checkPair(hr, sr);
  return ringCorrelationOf(...(window === "hann" ? fft2Pair(hann(hr), hann(sr)) : fft2Pair(hr, sr)));
}

/** The same from two spectra of one size. */
export function ringCorrelationOf(a: Spectrum, b: Spectrum): RingCorrelation {
  const {width, height} = a;
  const {index, count, side} = ringsOf(width, height);
  const rings = count.length;
  const cross = new Float64Array(rings + 1);
  const powerA = new Float64Array(rings + 1);
  const powerB = new Float64Array(rings + 1);
  for (let i = 0; i < index.length; i++) {
    const ring = index[i];
    const ar = a.re[i];
    const ai = a.im[i];
    const br = b.re[i];
    const bi = b.im[i];
    cross[ring] += ar * br + ai * bi;
    powerA[ring] += ar * ar + ai * ai;
    powerB[ring] += br * br + bi * bi;
  }
  // what is left of an exact zero is no signal: float64 leaves 1e-32 of the two images' power, which share a transform
  const floor = 1e-26 * (total(powerA) + total(powerB));
  const correlation = new Float64Array(rings);
  for (let ring = 0; ring < rings; ring++) {
    const signal = powerA[ring] > floor && powerB[ring] > floor;
    const value = cross[ring] / Math.sqrt(powerA[ring] * powerB[ring]);
    correlation[ring] = signal ? Math.max(-1, Math.min(1, value)) : Number.NaN;
  }
  return {frequency: Float64Array.from({length: rings}, (_, ring) => ring / side), correlation, count};
}

/**
 * The lowest frequency at which the correlation falls below `threshold` (0.5, or 1/7): the resolution. Ring 0, the
 * means, is not looked at. Null where no ring beyond it has a correlation (a flat patch): absent, not 0.
 */
export function crossing({frequency, correlation}: RingCorrelation, threshold: number): Crossing | null {
  if (!(threshold > -1 && threshold < 1)) throw new RangeError(`threshold must lie between -1 and 1, not ${threshold}`);
  let previous = -1;
  for (let ring = 1; ring < correlation.length; ring++) {
    const value = correlation[ring];
    if (Number.isNaN(value)) continue;
    if (value < threshold) {
      if (previous < 0) return {frequency: frequency[ring], crossed: true};
      const above = correlation[previous];
      const fraction = (above - threshold) / (above - value);
      return {
        frequency: frequency[previous] + fraction * (frequency[ring] - frequency[previous]),
        crossed: true
      };
    }
    previous = ring;
  }
  return previous < 0 ? null : {frequency: frequency[previous], crossed: false};
}

/** Mean correlation over the rings from 1 that have one, each weighted alike; null where none has. */
export function meanCorrelation({correlation}: RingCorrelation): number | null {
  let sum = 0;
  let n = 0;
  for (let ring = 1; ring < correlation.length; ring++) {
    if (Number.isNaN(correlation[ring])) continue;
    sum += correlation[ring];
    n++;
  }
  return n === 0 ? null : sum / n;
}

interface Rings {
  /** Ring of each frequency; the number of rings for those outside all. */
  readonly index: Uint16Array;
  readonly count: Int32Array;
  readonly side: number;
}

const cache = new Map<string, Rings>();

function ringsOf(width: number, height: number): Rings {
  checkInteger(width, "width", 1);
  checkInteger(height, "height", 1);
  const key = `${width} ${height}`;
  let entry = cache.get(key);
  if (entry === undefined) {
    const side = Math.min(width, height);
    const rings = Math.ceil(side / 2);
    const index = new Uint16Array(width * height);
    const count = new Int32Array(rings);
    for (let y = 0, i = 0; y < height; y++) {
      const fy = (frequencyIndex(y, height) / height) * side;
      for (let x = 0; x < width; x++, i++) {
        const fx = (frequencyIndex(x, width) / width) * side;
        const ring = Math.min(rings, Math.round(Math.sqrt(fx * fx + fy * fy)));
        index[i] = ring;
        if (ring < rings) count[ring]++;
      }
    }
    entry = {index, count, side};
    if (cache.size >= 16) cache.delete(cache.keys().next().value!);
    cache.set(key, entry);
  }
  return entry;
}

function total(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}
