import {Gunzip, Inflate as Inflator, Unzlib} from "fflate";
import type {Inflate} from "./inflate.js";

const inflators = {zlib: Unzlib, gzip: Gunzip, raw: Inflator};
const step = 1 << 14;

/** `Inflate` by fflate, for a page; fed in small steps, so that a bomb is noticed before it is unpacked. */
export const inflatePortable: Inflate = (deflated, wrapper, maxBytes) => {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let finished = false;
  const inflator = new inflators[wrapper]((chunk, final) => {
    chunks.push(chunk);
    length += chunk.length;
    finished = final;
  });
  for (let offset = 0; offset < deflated.length; offset += step) {
    const end = Math.min(deflated.length, offset + step);
    inflator.push(deflated.subarray(offset, end), end === deflated.length);
    if (length > maxBytes) throw new Error("the compressed data hold more than the header allows");
  }
  if (!finished) throw new Error("the compressed data are cut short");
  const result = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    result.set(chunk, offset);
    offset += chunk.length;
  }
  return result;
};
