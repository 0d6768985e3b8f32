import {affineOf} from "../orientation.js";
import type {Affine} from "../volume.js";
import type {Attributes} from "./attributes.js";

/** Where an image lies. */
export interface Geometry {
  /** How many of the frames are stacked in space; the others repeat them. */
  readonly slices: number;
  readonly spacing: readonly [number, number, number];
  readonly affine: Affine | null;
}

/**
 * The geometry of an image (PS3.3 C.7.6.2, C.7.6.16.2): columns run along the first direction cosines, rows along the
 * second, slices along their positions, or along the normal at SpacingBetweenSlices (or SliceThickness). DICOM's LPS
 * becomes RAS.
 */
export function geometryOf(attributes: Attributes, frames: number): Geometry {
  const shared = attributes.item("x52009229");
  const each = frames > 1 || shared !== undefined ? attributes.items("x52009230") : [];
  const measures = shared?.item("x00289110") ?? each[0]?.item("x00289110") ?? attributes;
  const between = positive(measures.decimals("x00180088", "SpacingBetweenSlices")[0]);
  const thickness = positive(measures.decimals("x00180050", "SliceThickness")[0]);
  const inPlane = [measures, attributes, attributes]
    .map((holder, i) => holder.decimals(["x00280030", "x00181164", "x00182010"][i], "PixelSpacing").map(positive))
    .find((pair) => pair.length === 2 && pair[0] !== undefined && pair[1] !== undefined) as number[] | undefined;
  const [rowSpacing, columnSpacing] = inPlane ?? [1, 1];

  const directions = each.map((item) =>
    (item.item("x00209116") ?? shared?.item("x00209116") ?? attributes).decimals("x00200037", "ImageOrientationPatient")
  );
  const cosines =
    directions[0] ?? (shared?.item("x00209116") ?? attributes).decimals("x00200037", "ImageOrientationPatient");
  const parallel = directions.every((other) => other.every((value, i) => Math.abs(value - cosines[i]) < 1e-3));
  const positions = (each.length === frames ? each : [])
    .map(
      (item) =>
        (item.item("x00209113") ?? shared?.item("x00209113"))?.decimals("x00200032", "ImagePositionPatient") ?? []
    )
    .filter((position) => position.length === 3);
  const own = attributes.decimals("x00200032", "ImagePositionPatient");
  const origin = positions[0] ?? (own.length === 3 ? own : undefined);

  const along = cosines.slice(0, 3);
  const down = cosines.slice(3, 6);
  const sane =
    cosines.length === 6 &&
    Math.abs(norm(along) - 1) < 0.01 &&
    Math.abs(norm(down) - 1) < 0.01 &&
    Math.abs(dot(along, down)) < 0.01;
  const unplaced = {
    slices: frames,
    spacing: [columnSpacing, rowSpacing, between ?? thickness ?? 1] as const,
    affine: null
  };
  if (!sane || !parallel || origin === undefined) return unplaced;

  const normal = cross(along, down);
  const offsets = attributes.decimals("x3004000c", "GridFrameOffsetVector");
  const depths =
    positions.length === frames
      ? positions.map((position) => dot(normal, position) - dot(normal, origin))
      : offsets.length === frames
        ? offsets.map((offset) => offset - offsets[0])
        : Array.from({length: frames}, (_, i) => i * (between ?? thickness ?? 1));
  let step = between ?? thickness ?? 1;
  let slices = frames;
  if (frames > 1) {
    const regular = depths[frames - 1] / (frames - 1);
    if (depths.every((depth) => Math.abs(depth) < 1e-4)) {
      // the same place again and again: time, echoes
      slices = 1;
    } else if (depths.every((depth, i) => Math.abs(depth - i * regular) <= 0.01 * Math.abs(regular))) step = regular;
    else return unplaced;
  }
  const ras = (vector: number[], scale: number) => [-vector[0] * scale, -vector[1] * scale, vector[2] * scale];
  const affine = affineOf(ras(along, columnSpacing), ras(down, rowSpacing), ras(normal, step), ras(origin, 1));
  return {slices, spacing: [columnSpacing, rowSpacing, Math.abs(step)], affine};
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}

function dot(a: number[], b: number[]): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function norm(a: number[]): number {
  return Math.sqrt(dot(a, a));
}

function cross(a: number[], b: number[]): number[] {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}
