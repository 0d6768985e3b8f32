import {readFileSync, writeFileSync} from "node:fs";
import {walk} from "./paths.js";

/**
 * Framework writes each file's modification time into the pages; it is all that differs between two builds of the same
 * sources. Replaces it by a constant. The pages also get
 * what Framework leaves out for those who read by ear or enlarge: a language, names, lists of items only.
 */
export function normaliseDist(folder: string): void {
  for (const path of walk(folder)) {
    if (!/\.(html|js)$/.test(path)) continue;
    const source = readFileSync(path, "utf8");
    const result = source
      .replace(/("lastModified":)\d+(\.\d+)?/g, "$10")
      .replace(/^(<!DOCTYPE html>\n)<html>/, '$1<html lang="en">')
      .replace(
        '<input id="observablehq-sidebar-toggle"',
        '<input id="observablehq-sidebar-toggle" aria-label="List of pages"'
      )
      .replace(/<label id="observablehq-sidebar-close"[^>]*><\/label>/, '<li style="position: static">$&</li>')
      .replace("width=device-width, initial-scale=1, maximum-scale=1", "width=device-width, initial-scale=1");
    if (result !== source) writeFileSync(path, result);
  }
}
