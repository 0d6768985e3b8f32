import {readdirSync, statSync} from "node:fs";
import {join} from "node:path";
import {InputError} from "../../../models/errors.js";
import {readVolume, slice, type Volume} from "../../formats/index.js";
import {type Dataset, type Entry, makeDataset} from "../dataset.js";
import {checkFolder, foldersIn} from "../files.js";
import {fitImage, fitMask} from "../fit.js";
import {PythonRandom} from "../python-random.js";
import type {Sample, Split} from "../sample.js";
import {type SplitRule, splitOf, splitRule} from "../splits.js";

export interface BratsOptions {
  /** The folder with one folder a subject. */
  readonly root: string;
  readonly id?: string;
  readonly title?: string;
  /** `t2w`, `t2f` (FLAIR), `t1n`, `t1c`; older names (`t2`, `flair`, `t1`, `t1ce`) are found too. */
  readonly sequence?: "t2w" | "t2f" | "t1n" | "t1c";
  /**
   * Which slices: `published` draws 20 of the middle half of the volume by chance, as the study's script does with seed 42;
   * `tumour` takes neighbours around the slice with the largest tumour.
   */
  readonly rule?: "published" | "tumour";
  readonly slices?: number;
  /**
   * `published`: the subjects sorted by name, shuffled as CPython does with seed 42, 200 train, 35 valid, 36 test, the rest unused;
   * visits of one person (`…-000`, `…-001`) count as subjects of their own there, so a person may be on both sides. Else by a hash
   * of the person.
   */
  readonly split?: "published" | Partial<SplitRule>;
  /** 256 unless told. */
  readonly size?: number;
}

const SEED = 42;
const NAMES: Record<string, readonly string[]> = {
  t2w: ["t2w", "t2"],
  t2f: ["t2f", "flair"],
  t1n: ["t1n", "t1"],
  t1c: ["t1c", "t1ce", "t1gd"],
  seg: ["seg"]
};

/**
 * BraTS (2018–2023): folders `SUBJECT/SUBJECT-t2w.nii.gz` and `SUBJECT-seg.nii.gz` (also with `_`, uncompressed, in upper case, or nested as a
 * folder `…-t2w.nii/` that holds the file). Each slice is scaled from its own minimum and maximum to 8 bit (cut, not rounded), cropped to the middle square and resized by
 * Lanczos, as the study did; the mask is segmentation > 0, to the nearest pixel. Radiological view (the study's slices lay on
 * their side).
 */
export function openBrats(options: BratsOptions): Dataset {
  const {root, sequence = "t2w", rule = "published", slices = 20, size = 256} = options;
  checkFolder(root);
  const subjects = bratsSubjects(root).sort((a, b) => (a < b ? -1 : 1));
  if (subjects.length === 0) throw new InputError(`${root} holds no BraTS subjects (folders with …-t2w.nii.gz)`);
  const published = (options.split ?? "published") === "published";
  const splits = splitter(subjects, options.split ?? "published", root);
  const entries: Entry[] = [];
  const where = new Map<string, {subject: string; index: number}>();
  for (const subject of subjects) {
    const split = splits(subject);
    if (split === undefined) continue;
    const file = findVolume(join(root, subject), NAMES[sequence]);
    // as in the study: who lacks the sequence is passed over
    if (file === undefined) continue;
    for (let index = 0; index < slices; ++index) {
      const id = `brats_${subject}_z${String(index).padStart(2, "0")}`;
      where.set(id, {subject, index});
      entries.push({
        id,
        patient: published ? subject : patientOf(subject),
        modality: `brain MRI axial ${sequence.toUpperCase()}`,
        split,
        source: file.slice(root.length).replace(/^\/+/, ""),
        licence: "BraTS data use agreement"
      });
    }
  }
  if (entries.length === 0) throw new InputError(`no subject in ${root} has a ${sequence} volume`);
  let last: {subject: string; volume: Volume; seg: Volume | undefined; chosen: number[]} | undefined;
  return makeDataset({
    id: options.id ?? "brats",
    title: options.title ?? "BraTS",
    rule: `${slices} slices ${rule === "published" ? `of the middle half of each volume, drawn as the published script draws them (seed ${SEED})` : "around the largest tumour of each volume"}; ${published ? `the published split, in which visits count as subjects (${straddling(subjects, splits)} persons are in more than one part)` : "splits by a hash of the person"}`,
    entries,
    async read(entry): Promise<Sample> {
      const {subject, index} = where.get(entry.id)!;
      if (last?.subject !== subject) {
        const folder = join(root, subject);
        const volume = await readVolume(findVolume(folder, NAMES[sequence])!);
        const segFile = findVolume(folder, NAMES.seg);
        const seg = segFile === undefined ? undefined : await readVolume(segFile);
        if (seg !== undefined && seg.shape.join() !== volume.shape.join())
          throw new InputError(`${segFile} is ${seg.shape.join("×")}, its volume ${volume.shape.join("×")}`);
        const chosen = rule === "published" ? publishedSlices(volume, slices) : tumourSlices(volume, seg, slices);
        last = {subject, volume, seg, chosen};
      }
      const z = last.chosen[index];
      if (z === undefined)
        throw new InputError(
          `${entry.source} has ${last.chosen.length} slices with a signal, not ${slices}; ask for fewer`
        );
      return {
        ...cut(last.volume, last.seg, z, size),
        id: entry.id,
        patient: entry.patient,
        modality: entry.modality,
        split: entry.split
      };
    }
  });
}

function straddling(subjects: readonly string[], splits: (subject: string) => Split | undefined): number {
  const parts = new Map<string, Set<Split>>();
  for (const subject of subjects) {
    const split = splits(subject);
    if (split === undefined) continue;
    const person = patientOf(subject);
    parts.set(person, (parts.get(person) ?? new Set()).add(split));
  }
  return [...parts.values()].filter((set) => set.size > 1).length;
}

/** The 2023 names end in the visit: BraTS-GLI-00012-000 and -001 are one person. */
function patientOf(subject: string): string {
  return /^(BraTS-[A-Z]+-\d+)-\d{3}$/i.exec(subject)?.[1] ?? subject;
}

/** Folders in which a BraTS volume lies. */
export function bratsSubjects(root: string): string[] {
  return foldersIn(root).filter(
    (name) => /brats/i.test(name) && findVolume(join(root, name), Object.values(NAMES).flat()) !== undefined
  );
}

/** The volume whose name ends in one of the words, flat or nested in a folder of that name. */
function findVolume(folder: string, words: readonly string[]): string | undefined {
  const names = readdirSync(folder).sort();
  for (const word of words) {
    const pattern = new RegExp(`[-_]${word}\\.nii(\\.gz)?$`, "i");
    for (const name of names) {
      if (!pattern.test(name)) continue;
      const path = join(folder, name);
      if (!statSync(path).isDirectory()) return path;
      const inner = readdirSync(path).find((file) => /\.nii(\.gz)?$/i.test(file));
      if (inner !== undefined) return join(path, inner);
    }
  }
  return undefined;
}

/** Slice numbers as the study's script draws them: of those in the middle half whose maximum exceeds mean + SD. */
export function publishedSlices(volume: Volume, count: number): number[] {
  const [nx, ny, depth] = volume.shape;
  const valid: number[] = [];
  for (let z = Math.floor(depth * 0.25); z < Math.floor(depth * 0.75); ++z) {
    const values = volume.data.subarray(z * nx * ny, (z + 1) * nx * ny);
    let max = -Infinity;
    let sum = 0;
    let square = 0;
    for (let k = 0; k < values.length; ++k) {
      const v = values[k];
      if (v > max) max = v;
      sum += v;
      square += v * v;
    }
    const mean = sum / values.length;
    if (max > mean + Math.sqrt(Math.max(0, square / values.length - mean * mean))) valid.push(z);
  }
  return new PythonRandom(SEED).sample(valid, Math.min(count, valid.length)).sort((a, b) => a - b);
}

function tumourSlices(volume: Volume, seg: Volume | undefined, count: number): number[] {
  if (seg === undefined) throw new InputError("the rule tumour needs a segmentation (…-seg.nii.gz) of every subject");
  const [nx, ny, depth] = seg.shape;
  let best = Math.floor(depth / 2);
  let most = 0;
  for (let z = 0; z < depth; ++z) {
    let area = 0;
    for (let k = z * nx * ny; k < (z + 1) * nx * ny; ++k) if (seg.data[k] > 0) ++area;
    if (area > most) {
      most = area;
      best = z;
    }
  }
  const first = Math.max(0, Math.min(depth - count, best - Math.floor(count / 2)));
  return Array.from({length: Math.min(count, volume.shape[2])}, (_, i) => first + i);
}

function cut(
  volume: Volume,
  seg: Volume | undefined,
  z: number,
  size: number
): Pick<Sample, "data" | "width" | "height" | "mask"> {
  const axis = volume.orientation === null ? 2 : "axial";
  const plane = slice(volume, axis, z);
  let low = Infinity;
  let high = -Infinity;
  for (const v of plane.data) {
    if (v < low) low = v;
    if (v > high) high = v;
  }
  const range = high - low;
  const data = Float32Array.from(plane.data, (v) => (range < 1e-6 ? 0 : Math.trunc(((v - low) / range) * 255) / 255));
  const image = fitImage({...plane, data}, {size});
  if (seg === undefined) return image;
  const labels = slice(seg, axis, z);
  return {
    ...image,
    mask: fitMask(
      Uint8Array.from(labels.data, (v) => (v > 0 ? 1 : 0)),
      labels.width,
      labels.height,
      size
    )
  };
}

function splitter(
  subjects: readonly string[],
  split: "published" | Partial<SplitRule>,
  root: string
): (subject: string) => Split | undefined {
  if (split !== "published") {
    const rule = splitRule(split, root);
    return (subject) => splitOf(patientOf(subject), rule);
  }
  const order = new PythonRandom(SEED).shuffle(subjects.slice());
  const part = new Map<string, Split>();
  order.forEach((subject, i) => {
    if (i < 271) part.set(subject, i < 200 ? "train" : i < 235 ? "valid" : "test");
  });
  return (subject) => part.get(subject);
}
