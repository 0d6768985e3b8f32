import type {Plane} from "../../src/measures/image.js";

/**
 * Antialiased bicubic resampling: Keys' kernel with a = −0.5, its support scaled by the factor when an image is reduced,
 * weights normalised at the border. PIL's `Image.resize(…, BICUBIC)` on float images. Not clamped.
 */
export function bicubicResize(plane: Plane, width: number, height: number): Plane {
  return transpose(resizeRows(transpose(resizeRows(plane, width)), height));
}

function resizeRows({data, width, height}: Plane, target: number): Plane {
  const scale = width / target;
  const stretch = Math.max(1, scale);
  const support = 2 * stretch;
  const out = new Float64Array(target * height);
  for (let x = 0; x < target; x++) {
    const centre = (x + 0.5) * scale;
    const from = Math.max(0, Math.floor(centre - support + 0.5));
    const to = Math.min(width, Math.floor(centre + support + 0.5));
    const weights = Array.from({length: to - from}, (_, i) => keys((from + i - centre + 0.5) / stretch));
    const total = weights.reduce((sum, w) => sum + w, 0);
    for (let y = 0; y < height; y++) {
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += weights[i] * data[y * width + from + i];
      out[y * target + x] = sum / total;
    }
  }
  return {data: out, width: target, height};
}

function transpose({data, width, height}: Plane): Plane {
  const out = new Float64Array(data.length);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) out[x * height + y] = data[y * width + x];
  return {data: out, width: height, height: width};
}

function keys(x: number): number {
  const a = -0.5;
  const t = Math.abs(x);
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  if (t < 2) return (((t - 5) * t + 8) * t - 4) * a;
  return 0;
}
