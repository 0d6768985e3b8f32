import {existsSync} from "node:fs";
import {basename, dirname, extname, join, resolve} from "node:path";
import {InputError} from "../../../models/errors.js";
import {readImage} from "../../images/index.js";
import {type Dataset, type Entry, makeDataset} from "../dataset.js";
import {checkFolder, readCsv, stripExtension, walk} from "../files.js";
import {fitImage, fitMask} from "../fit.js";
import type {Sample} from "../sample.js";
import {parseSplit, type SplitRule, splitOf, splitRule} from "../splits.js";

export interface FolderOptions {
  readonly root: string;
  readonly id?: string;
  readonly title?: string;
  /**
   * Who is on an image: a regular expression over its path inside the folder (`/` between folders; group 1, or the group
   * `patient`, is the patient), or the path of a CSV file with columns `file` (or `id`) and `patient`, maybe `split`. Without it
   * each image is its own patient.
   */
  readonly patient?: string;
  /** Folder with a mask of the same name for some of the images, not black inside the lesion. */
  readonly masks?: string;
  readonly modality?: string;
  readonly licence?: string;
  readonly split?: Partial<SplitRule>;
  /** Crop to the middle square and resize to this side; the images stay as they are unless told. */
  readonly size?: number;
}

const extensions = new Set([".png", ".jpg", ".jpeg", ".npy"]);

/** Images in a folder and its sub-folders. Where the first folder is called train, valid or test, it is the split. */
export function openFolder(options: FolderOptions): Dataset {
  const {root, patient, masks, modality = "unknown", licence, size} = options;
  checkFolder(root);
  const title = options.title ?? root;
  const rule = splitRule(options.split, title);
  const maskFolder = masks === undefined ? undefined : checkFolder(resolve(root, masks));
  const files = imageFiles(root, maskFolder);
  if (files.length === 0) throw new InputError(`${root} holds no images (${[...extensions].join(", ")})`);
  const who = patientFinder(root, patient);
  const named = files.map((file) => ({
    file,
    split: file.includes("/") ? parseSplit(file.slice(0, file.indexOf("/"))) : undefined
  }));
  const publishes = named.every(({split}) => split !== undefined);
  const entries = named.map(({file, split}): Entry => {
    const stem = stripExtension(file);
    const found = who(file, stem);
    return {
      // folders of the same name in two splits are common: the split stays in the id only where it must
      id: stem.replaceAll("/", "__"),
      patient: found.patient,
      modality,
      split: found.split ?? (publishes ? split : splitOf(found.patient, rule)),
      source: file,
      ...(licence !== undefined && {licence})
    };
  });
  return makeDataset({
    id: options.id ?? basename(resolve(root)),
    title,
    rule: `${patient === undefined ? "each image is its own patient" : `patients by ${patient}`}; ${publishes ? "splits are the first folders" : `splits by a hash of the patient (seed ${rule.seed})`}`,
    entries,
    read: (entry) => readSample(root, entry, {maskFolder, size})
  });
}

/** Reads an image file of a dataset with its mask, if there is one. */
export async function readSample(
  root: string,
  {id, patient, modality, split, source}: Entry,
  {maskFolder, maskPath, size}: {maskFolder?: string; maskPath?: string; size?: number}
): Promise<Sample> {
  const image = await readImage(join(root, source));
  const {data, width, height} = size === undefined ? image : fitImage(image, {size});
  const path = maskPath ?? (maskFolder === undefined ? undefined : maskFor(maskFolder, source));
  let mask: Uint8Array | undefined;
  if (path !== undefined) {
    const plane = await readImage(path);
    if (plane.width !== image.width || plane.height !== image.height)
      throw new InputError(
        `the mask ${path} is ${plane.width}×${plane.height}, its image ${join(root, source)} ${image.width}×${image.height}`
      );
    const inside = Uint8Array.from(plane.data, (v) => (v > 0 ? 1 : 0));
    mask = size === undefined ? inside : fitMask(inside, plane.width, plane.height, size);
  }
  return {id, data: data as Float32Array, width, height, patient, modality, ...(split && {split}), ...(mask && {mask})};
}

function maskFor(folder: string, source: string): string | undefined {
  const stem = stripExtension(source);
  for (const candidate of [source, `${stem}.png`, basename(source), `${basename(stem)}.png`]) {
    const path = join(folder, candidate);
    if (existsSync(path)) return path;
  }
  return undefined;
}

function imageFiles(root: string, maskFolder: string | undefined): string[] {
  const skipped = maskFolder === undefined ? undefined : resolve(maskFolder);
  const all = walk(root, {
    wanted: (name) => extensions.has(extname(name).toLowerCase()) && !name.endsWith(".latent.npy")
  });
  if (skipped === undefined) return all;
  return all.filter((file) => !`${dirname(resolve(root, file))}/`.startsWith(`${skipped}/`));
}

type Finder = (file: string, stem: string) => {patient: string; split?: ReturnType<typeof parseSplit>};

function patientFinder(root: string, patient: string | undefined): Finder {
  if (patient === undefined) return (_file, stem) => ({patient: stem});
  if (/\.csv$/i.test(patient)) return fromCsv(resolve(root, patient));
  let pattern: RegExp;
  try {
    pattern = new RegExp(patient);
  } catch (error) {
    throw new InputError(
      `the patient pattern ${JSON.stringify(patient)} is not a regular expression: ${(error as Error).message}`
    );
  }
  return (file) => {
    const match = pattern.exec(file);
    const found = match?.groups?.patient ?? match?.[1];
    if (found === undefined || found === "")
      throw new InputError(
        `the patient pattern ${JSON.stringify(patient)} finds no patient in ${file}; it needs a group that matches`
      );
    return {patient: found};
  };
}

function fromCsv(path: string): Finder {
  const rows = readCsv(path, [
    ["file", "id", "filename", "path"],
    ["patient", "patient_id"]
  ]);
  const known = new Map<string, {patient: string; split?: ReturnType<typeof parseSplit>}>();
  for (const row of rows) {
    const name = row.file ?? row.id ?? row.filename ?? row.path;
    const patient = row.patient ?? row.patient_id;
    if (!name || !patient)
      throw new InputError(`${path} has a row without file or patient: ${JSON.stringify(row).slice(0, 120)}`);
    const split = row.split ? parseSplit(row.split) : undefined;
    if (row.split && split === undefined)
      throw new InputError(
        `${path}: the split of ${name} is ${JSON.stringify(row.split)}; it must be train, valid or test`
      );
    known.set(name, {patient, ...(split && {split})});
  }
  return (file, stem) => {
    const found = known.get(file) ?? known.get(stem) ?? known.get(basename(file)) ?? known.get(basename(stem));
    if (found === undefined) throw new InputError(`${path} doesn't say which patient ${file} shows`);
    return found;
  };
}
