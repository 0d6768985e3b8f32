import {writeFileSync} from "node:fs";
import {join} from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import {describe, expect, it} from "vitest";
import {type GeneratorRecipe, trainAutoencoder, trainGenerator} from "../../loaders/training/index.js";
import type {TrainingRecipe} from "../../loaders/training/recipe.js";
import {type EngineName, startEngine} from "../../models/engines/index.js";
import {temporaryFolder} from "../support/temporary.js";
import {testAgainstCpu} from "./cases.js";

// A software GPU will do: it takes the way that a real one takes, at a ten thousandth of its speed
process.env.BANDSCOPE_WEBGPU_SOFTWARE = "1";
const webgpu = await startEngine("webgpu").catch(() => undefined);

describe.skipIf(!webgpu)("the webgpu engine", () => {
  testAgainstCpu("webgpu", ({backend}) => expect(backend).toBe("webgpu"));
});

describe.skipIf(!webgpu)("a training on webgpu", () => {
  const optimization = {steps: 3, learningRate: 0.003, warmup: 0, weightDecay: 0.01, clip: 1, ema: 0.9, seed: 3};
  const pool = {kinds: ["natural"], seed: 1, patients: 2, slicesPerPatient: 1, sizes: [16]};
  const levels = {multipliers: [1, 2], resBlocks: 1, normGroups: 2};
  const common = {licence: "MIT", pool, crop: 16, batch: 3};
  const recipe = {
    ...common,
    id: "tiny",
    domain: "natural",
    architecture: {imageChannels: 1, channels: 4, latentChannels: 2, ...levels},
    training: {...optimization, kl: 1e-6, gradient: 0.5}
  } as TrainingRecipe;
  const generatorRecipe = {
    ...common,
    id: "tiny.x0",
    kind: "generator",
    autoencoder: "tiny",
    process: {kind: "diffusion", target: "x0", schedule: "cosine", timesteps: 3},
    scaling: "raw",
    latent: "mean",
    architecture: {channels: 4, attention: [false, true], headChannels: 4, ...levels},
    training: {...optimization, loss: "l1"}
  } as GeneratorRecipe;
  const folder = temporaryFolder();

  it("takes the steps that it takes on cpu, of an autoencoder and of a generator, and keeps them", {
    timeout: 400_000
  }, async () => {
    const losses: Partial<Record<EngineName, number[]>> = {};
    const fidelity: Partial<Record<EngineName, number[]>> = {};
    for (const name of ["cpu", "webgpu"] as const) {
      const engine = await startEngine(name);
      const before = tf.memory().numTensors;
      const autoencoder = await trainAutoencoder(recipe, {work: join(folder, name, "autoencoder"), engine});
      const weights = join(folder, `${name}.safetensors`);
      writeFileSync(weights, autoencoder!.bytes);
      const work = join(folder, name, "generator");
      const generator = await trainGenerator(generatorRecipe, {work, engine, weights: [weights]});
      expect(tf.memory().numTensors).toBe(before);
      const errors = autoencoder!.record.training.loss.map(({l1}) => l1);
      losses[name] = [...errors, ...generator!.record.training.loss.map(({loss}) => loss)];
      const {srPsnrDb, ceilingPsnrDb} = generator!.record.training.validation;
      fidelity[name] = [autoencoder!.record.training.validation.psnrDb, srPsnrDb, ceilingPsnrDb];
    }
    expect(losses.cpu).toHaveLength(6);
    losses.cpu!.forEach((loss, i) => {
      expect(losses.webgpu![i]).toBeCloseTo(loss, 3);
    });
    fidelity.cpu!.forEach((db, i) => {
      expect(fidelity.webgpu![i]).toBeCloseTo(db, 1);
    });
  });
});
