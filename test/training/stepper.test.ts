import {mkdtempSync, readFileSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import {afterAll, beforeAll, describe, expect, it} from "vitest";
import {trainAutoencoder} from "../../loaders/training/index.js";
import type {TrainingRecipe} from "../../loaders/training/recipe.js";
import {initKl, klArchitecture, klVariables} from "../../models/autoencoders/init.js";
import {type Engine, nativeSteppers, startEngine} from "../../models/engines/index.js";
import {type Operation, programOf} from "../../models/engines/native/steps/program.js";
import {record, recordTwice} from "../../models/engines/native/steps/record.js";
import {schedule} from "../../models/generators/schedules.js";
import {disposeWeights} from "../../models/ops/index.js";
import {AutoencoderTrainer} from "../../models/training/autoencoder.js";
import {GeneratorTrainer} from "../../models/training/generator.js";
import type {Trainer} from "../../models/training/trainer.js";
import {initUNet, unetArchitecture, unetVariables} from "../../models/unet/init.js";
import {random} from "../../src/measures/random.js";
import {startTestEngine} from "../models/support/engine.js";
import {smallKl, smallUNet} from "../models/support/small.js";

/** The native engine, where its operations include whole steps. */
const native: Engine | undefined = await startTestEngine("tfjs-node").then(
  async () => (nativeSteppers(1) ? startEngine("tfjs-node") : undefined),
  () => undefined
);

const optimization = {steps: 20, learningRate: 3e-3, warmup: 2, weightDecay: 0.01, clip: 0.5, ema: 0.9, seed: 7};

interface Subject {
  readonly trainer: Trainer;
  /** Steps on batches that depend on the step alone, of so many images. @returns the losses */
  run(steps: number, images?: number): Promise<number[]>;
  end(): void;
}

function noise(step: number, shape: [number, number, number, number]): tf.Tensor4D {
  const generator = random("batch", step, ...shape);
  const values = Float32Array.from({length: shape.reduce((a, b) => a * b, 1)}, () => generator.between(-1, 1));
  return tf.tensor4d(values, shape);
}

function autoencoder(threads?: number): Subject {
  const architecture = klArchitecture(smallKl);
  const variables = klVariables(initKl(smallKl, 1), architecture);
  const trainer = new AutoencoderTrainer(variables, architecture, {...optimization, kl: 1e-3, gradient: 0.5});
  return subject(trainer, variables, threads, async (images) => {
    const batch = noise(trainer.steps, [images, 16, 16, 1]);
    const {loss, l1, kl} = await trainer.step(batch);
    batch.dispose();
    return [loss, l1, kl];
  });
}

function generator(threads?: number): Subject {
  const architecture = unetArchitecture(smallUNet);
  const variables = unetVariables(initUNet(smallUNet, 1), architecture);
  const process = {kind: "diffusion", target: "v", alphas: schedule("cosine", 100), zlrInit: false} as const;
  const trainer = new GeneratorTrainer(variables, architecture, process, {...optimization, loss: "l2"});
  return subject(trainer, variables, threads, async (images) => {
    const [latent, condition] = [0, 1].map((which) => noise(2 * trainer.steps + which, [images, 8, 8, 2]));
    const {loss, gradientNorm} = await trainer.step(latent, condition);
    tf.dispose([latent, condition]);
    return [loss, gradientNorm];
  });
}

function subject(
  trainer: Trainer,
  variables: Record<string, tf.Variable>,
  threads: number | undefined,
  step: (images: number) => Promise<number[]>
): Subject {
  if (threads) trainer.accelerate(nativeSteppers(threads));
  return {
    trainer,
    async run(steps, images = 4) {
      const losses: number[] = [];
      for (let i = 0; i < steps; i++) losses.push(...(await step(images)));
      return losses;
    },
    end() {
      trainer.dispose();
      disposeWeights(variables);
    }
  };
}

function state(trainer: Trainer): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(trainer.state()).map(([name, tensor]) => [name, Float32Array.from(tensor.dataSync())])
  );
}

/** Largest difference of two curves, relative to the first. */
function apart(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]) / Math.abs(value)));
}

const subjects: [string, (threads?: number) => Subject][] = [
  ["an autoencoder", autoencoder],
  ["a generator", generator]
];

describe.skipIf(!native)("a native stepper", () => {
  it.each(subjects)(
    "takes the steps of %s in one part exactly as operations one after the other",
    async (_name, make) => {
      const [plain, fast] = [make(), make(1)];
      expect(await fast.run(4)).toEqual(await plain.run(4));
      expect(fast.trainer.parts).toBe(1);
      expect(state(fast.trainer)).toEqual(state(plain.trainer));
      plain.end();
      fast.end();
    }
  );

  it.each(subjects)(
    "gives the curve of %s in parts within rounding, and the same bits each time",
    async (_name, make) => {
      for (const [threads, images, parts] of [
        [2, 4, 2],
        [3, 5, 3],
        [4, 3, 3]
      ]) {
        const [plain, fast, again] = [make(), make(threads), make(threads)];
        const curve = await fast.run(4, images);
        expect(apart(await plain.run(4, images), curve)).toBeLessThan(2e-4);
        expect(fast.trainer.parts).toBe(parts);
        expect(await again.run(4, images)).toEqual(curve);
        expect(state(again.trainer)).toEqual(state(fast.trainer));
        for (const {end} of [plain, fast, again]) end();
      }
    }
  );

  it.each(subjects)("goes on with %s exactly from a saved state", async (_name, make) => {
    const [whole, first, second] = [make(2), make(2), make(2)];
    const curve = await whole.run(6);
    await first.run(3);
    const saved = state(first.trainer);
    // one that has taken other steps, too
    await second.run(1);
    second.trainer.restore(first.trainer.steps, (name) => saved[name]);
    expect(await second.run(3)).toEqual(curve.slice(curve.length / 2));
    expect(state(second.trainer)).toEqual(state(whole.trainer));
    for (const {end} of [whole, first, second]) end();
  });

  it("gives the weights of its last step, and goes on without it", async () => {
    const [plain, fast] = [autoencoder(), autoencoder(1)];
    await plain.run(3);
    await fast.run(3);
    const name = "decoder.conv_out.weight";
    expect(fast.trainer.weights()[name].dataSync()).toEqual(plain.trainer.weights()[name].dataSync());
    fast.trainer.accelerate(undefined);
    expect(await fast.run(2)).toEqual(await plain.run(2));
    plain.end();
    fast.end();
  });

  it("takes batches of another size when they come", async () => {
    const [plain, fast] = [autoencoder(), autoencoder(1)];
    for (const images of [4, 2, 4]) expect(await fast.run(2, images)).toEqual(await plain.run(2, images));
    plain.end();
    fast.end();
  });

  it("keeps the number of tensors, and leaves none behind", async () => {
    const before = tf.memory().numTensors;
    const fast = generator(2);
    await fast.run(2);
    const during = tf.memory().numTensors;
    await fast.run(5);
    expect(tf.memory().numTensors).toBe(during);
    fast.end();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("stops at a loss that is not a number and leaves the state as it was", async () => {
    const fast = autoencoder(2);
    await fast.run(2);
    const before = state(fast.trainer);
    const batch = tf.fill([4, 16, 16, 1], Number.NaN) as tf.Tensor4D;
    await expect((fast.trainer as AutoencoderTrainer).step(batch)).rejects.toThrow("invalid loss at step 2: NaN");
    expect(fast.trainer.steps).toBe(2);
    expect(state(fast.trainer)).toEqual(before);
    expect((await fast.run(1)).every(Number.isFinite)).toBe(true);
    batch.dispose();
    fast.end();
  });
});

describe.skipIf(!native)("a training on several threads", () => {
  const recipe: TrainingRecipe = {
    id: "tiny",
    domain: "natural",
    licence: "MIT",
    pool: {kinds: ["natural"], seed: 1, patients: 2, slicesPerPatient: 1, sizes: [16]},
    crop: 16,
    batch: 3,
    architecture: {imageChannels: 1, channels: 4, multipliers: [1, 2], resBlocks: 1, latentChannels: 2, normGroups: 2},
    training: {
      steps: 6,
      learningRate: 0.003,
      warmup: 0,
      weightDecay: 0.01,
      kl: 1e-6,
      gradient: 0.5,
      clip: 1,
      ema: 0.9,
      seed: 3
    }
  };
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "bandscope-stepper-"));
  });
  afterAll(() => rmSync(folder, {recursive: true, force: true}));

  it("gives the same weights and loss curve whether or not it was interrupted, and says how many parts there were", async () => {
    const engine = {...native!, threads: 2};
    const train = async (work: string, stopAfter = 99) => {
      let asked = 0;
      return trainAutoencoder(recipe, {
        work: join(folder, work),
        engine,
        // it is asked twice before the first step, once for each image
        interrupted: () => asked++ >= 2 + stopAfter
      });
    };
    const whole = await train("whole");
    expect(await train("parts", 2)).toBeUndefined();
    const rest = await train("parts");
    const curve = (name: string) => readFileSync(join(folder, name, "loss.jsonl"), "utf8");
    expect(curve("whole").trim().split("\n")).toHaveLength(6);
    expect(curve("parts")).toBe(curve("whole"));
    expect(rest?.bytes).toEqual(whole?.bytes);
    expect(rest?.record.training.parts).toBe(2);
  });
});

describe.skipIf(!native)("a recording", () => {
  const x = () => tf.tensor1d([1, 2, 3]);

  it("refuses work that looks at values, and one that does not do the same twice", () => {
    const given = x();
    expect(() => record([given], () => [tf.scalar(tf.sum(given).dataSync()[0])])).toThrow("values are asked for");
    let calls = 0;
    expect(() => recordTwice([given], () => [tf.mul(given, ++calls)])).toThrow("not do the same twice");
    // the engine works on
    expect(tf.mul(given, 2).dataSync()).toEqual(Float32Array.of(2, 4, 6));
    given.dispose();
  });

  it("notes operations, their constants and which tensor goes where", () => {
    const given = x();
    const {operations, constants, results} = recordTwice([given], () => [
      tf.tidy(() => tf.add(tf.mul(given, given), 5))
    ]);
    expect(operations.map(({name}) => name)).toEqual(["Mul", "Add"]);
    expect(constants.map(({values}) => [...values])).toEqual([[5]]);
    expect(operations[0].inputs).toEqual([0, 0]);
    expect(operations[1].inputs).toEqual([operations[0].outputs[0], constants[0].slot]);
    expect(results).toEqual(operations[1].outputs);
    given.dispose();
  });
});

describe("programOf", () => {
  const operation = (name: string, inputs: number[], outputs: number[]): Operation => ({
    name,
    attributes: [],
    inputs,
    outputs
  });

  it("leaves out what no result depends on and frees what is not needed any more", () => {
    const constant = (slot: number) => ({slot, type: 1, shape: [], values: Float32Array.of(slot)});
    const program = programOf(
      {
        slots: 9,
        constants: [constant(2), constant(3)],
        operations: [
          operation("first", [0, 2], [4]),
          operation("unused", [4, 3], [5]),
          operation("two", [4, 1], [6, 7]),
          operation("last", [6, 4], [8])
        ],
        results: [8]
      },
      2
    );
    expect(program.constants.map(({slot}) => slot)).toEqual([2]);
    expect(program.operations.map(({name, freed}) => [name, freed])).toEqual([
      ["first", []],
      ["two", [7]],
      ["last", [6, 4]]
    ]);
  });

  it("frees nothing that was given or is a result", () => {
    const program = programOf(
      {slots: 3, constants: [], operations: [operation("a", [0], [1]), operation("b", [0, 1], [2])], results: [1, 2]},
      1
    );
    expect(program.operations.flatMap(({freed}) => freed)).toEqual([]);
  });
});

describe("nativeSteppers", () => {
  it("are there on the native engine alone", async () => {
    await startEngine("wasm");
    expect(nativeSteppers(2)).toBeUndefined();
    if (native) await startEngine("tfjs-node");
  });
});
