import {createHash} from "node:crypto";
import {InputError} from "../../../models/errors.js";
import {naturalOrder} from "../../images/naturalOrder.js";
import {nodeInflater} from "../../images/nodeInflater.js";
import {readWhole} from "../../images/readWhole.js";
import {isGzip} from "../gzip.js";
import {affineOf, orientationOf} from "../orientation.js";
import type {Volume} from "../volume.js";
import {Attributes} from "./attributes.js";
import {isDicom, parseDataSet} from "./dataSet.js";
import {decodeDicom} from "./decodeDicom.js";
import {nodeCodecs} from "./nodeCodecs.js";

/** The files of one series. */
export interface Series {
  /** A hash of the series' identifier: stable, and tells nothing of the patient. */
  readonly key: string;
  /** In natural order of their names; `readSeries` sorts them by position. */
  readonly paths: readonly string[];
}

/**
 * Sorts DICOM files into series, by SeriesInstanceUID. Files that aren't DICOM, and those without pixels, are passed
 * over.
 *
 * @throws InputError when a DICOM file is damaged.
 */
export async function groupSeries(paths: readonly string[]): Promise<Series[]> {
  const groups = new Map<string, string[]>();
  for (const path of [...paths].sort(naturalOrder)) {
    const bytes = await readWhole(path);
    if (!isDicom(isGzip(bytes) ? nodeInflater.gunzipHead(bytes) : bytes)) continue;
    const {dataSet} = parseDataSet(bytes, {source: path, inflater: nodeInflater});
    const attributes = new Attributes(dataSet, path);
    if (!["x7fe00010", "x7fe00008", "x7fe00009"].some((tag) => attributes.has(tag))) continue;
    const key = createHash("sha256").update(attributes.code("x0020000e")).digest("hex").slice(0, 16);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [path]);
    else group.push(path);
  }
  return [...groups].map(([key, members]) => ({key, paths: members}));
}

/**
 * Reads the files of one series into one volume, sorted by their position along the slice normal (never by name or
 * number). A single file is read as it is. Axes are columns, rows, slices.
 *
 * @throws InputError when slices differ in size or direction, lie at the same place, or are unevenly spaced (by
 *   more than 5 %).
 */
export async function readSeries(paths: readonly string[]): Promise<Volume> {
  const slices: {path: string; volume: Volume; depth: number}[] = [];
  for (const path of paths) {
    const volume = await decodeDicom(await readWhole(path), {source: path, inflater: nodeInflater}, nodeCodecs);
    if (paths.length === 1) return volume;
    slices.push({path, volume, depth: depthOf(volume, path)});
  }
  if (slices.length === 0) throw new InputError("a series needs one DICOM file at least");
  slices.sort((a, b) => a.depth - b.depth);
  const [first] = slices;
  const last = slices[slices.length - 1];
  const step = (last.depth - first.depth) / (slices.length - 1);
  for (const [i, {path, volume, depth}] of slices.entries()) {
    if (
      volume.shape.some((n, axis) => n !== first.volume.shape[axis]) ||
      volume.frames !== 1 ||
      volume.shape[2] !== 1
    ) {
      throw new InputError(
        `${path} has another size than ${first.path} (${volume.shape.join("×")} and ${first.volume.shape.join("×")})`
      );
    }
    const turned = [0, 1].some((axis) =>
      [0, 1, 2].some((row) => Math.abs(volume.affine![row][axis] - first.volume.affine![row][axis]) > 0.01)
    );
    if (turned)
      throw new InputError(`${path} has another direction than ${first.path}; a volume's slices are parallel`);
    if (i === 0) continue;
    const gap = depth - slices[i - 1].depth;
    if (gap < 1e-3)
      throw new InputError(`${path} lies at the same place as ${slices[i - 1].path}; a volume has one slice a place`);
    if (Math.abs(gap - step) > 0.05 * step) {
      throw new InputError(
        `the slices are unevenly spaced: ${gap.toFixed(3)} mm between ${slices[i - 1].path} and ${path}, ${step.toFixed(3)} mm on average`
      );
    }
  }
  const pixels = first.volume.data.length;
  const wide = slices.some(({volume}) => volume.data instanceof Float64Array);
  const data = wide ? new Float64Array(pixels * slices.length) : new Float32Array(pixels * slices.length);
  slices.forEach(({volume}, i) => {
    data.set(volume.data, i * pixels);
  });
  const from = first.volume.affine!;
  const to = last.volume.affine!;
  const column = (axis: number) => [0, 1, 2].map((row) => from[row][axis]);
  const along = [0, 1, 2].map((row) => (to[row][3] - from[row][3]) / (slices.length - 1));
  const affine = affineOf(column(0), column(1), along, column(3));
  const middle = slices[slices.length >> 1].volume;
  return {
    ...middle,
    data,
    shape: [first.volume.shape[0], first.volume.shape[1], slices.length],
    spacing: [first.volume.spacing[0], first.volume.spacing[1], step],
    affine,
    orientation: orientationOf(affine, first.path)
  };
}

/** The position of a slice along its normal, in mm. */
function depthOf({affine}: Volume, path: string): number {
  if (affine === null) throw new InputError(`${path} doesn't say where it lies, so it can't be a slice of a volume`);
  const normal = [0, 1, 2].map((row) => affine[row][2]);
  const length = Math.hypot(...normal);
  return normal.reduce((sum, value, row) => sum + (value / length) * affine[row][3], 0);
}
