import type {Plane} from "../measures/image.js";
import {errorColour, magnitudeColour} from "./error-colours.js";

/** Grey pixels: `black` and what lies below it is black, `white` and above is white. */
export function paintGrey(plane: Plane, black = 0, white = 1): OffscreenCanvas {
  const scale = 255 / Math.max(1e-6, white - black);
  return paint(plane, (value, pixels, at) => {
    // ImageData clamps and rounds
    pixels[at] = pixels[at + 1] = pixels[at + 2] = (value - black) * scale;
  });
}

/** Signed values in the colours of an error, from −limit to +limit. */
export function paintSigned(plane: Plane, limit: number): OffscreenCanvas {
  return paint(plane, (value, pixels, at) => {
    const [r, g, b] = errorColour(value, limit);
    pixels[at] = r;
    pixels[at + 1] = g;
    pixels[at + 2] = b;
  });
}

/** Where a mask is not 0, over a dimmed grey picture: orange where it is above, blue where below. */
export function paintMask(plane: Plane, mask: Int8Array): OffscreenCanvas {
  return paint(plane, (value, pixels, at) => {
    const sign = mask[at >> 2];
    if (sign > 0) pixels.set(brighterMark, at);
    else if (sign < 0) pixels.set(darkerMark, at);
    else pixels[at] = pixels[at + 1] = pixels[at + 2] = value * 140;
  });
}

/** Too bright, too dark: the hues of the error's colours. */
export const brighterMark = [236, 130, 50];
export const darkerMark = [70, 150, 230];

/** A grey picture dimmed, with a square of the magnitude's colour laid over each tile, the worst of those that overlap. */
export function paintTiles(
  plane: Plane,
  tiles: readonly {readonly x: number; readonly y: number; readonly value: number | null}[],
  size: number,
  limit: number
): OffscreenCanvas {
  const {width, height} = plane;
  const worst = new Float32Array(width * height).fill(-1);
  // a tile speaks for its middle: neighbours overlap by half
  const margin = size >> 2;
  for (const {x, y, value} of tiles) {
    if (value === null) continue;
    const [x0, x1] = [x === 0 ? 0 : x + margin, x + size >= width ? width : x + size - margin];
    const [y0, y1] = [y === 0 ? 0 : y + margin, y + size >= height ? height : y + size - margin];
    for (let v = y0; v < y1; v++) {
      for (let u = x0; u < x1; u++) if (value > worst[v * width + u]) worst[v * width + u] = value;
    }
  }
  return paint(plane, (value, pixels, at) => {
    const grey = value * 255;
    const w = worst[at >> 2];
    if (w < 0) pixels[at] = pixels[at + 1] = pixels[at + 2] = 0.4 * grey;
    else {
      const [r, g, b] = magnitudeColour(w, limit);
      pixels[at] = 0.35 * grey + 0.65 * r;
      pixels[at + 1] = 0.35 * grey + 0.65 * g;
      pixels[at + 2] = 0.35 * grey + 0.65 * b;
    }
  });
}

/** Values from 0 to `limit` as lightness, in one hue: no sign, so no two colours. */
export function paintMagnitude(plane: Plane, limit: number): OffscreenCanvas {
  return paint(plane, (value, pixels, at) => {
    const [r, g, b] = magnitudeColour(value, limit);
    pixels[at] = r;
    pixels[at + 1] = g;
    pixels[at + 2] = b;
  });
}

/** b − a. */
export function difference(a: Plane, b: Plane): Plane {
  const data = new Float32Array(a.data.length);
  for (let i = 0; i < data.length; i++) data[i] = b.data[i] - a.data[i];
  return {data, width: a.width, height: a.height};
}

function paint(
  {data, width, height}: Plane,
  pixel: (value: number, pixels: Uint8ClampedArray, at: number) => void
): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(width, height);
  for (let i = 0; i < data.length; i++) {
    pixel(data[i], image.data, 4 * i);
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return canvas;
}
