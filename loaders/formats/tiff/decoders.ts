import {addDecoder, BaseDecoder} from "geotiff";
import type {Inflater} from "../../images/inflate.js";

let registered = false;
let current: Inflater;

/**
 * Replaces geotiff's decoders of Deflate, LZW and PackBits by ones that stop at the size of a strip or tile: its own
 * ones unpack whatever a file holds.
 */
export async function useBoundedDecoders(inflater: Inflater): Promise<void> {
  current = inflater;
  if (registered) return;
  registered = true;
  addDecoder([8, 32946], async () => DeflateDecoder as never, undefined, false);
  addDecoder(5, async () => LzwDecoder as never, undefined, false);
  addDecoder(32773, async () => PackBitsDecoder as never, undefined, false);
}

interface Parameters {
  tileWidth: number;
  tileHeight: number;
  bitsPerSample: ArrayLike<number> | number;
  planarConfiguration: number;
}

/** The bytes of a whole strip or tile. */
function blockBytes({tileWidth, tileHeight, bitsPerSample, planarConfiguration}: Parameters): number {
  const bits = typeof bitsPerSample === "number" ? [bitsPerSample] : Array.from(bitsPerSample);
  const perPixel = planarConfiguration === 2 ? Math.max(...bits) : bits.reduce((sum, n) => sum + n, 0);
  return Math.ceil((tileWidth * perPixel) / 8) * tileHeight;
}

class DeflateDecoder extends BaseDecoder {
  override decodeBlock(buffer: ArrayBufferLike): ArrayBuffer {
    try {
      return exact(current.inflate(new Uint8Array(buffer), "zlib", blockBytes(this.parameters as Parameters) + 1024));
    } catch (error) {
      throw new Error(`its image data are damaged: ${(error as Error).message}`, {cause: error});
    }
  }
}

class LzwDecoder extends BaseDecoder {
  override decodeBlock(buffer: ArrayBufferLike): ArrayBuffer {
    return exact(decodeLzw(new Uint8Array(buffer), blockBytes(this.parameters as Parameters)));
  }
}

class PackBitsDecoder extends BaseDecoder {
  override decodeBlock(buffer: ArrayBufferLike): ArrayBuffer {
    return exact(decodePackBits(new Uint8Array(buffer), blockBytes(this.parameters as Parameters)));
  }
}

/** TIFF 6.0 section 13: codes of 9 to 12 bits, most significant bit first, "early change". */
export function decodeLzw(bytes: Uint8Array, most: number): Uint8Array {
  const clear = 256;
  const end = 257;
  // no more than the codes can stand for, each a string of 4096 bytes at most
  const output = new Uint8Array(Math.min(most, Math.ceil((bytes.length * 8) / 9) * 4096));
  const prefix = new Uint16Array(4096);
  const suffix = new Uint8Array(4096);
  const lengths = new Uint16Array(4096).fill(1, 0, 256);
  for (let i = 0; i < 256; i++) suffix[i] = i;
  let next = 258;
  let width = 9;
  let previous = -1;
  let written = 0;
  let bits = 0;
  let available = 0;
  let at = 0;
  while (written < output.length) {
    while (available < width) {
      if (at >= bytes.length) return output.subarray(0, written);
      bits = ((bits << 8) | bytes[at++]) & 0xffffff;
      available += 8;
    }
    const code = (bits >> (available - width)) & ((1 << width) - 1);
    available -= width;
    if (code === end) break;
    if (code === clear) {
      next = 258;
      width = 9;
      previous = -1;
      continue;
    }
    if (code > next || (code === next && previous < 0) || (previous < 0 && code > 255))
      throw new Error("its LZW data are damaged");
    // the string of a code that is only about to be defined is the previous one and its first byte
    const string = code < next ? code : previous;
    const length = lengths[string];
    let position = written + length - 1;
    let entry = string;
    for (let i = 0; i < length; i++, position--) {
      if (position < output.length) output[position] = suffix[entry];
      entry = prefix[entry];
    }
    const first = output[written];
    written += length;
    if (code === next && written < output.length) output[written] = first;
    if (code === next) written++;
    if (previous >= 0 && next < 4096) {
      prefix[next] = previous;
      suffix[next] = first;
      lengths[next] = lengths[previous] + 1;
      next++;
      if (next + 1 >= 1 << width && width < 12) width++;
    }
    previous = code;
  }
  return output.subarray(0, Math.min(written, output.length));
}

/** TIFF 6.0 section 9. */
export function decodePackBits(bytes: Uint8Array, most: number): Uint8Array {
  const output = new Uint8Array(Math.min(most, bytes.length * 128));
  let written = 0;
  for (let at = 0; at < bytes.length && written < output.length; ) {
    const control = bytes[at++];
    if (control < 128) {
      const literal = bytes.subarray(at, Math.min(at + control + 1, at + output.length - written));
      output.set(literal, written);
      written += literal.length;
      at += control + 1;
    } else if (control > 128) {
      const run = 257 - control;
      output.fill(bytes[at++], written, written + run);
      written += run;
    }
  }
  return output.subarray(0, Math.min(written, output.length));
}

function exact(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}
