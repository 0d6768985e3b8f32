import {accessSync, constants, statSync} from "node:fs";
import {dirname, resolve} from "node:path";
import {InputError} from "../../models/errors.js";
import {UsageError} from "./command.js";

/**
 * Checks the files that a command will write, by option: what would fail after minutes of work should fail at once.
 * @throws InputError for a folder, or where nothing may be written; UsageError when two options name one file.
 */
export function requireFiles(outputs: Readonly<Record<string, string | undefined>>): void {
  const seen = new Map<string, string>();
  for (const [option, path] of Object.entries(outputs)) {
    if (path === undefined) continue;
    if (statSync(path, {throwIfNoEntry: false})?.isDirectory()) {
      throw new InputError(`--${option} ${path} is a folder; it must name a file`);
    }
    const other = seen.get(resolve(path));
    if (other !== undefined) throw new UsageError(`--${other} and --${option} name the same file`);
    seen.set(resolve(path), option);
    requireWritable(option, path);
  }
}

/** The nearest folder above that exists must take a new file or folder. */
function requireWritable(option: string, path: string): void {
  let folder = dirname(resolve(path));
  while (statSync(folder, {throwIfNoEntry: false}) === undefined) folder = dirname(folder);
  if (!statSync(folder).isDirectory()) throw new InputError(`--${option} ${path}: ${folder} is a file, not a folder`);
  try {
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new InputError(`--${option} ${path}: nothing may be written in ${folder}`, {cause: error});
  }
}
