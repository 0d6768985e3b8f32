import * as tf from "@tensorflow/tfjs-core";
import {stridedTimesteps} from "./schedules.js";
import {type Decomposition, decompose, type Target} from "./targets.js";

/** A model with its condition already in: noisy latents and their time step in, the prediction out. */
export type Predict = (z: tf.Tensor4D, timestep: number) => tf.Tensor4D;

/** Told after each evaluation of the model. */
export type OnStep = (done: number, total: number) => void;

/**
 * The study's sampler, as published: x₀ prediction, the first `steps` entries of the schedule from 0 upwards, whatever is
 * left of it ("truncated"), and the last prediction is the result. With the flipped cosine schedule it begins at pure noise
 * and, unless `steps` is all, never comes near the clean end; with the linear one, it walks from clean to noisy.
 * Neither argument is disposed.
 * @param start [n, h, w, c]: half of a standard normal, or the LR latent (`zlr_init`)
 * @throws RangeError
 */
export function samplePublished(
  predict: Predict,
  start: tf.Tensor4D,
  alphas: ArrayLike<number>,
  steps: number,
  onStep?: OnStep
): tf.Tensor4D {
  if (!(Number.isInteger(steps) && steps > 0 && steps <= alphas.length)) {
    throw new RangeError(`invalid steps: ${steps}; the schedule has ${alphas.length}`);
  }
  return iterate(start, steps, onStep, (z, i) => {
    const x0 = predict(z, i);
    if (i === steps - 1) return x0;
    const [signal, noise] = [Math.sqrt(alphas[i]), Math.sqrt(1 - alphas[i])];
    // the reference adds 10⁻⁴ where the noise vanishes
    const eps = tf.div(tf.sub(z, tf.mul(x0, signal)), noise + 1e-4);
    const towards = tf.mul(x0, Math.sqrt(alphas[i + 1]) - signal);
    return tf.add(tf.add(z, towards), tf.mul(eps, Math.sqrt(1 - alphas[i + 1]) - noise));
  });
}

export interface DiffusionSamplerOptions {
  readonly target: Target;
  /** How many evaluations of the model. */
  readonly steps: number;
  /** Fresh noise of the state's shape, before each step but the last; left out, the sampler is deterministic (DDIM). */
  readonly noise?: () => tf.Tensor4D;
  /**
   * The least and the greatest value that x₀ may have, [c]: each estimate is kept within them, and ε is what then leads to z
   * (Dhariwal & Nichol 2021, `clip_denoised`).
   */
  readonly range?: readonly [low: tf.Tensor1D, high: tf.Tensor1D];
  readonly onStep?: OnStep;
}

/** An ε prediction at a lower ᾱ says nothing of the image: errors are multiplied by 1/√ᾱ. */
const leastSignalOfEps = 1e-3;

/**
 * Diffusion sampling strided over the whole schedule, for any number of steps: DDIM (Song et al. 2021) where no noise is
 * given, else DDPM's ancestral sampling (Ho et al. 2020) between the visited steps, which is DDIM with η = 1. `start` is
 * standard normal. Neither argument is disposed.
 * @throws RangeError
 */
export function sampleDiffusion(
  predict: Predict,
  start: tf.Tensor4D,
  alphas: ArrayLike<number>,
  {target, steps, noise, range, onStep}: DiffusionSamplerOptions
): tf.Tensor4D {
  const timesteps = stridedTimesteps(alphas, steps, target === "eps" ? leastSignalOfEps : 0);
  return iterate(start, steps, onStep, (z, i) => {
    const alpha = alphas[timesteps[i]];
    const {x0, eps} = clipped(decompose(target, predict(z, timesteps[i]), z, alpha), z, alpha, range);
    if (i === steps - 1) return x0;
    const next = alphas[timesteps[i + 1]];
    const variance = noise ? ((1 - next) / (1 - alpha)) * (1 - alpha / next) : 0;
    const mean = tf.add<tf.Tensor4D>(
      tf.mul(x0, Math.sqrt(next)),
      tf.mul(eps, Math.sqrt(Math.max(0, 1 - next - variance)))
    );
    return noise ? tf.add(mean, tf.mul(noise(), Math.sqrt(variance))) : mean;
  });
}

function clipped(
  estimate: Decomposition,
  z: tf.Tensor4D,
  alpha: number,
  range: DiffusionSamplerOptions["range"]
): Decomposition {
  if (!range) return estimate;
  const [low, high] = range;
  return decompose("x0", tf.minimum(tf.maximum(estimate.x0, low), high), z, alpha);
}

export interface FlowSamplerOptions {
  readonly method: "euler" | "heun";
  readonly steps: number;
  /** Of the training: time t in [0, 1] reaches the model as ⌊t·(timesteps − 1)⌋. */
  readonly timesteps: number;
  readonly onStep?: OnStep;
}

/**
 * Rectified flow (Liu et al. 2023), from noise at t = 0 to the latent at t = 1 along dz/dt = v: Euler's method, the study's
 * own, or Heun's (second order, two evaluations a step). `start` is standard normal and is not disposed.
 * @throws RangeError
 */
export function sampleFlow(
  predict: Predict,
  start: tf.Tensor4D,
  {method, steps, timesteps, onStep}: FlowSamplerOptions
): tf.Tensor4D {
  if (!(Number.isInteger(steps) && steps > 0)) throw new RangeError(`invalid steps: ${steps}`);
  const velocity = (z: tf.Tensor4D, i: number) => predict(z, Math.floor((i / steps) * (timesteps - 1)));
  return iterate(start, steps, onStep, (z, i) => {
    const v = velocity(z, i);
    const euler = tf.add<tf.Tensor4D>(z, tf.div(v, steps));
    if (method === "euler") return euler;
    return tf.add(z, tf.div(tf.add(v, velocity(euler, i + 1)), 2 * steps));
  });
}

/** Every step in a scope of its own; the states between are let go. */
function iterate(
  start: tf.Tensor4D,
  steps: number,
  onStep: OnStep | undefined,
  step: (z: tf.Tensor4D, i: number) => tf.Tensor4D
): tf.Tensor4D {
  let z = start;
  for (let i = 0; i < steps; i++) {
    const next = tf.tidy(() => step(z, i));
    if (z !== start) z.dispose();
    z = next;
    onStep?.(i + 1, steps);
  }
  return z;
}
