import * as tf from "@tensorflow/tfjs-core";
import {initKl, klArchitecture, klVariables} from "../models/autoencoders/init.js";
import {nativeSteppers, startEngine} from "../models/engines/index.js";
import {schedule} from "../models/generators/index.js";
import {disposeWeights} from "../models/ops/index.js";
import {AutoencoderTrainer} from "../models/training/autoencoder.js";
import {GeneratorTrainer} from "../models/training/generator.js";
import {initUNet, unetArchitecture, unetVariables} from "../models/unet/init.js";
import {timePairs} from "./support/pairs.js";
import {smallKl, smallUNet} from "./support/small.js";
import {Torch} from "./support/torch.js";

export const name = "training";

const batch = 8;
const optimization = {steps: 3000, learningRate: 0.002, warmup: 100, weightDecay: 0.01, clip: 1, ema: 0.998, seed: 1};

interface Training {
  /** Into how many parts a batch is divided, which are computed side by side. */
  parts(): number;
  step(): Promise<unknown>;
  dispose(): void;
}

/**
 * Whole steps (forward, backward, clipping, AdamW, moving average) as `bandscope train` takes them, batches of 8, beside the same
 * in PyTorch with as many threads.
 */
export async function run(): Promise<Record<string, unknown>> {
  const engine = await startEngine();
  const torch = await Torch.open(engine.threads, "training.py");
  const results: Record<string, unknown> = {engine, pytorch: torch?.version ?? null, batch};
  const trainings: Record<string, (threads: number) => Training> = {autoencoder, generator};
  for (const [name, start] of Object.entries(trainings)) {
    const training = start(engine.threads);
    await torch?.build(name);
    // the first steps make what the others use
    for (let i = 0; i < 3; ++i) await training.step();
    for (let i = 0; i < 3; ++i) for (const layout of ["contiguous", "channels_last"] as const) await torch?.run(layout);
    const pairs = Number(process.env.BENCH_PAIRS) || 15;
    const timing = await timePairs(() => training.step(), torch, {pairs});
    const {numTensors: tensors} = tf.memory();
    results[name] = {...timing, parts: training.parts(), torchParameters: torch?.parameters, tensors};
    training.dispose();
  }
  torch?.close();
  return results;
}

/** On crops of 64×64. */
function autoencoder(threads: number): Training {
  const architecture = klArchitecture(smallKl);
  const variables = klVariables(initKl(smallKl, 1), architecture);
  const trainer = new AutoencoderTrainer(variables, architecture, {...optimization, kl: 1e-6, gradient: 0.5});
  trainer.accelerate(nativeSteppers(threads));
  const images = tf.randomUniform<tf.Rank.R4>([batch, 64, 64, 1], -1, 1, "float32", 1);
  return {
    parts: () => trainer.parts,
    step: () => trainer.step(images),
    dispose: () => end(trainer, variables, [images])
  };
}

/** In latents of 32×32×3, predicting the clean latent. */
function generator(threads: number): Training {
  const architecture = unetArchitecture(smallUNet);
  const variables = unetVariables(initUNet(smallUNet, 1), architecture);
  const process = {kind: "diffusion", target: "x0", alphas: schedule("cosine", 1000), zlrInit: false} as const;
  const trainer = new GeneratorTrainer(variables, architecture, process, {...optimization, loss: "l1"});
  trainer.accelerate(nativeSteppers(threads));
  const [latents, condition] = [1, 2].map((seed) =>
    tf.randomNormal<tf.Rank.R4>([batch, 32, 32, 3], 0, 1, "float32", seed)
  );
  return {
    parts: () => trainer.parts,
    step: () => trainer.step(latents, condition),
    dispose: () => end(trainer, variables, [latents, condition])
  };
}

function end(trainer: {dispose(): void}, variables: Record<string, tf.Variable>, inputs: tf.Tensor[]): void {
  trainer.dispose();
  disposeWeights(variables);
  tf.dispose(inputs);
}
