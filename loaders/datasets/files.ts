import {existsSync, readdirSync, readFileSync, statSync} from "node:fs";
import {extname, join} from "node:path";
import {csvParse} from "d3-dsv";
import {InputError} from "../../models/errors.js";

/** Files below a folder as paths relative to it with `/`, hidden ones left out, links followed but not in circles. */
export function walk(
  root: string,
  {wanted, enter = () => true}: {wanted: (name: string) => boolean; enter?: (name: string) => boolean}
): string[] {
  const found: string[] = [];
  const visit = (folder: string, prefix: string, depth: number): void => {
    if (depth > 24) return;
    for (const entry of readdirSync(folder, {withFileTypes: true})) {
      const {name} = entry;
      if (name.startsWith(".")) continue;
      let isFolder = entry.isDirectory();
      if (entry.isSymbolicLink())
        isFolder = statSync(join(folder, name), {throwIfNoEntry: false})?.isDirectory() ?? false;
      if (isFolder) {
        if (enter(name)) visit(join(folder, name), `${prefix}${name}/`, depth + 1);
      } else if (wanted(name)) found.push(prefix + name);
    }
  };
  visit(checkFolder(root), "", 0);
  return found;
}

/** Names of the folders in a folder. */
export function foldersIn(root: string): string[] {
  return readdirSync(checkFolder(root), {withFileTypes: true})
    .filter(
      (entry) =>
        !entry.name.startsWith(".") &&
        (entry.isDirectory() ||
          (entry.isSymbolicLink() && statSync(join(root, entry.name), {throwIfNoEntry: false})?.isDirectory()))
    )
    .map((entry) => entry.name);
}

/** @throws InputError when there is no such folder */
export function checkFolder(path: string): string {
  const stats = statSync(path, {throwIfNoEntry: false});
  if (stats === undefined) throw new InputError(`there is no folder ${path}`);
  if (!stats.isDirectory()) throw new InputError(`${path} is a file where a dataset's folder was expected`);
  return path;
}

/** The child of a folder whose name is this one, whatever the case; undefined when there is none. @throws InputError when there is no such folder */
export function child(folder: string, name: string): string | undefined {
  const exact = join(folder, name);
  if (existsSync(exact)) return exact;
  const wanted = name.toLowerCase();
  const other = readdirSync(checkFolder(folder)).find((entry) => entry.toLowerCase() === wanted);
  return other === undefined ? undefined : join(folder, other);
}

/** A file's path without its extension; `.nii.gz` goes as one. */
export function stripExtension(path: string): string {
  const double = /\.(nii|mha|mhd|nrrd|img|csv)\.gz$/i.exec(path);
  return double ? path.slice(0, double.index) : path.slice(0, path.length - extname(path).length);
}

/** Rows of a CSV file. @throws InputError when it's missing, has no rows, or lacks one of the columns */
export function readCsv(path: string, needed: readonly (string | readonly string[])[] = []): Record<string, string>[] {
  if (!existsSync(path)) throw new InputError(`there is no file ${path}`);
  const rows = csvParse(readFileSync(path, "utf8").replace(/^\uFEFF/, ""));
  if (rows.length === 0) throw new InputError(`${path} has no rows; a CSV file with a header line was expected`);
  for (const names of needed) {
    const alternatives = typeof names === "string" ? [names] : names;
    if (!alternatives.some((name) => rows.columns.includes(name)))
      throw new InputError(`${path} has no column ${alternatives.join(" or ")}; it has ${rows.columns.join(", ")}`);
  }
  return rows as Record<string, string>[];
}
