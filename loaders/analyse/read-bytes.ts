import {readFile} from "node:fs/promises";
import {InputError} from "../../models/errors.js";

/** A whole file. @throws InputError that names it. */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new InputError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`, {cause: error});
  }
}
