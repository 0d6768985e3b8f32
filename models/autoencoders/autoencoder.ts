import type {Tensor4D} from "@tensorflow/tfjs-core";
import type {Accelerator} from "../ops/index.js";

/** Shape of a latent relative to its image: `channels` × (height / factor) × (width / factor). */
export interface Geometry {
  readonly channels: number;
  readonly factor: number;
}

/**
 * A frozen autoencoder. Tensors are NHWC float32; images are in [0, 1] whatever range the network itself was trained on
 * (the implementation converts). Neither method keeps or disposes its argument; call them within `tf.tidy`.
 */
export interface Autoencoder {
  /** `tiny` (TAESD family) or `kl` (AutoencoderKL). */
  readonly kind: "tiny" | "kl";
  readonly geometry: Geometry;
  /** 3, or 1 for MedVAE's single-channel models. A grey image is repeated over the channels. */
  readonly imageChannels: number;
  readonly parameters: number;
  /** [n, h, w, imageChannels] in [0, 1] → the posterior mean [n, h/factor, w/factor, channels]. */
  encode(images: Tensor4D): Tensor4D;
  /** The inverse: latents → images, nominally in [0, 1] and **not** clamped. */
  decode(latents: Tensor4D): Tensor4D;
  /** Lets something else compute, for as long as the weights do not change and no gradient is asked for; undefined ends it. */
  accelerate(accelerator: Accelerator | undefined): void;
  dispose(): void;
}
