import {Gunzip, Inflate, Unzlib} from "fflate";
import {concatenate} from "./concatenate.js";
import type {Inflater} from "./inflate.js";

const inflators = {zlib: Unzlib, gzip: Gunzip, raw: Inflate};
const step = 1 << 14;

/** `Inflater` by fflate, for a page; it is fed in small steps, so that a bomb is noticed before it is unpacked. */
export const portableInflater: Inflater = {
  inflate(deflated, wrapper, maxBytes) {
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
    return concatenate(chunks);
  },

  gunzipHead(zipped) {
    const chunks: Uint8Array[] = [];
    try {
      new Gunzip((chunk) => chunks.push(chunk)).push(zipped.subarray(0, 4096), false);
    } catch {
      return new Uint8Array();
    }
    return concatenate(chunks);
  }
};
