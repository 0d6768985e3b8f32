import * as tf from "@tensorflow/tfjs-core";
import {beforeAll, describe, expect, it} from "vitest";
import {initKl, klArchitecture, klVariables} from "../../models/autoencoders/init.js";
import {startEngine} from "../../models/engines/index.js";
import {disposeWeights} from "../../models/ops/index.js";
import {AutoencoderTrainer, type AutoencoderTrainingOptions} from "../../models/training/autoencoder.js";
import {random} from "../../src/measures/random.js";

const config = {imageChannels: 1, channels: 8, multipliers: [1, 2], resBlocks: 1, latentChannels: 2, normGroups: 2};
const architecture = klArchitecture(config);
const options: AutoencoderTrainingOptions = {
  steps: 40,
  learningRate: 3e-3,
  warmup: 3,
  weightDecay: 0.01,
  kl: 1e-6,
  gradient: 0.5,
  clip: 1,
  ema: 0.9,
  seed: 7
};

beforeAll(async () => {
  await startEngine("wasm");
});

/** Two waves of random direction and phase: something that a network can learn in a few steps. */
function batchOf(step: number): tf.Tensor4D {
  const generator = random("batch", step);
  const data = new Float32Array(2 * 16 * 16);
  for (let n = 0; n < 2; n++) {
    const [a, b, phase] = [generator.between(0.2, 0.5), generator.between(0.2, 0.5), generator.between(0, 6)];
    for (let i = 0; i < 256; i++) data[n * 256 + i] = Math.sin(a * (i % 16) + b * (i >> 4) + phase);
  }
  return tf.tensor4d(data, [2, 16, 16, 1]);
}

function trainer() {
  const variables = klVariables(initKl(config, 1), architecture);
  return {variables, training: new AutoencoderTrainer(variables, architecture, options)};
}

async function run(training: AutoencoderTrainer, from: number, to: number): Promise<number[]> {
  const losses: number[] = [];
  for (let step = from; step < to; step++) {
    const batch = batchOf(step);
    losses.push((await training.step(batch)).loss);
    batch.dispose();
  }
  return losses;
}

describe("AutoencoderTrainer", () => {
  it("learns, and keeps the number of tensors", async () => {
    const {training, variables} = trainer();
    const first = await run(training, 0, 2);
    const tensors = tf.memory().numTensors;
    const losses = await run(training, 2, 30);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(losses.at(-1)!).toBeLessThan(0.7 * first[0]);
    training.dispose();
    disposeWeights(variables);
  });

  it("goes on from a saved state exactly as if it had not been interrupted", async () => {
    const whole = trainer();
    const losses = await run(whole.training, 0, 8);
    const expected = whole.training.weights()["decoder.conv_out.weight"].dataSync().slice();
    const first = trainer();
    await run(first.training, 0, 4);
    const saved = Object.fromEntries(
      Object.entries(first.training.state()).map(([name, t]) => [name, Float32Array.from(t.dataSync())])
    );
    const second = trainer();
    second.training.restore(first.training.steps, (name) => saved[name]);
    expect(await run(second.training, 4, 8)).toEqual(losses.slice(4));
    expect(second.training.weights()["decoder.conv_out.weight"].dataSync()).toEqual(expected);
    for (const {training, variables} of [whole, first, second]) {
      training.dispose();
      disposeWeights(variables);
    }
  });

  it("stops at a loss that is not a number and leaves the weights as they were", async () => {
    const {training, variables} = trainer();
    const before = variables["encoder.conv_in.weight"].dataSync().slice();
    const batch = tf.fill([2, 16, 16, 1], Number.NaN) as tf.Tensor4D;
    await expect(training.step(batch)).rejects.toThrow("invalid loss at step 0: NaN");
    expect(variables["encoder.conv_in.weight"].dataSync()).toEqual(before);
    batch.dispose();
    training.dispose();
    disposeWeights(variables);
  });
});
