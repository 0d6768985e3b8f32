import * as tf from "@tensorflow/tfjs-core";

/** What a diffusion model predicts: the clean latent, the noise, or the velocity √ᾱ·ε − √(1 − ᾱ)·x₀ (Salimans & Ho 2022). */
export const targetNames = ["x0", "eps", "v"] as const;
export type Target = (typeof targetNames)[number];

/** Clean latent and noise as a prediction implies them. */
export interface Decomposition {
  readonly x0: tf.Tensor4D;
  readonly eps: tf.Tensor4D;
}

/** Splits z = √ᾱ·x₀ + √(1 − ᾱ)·ε by what was predicted. ε of an x₀ prediction needs ᾱ < 1; x₀ of an ε prediction ᾱ > 0. */
export function decompose(target: Target, prediction: tf.Tensor4D, z: tf.Tensor4D, alpha: number): Decomposition {
  const signal = Math.sqrt(alpha);
  const noise = Math.sqrt(1 - alpha);
  switch (target) {
    case "x0":
      return {x0: prediction, eps: tf.div(tf.sub(z, tf.mul(prediction, signal)), noise)};
    case "eps":
      return {x0: tf.div(tf.sub(z, tf.mul(prediction, noise)), signal), eps: prediction};
    case "v":
      return {
        x0: tf.sub(tf.mul(z, signal), tf.mul(prediction, noise)),
        eps: tf.add(tf.mul(z, noise), tf.mul(prediction, signal))
      };
  }
}

/**
 * The noisy latents of a training batch, √ᾱ·x₀ + √(1 − ᾱ)·noise.
 * @param alphas ᾱ of each image
 */
export function addNoise(x0: tf.Tensor4D, noise: tf.Tensor4D, alphas: readonly number[]): tf.Tensor4D {
  return tf.tidy(() =>
    tf.add(
      scaled(x0, alphas.map(Math.sqrt)),
      scaled(
        noise,
        alphas.map((a) => Math.sqrt(1 - a))
      )
    )
  );
}

/** What the model should predict of `addNoise(x0, noise, alphas)`. The result is a new tensor. */
export function diffusionTarget(
  target: Target,
  x0: tf.Tensor4D,
  noise: tf.Tensor4D,
  alphas: readonly number[]
): tf.Tensor4D {
  if (target === "x0") return tf.clone(x0);
  if (target === "eps") return tf.clone(noise);
  return tf.tidy(() =>
    tf.sub(
      scaled(noise, alphas.map(Math.sqrt)),
      scaled(
        x0,
        alphas.map((a) => Math.sqrt(1 - a))
      )
    )
  );
}

function scaled(x: tf.Tensor4D, factors: readonly number[]): tf.Tensor4D {
  return tf.mul(x, tf.tensor4d(factors as number[], [factors.length, 1, 1, 1]));
}
