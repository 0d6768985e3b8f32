import {readFileSync, writeFileSync} from "node:fs";
import {walk} from "./paths.js";

/**
 * Framework writes each file's modification time into the pages; it is all that differs between two builds of the same
 * sources. Replaces it by a constant.
 */
export function normaliseDist(folder: string): void {
  for (const path of walk(folder)) {
    if (!/\.(html|js)$/.test(path)) continue;
    const source = readFileSync(path, "utf8");
    const result = source.replace(/("lastModified":)\d+(\.\d+)?/g, "$10");
    if (result !== source) writeFileSync(path, result);
  }
}
