import {existsSync, readFileSync} from "node:fs";
import {join} from "node:path";
import {expect} from "vitest";
import {bandscope, startBandscope} from "./bandscope.js";

/** An autoencoder that a few steps train: its numbers mean nothing. */
export const tinyRecipe = {
  id: "tiny",
  licence: "MIT",
  crop: 16,
  batch: 1,
  architecture: {imageChannels: 1, channels: 4, multipliers: [1, 2], resBlocks: 1, latentChannels: 2, normGroups: 2},
  training: {
    steps: 2,
    learningRate: 0.003,
    warmup: 2,
    weightDecay: 0.01,
    kl: 1e-6,
    gradient: 0.5,
    clip: 1,
    ema: 0.9,
    seed: 3
  }
};

/**
 * Trains `id` once in one go (into `whole-out`) and once stopped by a signal after a few steps and gone on with (`cut-out`), and
 * expects the same weights and loss curve of both.
 * @param train the command line of a training, its files under `name` and `name`-out
 */
export async function expectSameAfterStop(
  {folder, id, steps, signal}: {folder: string; id: string; steps: number; signal: NodeJS.Signals},
  train: (name: string) => string[]
): Promise<void> {
  const whole = await bandscope(train("whole"));
  expect(whole.stderr).toContain(`${steps} steps`);
  expect(whole.code).toBe(0);
  const {child, exit} = startBandscope(train("cut"));
  const losses = join(folder, "cut", "loss.jsonl");
  while (!existsSync(losses) || readFileSync(losses, "utf8").split("\n").length < 3) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  child.kill(signal);
  const cut = await exit;
  expect(cut.code).toBe(130);
  expect(cut.stderr).toMatch(new RegExp(`stopped after step \\d+ of ${steps}`));
  const rest = await bandscope(train("cut"));
  expect(rest.stderr).toMatch(/goes on after step \d+/);
  expect(rest.code).toBe(0);
  const file = (name: string, end: string) => readFileSync(join(folder, name, end));
  expect(file("cut", "loss.jsonl")).toEqual(file("whole", "loss.jsonl"));
  expect(file("cut-out", `${id}.safetensors`)).toEqual(file("whole-out", `${id}.safetensors`));
}
