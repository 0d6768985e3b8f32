import {join, resolve} from "node:path";
import {InputError} from "../../../models/errors.js";
import {readNpy} from "../../images/index.js";
import {type Dataset, type Entry, makeDataset} from "../dataset.js";
import {checkFolder, child, walk} from "../files.js";
import {fitImage} from "../fit.js";
import {parseSplit} from "../splits.js";

export interface MrnetOptions {
  /** The folder with `train` and `valid` (MRNet-v1.0), or the one above it. */
  readonly root: string;
  readonly id?: string;
  readonly title?: string;
  readonly plane?: "sagittal" | "coronal" | "axial";
  readonly size?: number;
}

/**
 * MRNet v1.0 (Bien et al., PLOS Medicine 2018): `train|valid/axial|coronal|sagittal/NNNN.npy`, each slices × 256 × 256 of uint8. One sample an
 * examination (which is one patient there): the middle slice, number ⌊n/2⌋, of the sagittal series; grey = value / 255. The
 * published split: `train` and `valid`.
 */
export function openMrnet(options: MrnetOptions): Dataset {
  const {plane = "sagittal", size} = options;
  const root = mrnetRoot(options.root);
  const entries: Entry[] = [];
  for (const part of ["train", "valid"]) {
    const folder = child(root, part);
    const series = folder && child(folder, plane);
    if (series === undefined) continue;
    for (const file of walk(series, {wanted: (name) => /\.npy$/i.test(name)})) {
      const number = file.replace(/^.*\//, "").replace(/\.npy$/i, "");
      entries.push({
        id: `${plane}_${number}_middle`,
        patient: `mrnet-${number}`,
        modality: `knee MRI ${plane}`,
        split: parseSplit(part),
        source: join(series, file).slice(resolve(root).length + 1),
        licence: "Stanford MRNet research use agreement"
      });
    }
  }
  if (entries.length === 0) throw new InputError(`${root} holds no ${plane} series; MRNet has train/${plane}/0000.npy`);
  return makeDataset({
    id: options.id ?? "mrnet",
    title: options.title ?? "MRNet",
    rule: `the middle slice of the ${plane} series, one a patient; the published split (train, valid)`,
    entries,
    async read({id, patient, modality, split, source}) {
      const path = join(root, source);
      const {data, shape, dtype} = await readNpy(path);
      if (shape.length !== 3 || shape[0] < 1)
        throw new InputError(`${path} has the shape (${shape.join(", ")}); an MRNet series is slices × height × width`);
      const [count, height, width] = shape;
      const start = Math.floor(count / 2) * height * width;
      const values = data.subarray(start, start + height * width);
      const white = dtype === "uint8" ? 255 : maximum(data);
      const image = {
        data: Float32Array.from(values, (v) => (white > 0 ? Math.min(1, Math.max(0, v / white)) : 0)),
        width,
        height
      };
      return {id, patient, modality, split, ...(size === undefined ? image : fitImage(image, {size}))};
    }
  });
}

/** Whether a folder looks like MRNet: `train` or `valid` with a plane inside. */
export function isMrnet(root: string): boolean {
  return ["train", "valid"].some((part) => {
    const folder = child(root, part);
    return folder !== undefined && ["sagittal", "coronal", "axial"].some((plane) => child(folder, plane) !== undefined);
  });
}

function mrnetRoot(given: string): string {
  checkFolder(given);
  if (isMrnet(given)) return resolve(given);
  for (const name of ["MRNet-v1.0", "MRNet"]) {
    const below = child(given, name);
    if (below !== undefined && isMrnet(below)) return resolve(below);
  }
  throw new InputError(`${given} isn't MRNet: there is no train/sagittal or valid/sagittal in it`);
}

function maximum(data: ArrayLike<number>): number {
  let max = 0;
  for (let i = 0; i < data.length; ++i) if (data[i] > max) max = data[i];
  return max;
}
