import {InputError} from "../../models/errors.js";
import type {Affine, Volume} from "./volume.js";

type Vector = readonly [number, number, number];

/**
 * Which way each voxel axis runs: `axis` of the patient (0 right–left, 1 anterior–posterior, 2 superior–inferior) and
 * its sign.
 */
export interface AxisDirection {
  readonly axis: 0 | 1 | 2;
  readonly sign: 1 | -1;
}

const letters = ["LR", "PA", "IS"];

/** The affine whose columns are three axis vectors (mm per voxel, RAS+) and the position of voxel (0, 0, 0). */
export function affineOf(
  i: readonly number[],
  j: readonly number[],
  k: readonly number[],
  origin: readonly number[]
): Affine {
  return [...[0, 1, 2].map((row) => [i[row], j[row], k[row], origin[row]]), [0, 0, 0, 1]];
}

/** The lengths of an affine's three axis vectors: the voxel sizes in mm. */
export function spacingOf(affine: Affine): Vector {
  const length = (column: number) => Math.hypot(affine[0][column], affine[1][column], affine[2][column]);
  return [length(0), length(1), length(2)];
}

/**
 * The patient axis nearest to each voxel axis. As nibabel's `io_orientation`: the axis vectors are normed, their
 * matrix is replaced by the nearest orthogonal one (its polar factor), and each voxel axis in turn takes the largest
 * component that is left.
 *
 * @param source names the file in errors
 * @throws InputError when the affine isn't finite and invertible.
 */
export function axisDirections(affine: Affine, source: string): AxisDirection[] {
  const spacing = spacingOf(affine);
  let rotation = [0, 1, 2].map((row) => [0, 1, 2].map((column) => affine[row][column] / spacing[column]));
  // Newton's iteration for the polar factor (Higham 1986); six steps would do for any sane matrix
  for (let step = 0; step < 50; step++) {
    const inverse = invert(rotation);
    if (inverse === null) throw new InputError(`${source} has an orientation matrix that isn't invertible`);
    rotation = rotation.map((row, i) => row.map((value, j) => (value + inverse[j][i]) / 2));
  }
  const taken = [false, false, false];
  return [0, 1, 2].map((column) => {
    let axis = -1;
    for (let row = 0; row < 3; row++) {
      if (!taken[row] && (axis < 0 || Math.abs(rotation[row][column]) > Math.abs(rotation[axis][column]) + 1e-12))
        axis = row;
    }
    taken[axis] = true;
    return {axis: axis as 0 | 1 | 2, sign: rotation[axis][column] < 0 ? -1 : 1};
  });
}

/** "RAS", "LPS" …: the letter that each voxel axis points to. */
export function orientationOf(affine: Affine, source: string): string {
  return axisDirections(affine, source)
    .map(({axis, sign}) => letters[axis][sign > 0 ? 1 : 0])
    .join("");
}

/** The directions that an orientation's letters name. */
export function directionsOf(orientation: string): AxisDirection[] {
  return Array.from(orientation, (letter) => {
    const axis = letters.findIndex((pair) => pair.includes(letter)) as 0 | 1 | 2;
    return {axis, sign: letters[axis][1] === letter ? 1 : -1};
  });
}

/**
 * The same volume with its axes permuted and flipped so that they run as near as can be to right, anterior and
 * superior (nibabel's `as_closest_canonical`). Nothing is resampled. A volume without an affine is returned as it is.
 */
export function toCanonical(volume: Volume): Volume {
  const {affine, orientation, data, frames} = volume;
  if (affine === null || orientation === null || orientation === "RAS") return volume;
  const directions = directionsOf(orientation);
  const shape: [number, number, number] = [0, 0, 0];
  const spacing: [number, number, number] = [0, 0, 0];
  const strides = [0, 0, 0];
  const columns: number[][] = [[], [], []];
  const origin = [0, 1, 2].map((row) => affine[row][3]);
  let start = 0;
  let stride = 1;
  directions.forEach(({axis, sign}, from) => {
    const n = volume.shape[from];
    shape[axis] = n;
    spacing[axis] = volume.spacing[from];
    strides[axis] = sign * stride;
    columns[axis] = [0, 1, 2].map((row) => sign * affine[row][from]);
    if (sign < 0) {
      start += (n - 1) * stride;
      for (let row = 0; row < 3; row++) origin[row] += (n - 1) * affine[row][from];
    }
    stride *= n;
  });

  const result = data instanceof Float32Array ? new Float32Array(data.length) : new Float64Array(data.length);
  const [nx, ny, nz] = shape;
  const [dx, dy, dz] = strides;
  for (let frame = 0, to = 0; frame < frames; frame++) {
    for (let z = 0; z < nz; z++) {
      for (let y = 0; y < ny; y++) {
        let from = frame * stride + start + y * dy + z * dz;
        for (let x = 0; x < nx; x++, from += dx) result[to++] = data[from];
      }
    }
  }
  const canonical = affineOf(columns[0], columns[1], columns[2], origin);
  return {
    ...volume,
    data: result,
    shape,
    spacing,
    affine: canonical,
    orientation: "RAS",
    sliceAxis: directions[volume.sliceAxis].axis
  };
}

function invert(m: readonly (readonly number[])[]): number[][] | null {
  const [[a, b, c], [d, e, f], [g, h, i]] = m;
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  if (!(Math.abs(determinant) > 1e-9)) return null;
  return [
    [e * i - f * h, c * h - b * i, b * f - c * e],
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d]
  ].map((row) => row.map((value) => value / determinant));
}
