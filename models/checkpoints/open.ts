import {InputError} from "../errors.js";
import {type ByteSource, readBytes} from "./byte-source.js";
import type {Checkpoint} from "./checkpoint.js";
import {fileSource} from "./file-source.js";
import {looksLikeSafetensors, openSafetensors} from "./safetensors.js";

/**
 * Opens a checkpoint file (Node only). What it is follows from its content, not its extension. Only headers are read now;
 * `read(name)` fetches one tensor, so that a model larger than memory can be walked through. Close it when done.
 * @throws InputError when it can't be opened, is truncated, malformed, or of no known format.
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

function openSource(source: ByteSource): Checkpoint {
  const head = readBytes(source, 0, Math.min(source.size, 16));
  if (looksLikeSafetensors(head)) return openSafetensors(source);
  throw new InputError(`${source.name} is no checkpoint that can be read: expected safetensors`);
}
