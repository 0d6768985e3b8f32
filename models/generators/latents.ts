import * as tf from "@tensorflow/tfjs-core";

/** Mean and standard deviation of each channel of the training latents. */
export interface LatentScale {
  readonly mean: readonly number[];
  readonly sd: readonly number[];
}

/** The least and the greatest value of each channel of the training latents, as the autoencoder gives them. */
export interface LatentRange {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** What a generator expects of an autoencoder's latents. */
export interface LatentUse {
  /** Taken away and divided by before the U-Net, and put back after it; absent: raw latents. */
  readonly scale?: LatentScale;
  /** Estimates of the clean latent that an ε prediction implies are kept within it; absent: they are not. */
  readonly range?: LatentRange;
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

/** The range of the latents as the U-Net sees them, [c] each. */
export function latentBounds({range, scale}: LatentUse): readonly [low: tf.Tensor1D, high: tf.Tensor1D] | undefined {
  if (!range) return undefined;
  const scaled = (values: readonly number[]) =>
    tf.tensor1d(scale ? values.map((v, c) => (v - scale.mean[c]) / scale.sd[c]) : [...values]);
  return [scaled(range.low), scaled(range.high)];
}
