import {readFileSync, writeFileSync} from "node:fs";
import {walk} from "./paths.js";

/**
 * Framework writes each file's modification time into the pages; it is all that differs between two builds of the same
 * sources. Replaces it by a constant. The pages also get a language, and readers may enlarge them.
 */
export function normaliseDist(folder: string): void {
  for (const path of walk(folder)) {
    if (!/\.(html|js)$/.test(path)) continue;
    const source = readFileSync(path, "utf8");
    const result = source
      .replace(/("lastModified":)\d+(\.\d+)?/g, "$10")
      .replace(/^(<!DOCTYPE html>\n)<html>/, '$1<html lang="en">')
      .replace("width=device-width, initial-scale=1, maximum-scale=1", "width=device-width, initial-scale=1");
    if (result !== source) writeFileSync(path, result);
  }
}
