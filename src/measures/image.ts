/**
 * Real numbers over a rectangular grid, row-major, height × width. Images have values in [0, 1]; coefficient planes
 * and error maps may have any.
 */
export interface Plane {
  readonly data: Float32Array | Float64Array;
  readonly width: number;
  readonly height: number;
}

/** A single-channel image in [0, 1] with the id that pairs it: never paired by position. */
export interface Image extends Plane {
  readonly id: string;
}
