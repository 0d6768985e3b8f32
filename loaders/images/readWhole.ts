import {readFile} from "node:fs/promises";
import {InputError} from "../../models/errors.js";

/**
 * A file's content. `note` follows the path in errors. @throws InputError when it isn't there, is a folder or too
 * large.
 */
export async function readWhole(path: string, note = ""): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new InputError(`there is no file ${path}${note}`, {cause: error});
    if (code === "EISDIR") throw new InputError(`${path}${note} is a folder where a file was expected`, {cause: error});
    if (code === "ERR_FS_FILE_TOO_LARGE") throw new InputError(`${path}${note} is larger than 2 GiB`, {cause: error});
    throw error;
  }
}
