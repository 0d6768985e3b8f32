import type {Inflater} from "../images/inflate.js";

/** Rows of a 4×4 matrix that takes voxel indices (i, j, k, 1) to millimetres in RAS+ (right, anterior, superior). */
export type Affine = readonly (readonly number[])[];

/** Values from `center − width/2` to `center + width/2` are shown from black to white. */
export interface Window {
  readonly center: number;
  readonly width: number;
  /** DICOM PS3.3 C.11.2.1.2 and C.11.2.1.3; `linear_exact` unless given. */
  readonly function?: "linear" | "linear_exact" | "sigmoid";
}

/** A table that takes values to grey (DICOM PS3.3 C.11.2.1.1). */
export interface LookupTable {
  /** The value that the first entry stands for; values outside the table take its first or last entry. */
  readonly first: number;
  /** 2^bits − 1 is white. */
  readonly bits: number;
  readonly entries: Uint16Array;
}

/**
 * A medical image: one or several frames of a grid of numbers in the file's own unit (after its slope and intercept).
 * A single picture is a volume with one slice.
 */
export interface Volume {
  readonly kind: "nifti" | "mgh" | "dicom" | "tiff" | "nrrd" | "metaimage";
  /** The first axis varies fastest: the value at (i, j, k) of frame t is `data[i + ni·(j + nj·(k + nk·t))]`. */
  readonly data: Float32Array | Float64Array;
  /** Voxels along the three axes. */
  readonly shape: readonly [number, number, number];
  /** Time points, echoes, or other repetitions of the grid; 1 for an ordinary volume. */
  readonly frames: number;
  /** Distances of neighbouring voxels along the three axes in mm; 1 where the file gives none. */
  readonly spacing: readonly [number, number, number];
  /** Voxel indices → RAS+ mm; null where the file doesn't say how the patient lay. */
  readonly affine: Affine | null;
  /** Where each axis points, as three of the letters R L A P S I: "RAS"; null without an affine. */
  readonly orientation: string | null;
  /** The axis along which the file stacks its slices (2 before any reorientation). */
  readonly sliceAxis: 0 | 1 | 2;
  /** The windows that the file proposes, first one first. */
  readonly windows: readonly Window[];
  /** The file's own table to grey; it counts before `windows`. */
  readonly lookup?: LookupTable;
  /** High values are dark (MONOCHROME1, MINISWHITE). */
  readonly inverted: boolean;
  /**
   * Technical facts only (types, codings, modality). Names, dates, identifiers, free text and private elements of the
   * file never get here.
   */
  readonly meta: Readonly<Record<string, string | number | boolean>>;
}

/** What a format's decoder needs from outside: bytes in, plain objects out. */
export interface DecodeContext {
  /** Names the file in errors. */
  readonly source: string;
  readonly inflater: Inflater;
}
