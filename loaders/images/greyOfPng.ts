import type {Plane} from "../../src/measures/image.js";
import type {PngPixels} from "./decodePng.js";

/**
 * One grey plane in [0, 1] from a PNG's stored samples: sample / (2^depth − 1), colour by the channel mean.
 * Transparent pixels are flattened onto black (grey × alpha); where alpha is full everywhere it changes nothing.
 */
export function greyOfPng({width, height, depth, channels, data, palette, transparency}: PngPixels): Plane {
  const n = width * height;
  const grey = new Float32Array(n);
  const max = 2 ** depth - 1;
  if (palette !== undefined) {
    const lut = Float32Array.from({length: palette.length / 3}, (_, i) => {
      const alpha = (transparency?.[i] ?? 255) / 255;
      return ((palette[3 * i] + palette[3 * i + 1] + palette[3 * i + 2]) / 765) * alpha;
    });
    for (let i = 0; i < n; i++) grey[i] = lut[data[i]];
  } else if (channels <= 2) {
    const key = transparency?.[0] ?? -1;
    for (let i = 0, j = 0; i < n; i++, j += channels) {
      const alpha = channels === 2 ? data[j + 1] / max : data[j] === key ? 0 : 1;
      grey[i] = (data[j] / max) * alpha;
    }
  } else {
    const [r, g, b] = transparency ?? [-1, -1, -1];
    for (let i = 0, j = 0; i < n; i++, j += channels) {
      const hidden = data[j] === r && data[j + 1] === g && data[j + 2] === b;
      const alpha = channels === 4 ? data[j + 3] / max : hidden ? 0 : 1;
      grey[i] = ((data[j] + data[j + 1] + data[j + 2]) / (3 * max)) * alpha;
    }
  }
  return {data: grey, width, height};
}
