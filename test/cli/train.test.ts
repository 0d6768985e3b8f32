import {mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {afterAll, beforeAll, describe, expect, it} from "vitest";
import {readRecipe} from "../../loaders/training/recipe.js";
import {bandscope} from "../support/bandscope.js";
import {expectSameAfterStop, tinyRecipe} from "../support/train-command.js";

const recipe = {
  ...tinyRecipe,
  domain: "natural",
  pool: {kinds: ["natural"], seed: 1, patients: 2, slicesPerPatient: 1, sizes: [32]},
  training: {...tinyRecipe.training, steps: 12}
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
    await expectSameAfterStop({folder, id: "tiny", steps: 12, signal: "SIGINT"}, train);
    const record = JSON.parse(readFileSync(join(folder, "whole-out", "tiny.json"), "utf8"));
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
