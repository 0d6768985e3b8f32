import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import {afterAll, beforeAll, describe, expect, it} from "vitest";
import {encodeSafetensors} from "../../../models/checkpoints/encode-safetensors.js";
import {
  type Generator,
  type GeneratorDescription,
  generator,
  generatorMetadata,
  processOf,
  schedule
} from "../../../models/generators/index.js";
import {loadGenerator} from "../../../models/generators/load.js";
import {initUNet, unetArchitecture, unetCheckpoint, unetVariables} from "../../../models/unet/init.js";
import {unet} from "../../../models/unet/unet.js";
import {hasShared, shared} from "../../support/shared.js";
import {startTestEngine} from "../support/engine.js";
import {smallUNet} from "../support/small.js";

const architecture = unetArchitecture(smallUNet);
const scale = {mean: [1.5, -0.25], sd: [4, 0.5]};
const range = {low: [-1, -0.5], high: [0.5, 0.25]};
let folder: string;

beforeAll(async () => {
  await startTestEngine();
  folder = mkdtempSync(join(tmpdir(), "bandscope-generator-"));
});
afterAll(() => rmSync(folder, {recursive: true, force: true}));

/** The U-Net's file with these metadata beside its own. */
async function write(path: string, metadata: Record<string, unknown>): Promise<string> {
  const variables = unetVariables(initUNet(smallUNet, 5), architecture);
  const weights = await unetCheckpoint(variables, architecture);
  const tensors = [...weights.tensors.values()].map(({name, shape}) => ({name, shape, values: weights.read(name)}));
  writeFileSync(path, encodeSafetensors(tensors, {metadata: {...weights.metadata, ...metadata}}));
  tf.dispose(variables);
  return path;
}

function samples(model: Generator): Float32Array {
  return tf.tidy(() => {
    const lr = tf.randomNormal<tf.Rank.R4>([2, 2, 2, 2], 0, 1, "float32", 3);
    const sampler = model.process.kind === "flow" ? "euler" : "ddim";
    return model.sample(lr, {sampler, steps: 3, seed: 4, images: ["a", "b"], size: [8, 8]}).dataSync();
  }) as Float32Array;
}

const base: GeneratorDescription = {
  id: "tiny.x0",
  process: {kind: "diffusion", target: "x0", schedule: "published-cosine", timesteps: 20},
  latent: "mean"
};

describe("loadGenerator(path)", () => {
  it.each<[string, GeneratorDescription]>([
    ["x₀ in raw latents", base],
    ["v in scaled latents", {...base, process: {...base.process, target: "v"} as typeof base.process, scale}],
    ["ε with the latents' range", {...base, process: {...base.process, target: "eps"} as typeof base.process, range}],
    ["flow", {...base, process: {kind: "flow", timesteps: 20}}]
  ])("gives the samples that the trained network gives (%s)", async (_name, description) => {
    const path = await write(join(folder, "own.safetensors"), generatorMetadata(description));
    const before = tf.memory().numTensors;
    const loaded = loadGenerator(path);
    const variables = unetVariables(initUNet(smallUNet, 5), architecture);
    const own = generator(unet(variables, architecture), processOf(description.process), description);
    expect(samples(loaded)).toEqual(samples(own));
    expect(loaded.process).toEqual(own.process);
    expect(loaded.use).toEqual({
      scale: description.scale,
      range: description.range,
      latent: "mean",
      autoencoder: undefined
    });
    loaded.dispose();
    tf.dispose(variables);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("takes the scale off the LR latents and puts it on the samples", async () => {
    const path = join(folder, "scaled.safetensors");
    const raw = loadGenerator(await write(path, generatorMetadata(base)));
    const scaled = loadGenerator(await write(path, generatorMetadata({...base, scale})));
    tf.tidy(() => {
      const lr = tf.randomNormal<tf.Rank.R4>([1, 2, 2, 2], 0, 1, "float32", 3);
      const options = {sampler: "ddim", steps: 3, seed: 4, images: ["a"], size: [8, 8]} as const;
      const expected = tf.add(tf.mul(raw.sample(lr, options), scale.sd), scale.mean);
      const actual = scaled.sample(tf.add(tf.mul(lr, scale.sd), scale.mean), options);
      expect(tf.max(tf.abs(tf.sub(actual, expected))).dataSync()[0]).toBeLessThan(1e-4);
    });
    for (const model of [raw, scaled]) model.dispose();
  });

  it("keeps what an ε model makes within the training latents' range, in their own units", async () => {
    const eps = {...base, process: {...base.process, target: "eps"} as typeof base.process, scale};
    for (const description of [eps, {...eps, range}]) {
      const model = loadGenerator(await write(join(folder, "range.safetensors"), generatorMetadata(description)));
      const made = Array.from(samples(model));
      const within = made.every((v, k) => v >= range.low[k % 2] - 1e-5 && v <= range.high[k % 2] + 1e-5);
      expect(within).toBe("range" in description);
      model.dispose();
    }
  });

  it("takes a diffusers folder with its scheduler", async () => {
    const unetFolder = join(folder, "unet");
    mkdirSync(join(folder, "scheduler"), {recursive: true});
    mkdirSync(unetFolder, {recursive: true});
    await write(join(unetFolder, "diffusion_pytorch_model.safetensors"), {});
    writeFileSync(join(unetFolder, "smallUNet.json"), "{}");
    const scheduler = join(folder, "scheduler", "scheduler_config.json");
    const process = (value: object) => {
      writeFileSync(scheduler, JSON.stringify(value));
      const model = loadGenerator(unetFolder);
      model.dispose();
      return model.process;
    };
    const plain = process({});
    expect(plain).toMatchObject({kind: "diffusion", target: "eps", zlrInit: false});
    expect(plain.kind === "diffusion" && [...Array.from(plain.alphas)]).toEqual([...schedule("linear", 1000)]);
    expect(process({beta_schedule: "squaredcos_cap_v2", prediction_type: "sample", num_train_timesteps: 7})).toEqual({
      kind: "diffusion",
      target: "x0",
      alphas: schedule("cosine", 7),
      zlrInit: false
    });
    // Stable Diffusion's: the square roots of β in even steps; the last ᾱ is 0.0047
    const stable = process({
      beta_schedule: "scaled_linear",
      beta_start: 0.00085,
      beta_end: 0.012,
      prediction_type: "v_prediction"
    });
    expect(stable.kind === "diffusion" && stable.alphas[999]).toBeCloseTo(0.00466, 5);
    expect(() => process({beta_schedule: "sigmoid"})).toThrow(/the beta_schedule "sigmoid" is not supported/);
    expect(() => process({prediction_type: "flow_prediction"})).toThrow(
      /prediction_type "flow_prediction" is not known/
    );
    writeFileSync(scheduler, "{");
    expect(() => loadGenerator(unetFolder)).toThrow(/scheduler_config\.json is not valid JSON/);
  });

  it("says what a file lacks that is no generator, or is damaged", async () => {
    const path = join(folder, "bad.safetensors");
    await write(path, {});
    expect(() => loadGenerator(path)).toThrow(/is a U-Net, but does not say what it was trained for/);
    writeFileSync(path, encodeSafetensors([{name: "a", shape: [1], values: new Float32Array(1)}]));
    expect(() => loadGenerator(path)).toThrow(/holds no generator/);
    const cases: [unknown, RegExp][] = [
      ["{", /bandscope_generator is not JSON/],
      ["null", /names no process/],
      [{...base, process: {...base.process, timesteps: 0}}, /has no number of time steps/],
      [{...base, process: {...base.process, target: "x1"}}, /has the target x1/],
      [{...base, latent: undefined}, /does not say which latent/],
      [{...base, scale: {mean: [0, 0], sd: [1, 0]}}, /a standard deviation above 0/],
      [{...base, scale: {mean: [0], sd: [1]}}, /describes 1 channels, but its U-Net makes 2/],
      [{...base, range: {low: [0, 0], high: [1, -1]}}, /a least and a greatest value/],
      [{...base, scale, range: {low: [0], high: [1]}}, /a least and a greatest value/]
    ];
    const before = tf.memory().numTensors;
    for (const [value, message] of cases) {
      await write(path, {bandscope_generator: typeof value === "string" ? value : JSON.stringify(value)});
      expect(() => loadGenerator(path)).toThrow(message);
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it.skipIf(!hasShared)("takes the study's checkpoints", () => {
    const model = loadGenerator(shared("golden/unet/ddpm-x0-cosine/last.ckpt"));
    expect(model.process).toMatchObject({kind: "diffusion", target: "x0"});
    expect(model.use).toEqual({latent: "mean"});
    model.dispose();
  });
});
