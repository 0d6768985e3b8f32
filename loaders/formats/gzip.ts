import {InputError} from "../../models/errors.js";
import type {DecodeContext} from "./volume.js";

/** Bytes that may follow the data that a header announces (FreeSurfer's tags, padding). */
const slack = 1 << 20;

/** Whether the bytes begin as gzip does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Unpacks compressed data of which a header already told the size.
 *
 * @throws InputError when the header claims more than the data can hold, or they are damaged, cut short or much longer.
 */
export function unpack(
  deflated: Uint8Array,
  wrapper: "gzip" | "zlib",
  needed: number,
  {source, inflater}: DecodeContext
): Uint8Array {
  // deflate reaches 1032:1 at most, so a header that claims more lies, and nothing is allocated for it
  if (!(needed <= deflated.length * 1032)) {
    throw new InputError(
      `${source} is not readable: its header claims ${needed} bytes, more than its ${deflated.length} compressed bytes can hold`
    );
  }
  try {
    return inflater.inflate(deflated, wrapper, needed + slack);
  } catch (error) {
    throw new InputError(`${source} is not readable: ${(error as Error).message}`, {cause: error});
  }
}
