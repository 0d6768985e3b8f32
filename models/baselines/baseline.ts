import type * as tf from "@tensorflow/tfjs-core";
import type {Accelerator} from "../ops/index.js";

/** A trained regression network for super-resolution: a deterministic arm without a latent. */
export interface Baseline {
  readonly kind: "rlfn" | "rfdn" | "carn" | "vdsr";
  /** How many times the network enlarges: 4, or 1 where it sharpens an image that is enlarged already (VDSR, by bicubic). */
  readonly scale: number;
  /** 3 (a grey image is repeated, the mean of the result taken) or 1. */
  readonly imageChannels: number;
  readonly parameters: number;
  /** [n, h, w, imageChannels] in [0, 1] → [n, scale·h, scale·w, imageChannels], nominally in [0, 1] and not clamped. */
  enlarge(images: tf.Tensor4D): tf.Tensor4D;
  /** Lets something else compute, for as long as no gradient is asked for; undefined ends it. */
  accelerate(accelerator: Accelerator | undefined): void;
  dispose(): void;
}
