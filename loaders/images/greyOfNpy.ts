import {InputError} from "../../models/errors.js";
import type {Plane} from "../../src/measures/image.js";
import type {Npy} from "./npy.js";

/**
 * One grey plane in [0, 1] from a NumPy array of shape (height, width), (1, height, width) or (height, width, 1):
 * floats as they are, uint8 / 255, uint16 / 65535, bool as 0 and 1.
 *
 * @param source names the file in errors
 * @throws InputError when the shape or the type isn't one of these, or a float lies further outside [0, 1] than allowed.
 */
export function greyOfNpy({data, shape, dtype}: Npy, source: string, options?: RangeOptions): DecodedPlane {
  const sides =
    shape.length === 3 && shape[0] === 1
      ? shape.slice(1)
      : shape.length === 3 && shape[2] === 1
        ? shape.slice(0, 2)
        : shape;
  if (sides.length !== 2 || sides[0] < 1 || sides[1] < 1) {
    throw new InputError(`${source} has shape (${shape.join(", ")}); a grey image has (height, width)`);
  }
  const [height, width] = sides;
  if (dtype === "uint8" || dtype === "uint16" || dtype === "bool") {
    const max = dtype === "uint8" ? 255 : dtype === "uint16" ? 65535 : 1;
    return {data: Float32Array.from(data, (value) => value / max), width, height};
  }
  if (!dtype.startsWith("float")) {
    throw new InputError(`${source} holds ${dtype}, whose white is unknown; save float in [0, 1], uint8 or uint16`);
  }
  const grey = Float32Array.from(data);
  const clamped = clampToUnitRange(grey, source, options);
  return {data: grey, width, height, ...(clamped > 0 ? {clamped} : {})};
}

export interface RangeOptions {
  /**
   * How far outside [0, 1] a float may lie and is then clamped: 0 unless told, for what is given as an image. What a network
   * made overshoots, and every measure is defined on the clamped image.
   */
  readonly overshoot?: number;
}

/** An image as decoded; `clamped` is how far it lay outside [0, 1] before, absent where it did not. */
export interface DecodedPlane extends Plane {
  readonly clamped?: number;
}

/**
 * Clamps to [0, 1] in place what lies at most `overshoot` outside.
 * @returns how far the values lay outside
 * @throws InputError when a value is NaN, infinite, or further outside; it names the range found.
 */
export function clampToUnitRange(data: Float32Array, source: string, {overshoot = 0}: RangeOptions = {}): number {
  let min = Infinity;
  let max = -Infinity;
  let odd = 0;
  for (const value of data) {
    if (!Number.isFinite(value)) odd++;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (odd > 0)
    throw new InputError(
      `${source} has ${odd} NaN or infinite ${odd === 1 ? "pixel" : "pixels"}; an image has values in [0, 1]`
    );
  const outside = Math.max(0, -min, max - 1);
  if (outside > overshoot) {
    throw new InputError(`${source} has values from ${min} to ${max}; float images have values in [0, 1]`);
  }
  if (outside > 0) for (let i = 0; i < data.length; i++) data[i] = Math.min(1, Math.max(0, data[i]));
  return outside;
}
