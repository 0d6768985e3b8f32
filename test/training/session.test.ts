import {existsSync, mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import {afterAll, beforeAll, describe, expect, it} from "vitest";
import {type TrainingContext, type TrainingRecipe, trainAutoencoder} from "../../loaders/training/index.js";
import {openCheckpoint} from "../../models/checkpoints/open.js";
import {startEngine} from "../../models/engines/index.js";
import {InputError} from "../../models/errors.js";
import {startTestEngine} from "../models/support/engine.js";

const recipe: TrainingRecipe = {
  id: "tiny",
  domain: "natural",
  licence: "MIT",
  pool: {kinds: ["natural"], seed: 1, patients: 2, slicesPerPatient: 1, sizes: [16]},
  crop: 16,
  batch: 1,
  architecture: {imageChannels: 1, channels: 4, multipliers: [1, 2], resBlocks: 1, latentChannels: 2, normGroups: 2},
  training: {
    steps: 5,
    learningRate: 0.003,
    warmup: 0,
    weightDecay: 0,
    kl: 1e-6,
    gradient: 0.5,
    clip: 1,
    ema: 0,
    seed: 3
  }
};
let folder: string;
let context: (name: string, more?: Partial<TrainingContext>) => TrainingContext;

beforeAll(async () => {
  await startTestEngine();
  const engine = await startEngine("wasm");
  folder = mkdtempSync(join(tmpdir(), "bandscope-session-"));
  context = (name, more) => ({work: join(folder, name), engine, ...more});
});
afterAll(() => rmSync(folder, {recursive: true, force: true}));

describe("a training session", () => {
  it("stops while its images are made, leaves no tensor behind, and lets another go on", async () => {
    const before = tf.memory().numTensors;
    expect(await trainAutoencoder(recipe, context("early", {interrupted: () => true}))).toBeUndefined();
    expect(existsSync(join(folder, "early", "training.safetensors"))).toBe(false);
    const trained = await trainAutoencoder(recipe, context("early"));
    expect(trained?.record.training.loss).toHaveLength(5);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("ends with a clear sentence when the loss is no longer a number, and keeps the checkpoint before", async () => {
    const wild = {...recipe, training: {...recipe.training, learningRate: 1e30}};
    const run = trainAutoencoder(wild, context("wild", {checkpointMinutes: 1e-9}));
    await expect(run).rejects.toThrow(InputError);
    await expect(run).rejects.toThrow(/invalid loss at step \d: .*; lower the learning rate/);
    const checkpoint = openCheckpoint(join(folder, "wild", "training.safetensors"));
    expect(Number(checkpoint.metadata.steps)).toBeGreaterThan(0);
    checkpoint.close();
  });

  it("is one at a time in its folder", async () => {
    let second: Promise<unknown> | undefined;
    await trainAutoencoder(
      recipe,
      context("shared", {
        interrupted: () => {
          second ??= trainAutoencoder(recipe, context("shared")).catch((error: Error) => error);
          return false;
        }
      })
    );
    expect(await second).toMatchObject({message: expect.stringMatching(/is training in .*shared/)});
  });
});
