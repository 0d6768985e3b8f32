import * as tf from "@tensorflow/tfjs-core";
import type {Checkpoint} from "../checkpoints/checkpoint.js";
import {InputError} from "../errors.js";
import {buildUNet, type UNet} from "../unet/unet.js";
import {type LatentUse, latentBounds, scaleLatent, unscaleLatent} from "./latents.js";
import {NoiseSource} from "./noise.js";
import {type OnStep, type Predict, sampleDiffusion, sampleFlow, samplePublished} from "./samplers.js";
import type {Target} from "./targets.js";

/** How latents are drawn; `published` is the study's own sampler of a diffusion model. */
export const samplerNames = ["published", "ddim", "ddpm", "euler", "heun"] as const;
export type SamplerName = (typeof samplerNames)[number];

/** What kind of process the U-Net was trained for. */
export type Process =
  | {
      readonly kind: "diffusion";
      readonly target: Target;
      /** ᾱ by the model's time step. */
      readonly alphas: ArrayLike<number>;
      /** The start is the LR latent in place of noise. */
      readonly zlrInit: boolean;
    }
  | {
      readonly kind: "flow";
      /** Of the training. */
      readonly timesteps: number;
    };

export interface SampleOptions {
  readonly sampler: SamplerName;
  /** Steps of the sampler. For `published` those of the schedule that are walked, for the others how finely all of it is. */
  readonly steps: number;
  /** Of the run; every image has its own stream of noise. */
  readonly seed: number | string;
  /** An id for each image of the batch: its noise depends on the seed and its id, not on its place. */
  readonly images: readonly (number | string)[];
  /** Height and width of the latents to make. */
  readonly size: readonly [height: number, width: number];
  /** The noise to begin with (standard normal), in place of the seed's. */
  readonly noise?: tf.Tensor4D;
  /** The start is this times standard normal noise. By default 0.5 for `published`, else 1. */
  readonly startScale?: number;
  readonly onStep?: OnStep;
}

/** A conditional generator of HR latents: the U-Net sees the noisy latent and, behind it, the LR latent resized to its size. */
export interface Generator {
  readonly process: Process;
  readonly unet: UNet;
  /** What its latents are; `sample` takes and gives them as the autoencoder does. */
  readonly use: LatentUse;
  /** LR latents [n, h, w, c] → HR latents [n, size, c']. The argument is not disposed. @throws RangeError, InputError */
  sample(lr: tf.Tensor4D, options: SampleOptions): tf.Tensor4D;
  dispose(): void;
}

export function generator(unet: UNet, process: Process, use: LatentUse = {latent: "mean"}): Generator {
  return {
    process,
    unet,
    use,
    sample(lr, options) {
      checkSampler(process, options.sampler);
      return tf.tidy(() => {
        const condition = resizeLatent(scaleLatent(lr, use.scale), options.size);
        const predict: Predict = (z, timestep) => unet.predict(tf.concat([z, condition], 3), timestep);
        const made = run(process, predict, condition, unet.architecture.outputChannels, use, options);
        return unscaleLatent(made, use.scale);
      });
    },
    dispose: () => unet.dispose()
  };
}

/** Bilinear, with pixel centres at halves (PyTorch's `align_corners=False`), as the study makes its condition. */
export function resizeLatent(latent: tf.Tensor4D, [height, width]: readonly [number, number]): tf.Tensor4D {
  return tf.image.resizeBilinear(latent, [height, width], false, true);
}

function run(
  process: Process,
  predict: Predict,
  condition: tf.Tensor4D,
  channels: number,
  use: LatentUse,
  {sampler, steps, seed, images, size: [height, width], noise, startScale, onStep}: SampleOptions
): tf.Tensor4D {
  const source = new NoiseSource(seed, images);
  const fresh = () => source.next(height, width, channels);
  const start = (scale: number) => {
    const standard = noise ?? fresh();
    return scale === 1 ? standard : tf.mul<tf.Tensor4D>(standard, scale);
  };
  if (process.kind === "flow") {
    const method = sampler === "heun" ? "heun" : "euler";
    return sampleFlow(predict, start(startScale ?? 1), {method, steps, timesteps: process.timesteps, onStep});
  }
  const {alphas, target, zlrInit} = process;
  if (sampler === "published") {
    return samplePublished(predict, zlrInit ? condition : start(startScale ?? 0.5), alphas, steps, onStep);
  }
  const ancestral = sampler === "ddpm" ? fresh : undefined;
  return sampleDiffusion(predict, zlrInit ? condition : start(startScale ?? 1), alphas, {
    target,
    steps,
    noise: ancestral,
    // the other targets' estimates stay near the latents by themselves
    range: target === "eps" ? latentBounds(use) : undefined,
    onStep
  });
}

/** Whether the sampler can draw from what the U-Net was trained for. @throws InputError saying which can */
export function checkSampler(process: Process, sampler: SamplerName): void {
  const fitting = process.kind === "flow" ? ["euler", "heun"] : ["published", "ddim", "ddpm"];
  if (!fitting.includes(sampler)) {
    throw new InputError(`sampler ${sampler} does not fit a ${process.kind} model; use ${fitting.join(" or ")}`);
  }
  if (process.kind === "diffusion" && sampler === "published" && process.target !== "x0") {
    throw new InputError(
      `the published sampler needs a model that predicts x0, not ${process.target}; use ddim or ddpm`
    );
  }
}

/**
 * The generator in one of the study's Lightning checkpoints: a schedule (`alphas`) makes it a diffusion model of x₀, its
 * absence a rectified flow. Browser-safe.
 * @throws InputError
 */
export function buildStudyGenerator(checkpoint: Checkpoint): Generator {
  const parameters = checkpoint.metadata.hyper_parameters as Record<string, unknown> | undefined;
  if (!parameters) {
    throw new InputError(`${checkpoint.source} has no hyper_parameters; expected a Lightning checkpoint of the study`);
  }
  const timesteps = Number(parameters.timesteps);
  if (!(Number.isInteger(timesteps) && timesteps > 0)) {
    throw new InputError(
      `${checkpoint.source}: hyper_parameters.timesteps must be a whole number above 0, not ${JSON.stringify(parameters.timesteps)}`
    );
  }
  const schedule = checkpoint.tensors.get("alphas");
  if (schedule && schedule.shape.join() !== String(timesteps)) {
    throw new InputError(
      `${checkpoint.source}: tensor "alphas" has shape [${schedule.shape.join(", ")}], expected [${timesteps}], one for each time step`
    );
  }
  const process: Process = schedule
    ? {kind: "diffusion", target: "x0", alphas: checkpoint.read("alphas"), zlrInit: parameters.zlr_init === true}
    : {kind: "flow", timesteps};
  return generator(buildUNet(checkpoint), process);
}
