import {existsSync, readdirSync, readFileSync} from "node:fs";
import {basename, join} from "node:path";
import {csvParse} from "d3-dsv";
import {InputError} from "../../models/errors.js";
import type {SiteSet} from "../../src/components/site-data.js";
import type {Image} from "../../src/measures/image.js";
import {openDataset} from "../datasets/open.js";
import type {PhantomKind} from "../datasets/phantoms/index.js";
import type {Lesion} from "../datasets/sample.js";
import {type ImageFile, listImages, naturalOrder, readImage, stemOf} from "../images/index.js";
import type {SiteSettings} from "./settings.js";

/** An image that the site shows. The pixels are read when they are needed. */
export interface SourceImage {
  readonly id: string;
  readonly set: string;
  readonly patient: string | null;
  readonly modality: string;
  readonly seed: number | null;
  read(): Promise<Image & {readonly mask?: Uint8Array; readonly lesion?: Lesion}>;
}

export interface Source {
  readonly title: string;
  readonly sets: readonly SiteSet[];
  readonly images: readonly SourceImage[];
}

const anatomies: Record<string, string> = {
  knee: "Knee MRI",
  brain: "Brain MRI",
  cxr: "Chest X-ray",
  natural: "Natural images"
};
const kinds: readonly PhantomKind[] = ["knee", "brain", "cxr", "natural"];

/** The images that the settings ask for. */
export function siteSource({data, imagesPerSet}: SiteSettings): Source {
  if (data === undefined) return simulated(imagesPerSet);
  return existsSync(join(data, "manifest.csv")) ? fromManifest(data, imagesPerSet) : fromFolders(data, imagesPerSet);
}

/** A simulated set: what a study calls a dataset, and where patients with lesions are. */
export interface SimulatedSet {
  readonly id: PhantomKind;
  readonly label: string;
  /** What `openDataset` takes; its test patients are shown. */
  readonly dataset: string;
  /** Likewise, of patients with a lesion; absent where the set has none. */
  readonly lesions?: string;
}

/** HR side of the simulated images: what the small autoencoders and generators of this project were trained and are studied at. */
export const simulatedSize = 128;

/** The simulated sets, in the order in which pages show them. */
export const simulatedSets: readonly SimulatedSet[] = kinds.map((id) => ({
  id,
  label: id === "natural" ? "Natural scenes (simulated)" : `${anatomies[id]} (simulated)`,
  dataset: `simulated-${id}`,
  ...(id === "natural" ? {} : {lesions: `simulated-${id}-lesion`})
}));

/** Of the datasets' definitions. */
const simulatedSeed = 1;

/** Patients of the datasets' test splits, the middle slice of each; in every third image a lesion. */
function simulated(count: number): Source {
  const images: SourceImage[] = [];
  const sets = simulatedSets.map(({id: set, label, dataset, lesions}): SiteSet => {
    const withLesion = lesions === undefined ? 0 : Math.floor(count / 3);
    const parts = [
      ...middleSlices(dataset, count - withLesion),
      ...(lesions === undefined ? [] : middleSlices(lesions, withLesion))
    ];
    images.push(...parts.map((image) => ({...image, set})));
    return {
      id: set,
      label,
      anatomy: set,
      images: parts.length,
      patients: new Set(parts.map(({patient}) => patient)).size,
      simulated: true,
      licence: "made by this program; MIT"
    };
  });
  return {title: "simulated images", sets, images};
}

/** The middle slice of each of the first `count` test patients of a simulated dataset. */
function middleSlices(name: string, count: number): Omit<SourceImage, "set">[] {
  const dataset = openDataset(name, {size: simulatedSize});
  const patients = new Map<string, {id: string; patient: string; modality: string}[]>();
  for (const entry of dataset.list()) {
    if (entry.split !== "test") continue;
    patients.set(entry.patient, [...(patients.get(entry.patient) ?? []), entry]);
  }
  return [...patients.values()].slice(0, count).map((slices) => {
    const {id, patient, modality} = slices[slices.length >> 1];
    return {id, patient, modality, seed: simulatedSeed, read: () => dataset.read(id)};
  });
}

interface ManifestRow {
  readonly set: string;
  readonly file: string;
  readonly split: string;
  readonly patient_id: string;
  readonly modality: string;
  readonly licence: string;
}

function fromManifest(folder: string, count: number): Source {
  const path = join(folder, "manifest.csv");
  const rows = csvParse(readFileSync(path, "utf8")) as unknown as ManifestRow[] & {columns: string[]};
  for (const column of ["set", "file", "split"]) {
    if (!rows.columns.includes(column)) throw new InputError(`${path} has no column ${column}`);
  }
  const test = rows.filter((row) => row.split === "test");
  if (test.length === 0) throw new InputError(`${path} has no rows whose split is "test"`);
  const names = [...new Set(test.map((row) => row.set))].sort(anatomicalOrder);
  const images: SourceImage[] = [];
  const sets = names.map((set): SiteSet => {
    const own = test.filter((row) => row.set === set).sort((a, b) => naturalOrder(a.file, b.file));
    const chosen = onePatientEach(own, count);
    for (const row of chosen) {
      const file = join(folder, set, row.file);
      images.push({
        id: stemOf(row.file),
        set,
        patient: row.patient_id || null,
        modality: row.modality || anatomies[set] || set,
        seed: null,
        read: () => readImage(file)
      });
    }
    return {
      id: set,
      label: anatomies[set] ?? set,
      anatomy: set,
      images: chosen.length,
      patients: chosen.every((row) => row.patient_id) ? new Set(chosen.map((row) => row.patient_id)).size : null,
      simulated: false,
      licence: [...new Set(chosen.map((row) => row.licence))].filter(Boolean).join("; ") || "not stated"
    };
  });
  return {title: `test images of ${basename(folder)}`, sets, images};
}

/** Sub-folders are sets; a folder without sub-folders of images is one set. */
function fromFolders(folder: string, count: number): Source {
  const names = readdirSync(folder, {withFileTypes: true})
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map((entry) => entry.name)
    .sort(anatomicalOrder);
  const groups: {set: string; files: ImageFile[]}[] =
    names.length > 0
      ? names.map((set) => ({set, files: listImages([join(folder, set)])}))
      : [{set: "images", files: listImages([folder])}];
  const seen = new Map<string, string>();
  for (const {set, files} of groups) {
    for (const {id} of files) {
      if (seen.has(id)) throw new InputError(`the image ${id} is in ${seen.get(id)} and in ${set}: ids must differ`);
      seen.set(id, set);
    }
  }
  const chosen = groups.map(({set, files}) => ({set, files: spread(files, count)}));
  return {
    title: `images of ${basename(folder)}`,
    sets: chosen.map(({set, files}) => ({
      id: set,
      label: anatomies[set] ?? set,
      anatomy: set,
      images: files.length,
      patients: null,
      simulated: false,
      licence: "not stated"
    })),
    images: chosen.flatMap(({set, files}) =>
      files.map(({id, path}) => ({
        id,
        set,
        patient: null,
        modality: anatomies[set] ?? set,
        seed: null,
        read: () => readImage(path)
      }))
    )
  };
}

/** As many patients as can be: everyone's first image in turn, then everyone's second. The result keeps the rows' order. */
function onePatientEach(rows: readonly ManifestRow[], count: number): ManifestRow[] {
  const turns = new Map<string, number>();
  const ranked = rows.map((row, index) => {
    const key = row.patient_id || row.file;
    const turn = turns.get(key) ?? 0;
    turns.set(key, turn + 1);
    return {row, index, turn};
  });
  const first = ranked.filter(({turn}) => turn === 0);
  const pool =
    first.length >= count ? spread(first, count) : ranked.sort((a, b) => a.turn - b.turn || a.index - b.index);
  return pool
    .slice(0, count)
    .sort((a, b) => a.index - b.index)
    .map(({row}) => row);
}

/** `count` of the items at even distances. */
function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({length: count}, (_, i) => items[Math.floor((i * items.length) / count)]);
}

function anatomicalOrder(a: string, b: string): number {
  const place = (name: string) => {
    const index = (kinds as readonly string[]).indexOf(name);
    return index < 0 ? kinds.length : index;
  };
  return place(a) - place(b) || naturalOrder(a, b);
}
