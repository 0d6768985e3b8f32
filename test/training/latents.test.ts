import * as tf from "@tensorflow/tfjs-core";
import {afterAll, beforeAll, describe, expect, it} from "vitest";
import {Degrader} from "../../loaders/datasets/degradations/index.js";
import {LatentPool, type LatentPoolOptions} from "../../loaders/training/latents.js";
import type {PoolImages} from "../../loaders/training/pool.js";
import {initKl} from "../../models/autoencoders/init.js";
import {buildKl, type KlAutoencoder} from "../../models/autoencoders/kl.js";
import {resizeLatent} from "../../models/generators/generator.js";
import type {LatentUse} from "../../models/generators/latents.js";
import type {Plane} from "../../src/measures/image.js";
import {random} from "../../src/measures/random.js";
import {startTestEngine} from "../models/support/engine.js";

let autoencoder: KlAutoencoder;
beforeAll(async () => {
  await startTestEngine();
  autoencoder = buildKl(
    initKl({imageChannels: 1, channels: 4, multipliers: [1, 2], resBlocks: 1, latentChannels: 2, normGroups: 2}, 1)
  );
});
afterAll(() => autoencoder.dispose());

function imageOf(index: number, side: number): Plane {
  const generator = random("image", index);
  return {data: Float32Array.from({length: side * side}, () => generator.uniform()), width: side, height: side};
}

const poolOf = (side: number, count = 3): PoolImages => ({
  count,
  description: `${count} images`,
  simulated: true,
  read: async (index) => imageOf(index, side)
});
const options: LatentPoolOptions = {crop: 16, latent: "mean", seed: 9};
const use: LatentUse = {latent: "mean"};

async function values(pool: LatentPool, step: number, how = use): Promise<[Float32Array, Float32Array]> {
  const {latent, condition} = await pool.batch(9, step, 3, how);
  const both = [latent.dataSync().slice(), condition.dataSync().slice()] as [Float32Array, Float32Array];
  tf.dispose([latent, condition]);
  return both;
}

describe("LatentPool", () => {
  it("holds the latents of an image flipped in four ways, and of the LR images of these", async () => {
    const pool = await LatentPool.open(poolOf(16, 1), autoencoder, options);
    expect(pool.description).toBe("1 images, each flipped in four ways: 4 latents");
    const degrader = new Degrader({kind: "bicubic", factor: 4});
    const {data} = imageOf(0, 16);
    const expected = [0, 1, 2, 3].map((view) => {
      const flipped = Float32Array.from({length: 256}, (_, i) => {
        const [x, y] = [i % 16, i >> 4];
        return data[(view & 2 ? 15 - y : y) * 16 + (view & 1 ? 15 - x : x)];
      });
      const low = degrader.apply({id: "a", data: flipped, width: 16, height: 16});
      return tf.tidy(() => {
        const encode = (values: ArrayLike<number>, side: number) =>
          autoencoder.encode(tf.tensor4d(Float32Array.from(values), [1, side, side, 1]));
        return [
          Array.from(encode(flipped, 16).dataSync()),
          Array.from(resizeLatent(encode(low.data, 4), [8, 8]).dataSync())
        ];
      });
    });
    const seen = new Set<number>();
    for (let step = 0; step < 8; step++) {
      const [latent, condition] = await values(pool, step);
      for (let n = 0; n < 3; n++) {
        const part = (all: Float32Array) => Array.from(all.slice(n * 128, (n + 1) * 128));
        const near = (a: number[], b: number[]) => Math.max(...a.map((v, i) => Math.abs(v - b[i]))) < 1e-5;
        const view = expected.findIndex(([z]) => near(part(latent), z));
        expect(view).toBeGreaterThanOrEqual(0);
        expect(near(part(condition), expected[view][1])).toBe(true);
        seen.add(view);
      }
    }
    expect([...seen].sort()).toEqual([0, 1, 2, 3]);
  });

  it.each<[string, number, LatentUse["latent"]]>([
    ["whole images", 16, "mean"],
    ["crops of larger ones", 24, "mean"],
    ["latents drawn from the posterior", 16, "sampled"]
  ])("gives the same batches whether latents are kept or made anew: %s", async (_name, side, latent) => {
    const all = {...options, latent};
    let encoded = 0;
    const kept = await LatentPool.open(poolOf(side), autoencoder, {...all, onImage: () => encoded++});
    const made = await LatentPool.open(poolOf(side), autoencoder, {...all, mostInMemory: 0});
    expect(encoded).toBe(3);
    const before = tf.memory().numTensors;
    for (const step of [0, 1]) {
      const [a, b] = [await values(kept, step), await values(made, step)];
      for (const i of [0, 1]) {
        expect(Math.max(...a[i].map((v, k) => Math.abs(v - b[i][k])))).toBeLessThan(1e-5);
      }
    }
    expect(tf.memory().numTensors).toBe(before);
    expect(await values(kept, 0)).not.toEqual(await values(kept, 1));
    expect(kept.description).toBe(made.description);
  });

  it("draws sampled latents around the mean, others for another seed", async () => {
    const open = (latent: LatentUse["latent"], seed: number) =>
      LatentPool.open(poolOf(16, 1), autoencoder, {...options, latent, seed});
    const [mean] = await values(await open("mean", 1), 0);
    const [one] = await values(await open("sampled", 1), 0);
    const [other] = await values(await open("sampled", 2), 0);
    expect(one).not.toEqual(mean);
    expect(other).not.toEqual(one);
  });

  it("scales each channel of the latents to mean 0 and deviation 1", async () => {
    const pool = await LatentPool.open(poolOf(16, 1), autoencoder, options);
    const scale = await pool.scale();
    const raw = await values(pool, 0);
    const scaled = await values(pool, 0, {...use, scale});
    for (const i of [0, 1]) {
      scaled[i].forEach((v, k) => {
        expect(v * scale.sd[k % 2] + scale.mean[k % 2]).toBeCloseTo(raw[i][k], 5);
      });
    }
    // the four flips have nearly, not exactly, the same statistics as the plain image
    const channel = Array.from(scaled[0]).filter((_, k) => k % 2 === 0);
    const mean = channel.reduce((a, b) => a + b, 0) / channel.length;
    expect(Math.abs(mean)).toBeLessThan(0.5);
    expect(Math.sqrt(channel.reduce((a, v) => a + (v - mean) ** 2, 0) / channel.length)).toBeCloseTo(1, 0);
  });

  it("gives each channel's least and greatest value", async () => {
    const pool = await LatentPool.open(poolOf(16, 1), autoencoder, options);
    const {low, high} = await pool.range();
    const hr = tf.tidy(() =>
      autoencoder.encode(tf.tensor4d(Float32Array.from(imageOf(0, 16).data), [1, 16, 16, 1])).dataSync()
    );
    for (const channel of [0, 1]) {
      const of = Array.from(hr).filter((_, k) => k % 2 === channel);
      expect([low[channel], high[channel]]).toEqual([Math.min(...of), Math.max(...of)]);
    }
  });

  it("refuses crops that do not fit", async () => {
    await expect(LatentPool.open(poolOf(16), autoencoder, {...options, crop: 12})).rejects.toThrow(
      "the crop 12 must be a multiple of 8: LR crops are 4 times smaller, and the autoencoder's factor is 2"
    );
    await expect(LatentPool.open(poolOf(8), autoencoder, options)).rejects.toThrow(
      "image 0 of the pool is 8×8, too small for crops of 16"
    );
  });
});
