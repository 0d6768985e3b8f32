import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import {beforeAll, describe, expect, it} from "vitest";
import {
  addNoise,
  decompose,
  diffusionTarget,
  generator,
  NoiseSource,
  type Process,
  sampleDiffusion,
  sampleFlow,
  samplePublished,
  schedule,
  scheduleNames,
  stridedTimesteps,
  type Target,
  targetNames
} from "../../../models/generators/index.js";
import {initUNet} from "../../../models/unet/init.js";
import {buildUNet} from "../../../models/unet/unet.js";
import {startTestEngine} from "../support/engine.js";
import {deviation} from "../support/golden.js";

beforeAll(async () => {
  await startTestEngine();
});

/** A standard deviation of the data for which the best prediction is known: N(0, σ²) everywhere. */
const sigma = 2;

/** E[target | z] for Gaussian data: what a perfectly trained model predicts. */
function ideal(target: Target, alphas: ArrayLike<number>) {
  return (z: tf.Tensor4D, t: number): tf.Tensor4D => {
    const a = alphas[t];
    const x0 = tf.mul<tf.Tensor4D>(z, (Math.sqrt(a) * sigma ** 2) / (a * sigma ** 2 + 1 - a));
    if (target === "x0") return x0;
    const {eps} = decompose("x0", x0, z, a);
    return target === "eps" ? eps : tf.sub(tf.mul(eps, Math.sqrt(a)), tf.mul(x0, Math.sqrt(1 - a)));
  };
}

function standardDeviation(x: tf.Tensor): number {
  return tf.tidy(() => tf.sqrt(tf.moments(x).variance).dataSync()[0]);
}

describe("schedule(name, timesteps)", () => {
  it("stays in [0, 1] and never turns back", () => {
    for (const name of scheduleNames) {
      fc.assert(
        fc.property(fc.integer({min: 1, max: 1000}), (timesteps) => {
          const alphas = schedule(name, timesteps);
          expect(alphas).toHaveLength(timesteps);
          const sign = name === "published-cosine" ? 1 : -1;
          for (let t = 0; t < timesteps; t++) {
            expect(alphas[t]).toBeGreaterThanOrEqual(0);
            expect(alphas[t]).toBeLessThan(1);
            if (t > 0) expect(sign * (alphas[t] - alphas[t - 1])).toBeGreaterThan(0);
          }
        }),
        {seed: 4, numRuns: 20}
      );
    }
  });

  it("has the values of the papers", () => {
    // ᾱ at the end of Ho et al.'s thousand steps: 4.04e-5
    expect(schedule("linear", 1000)[999]).toBeCloseTo(4.0358e-5, 8);
    expect(schedule("cosine", 1000)[499]).toBeCloseTo(0.4938, 3);
    expect(schedule("published-cosine", 1000)[0]).toBeLessThan(1e-12);
  });

  it("refuses no steps", () => {
    expect(() => schedule("linear", 0)).toThrow(/invalid timesteps: 0/);
  });
});

describe("stridedTimesteps(alphas, steps)", () => {
  it("begins at the noisiest, falls to cleaner ones evenly, whichever way the schedule runs", () => {
    expect(stridedTimesteps([0.9, 0.7, 0.5, 0.3], 2)).toEqual([3, 1]);
    expect(stridedTimesteps([0.3, 0.5, 0.7, 0.9], 2)).toEqual([0, 2]);
    expect(stridedTimesteps([0.9, 0.7, 0.5, 0.3], 4)).toEqual([3, 2, 1, 0]);
    fc.assert(
      fc.property(fc.constantFrom(...scheduleNames), fc.integer({min: 1, max: 400}), (name, steps) => {
        const alphas = schedule(name, 400);
        const visited = stridedTimesteps(alphas, steps);
        expect(visited).toHaveLength(steps);
        expect(alphas[visited[0]]).toBe(Math.min(...alphas));
        for (let i = 1; i < steps; i++) {
          expect(alphas[visited[i]]).toBeGreaterThan(alphas[visited[i - 1]]);
          expect(Math.abs(Math.abs(visited[i] - visited[i - 1]) - 400 / steps)).toBeLessThan(1);
        }
      }),
      {seed: 4, numRuns: 60}
    );
  });

  it("leaves out entries with too little signal and refuses more steps than there are", () => {
    expect(stridedTimesteps([0.9, 0.5, 1e-5], 2, 1e-3)).toEqual([1, 0]);
    expect(() => stridedTimesteps([0.9, 0.5], 3)).toThrow(/invalid steps: 3; the schedule has 2/);
    expect(() => stridedTimesteps([0.9, 0.5], 0)).toThrow(/invalid steps: 0/);
  });
});

describe("targets", () => {
  it.each(targetNames)("%s: what the model should predict gives back latent and noise", (target) => {
    tf.tidy(() => {
      const source = new NoiseSource(1, ["a", "b"]);
      const [x0, noise] = [source.next(3, 4, 2), source.next(3, 4, 2)];
      const alphas = [0.3, 0.8];
      const z = addNoise(x0, noise, alphas);
      const wanted = diffusionTarget(target, x0, noise, alphas);
      for (const [i, alpha] of alphas.entries()) {
        const only = (x: tf.Tensor4D) => tf.slice(x, [i, 0, 0, 0], [1, 3, 4, 2]);
        const parts = decompose(target, only(wanted), only(z), alpha);
        expect(deviation(parts.x0, only(x0)).absolute).toBeLessThan(1e-5);
        expect(deviation(parts.eps, only(noise)).absolute).toBeLessThan(1e-5);
      }
    });
  });
});

describe("NoiseSource(seed, images)", () => {
  it("gives an image the same noise in any batch, another for another seed", () => {
    tf.tidy(() => {
      const first = new NoiseSource(1, ["a", "b"]);
      const both = [first.next(4, 4, 3), first.next(4, 4, 3)];
      const alone = new NoiseSource(1, ["b"]);
      for (const noise of both) {
        expect(deviation(alone.next(4, 4, 3), tf.slice(noise, [1, 0, 0, 0])).absolute).toBe(0);
      }
      expect(
        deviation(new NoiseSource(2, ["b"]).next(4, 4, 3), tf.slice(both[0], [1, 0, 0, 0])).absolute
      ).toBeGreaterThan(0.1);
    });
  });

  it("is standard normal", () => {
    tf.tidy(() => {
      const {mean, variance} = tf.moments(new NoiseSource("s", [0, 1]).next(64, 64, 4));
      expect(Math.abs(mean.dataSync()[0])).toBeLessThan(5 / Math.sqrt(32768));
      expect(Math.abs(variance.dataSync()[0] - 1)).toBeLessThan(5 * Math.sqrt(2 / 32768));
    });
  });
});

describe("samplers of diffusion", () => {
  it.each(targetNames)("DDIM and DDPM draw from Gaussian data's distribution with an ideal %s model", (target) => {
    for (const name of ["linear", "cosine", "published-cosine"] as const) {
      const alphas = schedule(name, 1000);
      tf.tidy(() => {
        const source = new NoiseSource(name, ["x"]);
        const start = source.next(32, 32, 4);
        const predict = ideal(target, alphas);
        const ddim = sampleDiffusion(predict, start, alphas, {target, steps: 200});
        expect(Math.abs(standardDeviation(ddim) / sigma - 1), name).toBeLessThan(0.05);
        const ddpm = sampleDiffusion(predict, start, alphas, {target, steps: 200, noise: () => source.next(32, 32, 4)});
        expect(Math.abs(standardDeviation(ddpm) / sigma - 1), name).toBeLessThan(0.05);
      });
    }
  });

  it("give the one image there is, in any number of steps, from any target", () => {
    const alphas = schedule("cosine", 100);
    for (const target of targetNames) {
      for (const steps of [1, 2, 7, 90]) {
        tf.tidy(() => {
          const x0 = tf.fill([1, 4, 4, 2], 0.6) as tf.Tensor4D;
          const predict = (z: tf.Tensor4D, t: number) => {
            const {eps} = decompose("x0", x0, z, alphas[t]);
            return diffusionTarget(target, x0, eps, [alphas[t]]);
          };
          const y = sampleDiffusion(predict, new NoiseSource(1, [0]).next(4, 4, 2), alphas, {target, steps});
          expect(deviation(y, x0).absolute).toBeLessThan(1e-3);
        });
      }
    }
  });

  it("keep estimates within a range where one is given, each channel within its own", () => {
    const alphas = schedule("cosine", 1000);
    tf.tidy(() => {
      const start = new NoiseSource(1, [0]).next(8, 8, 2);
      // an ε model that sees no noise: unclipped, its first estimates are tens of deviations off
      const predict = (z: tf.Tensor4D) => tf.zerosLike(z);
      const range = [tf.tensor1d([-1, 0]), tf.tensor1d([2, 0.5])] as const;
      const free = sampleDiffusion(predict, start, alphas, {target: "eps", steps: 20});
      expect(tf.max(tf.abs(free)).dataSync()[0]).toBeGreaterThan(5);
      const kept = sampleDiffusion(predict, start, alphas, {target: "eps", steps: 20, range});
      const [first, second] = tf.split(kept, 2, 3);
      expect(tf.min(first).dataSync()[0]).toBeCloseTo(-1, 5);
      expect(tf.max(first).dataSync()[0]).toBeCloseTo(2, 5);
      expect(tf.min(second).dataSync()[0]).toBeCloseTo(0, 5);
      expect(tf.max(second).dataSync()[0]).toBeCloseTo(0.5, 5);
    });
  });

  it("are not changed by a range that no estimate leaves", () => {
    const alphas = schedule("linear", 100);
    tf.tidy(() => {
      const start = new NoiseSource(1, [0]).next(8, 8, 2);
      const run = (range?: readonly [tf.Tensor1D, tf.Tensor1D]) =>
        sampleDiffusion(ideal("eps", alphas), start, alphas, {target: "eps", steps: 10, range});
      const wide = run([tf.fill([2], -1e6) as tf.Tensor1D, tf.fill([2], 1e6) as tf.Tensor1D]);
      expect(deviation(wide, run()).absolute).toBeLessThan(1e-4);
    });
  });

  it("report each step and leave only the result", () => {
    const alphas = schedule("linear", 10);
    const start = new NoiseSource(1, [0]).next(4, 4, 2);
    const before = tf.memory().numTensors;
    const told: string[] = [];
    const onStep = (done: number, total: number) => told.push(`${done}/${total}`);
    const y = sampleDiffusion(ideal("v", alphas), start, alphas, {target: "v", steps: 3, onStep});
    expect(told).toEqual(["1/3", "2/3", "3/3"]);
    const z = samplePublished(ideal("x0", alphas), start, alphas, 1);
    expect(tf.memory().numTensors).toBe(before + 2);
    tf.dispose([start, y, z]);
  });

  it("refuse more steps than the schedule has", () => {
    const start = tf.zeros([1, 2, 2, 1]) as tf.Tensor4D;
    expect(() => samplePublished((z) => z, start, [0.1, 0.9], 3)).toThrow(/invalid steps: 3; the schedule has 2/);
    start.dispose();
  });
});

describe("samplers of rectified flow", () => {
  /** dz/dt = z·cos(t): the exact end is z₀·exp(sin 1). */
  const error = (method: "euler" | "heun", steps: number) =>
    tf.tidy(() => {
      const start = tf.ones([1, 1, 1, 1]) as tf.Tensor4D;
      const timesteps = 1_000_001;
      const predict = (z: tf.Tensor4D, t: number) => tf.mul<tf.Tensor4D>(z, Math.cos(t / (timesteps - 1)));
      const y = sampleFlow(predict, start, {method, steps, timesteps});
      return Math.abs(y.dataSync()[0] - Math.exp(Math.sin(1)));
    });

  it("converge with their order: Euler first, Heun second", () => {
    expect(error("euler", 20) / error("euler", 40)).toBeCloseTo(2, 0);
    expect(error("heun", 10) / error("heun", 20)).toBeCloseTo(4, 0);
    expect(error("heun", 20)).toBeLessThan(error("euler", 20) / 10);
  });

  it("are exact in one step on a straight path", () => {
    tf.tidy(() => {
      const [start, end] = [tf.fill([1, 2, 2, 1], -1), tf.fill([1, 2, 2, 1], 3)] as tf.Tensor4D[];
      for (const method of ["euler", "heun"] as const) {
        const y = sampleFlow(() => tf.sub(end, start), start, {method, steps: 1, timesteps: 1000});
        expect(deviation(y, end).absolute).toBe(0);
      }
    });
  });
});

describe("generator(unet, process).sample(lr, options)", () => {
  const unet = () =>
    buildUNet(
      initUNet(
        {
          inputChannels: 4,
          outputChannels: 2,
          channels: 8,
          multipliers: [1, 2],
          resBlocks: 1,
          attention: [false, false],
          normGroups: 4
        },
        1
      )
    );
  const options = {steps: 3, seed: 11, images: ["a", "b"], size: [8, 8] as const};
  const diffusion: Process = {kind: "diffusion", target: "x0", alphas: schedule("cosine", 50), zlrInit: false};

  it("gives the same latents for the same seed, others for another, and the same in another batch", () => {
    const model = generator(unet(), diffusion);
    tf.tidy(() => {
      const lr = new NoiseSource("lr", ["a", "b"]).next(2, 2, 2);
      const second = tf.slice(lr, [1, 0, 0, 0]);
      for (const sampler of ["published", "ddim", "ddpm"] as const) {
        const y = model.sample(lr, {...options, sampler});
        expect(y.shape).toEqual([2, 8, 8, 2]);
        expect(deviation(model.sample(lr, {...options, sampler}), y).absolute).toBe(0);
        expect(deviation(model.sample(lr, {...options, sampler, seed: 12}), y).absolute).toBeGreaterThan(1e-4);
        const alone = model.sample(second, {...options, sampler, images: ["b"]});
        expect(deviation(alone, tf.slice(y, [1, 0, 0, 0])).absolute).toBeLessThan(1e-5);
      }
    });
    model.dispose();
  });

  it("leaves no tensor but its result", () => {
    const lr = tf.zeros([2, 2, 2, 2]) as tf.Tensor4D;
    const before = tf.memory().numTensors;
    const model = generator(unet(), {kind: "flow", timesteps: 100});
    const y = model.sample(lr, {...options, sampler: "heun"});
    model.dispose();
    expect(tf.memory().numTensors).toBe(before + 1);
    tf.dispose([lr, y]);
  });

  it("refuses a sampler of the other kind, and the published one for other targets", () => {
    const lr = tf.zeros([1, 2, 2, 2]) as tf.Tensor4D;
    const flow = generator(unet(), {kind: "flow", timesteps: 100});
    expect(() => flow.sample(lr, {...options, sampler: "ddim"})).toThrow(
      /sampler ddim does not fit a flow model; use euler or heun/
    );
    const v = generator(unet(), {...diffusion, target: "v"});
    expect(() => v.sample(lr, {...options, sampler: "published"})).toThrow(/needs a model that predicts x0, not v/);
    tf.dispose(lr);
    flow.dispose();
    v.dispose();
  });
});
