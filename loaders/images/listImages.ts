import {readdirSync, readFileSync, realpathSync, type Stats, statSync} from "node:fs";
import {basename, dirname, extname, isAbsolute, join, resolve} from "node:path";
import {InputError} from "../../models/errors.js";
import {naturalOrder} from "./naturalOrder.js";

/** An image file and the id that pairs it with others: its stem. */
export interface ImageFile {
  readonly id: string;
  readonly path: string;
}

const imageExtensions = new Set([".png", ".jpg", ".jpeg", ".tif", ".tiff", ".npy"]);
const listExtensions = new Set([".txt", ".lst", ".list"]);

/** `a/b.c.png` → `b.c`. */
export function stemOf(path: string): string {
  const name = basename(path);
  return name.slice(0, name.length - extname(name).length);
}

/**
 * The images under some folders, files and lists (a text file, one path a line, relative to its own folder; `#`
 * begins a comment), in natural order of their ids.
 *
 * In a folder, files with another extension than .png, .jpg, .jpeg, .tif, .tiff and .npy, hidden ones and latents
 * (`<id>.latent.npy`) are passed over; sub-folders count only with `recursive`. Where `<id>.png` and `<id>.npy` lie
 * side by side, they are the two files of one output of `reconstruct`, and the `.npy` (not rounded to 8 bits) counts.
 *
 * @throws InputError when an input doesn't exist or has no images, or two files have the same id.
 */
export function listImages(inputs: readonly string[], {recursive = false}: {recursive?: boolean} = {}): ImageFile[] {
  const paths: string[] = [];
  for (const input of inputs) {
    const stats = statOf(input, input);
    if (stats.isDirectory()) {
      const before = paths.length;
      walk(input, recursive, paths, new Set());
      if (paths.length === before)
        throw new InputError(`${input} holds no images (${[...imageExtensions].join(", ")})${hint(input, recursive)}`);
    } else if (listExtensions.has(extname(input).toLowerCase())) {
      for (const path of linesOf(input)) {
        if (statOf(path, `${path} (listed in ${input})`).isDirectory()) {
          throw new InputError(`${path} (listed in ${input}) is a folder; a list names image files`);
        }
        paths.push(path);
      }
    } else {
      paths.push(input);
    }
  }
  return unique(paths).sort((a, b) => naturalOrder(a.id, b.id));
}

function walk(folder: string, recursive: boolean, paths: string[], seen: Set<string>): void {
  if (recursive) {
    // a link may lead back up
    const real = realpathSync(folder);
    if (seen.has(real)) return;
    seen.add(real);
  }
  const entries = readdirSync(folder, {withFileTypes: true});
  const pngs = new Set<string>();
  for (const entry of entries) if (entry.name.endsWith(".png")) pngs.add(entry.name);
  const replaced = new Set<string>();
  const found: string[] = [];
  for (const entry of entries) {
    const {name} = entry;
    if (name.startsWith(".")) continue;
    const path = join(folder, name);
    const isFolder = entry.isSymbolicLink() ? isLinkedFolder(path) : entry.isDirectory();
    if (isFolder) {
      if (recursive) walk(path, recursive, paths, seen);
      continue;
    }
    if (!imageExtensions.has(extname(name).toLowerCase()) || name.endsWith(".latent.npy")) continue;
    if (name.endsWith(".npy")) {
      const png = `${name.slice(0, -4)}.png`;
      if (pngs.has(png)) replaced.add(png);
    }
    found.push(name);
  }
  for (const name of found) if (!replaced.has(name)) paths.push(join(folder, name));
}

function isLinkedFolder(path: string): boolean {
  return statSync(path, {throwIfNoEntry: false})?.isDirectory() ?? false;
}

function linesOf(list: string): string[] {
  const folder = dirname(list);
  const lines = readFileSync(list, "utf8")
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  if (lines.length === 0) throw new InputError(`${list} lists no images; it has one path a line`);
  return lines.map((line) => (isAbsolute(line) ? line : join(folder, line)));
}

function statOf(path: string, name: string): Stats {
  const stats = statSync(path, {throwIfNoEntry: false});
  if (stats === undefined) throw new InputError(`there is no file or folder ${name}`);
  return stats;
}

function unique(paths: string[]): ImageFile[] {
  const byId = new Map<string, string>();
  const clashes: string[] = [];
  for (const path of paths) {
    const id = stemOf(path);
    const other = byId.get(id);
    if (other === undefined) byId.set(id, path);
    else clashes.push(resolve(other) === resolve(path) ? `${id} (${path} twice)` : `${id} (${other} and ${path})`);
  }
  if (clashes.length > 0) {
    const more = clashes.length > 5 ? ` and ${clashes.length - 5} more` : "";
    throw new InputError(
      `images must have different ids (file stems), but these come twice: ${clashes.slice(0, 5).join(", ")}${more}`
    );
  }
  return [...byId].map(([id, path]) => ({id, path}));
}

function hint(folder: string, recursive: boolean): string {
  const hasFolders = !recursive && readdirSync(folder, {withFileTypes: true}).some((entry) => entry.isDirectory());
  return hasFolders ? "; its sub-folders count only with --recursive" : "";
}
