import {existsSync} from "node:fs";
import {fileURLToPath} from "node:url";

/** The folder with real data, weights and reference values that stands beside the project; BANDSCOPE_SHARED names another. */
export const sharedRoot = process.env.BANDSCOPE_SHARED ?? fileURLToPath(new URL("../../../shared", import.meta.url));

/** A clone may stand alone: tests that need reference files say `describe.skipIf(!hasShared)`. */
export const hasShared = existsSync(`${sharedRoot}/golden`);

/** The path of a file in the shared folder. */
export function shared(path: string): string {
  return `${sharedRoot}/${path}`;
}
