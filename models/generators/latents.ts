import * as tf from "@tensorflow/tfjs-core";

/** Mean and standard deviation of each channel of the training latents. */
export interface LatentScale {
  readonly mean: readonly number[];
  readonly sd: readonly number[];
}

/** What a generator expects of an autoencoder's latents. */
export interface LatentUse {
  /** Taken away and divided by before the U-Net, and put back after it; absent: raw latents. */
  readonly scale?: LatentScale;
  /** `sampled`: drawn from the posterior. The study's SD-VAE latents are, its KL-f4's are the mean. */
  readonly latent: "mean" | "sampled";
  /** The autoencoder of the training; absent where the file does not say. */
  readonly autoencoder?: {readonly id: string; readonly sha256: string};
}

/** Latents as an autoencoder gives them, for the U-Net. */
export function scaleLatent(latent: tf.Tensor4D, scale: LatentScale | undefined): tf.Tensor4D {
  if (!scale) return latent;
  return tf.tidy(() => tf.div<tf.Tensor4D>(tf.sub(latent, tf.tensor1d([...scale.mean])), tf.tensor1d([...scale.sd])));
}

/** The inverse: what the U-Net works in, for the decoder. */
export function unscaleLatent(latent: tf.Tensor4D, scale: LatentScale | undefined): tf.Tensor4D {
  if (!scale) return latent;
  return tf.tidy(() => tf.add<tf.Tensor4D>(tf.mul(latent, tf.tensor1d([...scale.sd])), tf.tensor1d([...scale.mean])));
}
