import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync
} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import {afterAll, beforeAll, describe, expect, it, vi} from "vitest";
import {main} from "../../loaders/cli/main.js";
import {encodePng8, readImage, readNpy} from "../../loaders/images/index.js";
import {openLatent} from "../../loaders/super-resolve/latent.js";
import {openRegression} from "../../loaders/super-resolve/regression.js";
import {loadAutoencoder} from "../../models/autoencoders/load.js";
import {encodeSafetensors} from "../../models/checkpoints/encode-safetensors.js";
import {generator, type SamplerName} from "../../models/generators/generator.js";
import {loadStudyGenerator} from "../../models/generators/load.js";
import {initUNet} from "../../models/unet/init.js";
import {psnr} from "../../src/measures/fidelity.js";
import type {Plane} from "../../src/measures/image.js";
import {resize, resizeQuantised} from "../../src/measures/resize.js";
import {startTestEngine} from "../models/support/engine.js";
import {bandscope, startBandscope} from "../support/bandscope.js";
import {hasShared, shared} from "../support/shared.js";

const autoencoder = shared("golden/autoencoder/kl-f4-narrow/model.ckpt");
const diffusion = shared("golden/unet/ddpm-x0-cosine/last.ckpt");
const flow = shared("golden/unet/flow-matching/last.ckpt");
const rlfn = shared("weights/sr/rlfn_x4.safetensors");
let folder: string;
let lr: string;
let hr: string;

/** The top left of a real image and its LR version, as files of one id. */
async function writePair(id: string, image: string, width: number, height: number): Promise<void> {
  const whole = await readImage(shared(`data/${image}.png`));
  const part = cropped(whole, 4 * width, 4 * height);
  writeFileSync(join(hr, `${id}.png`), encodePng8(part));
  writeFileSync(join(lr, `${id}.png`), encodePng8(resizeQuantised(part, width, height)));
}

function cropped({data, width}: Plane, toWidth: number, toHeight: number): Plane {
  const at = (i: number) => data[Math.floor(i / toWidth) * width + (i % toWidth)];
  return {data: Float32Array.from({length: toWidth * toHeight}, (_, i) => at(i)), width: toWidth, height: toHeight};
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "bandscope-super-resolve-"));
  [lr, hr] = [join(folder, "lr"), join(folder, "hr")];
  for (const path of [lr, hr]) mkdirSync(path);
  if (!hasShared) return;
  await writePair("a1", "brain/brain_ixi007_a", 16, 16);
  await writePair("a2", "cxr/cxr_nih00001323_001", 16, 16);
  await writePair("a10", "brain/brain_ixi007_a", 18, 15);
});
afterAll(() => rmSync(folder, {recursive: true, force: true}));

const latent = (model: string, images: string | string[], out: string, ...more: string[]) =>
  bandscope([
    ...["super-resolve", "--weights", autoencoder, "--generator", model],
    ...["--images", ...[images].flat(), "--out", out, ...more]
  ]);
const bytes = (...path: string[]) => readFileSync(join(...path));
const settingsOf = (out: string) =>
  JSON.parse(readFileSync(join(out, "super-resolve.jsonl"), "utf8").split("\n")[0]).settings;

describe.skipIf(!hasShared)("bandscope super-resolve with a generator", () => {
  it("writes images of four times the sides and their measures, and says what was padded", async () => {
    const out = join(folder, "out");
    const {code, stdout, stderr} = await latent(diffusion, lr, out, "--hr", hr, "--steps", "3");
    expect(stderr).toContain("sampler ddim, 3 steps; engine wasm");
    expect(stderr).toContain("1 image was padded by reflection and cropped back");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^3 of 3 images super-resolved in .*, mean PSNR -?\d+\.\d\d dB\n$/);
    expect(readdirSync(out).sort()).toEqual(
      [...["a1", "a10", "a2"].flatMap((id) => [`${id}.npy`, `${id}.png`]), "measures.csv", "super-resolve.jsonl"].sort()
    );
    expect((await readNpy(join(out, "a10.npy"))).shape).toEqual([60, 72]);
    expect((await readImage(join(out, "a1.png"))).width).toBe(64);
    const rows = readFileSync(join(out, "measures.csv"), "utf8").trim().split("\n");
    expect(rows.slice(1).map((row) => row.split(",")[0])).toEqual(["a1", "a2", "a10"]);
    const measured = psnr(await readImage(join(hr, "a10.png")), await readImage(join(out, "a10.npy")));
    expect(Number(rows[3].split(",")[6])).toBeCloseTo(measured, 9);
    expect(settingsOf(out)).toMatchObject({sampler: "ddim", steps: 3, seed: 1, zlr_init: false});
  });

  it("takes the sampler that the checkpoint was trained for, with twenty steps", async () => {
    for (const [model, sampler] of [
      [diffusion, "ddim"],
      [flow, "euler"]
    ]) {
      const out = join(folder, `default-${sampler}`);
      expect((await latent(model, join(lr, "a1.png"), out)).code).toBe(0);
      expect(settingsOf(out)).toMatchObject({sampler, steps: 20});
    }
  });

  it.each<[SamplerName, "diffusion" | "flow", boolean]>([
    ["ddim", "diffusion", false],
    ["ddpm", "diffusion", false],
    ["published", "diffusion", false],
    ["published", "diffusion", true],
    ["euler", "flow", false],
    ["heun", "flow", false]
  ])(
    "%s is encoder, U-Net and decoder one after another (%s model, from the LR latent: %s)",
    async (sampler, kind, zlrInit) => {
      const model = {diffusion, flow}[kind];
      await startTestEngine("wasm");
      const image = await readImage(join(lr, "a1.png"));
      const before = tf.memory().numTensors;
      const resolver = await openLatent([autoencoder], model, {sampler, steps: 4, zlrInit});
      const [{output, padded}] = await resolver.run([image], 7);
      resolver.dispose();
      expect(tf.memory().numTensors).toBe(before);
      const [vae, {unet, process}] = [loadAutoencoder([autoencoder]), loadStudyGenerator(model)];
      const own = generator(unet, process.kind === "flow" ? process : {...process, zlrInit});
      const expected = tf.tidy(() => {
        const x = tf.tensor4d(Float32Array.from(image.data), [1, 16, 16, 1]);
        const options = {sampler, steps: 4, seed: 7, images: ["a1"], size: [16, 16] as const};
        const z = own.sample(vae.encode(tf.tile(x, [1, 1, 1, 3])), options);
        return tf.clipByValue(tf.mean(vae.decode(z), 3), 0, 1).dataSync();
      });
      vae.dispose();
      own.dispose();
      expect(padded).toBe(false);
      expect([output.width, output.height]).toEqual([64, 64]);
      expect(Math.max(...expected) - Math.min(...expected)).toBeGreaterThan(0.01);
      expect(Math.max(...expected.map((v, i) => Math.abs(v - output.data[i])))).toBeLessThan(1e-5);
    }
  );

  it("gives the same bytes for the same seed, in any order and batch, and others for another", async () => {
    const [one, again, other] = ["seed-one", "seed-again", "seed-other"].map((name) => join(folder, name));
    const files = ["a1", "a2"].map((id) => join(lr, `${id}.png`));
    await latent(flow, files, one, "--steps", "2", "--seed", "2");
    await latent(flow, files.toReversed(), again, "--steps", "2", "--seed", "2", "--batch", "2");
    await latent(flow, files, other, "--steps", "2", "--seed", "3");
    for (const id of ["a1", "a2"]) {
      expect(bytes(one, `${id}.npy`).equals(bytes(again, `${id}.npy`)), id).toBe(true);
      expect(bytes(one, `${id}.npy`).equals(bytes(other, `${id}.npy`)), id).toBe(false);
    }
    const several = join(folder, "several");
    const {stdout} = await latent(flow, files[0], several, "--steps", "2", "--seeds", "3");
    expect(stdout.trim().split("\n")).toHaveLength(3);
    expect(readdirSync(several).sort()).toEqual([1, 2, 3].map((n) => `seed${n}`));
    expect(bytes(several, "seed2", "a1.npy").equals(bytes(one, "a1.npy"))).toBe(true);
    expect(bytes(several, "seed3", "a1.npy").equals(bytes(other, "a1.npy"))).toBe(true);
  });

  it("pads by reflection: the result is the part of what it makes of the padded image", async () => {
    await startTestEngine("wasm");
    const resolver = await openLatent([autoencoder], diffusion, {steps: 2});
    const image = await readImage(join(lr, "a10.png"));
    // 18×15 → 20×16: numpy's reflect
    const reflected = {
      id: "a10",
      width: 20,
      height: 16,
      data: Float32Array.from({length: 320}, (_, i) => {
        const [x, y] = [i % 20, Math.floor(i / 20)];
        return image.data[(y < 15 ? y : 13) * 18 + (x < 18 ? x : 34 - x)];
      })
    };
    const [small] = await resolver.run([image], 1);
    const [large] = await resolver.run([reflected], 1);
    resolver.dispose();
    expect([small.padded, large.padded]).toEqual([true, false]);
    expect(small.output).toEqual(cropped(large.output, 72, 60));
  });

  it("skips what is done, makes again what was lost, and does not mix settings in one folder", async () => {
    const out = join(folder, "again");
    const made = await latent(diffusion, lr, out, "--steps", "2");
    expect(made.code).toBe(0);
    const before = bytes(out, "a2.npy");
    rmSync(join(out, "a2.npy"));
    const {stderr} = await latent(diffusion, lr, out, "--steps", "2");
    expect(stderr).toContain("2 of 3 images were done already");
    expect(bytes(out, "a2.npy").equals(before)).toBe(true);
    const refused = await latent(diffusion, lr, out, "--steps", "3");
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining("already holds super-resolved images with another steps (2 there, 3 now)")
    ]);
    expect((await latent(diffusion, lr, out, "--steps", "3", "--overwrite")).code).toBe(0);
    expect(bytes(out, "a2.npy").equals(before)).toBe(false);
  });

  it("finishes the image at hand on Ctrl-C, and goes on from there", async () => {
    const many = join(folder, "many");
    mkdirSync(many);
    for (let i = 0; i < 12; i++) copyFileSync(join(lr, "a1.png"), join(many, `m${i}.png`));
    const out = join(folder, "interrupted");
    const args = ["super-resolve", "--weights", autoencoder, "--generator", flow, "--images", many, "--out", out];
    const {child, exit} = startBandscope([...args, "--steps", "5"]);
    while (!existsSync(join(out, "m1.npy"))) await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill("SIGINT");
    const {code, stdout} = await exit;
    expect(code).toBe(130);
    const done = Number(stdout.match(/^(\d+) of 12/)?.[1]);
    expect(done).toBeGreaterThanOrEqual(2);
    expect(done).toBeLessThan(12);
    const rest = await bandscope([...args, "--steps", "5"]);
    expect([rest.code, rest.stderr]).toEqual([0, expect.stringContaining(`${done} of 12 images were done already`)]);
  });

  it("starts from the LR latent with --zlr-init, where the seed changes nothing", async () => {
    const out = join(folder, "zlr");
    const {stderr} = await latent(diffusion, join(lr, "a1.png"), out, "--zlr-init", "--steps", "2", "--seeds", "2");
    expect(stderr).toContain("without noise all seeds give the same images");
    expect(bytes(out, "seed1", "a1.npy").equals(bytes(out, "seed2", "a1.npy"))).toBe(true);
    expect(settingsOf(join(out, "seed1"))).toMatchObject({zlr_init: true});
  });

  it("pads to what a U-Net of four levels halves, beyond the autoencoder's factor", async () => {
    const path = join(folder, "four-levels.safetensors");
    const levels = {channels: 32, multipliers: [1, 1, 1, 1], resBlocks: 1, attention: [false, false, false, false]};
    const fresh = initUNet({inputChannels: 6, outputChannels: 3, ...levels}, 1);
    const tensors = [...fresh.tensors.values()].map(({name, shape}) => ({
      name: `model.${name}`,
      shape,
      values: fresh.read(name)
    }));
    const metadata = {...fresh.metadata, hyper_parameters: {timesteps: 100}};
    writeFileSync(path, encodeSafetensors(tensors, {metadata}));
    await startTestEngine("wasm");
    const resolver = await openLatent([autoencoder], path, {steps: 1});
    const data = new Float32Array(12 * 16).fill(0.5);
    const [result] = await resolver.run([{id: "x", width: 12, height: 16, data}], 1);
    resolver.dispose();
    expect(result.padded).toBe(true);
    expect([result.output.width, result.output.height]).toEqual([48, 64]);
  });

  it("makes latents of the size that --latent-size says", async () => {
    const out = join(folder, "sized");
    expect((await latent(flow, join(lr, "a1.png"), out, "--latent-size", "8x12", "--steps", "1")).code).toBe(0);
    expect((await readNpy(join(out, "a1.npy"))).shape).toEqual([32, 48]);
  });
});

describe.skipIf(!hasShared)("bandscope super-resolve with a regression network", () => {
  it("gives the PSNR of PyTorch on a real image, 2 dB above bicubic", async () => {
    const [images, references, out] = ["real-lr", "real-hr", "rlfn"].map((name) => join(folder, name));
    for (const path of [images, references]) mkdirSync(path);
    const whole = await readImage(shared("data/brain/brain_ixi007_a.png"));
    const small = resizeQuantised(whole, 64, 64);
    writeFileSync(join(references, "brain.png"), encodePng8(whole));
    writeFileSync(join(images, "brain.png"), encodePng8(small));
    const args = ["super-resolve", "--baseline", rlfn, "--images", images, "--hr", references, "--out", out];
    const {code, stdout} = await bandscope(args);
    expect(code).toBe(0);
    expect(stdout).toContain("1 of 1 images super-resolved");
    const [, row] = readFileSync(join(out, "measures.csv"), "utf8").split("\n");
    // the reference is that of test/models/baselines
    expect(Number(row.split(",")[6])).toBeCloseTo(27.8106, 3);
    expect(psnr(whole, resize(small, 256, 256))).toBeLessThan(25.8106);
    expect(settingsOf(out)).toEqual({baseline: expect.stringMatching(/^[0-9a-f]{64}$/)});
  });

  it("says how large an image RLFN needs", async () => {
    await startTestEngine("wasm");
    const resolver = await openRegression(rlfn);
    const image = (width: number, height: number) => ({id: "x", width, height, data: new Float32Array(width * height)});
    expect(() => resolver.outputSize(image(20, 14))).toThrow("x is 20×14; rlfn needs sides of at least 15 pixels");
    expect((await resolver.run([image(15, 15)], 1))[0].output.width).toBe(60);
    resolver.dispose();
  });

  it.each(["rfdn_aim_x4", "carn_m", "vdsr"])("%s beats bicubic on a part of a real image", async (name) => {
    await startTestEngine("wasm");
    const whole = await readImage(shared("data/brain/brain_ixi007_a.png"));
    const width = 256;
    const centre = Float32Array.from({length: 96 * 96}, (_, i) => {
      return whole.data[(80 + Math.floor(i / 96)) * width + 80 + (i % 96)];
    });
    const part = {data: centre, width: 96, height: 96};
    const small = {id: "part", ...resizeQuantised(part, 24, 24)};
    const before = tf.memory().numTensors;
    const resolver = await openRegression(shared(`weights/sr/${name}.safetensors`));
    const [{output}] = await resolver.run([small], 1);
    resolver.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(psnr(part, output)).toBeGreaterThan(psnr(part, resize(small, 96, 96)) + 0.5);
  });
});

describe.skipIf(!hasShared)("bandscope super-resolve and bad input", () => {
  const sdVae = () => shared("golden/autoencoder/sd-vae-narrow/diffusion_pytorch_model.safetensors");
  const cases: [string, () => string[], number, RegExp][] = [
    [
      "nothing to run",
      () => [],
      2,
      /--weights and --generator are missing, or --baseline; bandscope super-resolve --help/
    ],
    ["no generator", () => ["--weights", autoencoder], 2, /--generator is missing/],
    ["two kinds of model", () => ["--baseline", rlfn, "--steps", "3"], 2, /--steps does not go with --baseline/],
    [
      "an unknown sampler",
      () => [...both(diffusion), "--sampler", "plms"],
      2,
      /--sampler must be published, ddim.*"plms"/
    ],
    ["seed and seeds", () => [...both(flow), "--seed", "1", "--seeds", "2"], 2, /--seed names one seed/],
    ["a latent size in words", () => [...both(flow), "--latent-size", "big"], 2, /--latent-size must be like 64/],
    ["another latent size", () => [...both(flow), "--latent-size", "10"], 1, /sides that are multiples of 4/],
    [
      "a flow's sampler",
      () => [...both(diffusion), "--sampler", "euler"],
      1,
      /sampler euler does not fit a diffusion model/
    ],
    ["a diffusion's sampler", () => [...both(flow), "--sampler", "ddim"], 1, /sampler ddim does not fit a flow model/],
    ["a flow from the LR latent", () => [...both(flow), "--zlr-init"], 1, /--zlr-init needs a diffusion model/],
    ["too many steps", () => [...both(diffusion), "--steps", "101"], 1, /--steps 101 is more than the 100 time steps/],
    [
      "an autoencoder of other channels",
      () => ["--weights", sdVae(), "--generator", diffusion],
      1,
      /makes latents of 3 channels, but the autoencoder diffusion_pytorch_model has 4/
    ],
    ["an autoencoder as generator", () => both(autoencoder), 1, /holds no generator \(a UNet2DModel\)/],
    ["a generator as baseline", () => ["--baseline", diffusion], 1, /belongs to no network known here/],
    [
      "no HR image",
      () => ["--baseline", rlfn, "--hr", join(hr, "a1.png")],
      1,
      /holds no HR image named a2 .*nor for 1 more/
    ],
    [
      "LR for HR",
      () => ["--baseline", rlfn, "--hr", lr],
      1,
      /a1\.png is 16×16, but what is made of its LR image is 64×64/
    ],
    ["images in --out", () => ["--baseline", rlfn, "--out", lr], 1, /its output would replace it/]
  ];
  const both = (model: string) => ["--weights", autoencoder, "--generator", model];

  it.each(cases)("%s: one sentence, and no image", async (name, args, status, message) => {
    const out = join(folder, `bad ${name}`);
    const before = readdirSync(lr).map((file) => bytes(lr, file).toString("hex"));
    const own = args();
    await startTestEngine("wasm");
    let stderr = "";
    const write = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      stderr += text;
      return true;
    });
    const to = own.includes("--out") ? [] : ["--out", out];
    const engine = ["--engine", "wasm"];
    const code = await main(["super-resolve", "--images", lr, ...to, ...engine, ...own]).finally(() =>
      write.mockRestore()
    );
    expect([code, stderr]).toEqual([status, expect.stringMatching(message)]);
    expect(stderr.match(/^bandscope/gm)).toHaveLength(1);
    expect(existsSync(out) ? readdirSync(out).filter((file) => /\.(png|npy)$/.test(file)) : []).toEqual([]);
    expect(
      readdirSync(lr)
        .filter((file) => file.endsWith(".png"))
        .map((file) => bytes(lr, file).toString("hex"))
    ).toEqual(before);
  });
});
