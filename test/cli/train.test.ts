import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {afterAll, beforeAll, describe, expect, it} from "vitest";
import {readRecipe} from "../../loaders/training/recipe.js";
import {bandscope, startBandscope} from "../support/bandscope.js";

const recipe = {
  id: "tiny",
  domain: "natural",
  licence: "MIT",
  pool: {kinds: ["natural"], seed: 1, patients: 2, slicesPerPatient: 1, sizes: [32]},
  crop: 16,
  batch: 1,
  architecture: {imageChannels: 1, channels: 4, multipliers: [1, 2], resBlocks: 1, latentChannels: 2, normGroups: 2},
  training: {
    steps: 12,
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
let folder: string;
let path: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "bandscope-train-"));
  path = join(folder, "tiny.json");
  writeFileSync(path, JSON.stringify(recipe));
});
afterAll(() => rmSync(folder, {recursive: true, force: true}));

const train = (name: string) => ["train", path, "--work", join(folder, name), "--out", join(folder, `${name}-out`)];

describe("bandscope train", () => {
  it("gives the same weights and loss curve whether it was cut off or not", async () => {
    const whole = await bandscope(train("whole"));
    expect(whole.stderr).toContain("12 steps");
    expect(whole.code).toBe(0);
    const {child, exit} = startBandscope(train("cut"));
    const losses = join(folder, "cut", "loss.jsonl");
    while (!existsSync(losses) || readFileSync(losses, "utf8").split("\n").length < 3) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    child.kill("SIGINT");
    const cut = await exit;
    expect(cut.code).toBe(130);
    expect(cut.stderr).toMatch(/stopped after step \d+ of 12/);
    const rest = await bandscope(train("cut"));
    expect(rest.stderr).toMatch(/goes on after step \d+/);
    expect(rest.code).toBe(0);
    const file = (name: string, end: string) => readFileSync(join(folder, name, end));
    expect(file("cut", "loss.jsonl")).toEqual(file("whole", "loss.jsonl"));
    expect(file("cut-out", "tiny.safetensors")).toEqual(file("whole-out", "tiny.safetensors"));
    const record = JSON.parse(file("whole-out", "tiny.json").toString());
    expect(record.training).toMatchObject({steps: 12, seed: 3, engine: expect.stringContaining("wasm")});
    expect(record.training.loss).toHaveLength(12);
  });

  it("does not go on from the checkpoint of another recipe", async () => {
    const other = join(folder, "other.json");
    writeFileSync(other, JSON.stringify({...recipe, training: {...recipe.training, seed: 4}}));
    const {code, stderr} = await bandscope(["train", other, "--work", join(folder, "whole"), "--out", folder]);
    expect(code).toBe(1);
    expect(stderr).toContain("belongs to another recipe: add --restart");
  });
});

describe("readRecipe", () => {
  it("names the member that is missing, unknown or out of range", () => {
    const cases: [object, RegExp][] = [
      [{...recipe, id: undefined}, /"id" is missing/],
      [{...recipe, optimiser: "sgd"}, /there is no "optimiser" in a recipe/],
      [{...recipe, crop: 17}, /the crop 17 must be a multiple of the factor 2/],
      [{...recipe, batch: 0}, /batch must be a whole number from 1, not 0/],
      [{...recipe, pool: {...recipe.pool, sizes: [8]}}, /images of side 8 are too small for crops of 16/]
    ];
    const file = join(folder, "bad.json");
    for (const [value, message] of cases) {
      writeFileSync(file, JSON.stringify(value));
      expect(() => readRecipe(file)).toThrow(message);
    }
    writeFileSync(file, "{");
    expect(() => readRecipe(file)).toThrow(/bad\.json is not JSON/);
  });
});
