import {chmodSync, constants, copyFileSync, linkSync, mkdirSync, readdirSync, rmSync} from "node:fs";
import {dirname, join} from "node:path";

/**
 * Lays files of the store into a folder, by their names there, and takes others away. `link`: as hard links, where the file system
 * allows it, so that neither time nor space is spent on copies; nothing in this project writes into a laid file. `copy`: as files of
 * their own (clones, where the file system has them), for a folder that people will edit.
 */
export function layFiles(folder: string, wanted: ReadonlyMap<string, string>, how: "link" | "copy"): void {
  mkdirSync(folder, {recursive: true});
  // what is there may be an older link under the same name
  for (const name of readdirSync(folder)) rmSync(join(folder, name), {recursive: true});
  const made = new Set<string>([folder]);
  for (const [name, source] of wanted) {
    const target = join(folder, name);
    const parent = dirname(target);
    if (!made.has(parent)) {
      mkdirSync(parent, {recursive: true});
      made.add(parent);
    }
    if (how === "copy" || !linked(source, target)) copyFileSync(source, target, constants.COPYFILE_FICLONE);
  }
}

const unlinkable = new Set(["EXDEV", "EPERM", "EMLINK", "ENOTSUP", "ENOSYS", "EACCES"]);

/** False on another file system, one without links, or when there are too many. */
function linked(source: string, target: string): boolean {
  try {
    linkSync(source, target);
  } catch (error) {
    if (unlinkable.has((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  }
  // it is the store's own file: whoever would write into it is told so
  chmodSync(target, 0o444);
  return true;
}
