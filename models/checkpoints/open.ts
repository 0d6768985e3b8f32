import type {Checkpoint} from "./checkpoint.js";
import {fileSource} from "./file-source.js";
import {openSource} from "./parse.js";

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
