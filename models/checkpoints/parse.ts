import {InputError} from "../errors.js";
import {type ByteSource, bufferSource, readBytes} from "./byte-source.js";
import type {Checkpoint} from "./checkpoint.js";
import {looksLikeSafetensors, openSafetensors} from "./safetensors.js";
import {looksLikePickle, openTorchLegacy, openTorchZip} from "./torch.js";
import {looksLikeZip} from "./zip.js";

/**
 * A checkpoint file that is in memory, in any of the formats that `openCheckpoint` reads. Browser-safe.
 * @throws InputError
 */
export function parseCheckpoint(buffer: ArrayBuffer | Uint8Array, source: string): Checkpoint {
  return openSource(bufferSource(buffer, source));
}

/** Likewise for any source of bytes. */
export function openSource(source: ByteSource): Checkpoint {
  const head = readBytes(source, 0, Math.min(source.size, 16));
  if (looksLikeZip(head)) return openTorchZip(source);
  if (looksLikePickle(head)) return openTorchLegacy(source);
  if (looksLikeSafetensors(head)) return openSafetensors(source);
  const what = source.size === 0 ? "it is empty" : `it begins with ${hex(head.subarray(0, 8))}`;
  throw new InputError(`${source.name} is no checkpoint: expected a safetensors or PyTorch file, ${what}`);
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
