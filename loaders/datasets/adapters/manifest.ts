import {basename, join, resolve} from "node:path";
import {InputError} from "../../../models/errors.js";
import {type Dataset, type Entry, makeDataset} from "../dataset.js";
import {child, readCsv, stripExtension} from "../files.js";
import {parseSplit, type SplitRule, splitOf, splitRule} from "../splits.js";
import {readSample} from "./folder.js";

export interface ManifestOptions {
  /** The folder with `manifest.csv`. */
  readonly root: string;
  readonly id?: string;
  readonly title?: string;
  /** Only the rows of this set (column `set`). */
  readonly set?: string;
  readonly split?: Partial<SplitRule>;
  readonly size?: number;
}

/**
 * Images with a `manifest.csv`: columns `file`, and where they exist `id`, `set` (then a sub-folder), `split`, `patient` or `patient_id`,
 * `modality`, `licence`, `mask`, `pixel_sha256` (of the 8-bit pixels, row by row), `source`, `simulated`.
 */
export function openManifest(options: ManifestOptions): Dataset {
  const {root, set, size} = options;
  const path = child(root, "manifest.csv");
  if (path === undefined) throw new InputError(`${root} has no manifest.csv`);
  const rule = splitRule(options.split, path);
  const all = readCsv(path, ["file"]);
  const rows = set === undefined ? all : all.filter((row) => row.set === set);
  if (rows.length === 0) {
    const sets = [...new Set(all.map((row) => row.set).filter(Boolean))];
    throw new InputError(
      `${path} has no set ${JSON.stringify(set)}; it has ${sets.length > 0 ? sets.join(", ") : "no column set"}`
    );
  }
  const masks = new Map<string, string>();
  const entries = rows.map((row): Entry => {
    const id = row.id || stripExtension(row.file).replaceAll("/", "__");
    const patient = row.patient || row.patient_id || id;
    const split = row.split ? parseSplit(row.split) : splitOf(patient, rule);
    if (split === undefined)
      throw new InputError(
        `${path}: the split of ${row.file} is ${JSON.stringify(row.split)}; it must be train, valid or test`
      );
    const folder = row.set ? `${row.set}/` : "";
    if (row.mask) masks.set(id, inside(root, folder + row.mask, path));
    inside(root, folder + row.file, path);
    const hash = row.pixel_sha256 || undefined;
    if (hash !== undefined && !/^[0-9a-f]{64}$/i.test(hash))
      throw new InputError(`${path}: the pixel_sha256 of ${row.file} isn't 64 hexadecimal digits`);
    return {
      id,
      patient,
      modality: row.modality || row.set || "unknown",
      split,
      source: folder + row.file,
      ...(row.licence && {licence: row.licence}),
      ...(hash && {pixelSha256: hash.toLowerCase()}),
      ...(row.simulated === "true" && {simulated: true})
    };
  });
  return makeDataset({
    id: options.id ?? `${basename(resolve(root))}${set ? `-${set}` : ""}`,
    title: options.title ?? (set ? `${root} (${set})` : root),
    rule: "patients and splits as manifest.csv says",
    simulated: entries.every((entry) => entry.simulated === true),
    entries,
    async read(entry) {
      const sample = await readSample(root, entry, {maskPath: masks.get(entry.id), size});
      return entry.simulated ? {...sample, simulated: true} : sample;
    }
  });
}

/** A manifest must not make us read files elsewhere. */
function inside(root: string, file: string, manifest: string): string {
  const path = join(root, file);
  if (!resolve(path).startsWith(`${resolve(root)}/`))
    throw new InputError(`${manifest} names ${file}, which is outside its folder`);
  return path;
}
