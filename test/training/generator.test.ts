import * as tf from "@tensorflow/tfjs-core";
import {beforeAll, describe, expect, it} from "vitest";
import {generator, type Process, resizeLatent} from "../../models/generators/generator.js";
import {schedule} from "../../models/generators/schedules.js";
import {disposeWeights} from "../../models/ops/index.js";
import {GeneratorTrainer, type GeneratorTrainingOptions} from "../../models/training/generator.js";
import {initUNet, unetArchitecture, unetVariables} from "../../models/unet/init.js";
import {unet} from "../../models/unet/unet.js";
import {random} from "../../src/measures/random.js";
import {startTestEngine} from "../models/support/engine.js";
import {smallUNet} from "../models/support/small.js";

const architecture = unetArchitecture(smallUNet);
const options: GeneratorTrainingOptions = {
  steps: 60,
  learningRate: 1e-2,
  warmup: 3,
  weightDecay: 0.01,
  clip: 1,
  ema: 0.9,
  seed: 7,
  loss: "l1"
};
const alphas = schedule("published-cosine", 100);
const diffusion = (target: "x0" | "eps" | "v"): Process => ({kind: "diffusion", target, alphas, zlrInit: false});
const processes: [string, Process][] = [
  ["x0", diffusion("x0")],
  ["eps", diffusion("eps")],
  ["v", diffusion("v")],
  ["flow", {kind: "flow", timesteps: 100}]
];

beforeAll(() => startTestEngine());

/** Latents whose second channel is the first upside down, and what is left of them at a quarter of the side. */
function batchOf(step: number, n = 4): {latent: tf.Tensor4D; lr: tf.Tensor4D; condition: tf.Tensor4D} {
  const generator = random("batch", step);
  const data = new Float32Array(n * 8 * 8 * 2);
  for (let k = 0; k < n; k++) {
    const [a, b, phase] = [generator.between(0.2, 0.5), generator.between(0.2, 0.5), generator.between(0, 6)];
    for (let i = 0; i < 64; i++) {
      const value = Math.sin(a * (i % 8) + b * (i >> 3) + phase);
      data[(k * 64 + i) * 2] = value;
      data[(k * 64 + i) * 2 + 1] = -value;
    }
  }
  const latent = tf.tensor4d(data, [n, 8, 8, 2]);
  const lr = tf.avgPool(latent, 4, 4, "valid");
  return {latent, lr, condition: resizeLatent(lr, [8, 8])};
}

function trainer(process: Process = diffusion("x0"), more: Partial<GeneratorTrainingOptions> = {}) {
  const variables = unetVariables(initUNet(smallUNet, 1), architecture);
  return {variables, training: new GeneratorTrainer(variables, architecture, process, {...options, ...more})};
}

async function run(training: GeneratorTrainer, from: number, to: number): Promise<number[]> {
  const losses: number[] = [];
  for (let step = from; step < to; step++) {
    const {latent, lr, condition} = batchOf(step);
    losses.push((await training.step(latent, condition)).loss);
    tf.dispose([latent, lr, condition]);
  }
  return losses;
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

describe("GeneratorTrainer", () => {
  it.each(processes)("learns to predict %s, and keeps the number of tensors", async (_name, process) => {
    const {training, variables} = trainer(process);
    const first = await run(training, 0, 2);
    const tensors = tf.memory().numTensors;
    const losses = await run(training, 2, 25);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(mean(losses.slice(-5))).toBeLessThan(0.8 * mean(first));
    training.dispose();
    disposeWeights(variables);
  });

  it("learns from squared errors as well", async () => {
    const {training, variables} = trainer(diffusion("x0"), {loss: "l2"});
    const losses = await run(training, 0, 20);
    expect(mean(losses.slice(-4))).toBeLessThan(0.6 * mean(losses.slice(0, 2)));
    training.dispose();
    disposeWeights(variables);
  });

  it.each(processes)("super-resolves better than before the training (%s)", async (_name, process) => {
    const {training, variables} = trainer(process);
    const held = batchOf(1_000_000, 8);
    const error = () => {
      const model = generator(unet(training.weights(), architecture), process);
      const sampler = process.kind === "flow" ? "euler" : "ddim";
      return tf.tidy(() => {
        const images = [0, 1, 2, 3, 4, 5, 6, 7];
        const made = model.sample(held.lr, {sampler, steps: 5, seed: 1, images, size: [8, 8]});
        return tf.mean(tf.abs(tf.sub(made, held.latent))).dataSync()[0];
      });
    };
    const untrained = error();
    await run(training, 0, options.steps);
    expect(error()).toBeLessThan(0.6 * untrained);
    tf.dispose([held.latent, held.lr, held.condition]);
    training.dispose();
    disposeWeights(variables);
  });

  it("goes on from a saved state exactly as if it had not been interrupted", async () => {
    const whole = trainer();
    const losses = await run(whole.training, 0, 6);
    const expected = whole.training.weights()["conv_out.weight"].dataSync().slice();
    const first = trainer();
    await run(first.training, 0, 3);
    const saved = Object.fromEntries(
      Object.entries(first.training.state()).map(([name, t]) => [name, Float32Array.from(t.dataSync())])
    );
    const second = trainer();
    second.training.restore(first.training.steps, (name) => saved[name]);
    expect(await run(second.training, 3, 6)).toEqual(losses.slice(3));
    expect(second.training.weights()["conv_out.weight"].dataSync()).toEqual(expected);
    for (const {training, variables} of [whole, first, second]) {
      training.dispose();
      disposeWeights(variables);
    }
  });

  it("stops at a loss that is not a number, leaves the weights as they were and no tensor behind", async () => {
    const {training, variables} = trainer();
    const before = variables["conv_in.weight"].dataSync().slice();
    const bad = tf.fill([2, 8, 8, 2], Number.NaN) as tf.Tensor4D;
    const tensors = tf.memory().numTensors;
    await expect(training.step(bad, bad)).rejects.toThrow("invalid loss at step 0: NaN");
    expect(tf.memory().numTensors).toBe(tensors);
    expect(variables["conv_in.weight"].dataSync()).toEqual(before);
    bad.dispose();
    training.dispose();
    disposeWeights(variables);
  });
});
