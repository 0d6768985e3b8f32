import {basename, dirname, extname, join, resolve} from "node:path";
import {InputError} from "../../../models/errors.js";
import {
  parseWindowing,
  readVolume,
  type SliceAxis,
  slice,
  sliceCount,
  toUnitRange,
  type Volume,
  type Windowing
} from "../../formats/index.js";
import {naturalOrder} from "../../images/index.js";
import {type Dataset, type Entry, makeDataset} from "../dataset.js";
import {stripExtension, walk} from "../files.js";
import {fitImage} from "../fit.js";
import {type SplitRule, splitOf, splitRule} from "../splits.js";

export interface VolumeOptions {
  /** A folder with volumes, DICOM series (one folder each), or a mixture, at any depth. */
  readonly root: string;
  readonly id?: string;
  readonly title?: string;
  /** The slices' plane or voxel axis; axial where the orientation is known, else the file's own slices. */
  readonly axis?: SliceAxis;
  /** `middle`; or how many, evenly spread over the volume. */
  readonly slices?: "middle" | number;
  /** The part of the volume that slices are taken from, as fractions; `[0, 1]` unless told. */
  readonly range?: readonly [number, number];
  /** As text for `parseWindowing`: `minmax`, `file`, `percentile 0.5 99.5` (unless told), `40 400`. */
  readonly window?: string;
  /** A regular expression over the path inside the folder; the file's or the series' path unless told. */
  readonly patient?: string;
  readonly modality?: string;
  readonly licence?: string;
  readonly split?: Partial<SplitRule>;
  readonly size?: number;
}

const volumeName = /\.(nii|nii\.gz|nrrd|nhdr|mha|mhd|mgh|mgz|hdr|tiff?)$/i;
const dicomName = /\.(dcm|dicom|ima)$/i;

/** Volumes as 2-D samples: slices by rule. The pixels of a volume share one grey scale. */
export function openVolumes(options: VolumeOptions): Dataset {
  const {root, slices = "middle", range = [0, 1], modality = "volume", licence, size} = options;
  const count = slices === "middle" ? 1 : slices;
  if (!(Number.isInteger(count) && count >= 1 && count <= 10_000))
    throw new InputError(`slices must be "middle" or a whole number from 1, not ${slices}`);
  const [from, to] = range;
  if (!(from >= 0 && to <= 1 && from < to))
    throw new InputError(`range must be two rising fractions from 0 to 1, not ${from}, ${to}`);
  const windowing = parseWindowing(options.window ?? "percentile 0.5 99.5");
  const units = findUnits(root);
  if (units.length === 0) throw new InputError(`${root} holds no volumes (.nii, .nii.gz, .nrrd, .mha, .mgz, .dcm)`);
  const who = patientOf(options.patient);
  const rule = splitRule(options.split, root);
  const where = new Map<string, {unit: Unit; position: number}>();
  const entries: Entry[] = [];
  for (const unit of units) {
    const patient = who(unit.name);
    for (let position = 0; position < count; ++position) {
      const stem = stripExtension(unit.name).replaceAll("/", "__");
      const id = count === 1 ? stem : `${stem}_${String(position).padStart(3, "0")}`;
      where.set(id, {unit, position});
      entries.push({
        id,
        patient,
        modality,
        split: splitOf(patient, rule),
        source: unit.name,
        ...(licence && {licence})
      });
    }
  }
  let last: {name: string; volume: Volume} | undefined;
  const load = async (name: string) => {
    if (last?.name !== name) last = {name, volume: await readVolume(join(root, name))};
    return last.volume;
  };
  return makeDataset({
    id: options.id ?? basename(resolve(root)),
    title: options.title ?? root,
    rule: `${count === 1 ? "the middle slice" : `${count} slices, evenly spread,`} of each volume; splits by a hash of the patient (seed ${rule.seed})`,
    entries,
    async read({id, patient, split, source}) {
      const {unit, position} = where.get(id)!;
      const fraction = from + ((position + 0.5) / count) * (to - from);
      // a series of DICOM files: the slice is a file
      const file =
        unit.files.length > 1
          ? unit.files[Math.min(unit.files.length - 1, Math.floor(fraction * unit.files.length))]
          : unit.files[0];
      const volume = await load(file);
      const axis = options.axis ?? (volume.orientation === null ? volume.sliceAxis : "axial");
      // a single slice is its own plane, however it lay
      const flat = volume.shape.indexOf(1);
      const along: SliceAxis = flat >= 0 ? (flat as 0 | 1 | 2) : axis;
      const n = sliceCount(volume, along);
      const plane = slice(volume, along, Math.min(n - 1, Math.floor(fraction * n)));
      const grey = toUnitRange(plane, windowing as Windowing, {volume, source});
      const image =
        size === undefined
          ? {data: Float32Array.from(grey.data), width: grey.width, height: grey.height}
          : fitImage(grey, {size});
      const named = modality === "volume" && typeof volume.meta.modality === "string" ? volume.meta.modality : modality;
      return {id, ...image, patient, modality: named, split};
    }
  });
}

/** A volume: one file, or the files of a DICOM series in natural order. */
interface Unit {
  /** Relative to the root: the file, or the series' folder. */
  readonly name: string;
  readonly files: readonly string[];
}

/** Whether there are volumes below a folder. */
export function holdsVolumes(root: string): boolean {
  return findUnits(root).length > 0;
}

function findUnits(root: string): Unit[] {
  const files = walk(root, {wanted: (name) => volumeName.test(name) || dicomName.test(name)}).sort(naturalOrder);
  const headers = new Set(files.filter((file) => /\.(mhd|nhdr|hdr)$/i.test(file)).map((file) => stripExtension(file)));
  const units: Unit[] = [];
  const series = new Map<string, string[]>();
  for (const file of files) {
    if (dicomName.test(file)) {
      const folder = dirname(file);
      series.set(folder, [...(series.get(folder) ?? []), file]);
    } else if (!(extname(file).toLowerCase() === ".img" && headers.has(stripExtension(file))))
      units.push({name: file, files: [file]});
  }
  for (const [folder, list] of series) {
    if (folder === ".") for (const file of list) units.push({name: file, files: [file]});
    else units.push({name: folder, files: list});
  }
  return units;
}

function patientOf(pattern: string | undefined): (name: string) => string {
  if (pattern === undefined) return (name) => stripExtension(name);
  let expression: RegExp;
  try {
    expression = new RegExp(pattern);
  } catch (error) {
    throw new InputError(
      `the patient pattern ${JSON.stringify(pattern)} is not a regular expression: ${(error as Error).message}`
    );
  }
  return (name) => {
    const match = expression.exec(name);
    const found = match?.groups?.patient ?? match?.[1];
    if (!found)
      throw new InputError(
        `the patient pattern ${JSON.stringify(pattern)} finds no patient in ${name}; it needs a group that matches`
      );
    return found;
  };
}
