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
