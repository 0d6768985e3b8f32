import type {BandName} from "../bands.js";
import type {SplitError} from "../error-split.js";
import type {MaskedFidelity} from "../masked.js";
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
  /** Mean grey level of HR and of SR. */
  readonly mean_hr: number;
  readonly mean_sr: number;
  /** Fidelity inside and outside a region of interest, each null where it has no pixel; null without a mask. */
  readonly region: {readonly inside: MaskedFidelity | null; readonly outside: MaskedFidelity | null} | null;
  /** Scanning ring correlation; null unless asked for, and where the image is smaller than a tile. */
  readonly sfrc: ScanSummary | null;
  /** AlexNet, v0.1; null without its weights. */
  readonly lpips: number | null;
}

/** What a scan of 64×64 tiles, half a tile apart, found. */
export interface ScanSummary {
  /** Tiles in which HR or SR has structure. */
  readonly tiles: number;
  /** The lowest frequency (cycles/pixel) at which a tile's correlation falls below 1/2; null where no tile has structure. */
  readonly lowest: number | null;
  /** 1/(2·factor), what the LR image could show: a tile whose correlation is lost below is flagged. Null without a factor. */
  readonly limit: number | null;
  readonly flagged: number | null;
}

/** `sr:medvae@3` is arm `sr:medvae` with seed 3; an arm without `@N` has no seed. */
export function armAndSeed(name: string): {arm: string; seed: number | null} {
  const match = /^(.+)@(\d+)$/.exec(name);
  return match === null ? {arm: name, seed: null} : {arm: match[1], seed: Number(match[2])};
}
