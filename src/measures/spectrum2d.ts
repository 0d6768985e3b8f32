import {checkPair} from "./check.js";
import {fft2} from "./fft.js";
import type {Plane} from "./image.js";
import {hann} from "./radial.js";

/**
 * log₁₀(|F|² + 1e-12) of a plane, zero frequency at column ⌊width/2⌋, row ⌊height/2⌋ (numpy's `fftshift`); `window: "hann"`
 * suppresses the cross that borders make. @throws RangeError when the plane holds NaN or infinities.
 */
export function logPowerSpectrum(plane: Plane, {window = "none"}: {window?: "none" | "hann"} = {}): Plane {
  const {re, im, width, height} = fft2(window === "hann" ? hann(plane) : plane);
  const data = new Float64Array(re.length);
  const dx = width >> 1;
  const dy = height >> 1;
  for (let y = 0, i = 0; y < height; y++) {
    const line = ((y + dy) % height) * width;
    for (let x = 0; x < width; x++, i++) {
      data[line + ((x + dx) % width)] = Math.log10(re[i] * re[i] + im[i] * im[i] + 1e-12);
    }
  }
  return {data, width, height};
}

/** The two-dimensional spectrum of the error SR − HR, as `logPowerSpectrum`: where it lies in frequency and direction. */
export function errorSpectrum(hr: Plane, sr: Plane, options?: {window?: "none" | "hann"}): Plane {
  checkPair(hr, sr);
  const data = new Float64Array(hr.data.length);
  for (let i = 0; i < data.length; i++) data[i] = sr.data[i] - hr.data[i];
  return logPowerSpectrum({data, width: hr.width, height: hr.height}, options);
}
