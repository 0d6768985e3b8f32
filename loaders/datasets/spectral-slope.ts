import {fft2} from "../../src/measures/fft.js";
import type {Plane} from "../../src/measures/image.js";
import {hann} from "../../src/measures/radial.js";

/**
 * The exponent of the radial power spectrum: the slope of log10 (mean power of a ring) against log10 (frequency), over the rings of
 * one bin from 0.02 to 0.4 cycles/pixel, least squares, rings alike. The mean is removed and a Hann window applied. Photographs and
 * medical images have −2 to −3.5, white noise 0. NaN for an image too small or flat.
 */
export function spectralSlope(image: Plane): number {
  const {data, width, height} = image;
  const n = Math.min(width, height);
  let mean = 0;
  for (let k = 0; k < data.length; ++k) mean += data[k] / data.length;
  const {re, im} = fft2(hann({data: Float64Array.from(data, (v) => v - mean), width, height}));
  const power = new Float64Array(n);
  const count = new Float64Array(n);
  for (let y = 0; y < height; ++y) {
    const fy = (y <= height / 2 ? y : y - height) / height;
    for (let x = 0; x < width; ++x) {
      const fx = (x <= width / 2 ? x : x - width) / width;
      const ring = Math.round(Math.sqrt(fx * fx + fy * fy) * n);
      if (ring >= n) continue;
      const k = y * width + x;
      power[ring] += re[k] * re[k] + im[k] * im[k];
      ++count[ring];
    }
  }
  let [m, sx, sy, sxx, sxy] = [0, 0, 0, 0, 0];
  for (let ring = 1; ring < n; ++ring) {
    const f = ring / n;
    if (f < 0.02 || f > 0.4 || !(power[ring] > 0)) continue;
    const x = Math.log10(f);
    const y = Math.log10(power[ring] / count[ring]);
    ++m;
    sx += x;
    sy += y;
    sxx += x * x;
    sxy += x * y;
  }
  return m < 3 ? Number.NaN : (m * sxy - sx * sy) / (m * sxx - sx * sx);
}
