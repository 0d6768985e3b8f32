import type {Image} from "../../src/measures/image.js";

/** The part of a dataset that a sample belongs to; a patient is in one of them only. */
export type Split = "train" | "valid" | "test";

/** Where a lesion lies and how much it changes the image. */
export interface Lesion {
  /** Mean over the mask of (image with lesion − image without), in units of the image's [0, 1]. */
  readonly contrast: number;
  /** In pixels. */
  readonly radius: number;
  /** The centre in pixels from the left edge and from the top, pixel centres at .5. */
  readonly x: number;
  readonly y: number;
}

/** An image with what a study must know about it. `id` pairs it everywhere; `patient` keeps splits apart. */
export interface Sample extends Image {
  readonly data: Float32Array;
  readonly patient: string;
  readonly modality: string;
  readonly split?: Split;
  /** 1 inside, 0 outside, row-major like `data`. */
  readonly mask?: Uint8Array;
  readonly lesion?: Lesion;
  /** True for phantoms: anatomy that no one has. */
  readonly simulated?: boolean;
}
