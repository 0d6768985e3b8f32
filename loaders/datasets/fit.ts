import {InputError} from "../../models/errors.js";
import type {Plane} from "../../src/measures/image.js";
import {type ResizeFilter, resize8} from "../../src/measures/resize.js";

import {quantise, unitRange} from "./quantise.js";

/** How images of any size become squares of one size. */
export interface Fit {
  /** Width and height in pixels. */
  readonly size: number;
  readonly filter?: ResizeFilter;
}

/** The largest square in the middle; odd remainders lose the pixel at the right or lower side (as `(w − side) // 2` does). */
export function cropSquare<T extends Plane["data"] | Uint8Array>(
  data: T,
  width: number,
  height: number
): {data: T; side: number} {
  const side = Math.min(width, height);
  if (width === height) return {data, side};
  const left = Math.floor((width - side) / 2);
  const top = Math.floor((height - side) / 2);
  const out = new (data.constructor as new (length: number) => T)(side * side);
  for (let y = 0; y < side; ++y) {
    const from = (y + top) * width + left;
    out.set(data.subarray(from, from + side), y * side);
  }
  return {data: out, side};
}

/** Crops to the middle square, then resizes by way of 8-bit pixels as Pillow does (Lanczos unless told). */
export function fitImage(
  plane: Plane,
  {size, filter = "lanczos"}: Fit
): {data: Float32Array; width: number; height: number} {
  if (!(Number.isInteger(size) && size >= 8 && size <= 8192))
    throw new InputError(`a size must be a whole number from 8 to 8192, not ${size}`);
  const {data, side} = cropSquare(plane.data, plane.width, plane.height);
  if (side === size) return {data: Float32Array.from(data), width: size, height: size};
  const pixels = quantise(data);
  const small = resize8(pixels, {width: side, height: side}, {width: size, height: size}, filter);
  return {data: unitRange(small), width: size, height: size};
}

/** The same crop for a mask, resized to the nearest pixel. */
export function fitMask(mask: Uint8Array, width: number, height: number, size: number): Uint8Array {
  const {data, side} = cropSquare(mask, width, height);
  return side === size ? data : resize8(data, {width: side, height: side}, {width: size, height: size}, "nearest");
}
