import {encode} from "fast-png";
import type {Plane} from "../../src/measures/image.js";

/**
 * An 8-bit grey PNG of a plane: values clamped to [0, 1], then round(255·v). The same plane gives the same bytes on
 * every machine (deflate in JavaScript).
 *
 * @throws RangeError when a value is NaN or the size doesn't fit the data.
 */
export function encodePng8(plane: Plane): Uint8Array {
  return encode({...sizeOf(plane), channels: 1, depth: 8, data: Uint8Array.from(quantised(plane, 255))});
}

/** A 16-bit grey PNG of a plane: values clamped to [0, 1], then round(65535·v). @throws RangeError as `encodePng8`. */
export function encodePng16(plane: Plane): Uint8Array {
  return encode({...sizeOf(plane), channels: 1, depth: 16, data: quantised(plane, 65535)});
}

function sizeOf({width, height, data}: Plane): {width: number; height: number} {
  if (!(width >= 1 && height >= 1) || data.length !== width * height) {
    throw new RangeError(`a plane of ${width}×${height} can't have ${data.length} values`);
  }
  return {width, height};
}

function quantised({data}: Plane, max: number): Uint16Array {
  const result = new Uint16Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (Number.isNaN(value)) throw new RangeError(`pixel ${i} is NaN; a PNG can't hold it`);
    result[i] = Math.round(Math.min(1, Math.max(0, value)) * max);
  }
  return result;
}
