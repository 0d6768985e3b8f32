import type {Lesion} from "../sample.js";
import type {Grid, Point} from "./grid.js";
import type {Contrast} from "./tissue.js";

/** What lesion to put in; everything left out is drawn by the patient's seed. */
export interface LesionRequest {
  /** In millimetres (natural scenes: in hundredths of the width). */
  readonly radius?: number;
  /** 1 is the usual lesion, 0.3 a subtle one. */
  readonly strength?: number;
}

/** What one phantom is to show. */
export interface PhantomRequest {
  readonly seed: string | number;
  readonly patient: string;
  /** From 0 up to `slices` − 1. */
  readonly slice: number;
  readonly slices: number;
  readonly size: number;
  readonly lesion?: LesionRequest;
  readonly contrast?: Contrast;
}

/** What a phantom's renderer gives back. */
export interface PhantomImage {
  readonly data: Float32Array;
  readonly modality: string;
  readonly mask?: Uint8Array;
  readonly lesion?: Lesion;
}

/**
 * The mask and the contrast of a lesion, from the noise-free image with and without it. `distance` in mm is negative
 * inside; (`x`, `y`) in mm from the centre.
 */
export function measureLesion(
  grid: Grid,
  distance: Float32Array,
  [x, y]: Point,
  withLesion: Float32Array,
  without: Float32Array
): {mask: Uint8Array; lesion: Lesion} {
  const mask = new Uint8Array(grid.length);
  let count = 0;
  let difference = 0;
  for (let k = 0; k < mask.length; ++k) {
    if (distance[k] > 0) continue;
    mask[k] = 1;
    ++count;
    difference += withLesion[k] - without[k];
  }
  return {
    mask,
    lesion: {
      contrast: count > 0 ? difference / count : 0,
      radius: Math.sqrt(count / Math.PI),
      x: grid.index(x) + 0.5,
      y: grid.index(y) + 0.5
    }
  };
}
