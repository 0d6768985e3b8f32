import type {BandName} from "../bands.js";
import type {SplitError} from "../error-split.js";
import type {ImageMeasures} from "../measure-image.js";
import type {NullSpaceMeasures} from "../nullspace.js";

/** All measures of one image in one arm: an entry of `images` in the JSON of `bandscope analyse`. */
export interface ImageRecord extends ImageMeasures {
  readonly id: string;
  readonly arm: string;
  /** Null where patients are not known. */
  readonly patient: string | null;
  readonly width: number;
  readonly height: number;
  /** Null without a down-sampling factor. `free_psnr` is null where both PSNRs are infinite. */
  readonly null_space: (Omit<NullSpaceMeasures, "free_psnr"> & {readonly free_psnr: number | null}) | null;
  /** RMSE(D·SR, LR) with the very LR image; null without one. */
  readonly measurement_consistency: number | null;
  /** In total and per band; null without the autoencoder's image. */
  readonly error_split: (SplitError & {readonly bands: Readonly<Record<BandName, SplitError>>}) | null;
}

/** `sr:medvae@3` is arm `sr:medvae` with seed 3; an arm without `@N` has no seed. */
export function armAndSeed(name: string): {arm: string; seed: number | null} {
  const match = /^(.+)@(\d+)$/.exec(name);
  return match === null ? {arm: name, seed: null} : {arm: match[1], seed: Number(match[2])};
}
