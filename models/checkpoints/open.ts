import {InputError} from "../errors.js";
import {type ByteSource, readBytes} from "./byte-source.js";
import type {Checkpoint} from "./checkpoint.js";
import {fileSource} from "./file-source.js";
import {looksLikeSafetensors, openSafetensors} from "./safetensors.js";
import {looksLikePickle, openTorchLegacy, openTorchZip} from "./torch.js";
import {looksLikeZip} from "./zip.js";

/**
 * Opens a checkpoint file (Node only): safetensors, or PyTorch's `.ckpt`, `.pt`, `.pth`, `.bin` in both of its formats. Which it is
 * follows from its content, not its extension. Only headers are read now; `read(name)` fetches one tensor, so that
 * a model larger than memory can be walked through. Close it when done.
 * @throws InputError when it can't be opened, is truncated, malformed, of no known format, or would run code.
 */
export function openCheckpoint(path: string): Checkpoint {
  const source = fileSource(path);
  try {
    return openSource(source);
  } catch (error) {
    source.close();
    throw error;
  }
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
