import {createHash} from "node:crypto";
import {readdirSync, readFileSync} from "node:fs";
import {join} from "node:path";
import {describe, expect, it} from "vitest";
import {phantom} from "../../loaders/datasets/phantoms/index.js";
import {type Json, recipeHash} from "../../loaders/store/canonical.js";
import {isGeneratorRecipe, readTraining} from "../../loaders/training/index.js";
import {allImages, trainingPool, validationPool} from "../../loaders/training/pool.js";
import {readRecipe} from "../../loaders/training/recipe.js";
import {sparkline} from "../../loaders/training/sparkline.js";

const phantoms = {kinds: ["knee", "natural"], seed: 3, patients: 2, slicesPerPatient: 2, sizes: [16, 32]} as const;
const hash = (data: ArrayLike<number>) => createHash("sha256").update(Float32Array.from(data)).digest("hex");

describe("the pool of a training", () => {
  it("has each kind's patients one after the other, each slice at each size", async () => {
    const pool = trainingPool(phantoms);
    expect(pool.count).toBe(16);
    expect(pool.description).toBe("16 simulated images (knee, natural) of 16² and 32²");
    const images = await allImages(pool);
    expect(images.map(({width}) => width)).toEqual(Array.from({length: 16}, (_, i) => (i % 2 ? 32 : 16)));
    const expected = phantom("natural", {seed: 3, patient: "train1", slice: 12, size: 32});
    expect(hash(images[15].data)).toBe(hash(expected.data));
    expect(new Set(images.map(({data}) => hash(data))).size).toBe(16);
  });

  it("is validated on patients that are not in it", async () => {
    const pool = validationPool(phantoms);
    expect(pool.count).toBe(8);
    const training = new Set((await allImages(trainingPool(phantoms))).map(({data}) => hash(data)));
    for (const {data, width} of await allImages(pool)) {
      expect(width).toBe(32);
      expect(training.has(hash(data))).toBe(false);
    }
  });

  it("is a dataset's training split, and its validation split to measure by", async () => {
    const datasets = ["simulated:brain,patients=60,slices=1", "simulated:cxr,patients=60,slices=1"];
    const [train, valid] = [trainingPool({datasets, sizes: [16, 24]}), validationPool({datasets, sizes: [16, 24]})];
    expect(train.simulated).toBe(true);
    expect(train.description).toMatch(/^\d+ images \(simulated-brain, simulated-cxr; train split\) of 16² and 24²$/);
    const seen = new Set((await allImages(train)).map(({data}) => hash(data)));
    expect(seen.size).toBe(train.count);
    for (const {data, width} of await allImages(valid)) {
      expect(width).toBe(24);
      expect(seen.has(hash(data))).toBe(false);
    }
    const one = (first: number) => ({datasets: [`simulated:brain,patients=1,slices=1,first=${first}`], sizes: [16]});
    const trained = Array.from({length: 40}, (_, first) => first).filter((first) => {
      try {
        return trainingPool(one(first)).count === 1;
      } catch (error) {
        expect((error as Error).message).toMatch(/has no images in its training split/);
        return false;
      }
    });
    expect(trained.length).toBeGreaterThan(20);
    expect(trained.length).toBeLessThan(40);
    expect(() => validationPool(one(trained[0]))).toThrow(/none of the datasets .* has images in its valid split/);
  });
});

describe("the recipes that ship", () => {
  it("keep the hash that checkpoints know them by", () => {
    expect(recipeHash(readRecipe("data/training/natural-f8c4.json") as unknown as Json)).toBe(
      "393a06fa9df52fa843568a92a29dad1cf76c32393fbbe2312b6d0dea1c3f565f"
    );
  });

  it("are those of the weights that ship", () => {
    const records = readdirSync("models/weights").filter((name) => name.endsWith(".json"));
    for (const name of records) {
      const {trained, id, recipe} = JSON.parse(readFileSync(join("models/weights", name), "utf8"));
      if (trained) expect(recipe, id).toEqual(readTraining(join("data/training", `${id}.json`)));
    }
  });

  it("can all be read", () => {
    for (const name of readdirSync("data/training")) {
      const recipe = readTraining(join("data/training", name));
      expect(`${recipe.id}.json`).toBe(name);
      if (isGeneratorRecipe(recipe)) expect(recipe.id.startsWith(`${recipe.autoencoder}.`)).toBe(true);
    }
  });
});

describe("sparkline(values, width)", () => {
  it("shows a curve from its highest to its lowest mean, on a logarithmic scale", () => {
    expect(sparkline([100, 10, 1], 3)).toBe("█▅▁");
    expect(sparkline([2, 2], 5)).toBe("▁▁");
    expect(sparkline([], 5)).toBe("");
    expect(sparkline([8, 8, 1, 1], 2)).toBe("█▁");
  });
});
