import {InputError} from "../../models/errors.js";
import type {Plane} from "../../src/measures/image.js";
import {directionsOf} from "./orientation.js";
import type {Volume} from "./volume.js";

/** A plane of the body, or a voxel axis (the one that the slice is perpendicular to). */
export type SliceAxis = "sagittal" | "coronal" | "axial" | 0 | 1 | 2;

const planes = ["sagittal", "coronal", "axial"] as const;

/**
 * The voxel axis that a plane of the body is perpendicular to. @throws InputError when the volume's orientation isn't
 * known.
 */
export function axisOf(volume: Volume, axis: SliceAxis): 0 | 1 | 2 {
  if (typeof axis === "number") return axis;
  if (volume.orientation === null) {
    throw new InputError(`a volume without orientation has no ${axis} slices; name the axis by number, 0 to 2`);
  }
  const patientAxis = planes.indexOf(axis);
  return directionsOf(volume.orientation).findIndex((direction) => direction.axis === patientAxis) as 0 | 1 | 2;
}

/** How many slices a volume has along an axis. */
export function sliceCount(volume: Volume, axis: SliceAxis): number {
  return volume.shape[axisOf(volume, axis)];
}

/**
 * One slice as it is shown on a screen. With a known orientation by the radiological convention: the patient's right
 * is on the left, anterior above (axial) or on the left (sagittal), superior above. Without, rows and columns are
 * those of the file. Values stay in the volume's unit; pixels need not be square (`volume.spacing`).
 *
 * @param index position along the axis, 0 … n − 1, in the volume's own voxel order
 * @throws InputError when there is no such slice or frame.
 */
export function slice(volume: Volume, axis: SliceAxis, index: number, {frame = 0}: {frame?: number} = {}): Plane {
  const across = axisOf(volume, axis);
  const {shape, frames, data, orientation} = volume;
  if (!Number.isInteger(index) || index < 0 || index >= shape[across]) {
    throw new InputError(`there is no slice ${index}; axis ${axis} has slices 0 to ${shape[across] - 1}`);
  }
  if (!Number.isInteger(frame) || frame < 0 || frame >= frames) {
    throw new InputError(`there is no frame ${frame}; the volume has frames 0 to ${frames - 1}`);
  }
  let [columnAxis, rowAxis] = [0, 1, 2].filter((i) => i !== across);
  let flipColumns = false;
  let flipRows = false;
  if (orientation !== null) {
    const directions = directionsOf(orientation);
    // columns run along right–left where they can, else along anterior–posterior; rows along the other one
    if (directions[columnAxis].axis > directions[rowAxis].axis) [columnAxis, rowAxis] = [rowAxis, columnAxis];
    // a screen shows L, P and I at its right and lower sides
    flipColumns = directions[columnAxis].sign > 0;
    flipRows = directions[rowAxis].sign > 0;
  }
  const strides = [1, shape[0], shape[0] * shape[1]];
  const width = shape[columnAxis];
  const height = shape[rowAxis];
  const dx = flipColumns ? -strides[columnAxis] : strides[columnAxis];
  const dy = flipRows ? -strides[rowAxis] : strides[rowAxis];
  const start =
    frame * shape[0] * shape[1] * shape[2] +
    index * strides[across] +
    (flipColumns ? (width - 1) * strides[columnAxis] : 0) +
    (flipRows ? (height - 1) * strides[rowAxis] : 0);
  const result = data instanceof Float32Array ? new Float32Array(width * height) : new Float64Array(width * height);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0, from = start + y * dy; x < width; x++, from += dx) result[to++] = data[from];
  }
  return {data: result, width, height};
}
