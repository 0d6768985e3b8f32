import type {Plane} from "../measures/image.js";
import {errorPixels, magnitudeColour, magnitudePixels} from "./error-colours.js";

/**
 * Grey pixels: `black` and what lies below it is black, `white` and above is white. This and the next paint into a picture of
 * the same size where one is given: what changes with every frame leaves no heap of canvases behind.
 */
export function paintGrey(plane: Plane, black = 0, white = 1, into?: OffscreenCanvas): OffscreenCanvas {
  const scale = 255 / Math.max(1e-6, white - black);
  return paint(
    plane,
    (pixels, data) => {
      for (let i = 0; i < pixels.length; i++) pixels[i] = greys[byte((data[i] - black) * scale)];
    },
    into
  );
}

/** Signed values in the colours of an error, from −limit to +limit. */
export function paintSigned(plane: Plane, limit: number, into?: OffscreenCanvas): OffscreenCanvas {
  return paint(
    plane,
    (pixels, data) => {
      const scale = 255 / limit;
      for (let i = 0; i < pixels.length; i++) {
        // halves away from zero, on both sides alike
        const size = Math.round(Math.abs(data[i]) * scale);
        pixels[i] = errorPixels[255 + (data[i] >= 0 ? Math.min(255, size) : -Math.min(255, size))];
      }
    },
    into
  );
}

/** Where a mask is not 0, over a dimmed grey picture: orange where it is above, blue where below. */
export function paintMask(plane: Plane, mask: Int8Array, into?: OffscreenCanvas): OffscreenCanvas {
  return paint(
    plane,
    (pixels, data) => {
      const [above] = pixelOf(brighterMark);
      const [below] = pixelOf(darkerMark);
      for (let i = 0; i < pixels.length; i++) {
        pixels[i] = mask[i] > 0 ? above : mask[i] < 0 ? below : greys[byte(data[i] * 140)];
      }
    },
    into
  );
}

/** Too bright, too dark: the hues of the error's colours. */
export const brighterMark: readonly number[] = [236, 130, 50];
export const darkerMark: readonly number[] = [70, 150, 230];

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
  return paint(plane, (pixels, data) => {
    const bytes = new Uint8ClampedArray(pixels.buffer);
    for (let i = 0; i < pixels.length; i++) {
      const grey = data[i] * 255;
      const w = worst[i];
      if (w < 0) pixels[i] = greys[byte(0.4 * grey)];
      else bytes.set([...magnitudeColour(w, limit).map((colour) => 0.35 * grey + 0.65 * colour), 255], 4 * i);
    }
  });
}

/** Values from 0 to `limit` as lightness, in one hue: no sign, so no two colours. */
export function paintMagnitude(plane: Plane, limit: number): OffscreenCanvas {
  return paint(plane, (pixels, data) => {
    for (let i = 0; i < pixels.length; i++) pixels[i] = magnitudePixels[byte((255 * data[i]) / limit)];
  });
}

/** b − a. */
export function difference(a: Plane, b: Plane): Plane {
  const data = new Float32Array(a.data.length);
  for (let i = 0; i < data.length; i++) data[i] = b.data[i] - a.data[i];
  return {data, width: a.width, height: a.height};
}

/** What a canvas is painted with, made once. */
const brushes = new WeakMap<
  OffscreenCanvas,
  {readonly context: OffscreenCanvasRenderingContext2D; readonly image: ImageData; readonly pixels: Uint32Array}
>();

function paint(
  {data, width, height}: Plane,
  fill: (pixels: Uint32Array, data: Plane["data"]) => void,
  into?: OffscreenCanvas
): OffscreenCanvas {
  const canvas = into?.width === width && into.height === height ? into : new OffscreenCanvas(width, height);
  let brush = brushes.get(canvas);
  if (brush === undefined) {
    const context = canvas.getContext("2d")!;
    const image = context.createImageData(width, height);
    brush = {context, image, pixels: new Uint32Array(image.data.buffer)};
    brushes.set(canvas, brush);
  }
  fill(brush.pixels, data);
  brush.context.putImageData(brush.image, 0, 0);
  return canvas;
}

/** The opaque pixel of each grey byte. */
const greys = pixelOf(...Array.from({length: 256}, (_, i) => [i, i, i]));

function pixelOf(...colours: readonly (readonly number[])[]): Uint32Array {
  return new Uint32Array(Uint8Array.from(colours.flatMap((colour) => [...colour, 255])).buffer);
}

function byte(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.round(value);
}
