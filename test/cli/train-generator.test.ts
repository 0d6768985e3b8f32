import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {afterAll, beforeAll, describe, expect, it} from "vitest";
import {phantom} from "../../loaders/datasets/phantoms/index.js";
import {sha256} from "../../loaders/files.js";
import {encodePng8} from "../../loaders/images/index.js";
import {readTraining} from "../../loaders/training/index.js";
import {bandscope} from "../support/bandscope.js";
import {expectSameAfterStop, tinyRecipe} from "../support/train-command.js";

const autoencoder = {
  ...tinyRecipe,
  domain: "medical",
  pool: {datasets: ["simulated:brain,patients=60,slices=1"], sizes: [32]}
};
const recipe = {
  id: "tiny.v",
  kind: "generator",
  licence: "MIT",
  autoencoder: "tiny",
  pool: {kinds: ["brain"], seed: 1, patients: 1, slicesPerPatient: 2, sizes: [32]},
  crop: 32,
  batch: 2,
  process: {kind: "diffusion", target: "v", schedule: "cosine", timesteps: 50},
  scaling: "unit-variance",
  latent: "sampled",
  architecture: {
    channels: 4,
    multipliers: [1, 2],
    resBlocks: 1,
    attention: [false, true],
    headChannels: 4,
    normGroups: 2
  },
  training: {loss: "l2", steps: 6, learningRate: 0.003, warmup: 2, weightDecay: 0.01, clip: 1, ema: 0.9, seed: 3}
};
let folder: string;
let path: string;
const file = (...names: string[]) => join(folder, ...names);
const json = (name: string, value: unknown) => {
  writeFileSync(file(name), JSON.stringify(value));
  return file(name);
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "bandscope-train-generator-"));
  path = json("tiny.v.json", recipe);
});
afterAll(() => rmSync(folder, {recursive: true, force: true}));

const train = (name: string, recipeFile = path) => [
  ...["train", recipeFile, "--work", file(name), "--out", file(`${name}-out`)],
  ...["--weights", file("vae-out", "tiny.safetensors")]
];

describe("bandscope train with a generator's recipe", () => {
  it("needs its autoencoder", async () => {
    const {code, stderr} = await bandscope(train("none"));
    expect(code).toBe(1);
    expect(stderr).toContain("tiny.safetensors");
  });

  it("takes autoencoders trained on a dataset's training split", async () => {
    const vae = json("tiny.json", autoencoder);
    const {code, stdout} = await bandscope(["train", vae, "--work", file("vae"), "--out", file("vae-out")]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/on \d+ simulated images of other patients/);
    const {training} = JSON.parse(readFileSync(file("vae-out", "tiny.json"), "utf8"));
    expect(training.images).toMatch(/^\d+ images \(simulated-brain; train split\) of 32²$/);
  });

  it("gives the same weights and loss curve whether it was cut off or not, and a record of all that decides", async () => {
    await expectSameAfterStop({folder, id: "tiny.v", steps: 6, signal: "SIGTERM"}, train);
    const weights = readFileSync(file("whole-out", "tiny.v.safetensors"));

    const record = JSON.parse(readFileSync(file("whole-out", "tiny.v.json"), "utf8"));
    expect(record).toMatchObject({
      id: "tiny.v",
      trained: true,
      kind: "generator",
      sha256: sha256(weights),
      autoencoder: {id: "tiny", sha256: sha256(readFileSync(file("vae-out", "tiny.safetensors")))},
      process: recipe.process,
      scaling: "unit-variance",
      latent: "sampled",
      recipe,
      training: {
        steps: 6,
        seed: 3,
        engine: expect.stringContaining("wasm"),
        images: "2 simulated images (brain) of 32², each flipped in four ways: 8 latents",
        validation: {sampler: "ddim-20", images: 4, images_are: "simulated, of patients not trained on"}
      }
    });
    expect(record.scale.mean).toHaveLength(2);
    expect(record.training.loss).toHaveLength(6);
    for (const db of ["srPsnrDb", "bicubicPsnrDb", "ceilingPsnrDb"]) {
      expect(record.training.validation[db]).toBeGreaterThan(-20);
    }
  });

  it("makes what super-resolve takes, with the autoencoder that it was trained with and no other", async () => {
    mkdirSync(file("lr"), {recursive: true});
    const image = phantom("brain", {seed: 5, patient: 1, size: 16});
    writeFileSync(file("lr", "a.png"), encodePng8(image));
    const run = (vae: string, out: string) =>
      bandscope([
        ...["super-resolve", "--weights", vae, "--generator", file("whole-out", "tiny.v.safetensors")],
        ...["--images", file("lr"), "--out", file(out), "--steps", "2"]
      ]);
    const {code, stderr, stdout} = await run(file("vae-out", "tiny.safetensors"), "sr");
    expect(stderr).toContain("sampler ddim, 2 steps; latents scaled to unit variance; latents sampled");
    expect(code).toBe(0);
    expect(stdout).toContain("1 of 1 images super-resolved");
    const other = json("other.json", {...autoencoder, id: "other", training: {...autoencoder.training, seed: 4}});
    expect((await bandscope(["train", other, "--work", file("other"), "--out", file("vae-out")])).code).toBe(0);
    const refused = await run(file("vae-out", "other.safetensors"), "sr-other");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/was trained in the latents of tiny \(SHA-256 \w{12}…\), not of other \(\w{12}…\)/);
  });

  it("does not go on in the latents of another autoencoder", async () => {
    const args = train("whole");
    args[args.length - 1] = file("vae-out", "other.safetensors");
    const {code, stderr} = await bandscope(args);
    expect(code).toBe(1);
    expect(stderr).toContain("belongs to another recipe: add --restart");
  });

  it("takes flows and raw latents", async () => {
    const flow = json("tiny.flow.json", {
      ...recipe,
      id: "tiny.flow",
      process: {kind: "flow", timesteps: 50},
      scaling: "raw",
      latent: "mean",
      training: {...recipe.training, steps: 2}
    });
    const {code, stdout} = await bandscope(train("flow", flow));
    expect(code).toBe(0);
    expect(stdout).toContain("dB (euler-20) on 4 images of other patients");
    const record = JSON.parse(readFileSync(file("flow-out", "tiny.flow.json"), "utf8"));
    expect(record.scale).toBeUndefined();
  });
});

describe("readTraining", () => {
  it("names the member of a generator's recipe that is missing, unknown or out of range", () => {
    const cases: [object, RegExp][] = [
      [{...recipe, autoencoder: undefined}, /"autoencoder" is missing/],
      [{...recipe, optimiser: "sgd"}, /there is no "optimiser" in a recipe/],
      [{...recipe, kind: "gan"}, /kind must be generator, not "gan"/],
      [{...recipe, scaling: "unit"}, /scaling must be raw or unit-variance, not "unit"/],
      [{...recipe, process: {...recipe.process, target: "x1"}}, /process\.target must be x0 or eps or v, not "x1"/],
      [{...recipe, process: {kind: "flow", target: "v", timesteps: 5}}, /there is no "target" in a flow process/],
      [
        {...recipe, process: {...recipe.process, timesteps: 0}},
        /process\.timesteps must be a whole number from 1, not 0/
      ],
      [{...recipe, crop: 30}, /the crop 30 must be a multiple of 4/],
      [{...recipe, pool: {...recipe.pool, sizes: [16]}}, /images of side 16 are too small for crops of 32/],
      [{...recipe, pool: {datasets: [], size: 32}}, /pool\.datasets must name at least one dataset/],
      [
        {...recipe, pool: {...recipe.pool, kinds: ["cat"]}},
        /pool\.kinds must be of brain, knee, cxr, natural, not \["cat"\]/
      ],
      [{...recipe, architecture: {...recipe.architecture, normGroups: 3}}, /architecture: .*3 groups divide/],
      [{...recipe, training: {...recipe.training, loss: "huber"}}, /training\.loss must be l1 or l2, not "huber"/],
      [{...recipe, training: {...recipe.training, ema: 1}}, /training\.ema must be from 0 to below 1, not 1/],
      [{...recipe, training: {...recipe.training, learningRate: -1}}, /training\.learningRate must be above 0, not -1/]
    ];
    for (const [value, message] of cases) expect(() => readTraining(json("bad.json", value))).toThrow(message);
    expect(() => readTraining(json("bad.json", [1]))).toThrow(/must hold a recipe: a JSON object/);
  });
});
