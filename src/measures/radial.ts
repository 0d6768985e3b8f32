import {checkInteger, checkPair, checkPlane} from "./check.js";
import {fft2, fft2Pair, frequencyIndex, type Spectrum} from "./fft.js";
import type {Plane} from "./image.js";

/**
 * Radial log power as the study published it: the mean of log₁₀(|F|² + 1e-12) in `bins` half-open rings from 0 to the
 * largest radius, no window. The radius is √(fx² + fy²) in cycles/pixel, so the rings above 0.5 hold only the corners of
 * the spectrum, and the outermost corner itself falls out. Null for a ring without a frequency (images of a few pixels).
 * @throws RangeError when the image holds NaN or infinities.
 */
export function radialLogPower(image: Plane, bins = 10): (number | null)[] {
  checkInteger(bins, "bins", 1);
  return radialLogPowerOf(fft2(image), bins);
}

/** The same from a spectrum. */
export function radialLogPowerOf({re, im, width, height}: Spectrum, bins = 10): (number | null)[] {
  const {index, count} = publishedRings(width, height, bins);
  const sum = new Float64Array(bins);
  // the spectrum of a real image is the same at k and −k: half of the rows will do
  for (let y = 0; 2 * y <= height; y++) {
    const weight = y === 0 || 2 * y === height ? 1 : 2;
    for (let i = y * width; i < (y + 1) * width; i++) {
      const ring = index[i];
      if (ring < bins) sum[ring] += weight * Math.log10(re[i] * re[i] + im[i] * im[i] + 1e-12);
    }
  }
  return Array.from(sum, (s, ring) => (count[ring] === 0 ? null : s / count[ring]));
}

/** Power by spatial frequency, the default flavour. Arrays have one value per ring. */
export interface RadialSpectrum {
  /** Centre of each ring in cycles/pixel. */
  readonly frequency: Float64Array;
  /** Mean |F|² over the ring, divided by Σ window²: white noise of variance σ² has σ² everywhere. NaN in an empty ring. */
  readonly power: Float64Array;
  /** log₁₀ of `power`; −Infinity where there is none. */
  readonly logPower: Float64Array;
  /** Number of frequencies in each ring. */
  readonly count: Int32Array;
}

/** HR, SR and their difference, by spatial frequency. */
export interface RadialComparison {
  readonly frequency: Float64Array;
  readonly hr: RadialSpectrum;
  readonly sr: RadialSpectrum;
  readonly error: RadialSpectrum;
  /** 10·log₁₀(SR power / HR power) in dB: below 0 detail is missing, above there is more than there should be. */
  readonly ratio: Float64Array;
  /** 10·log₁₀(error power / HR power) in dB: phase counts here. */
  readonly errorRatio: Float64Array;
}

/** Rings between 0 and 0.5 cycles/pixel unless told otherwise. */
export const defaultRings = 32;

/**
 * Radial power under a Hann window: log₁₀ of the mean power in `rings` rings of equal width from 0 to 0.5 cycles/pixel
 * (the corners beyond are left out). @throws RangeError when the image holds NaN or infinities.
 */
export function radialSpectrum(image: Plane, rings = defaultRings): RadialSpectrum {
  checkInteger(rings, "rings", 1);
  checkPlane(image, "image");
  return ringPower(fft2(hann(image)), rings);
}

/** `radialSpectrum` of HR, SR and SR − HR, with ratios. @throws RangeError on differing sizes, NaN or infinities. */
export function radialComparison(hr: Plane, sr: Plane, rings = defaultRings): RadialComparison {
  checkInteger(rings, "rings", 1);
  checkPair(hr, sr);
  const [a, b] = fft2Pair(hann(hr), hann(sr));
  const difference: Spectrum = {
    re: b.re.map((v, i) => v - a.re[i]),
    im: b.im.map((v, i) => v - a.im[i]),
    width: hr.width,
    height: hr.height
  };
  const hrPower = ringPower(a, rings);
  const srPower = ringPower(b, rings);
  const error = ringPower(difference, rings);
  return {
    frequency: hrPower.frequency,
    hr: hrPower,
    sr: srPower,
    error,
    ratio: srPower.logPower.map((v, i) => 10 * (v - hrPower.logPower[i])),
    errorRatio: error.logPower.map((v, i) => 10 * (v - hrPower.logPower[i]))
  };
}

/** The image under a periodic Hann window in both directions: its border no longer makes a cross in the spectrum. */
export function hann({data, width, height}: Plane): Plane {
  const across = hannWindow(width);
  const down = hannWindow(height);
  const out = new Float64Array(data.length);
  for (let y = 0, i = 0; y < height; y++) {
    const w = down[y];
    for (let x = 0; x < width; x++, i++) out[i] = data[i] * w * across[x];
  }
  return {data: out, width, height};
}

/** ½ − ½·cos 2πj/n (scipy's `get_window("hann", n)`). */
export function hannWindow(n: number): Float64Array {
  return Float64Array.from({length: n}, (_, j) => (n === 1 ? 1 : 0.5 - 0.5 * Math.cos((2 * Math.PI * j) / n)));
}

function ringPower({re, im, width, height}: Spectrum, rings: number): RadialSpectrum {
  const {index, count} = nyquistRings(width, height, rings);
  const sum = new Float64Array(rings);
  for (let i = 0; i < index.length; i++) {
    const ring = index[i];
    if (ring < rings) sum[ring] += re[i] * re[i] + im[i] * im[i];
  }
  const energy = (n: number) => hannWindow(n).reduce((s, w) => s + w * w, 0);
  const scale = energy(width) * energy(height);
  const power = sum.map((s, ring) => s / count[ring] / scale);
  return {
    frequency: Float64Array.from({length: rings}, (_, ring) => ((ring + 0.5) * 0.5) / rings),
    power,
    logPower: power.map(Math.log10),
    count
  };
}

interface Rings {
  /** Ring of each frequency; the number of rings where it lies outside all of them. */
  readonly index: Uint16Array;
  readonly count: Int32Array;
}

const cache = new Map<string, Rings>();

/** Rings as the published script makes them, to the very comparison of floats. */
function publishedRings(width: number, height: number, bins: number): Rings {
  return cached(`published ${width} ${height} ${bins}`, bins, width, height, (radius) => {
    let max = 0;
    for (let i = 0; i < radius.length; i++) if (radius[i] > max) max = radius[i];
    const step = max / bins;
    const edge = (i: number) => (i === bins ? max : i * step);
    return (r) => {
      let ring = Math.min(bins, Math.floor(r / step));
      if (!(max > 0)) return bins; // one pixel: no ring has a width
      while (ring > 0 && r < edge(ring)) ring--;
      while (ring < bins && r >= edge(ring + 1)) ring++;
      return ring;
    };
  });
}

function nyquistRings(width: number, height: number, rings: number): Rings {
  return cached(`nyquist ${width} ${height} ${rings}`, rings, width, height, () => (r) => {
    // the last ring is closed: 0.5 itself belongs to it
    return r > 0.5 ? rings : Math.min(rings - 1, Math.floor(r * 2 * rings));
  });
}

function cached(
  key: string,
  rings: number,
  width: number,
  height: number,
  sorter: (radius: Float64Array) => (r: number) => number
): Rings {
  let entry = cache.get(key);
  if (entry === undefined) {
    const radius = new Float64Array(width * height);
    for (let y = 0, i = 0; y < height; y++) {
      const fy = frequencyIndex(y, height) / height;
      for (let x = 0; x < width; x++, i++) {
        const fx = frequencyIndex(x, width) / width;
        radius[i] = Math.sqrt(fx * fx + fy * fy);
      }
    }
    const ringOf = sorter(radius);
    const index = Uint16Array.from(radius, ringOf);
    const count = new Int32Array(rings);
    for (const ring of index) if (ring < rings) count[ring]++;
    entry = {index, count};
    if (cache.size >= 16) cache.delete(cache.keys().next().value!);
    cache.set(key, entry);
  }
  return entry;
}
