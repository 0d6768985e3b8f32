import * as tf from "@tensorflow/tfjs-core";
import type {Random} from "../../src/measures/random.js";
import type {Process} from "./generator.js";
import {addNoise, diffusionTarget} from "./targets.js";

/** One batch for a generator's U-Net: what it is given and what it should answer. The caller disposes the tensors. */
export interface TrainingPair {
  /** The noisy latent with the condition behind it, [n, h, w, c + c']. */
  readonly input: tf.Tensor4D;
  /** One for each image. */
  readonly timesteps: number[];
  /** The latent, the noise or the velocity, [n, h, w, c]. */
  readonly target: tf.Tensor4D;
}

/**
 * Draws times and noise for a batch of clean latents, as the study trains: for diffusion the time step uniform over the
 * schedule and the noise standard normal (or, with `zlrInit`, the condition itself); for a rectified flow t uniform in
 * [0, 1), z = (1 − t)·noise + t·latent, target latent − noise, and ⌊t·(timesteps − 1)⌋ for the network.
 * @param latent of the HR images, [n, h, w, c]
 * @param condition the LR latents at the same size; its channels must be as many for `zlrInit`
 */
export function trainingPair(
  process: Process,
  latent: tf.Tensor4D,
  condition: tf.Tensor4D,
  generator: Random
): TrainingPair {
  const n = latent.shape[0];
  const timesteps: number[] = [];
  const levels: number[] = [];
  for (let i = 0; i < n; i++) {
    if (process.kind === "diffusion") {
      const t = generator.integer(process.alphas.length);
      timesteps.push(t);
      levels.push(process.alphas[t]);
    } else {
      const t = generator.uniform();
      timesteps.push(Math.floor(t * (process.timesteps - 1)));
      levels.push(t);
    }
  }
  const [input, target] = tf.tidy(() => {
    const noise = process.kind === "diffusion" && process.zlrInit ? condition : standardNormal(latent.shape, generator);
    const noisy = process.kind === "diffusion" ? addNoise(latent, noise, levels) : mixed(latent, noise, levels);
    const wanted =
      process.kind === "diffusion" ? diffusionTarget(process.target, latent, noise, levels) : tf.sub(latent, noise);
    return [tf.concat([noisy, condition], 3), wanted as tf.Tensor4D];
  });
  return {input, timesteps, target};
}

/** (1 − t)·noise + t·latent. */
function mixed(latent: tf.Tensor4D, noise: tf.Tensor4D, times: readonly number[]): tf.Tensor4D {
  const t = tf.tensor4d(times as number[], [times.length, 1, 1, 1]);
  return tf.add(noise, tf.mul(t, tf.sub(latent, noise)));
}

function standardNormal(shape: [number, number, number, number], generator: Random): tf.Tensor4D {
  const values = new Float32Array(shape[0] * shape[1] * shape[2] * shape[3]);
  for (let i = 0; i < values.length; i++) values[i] = generator.normal();
  return tf.tensor4d(values, shape);
}
