import * as tf from "@tensorflow/tfjs-core";
import {beforeAll, describe, expect, it} from "vitest";
import {
  decompose,
  NoiseSource,
  type Process,
  schedule,
  targetNames,
  trainingPair
} from "../../../models/generators/index.js";
import {random} from "../../../src/measures/random.js";
import {startTestEngine} from "../support/engine.js";
import {deviation} from "../support/golden.js";

beforeAll(() => startTestEngine());

const alphas = schedule("cosine", 50);
const latents = () => new NoiseSource("latent", ["a", "b", "c"]).next(4, 6, 2);
const conditions = () => new NoiseSource("condition", ["a", "b", "c"]).next(4, 6, 2);
const image = (x: tf.Tensor4D, i: number, from = 0) => tf.slice(x, [i, 0, 0, from], [1, 4, 6, 2]);

describe("trainingPair(process, latent, condition, random)", () => {
  it.each(targetNames)("gives a %s model noisy latents whose answer gives the clean ones back", (target) => {
    tf.tidy(() => {
      const [latent, condition] = [latents(), conditions()];
      const process: Process = {kind: "diffusion", target, alphas, zlrInit: false};
      const pair = trainingPair(process, latent, condition, random("t"));
      expect(pair.input.shape).toEqual([3, 4, 6, 4]);
      for (const [i, t] of pair.timesteps.entries()) {
        const {x0} = decompose(target, image(pair.target, i), image(pair.input, i), alphas[t]);
        expect(deviation(x0, image(latent, i)).absolute).toBeLessThan(1e-3);
        expect(deviation(image(pair.input, i, 2), image(condition, i)).absolute).toBe(0);
      }
      const again = trainingPair(process, latent, condition, random("t"));
      expect(again.timesteps).toEqual(pair.timesteps);
      expect(deviation(again.input, pair.input).absolute).toBe(0);
    });
  });

  it("takes the condition as the noise with zlrInit", () => {
    tf.tidy(() => {
      const [latent, condition] = [latents(), conditions()];
      const process: Process = {kind: "diffusion", target: "eps", alphas, zlrInit: true};
      const pair = trainingPair(process, latent, condition, random("t"));
      expect(deviation(pair.target, condition).absolute).toBe(0);
    });
  });

  it("puts a flow's latents on the straight line from noise, the target along it", () => {
    tf.tidy(() => {
      const latent = latents();
      const {input, target, timesteps} = trainingPair(
        {kind: "flow", timesteps: 1000},
        latent,
        conditions(),
        random("f")
      );
      for (const [i, step] of timesteps.entries()) {
        const rest = tf.sub<tf.Tensor4D>(image(latent, i), image(input, i));
        // z + (1 − t)·v is the latent; the step tells t to a thousandth
        const remaining = tf.mul(image(target, i), 1 - (step + 0.5) / 999);
        expect(deviation(remaining, rest).absolute).toBeLessThan((0.5 / 999) * 8);
      }
    });
  });

  it("leaves only its two tensors, and draws every time step", () => {
    const [latent, condition] = [latents(), conditions()];
    const before = tf.memory().numTensors;
    const generator = random("every");
    const seen = new Set<number>();
    for (let i = 0; i < 300; i++) {
      const {input, target, timesteps} = trainingPair(
        {kind: "diffusion", target: "v", alphas, zlrInit: false},
        latent,
        condition,
        generator
      );
      for (const t of timesteps) seen.add(t);
      expect(tf.memory().numTensors).toBe(before + 2);
      tf.dispose([input, target]);
    }
    expect(seen.size).toBe(50);
    tf.dispose([latent, condition]);
  });
});
