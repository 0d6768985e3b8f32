import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import {afterEach, beforeAll, beforeEach, describe, expect, it, vi} from "vitest";
import {main} from "../../loaders/cli/main.js";
import {sha256} from "../../loaders/files.js";
import {importWeights} from "../../loaders/weights/import.js";
import {listImported, readManifest} from "../../loaders/weights/manifest.js";
import {initKl} from "../../models/autoencoders/init.js";
import {openAutoencoder} from "../../models/autoencoders/load.js";
import type {Checkpoint} from "../../models/checkpoints/checkpoint.js";
import {encodeSafetensors} from "../../models/checkpoints/index.js";
import {openCheckpoint} from "../../models/checkpoints/open.js";
import {InputError} from "../../models/errors.js";
import {hasShared, shared} from "../support/shared.js";

let folder: string;
let out: string;

beforeAll(async () => {
  await tf.setBackend("cpu");
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bandscope-import-"));
  out = join(folder, "weights");
});
afterEach(() => rmSync(folder, {recursive: true}));

/** A file of a small autoencoder of ours: 1 image channel, 2 latent channels at f2. */
function smallModel(name = "small.safetensors", seed = 1, change: (values: Float32Array) => void = () => {}): string {
  const fresh = initKl(
    {imageChannels: 1, channels: 8, multipliers: [1, 1], resBlocks: 1, latentChannels: 2, normGroups: 4},
    seed
  );
  const tensors = [...fresh.tensors.values()].map(({name, shape}) => {
    const values = fresh.read(name);
    change(values);
    return {name, shape, values};
  });
  const path = join(folder, name);
  writeFileSync(path, encodeSafetensors(tensors, {metadata: fresh.metadata}));
  return path;
}

function largestDifference(a: Checkpoint, b: Checkpoint, names: Iterable<string>): number {
  let largest = 0;
  for (const name of names) {
    const x = a.read(name);
    const y = b.read(name);
    expect(x.length, name).toBe(y.length);
    // relative, or absolute below float16's smallest normal number
    for (let i = 0; i < x.length; i++) {
      const difference = Math.abs(x[i] - y[i]) / Math.max(Math.abs(y[i]), 2 ** -14);
      if (!(difference <= largest)) largest = difference;
    }
  }
  return largest;
}

describe("importWeights(paths, options)", () => {
  it("writes the very same tensors and metadata, with a manifest that tells all", async () => {
    const path = smallModel();
    const {manifest, kept} = await importWeights([path], {id: "mine", folder: out, licence: "CC0-1.0"});
    expect(kept).toBe(false);
    const bytes = readFileSync(join(out, "mine.safetensors"));
    expect(manifest).toEqual({
      id: "mine",
      task: "autoencoder",
      dialect: "AutoencoderKL, diffusers",
      imageChannels: 1,
      geometry: {channels: 2, factor: 2},
      parameters: expect.any(Number),
      licence: "CC0-1.0",
      file: "mine.safetensors",
      bytes: bytes.length,
      sha256: sha256(bytes),
      dtype: "F32",
      sources: [{file: "small.safetensors", bytes: readFileSync(path).length, sha256: sha256(readFileSync(path))}],
      bandscope: expect.stringMatching(/^\d+\.\d+\.\d+/),
      imported: expect.stringMatching(/^\d{4}-\d\d-\d\dT/)
    });
    expect(readManifest("mine", out)).toEqual(manifest);
    expect(listImported(out)).toEqual([manifest]);
    const before = openCheckpoint(path);
    const after = openCheckpoint(join(out, "mine.safetensors"));
    expect([...after.tensors.keys()].sort()).toEqual([...before.tensors.keys()].sort());
    expect(after.metadata).toEqual(before.metadata);
    expect(largestDifference(after, before, before.tensors.keys())).toBe(0);
    expect(tf.memory().numTensors).toBe(0);
  });

  it("rounds to half precision on demand, and gives the same bytes for the same weights", async () => {
    const path = smallModel();
    const {manifest} = await importWeights([path], {id: "mine", folder: out, dtype: "F16"});
    expect(manifest.dtype).toBe("F16");
    const before = openCheckpoint(path);
    const after = openCheckpoint(join(out, "mine.safetensors"));
    const difference = largestDifference(after, before, before.tensors.keys());
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThanOrEqual(2 ** -11);
    // what was in half precision stays so, bit for bit
    const again = await importWeights([join(out, "mine.safetensors")], {id: "copy", folder: out});
    expect(again.manifest.dtype).toBe("F16");
    expect(again.manifest.sha256).toBe(manifest.sha256);
  });

  it("does nothing when the same was imported before, and replaces others by force only", async () => {
    const path = smallModel();
    const first = await importWeights([path], {id: "mine", folder: out});
    expect(await importWeights([path], {id: "mine", folder: out})).toEqual({manifest: first.manifest, kept: true});
    const other = smallModel("other.safetensors", 2);
    await expect(importWeights([other], {id: "mine", folder: out})).rejects.toThrow(
      new InputError(
        `${join(out, "mine.safetensors")} holds other weights already (F32 from small.safetensors, imported ${first.manifest.imported}); choose another id or replace them with --force`
      )
    );
    const {manifest} = await importWeights([other], {id: "mine", folder: out, force: true});
    expect(manifest.sources[0].file).toBe("other.safetensors");
    rmSync(join(out, "mine.json"));
    await expect(importWeights([other], {id: "mine", folder: out})).rejects.toThrow(/exists and has no manifest/);
  });

  it("never replaces what was trained here, nor takes another JSON file for a manifest", async () => {
    const path = smallModel();
    mkdirSync(out);
    const record = join(out, "mine.json");
    for (const [text, message] of [
      [
        `{"id":"mine","trained":true}`,
        "is the record of weights that were trained here, not imported; choose another id"
      ],
      ["{}", `is not a manifest of imported weights by the id "mine"`],
      ["{", "is not valid JSON"]
    ]) {
      writeFileSync(record, text);
      await expect(importWeights([path], {id: "mine", folder: out, force: true})).rejects.toThrow(
        `${record} ${message}`
      );
      expect(readFileSync(record, "utf8")).toBe(text);
      expect(listImported(out)).toEqual([]);
    }
    expect(readdirSync(out)).toEqual(["mine.json"]);
  });

  it("refuses a known id for another model, an id that is none, and a value that half precision lacks", async () => {
    const path = smallModel();
    await expect(importWeights([path], {id: "sdvae", folder: out})).rejects.toThrow(
      new InputError(
        `${path} is not sdvae (Stable Diffusion's AutoencoderKL, ft-EMA): it holds a model for autoencoder with 2 latent channels at f2 for 1 image channel, expected autoencoder with 4 latent channels at f8 for 3 image channels; import it by another id`
      )
    );
    await expect(importWeights([path], {id: "../x", folder: out})).rejects.toThrow(/^"\.\.\/x" can't be an id/);
    const large = smallModel("large.safetensors", 1, (values) => values.fill(1e6));
    await expect(importWeights([large], {id: "large", folder: out, dtype: "F16"})).rejects.toThrow(
      /has the value 1000000, which is too large for float16 \(±65504\); import it in single precision \(--dtype f32\)$/
    );
    expect(() => readdirSync(out)).toThrow();
  });

  it("names the first tensor of what is no model, and of one that is not whole", async () => {
    const path = join(folder, "x.safetensors");
    writeFileSync(path, encodeSafetensors([{name: "a.b", shape: [1], values: Float32Array.of(1)}]));
    await expect(importWeights([path], {id: "x", folder: out})).rejects.toThrow(
      `${path}: tensor "a.b" belongs to no architecture known here`
    );
    const whole = openCheckpoint(smallModel());
    const tensors = [...whole.tensors.values()]
      .filter(({name}) => name !== "decoder.conv_in.bias")
      .map(({name, shape}) => ({name, shape, values: () => whole.read(name)}));
    writeFileSync(path, encodeSafetensors(tensors, {metadata: whole.metadata}));
    await expect(importWeights([path], {id: "x", folder: out})).rejects.toThrow(
      `${path}: tensor "decoder.conv_in.bias" is missing`
    );
    expect(tf.memory().numTensors).toBe(0);
  });
});

describe("bandscope import", () => {
  it("imports, says what it found, and writes the path", async () => {
    const text: string[] = [];
    const stdout = vi.spyOn(process.stdout, "write").mockImplementation((chunk) => text.push(`out ${chunk}`) > 0);
    const stderr = vi.spyOn(process.stderr, "write").mockImplementation((chunk) => text.push(`err ${chunk}`) > 0);
    try {
      expect(await main(["import", smallModel(), "--id", "mine", "--out", out, "--dtype", "f16"])).toBe(0);
      expect(text.join("")).toMatch(
        /err mine: AutoencoderKL, diffusers, 2 latent channels at f2, [\d,]+ parameters in F16, licence not stated\nout .*mine\.safetensors\n/
      );
      expect(await main(["import", "x.pt"])).toBe(2);
      expect(await main(["import", "x.pt", "--id", "x", "--dtype", "f8"])).toBe(2);
      expect(await main(["import", join(folder, "none.pt"), "--id", "x", "--out", out])).toBe(1);
      expect(text.at(-1)).toBe(`err bandscope import: there is no ${join(folder, "none.pt")}\n`);
    } finally {
      stdout.mockRestore();
      stderr.mockRestore();
    }
  });
});

describe.skipIf(!hasShared)("importWeights of the reference files", () => {
  const cases: [string, string[], string, {channels: number; factor: number} | undefined][] = [
    [
      "a tiny autoencoder's two halves",
      ["weights/taesd/taesd_encoder.safetensors", "weights/taesd/taesd_decoder.safetensors"],
      "tiny autoencoder",
      {channels: 4, factor: 8}
    ],
    [
      "half-precision halves with 32 channels",
      ["weights/taesd/taef2_decoder.pth", "weights/taesd/taef2_encoder.pth"],
      "tiny autoencoder",
      {channels: 32, factor: 8}
    ],
    [
      "a diffusers folder",
      ["golden/autoencoder/sd-vae-narrow/diffusion_pytorch_model.legacy-attention.safetensors"],
      "AutoencoderKL, diffusers (older attention names)",
      {channels: 4, factor: 8}
    ],
    [
      "a CompVis checkpoint with a discriminator",
      ["golden/autoencoder/kl-f4-narrow/model.ckpt"],
      "AutoencoderKL, CompVis",
      {channels: 3, factor: 4}
    ],
    [
      "a MedVAE checkpoint with low-rank updates",
      ["golden/autoencoder/medvae-8x4-lora-narrow/vae.ckpt"],
      "AutoencoderKL, MedVAE",
      {channels: 4, factor: 8}
    ],
    [
      "a study's generator",
      ["golden/unet/ddpm-x0-cosine/last.ckpt"],
      "UNet2DModel, the study's Lightning checkpoint",
      undefined
    ],
    ["a whole pickled module", ["weights/sr/vdsr_epoch50.pth"], "VDSR", undefined],
    ["RLFN", ["weights/sr/rlfn_ntire_x4.pth"], "RLFN", undefined],
    ["RFDN", ["weights/sr/rfdn_aim_x4.pth"], "RFDN", undefined],
    ["CARN-M", ["weights/sr/carn_m.pth"], "CARN-M", undefined]
  ];
  it.each(cases)("keeps every tensor of %s", async (_, files, dialect, geometry) => {
    const paths = files.map(shared);
    const {manifest} = await importWeights(paths, {id: "x", folder: out});
    expect(manifest.dialect).toBe(dialect);
    expect(manifest.geometry).toEqual(geometry);
    const before = openAutoencoder(paths);
    const after = openCheckpoint(join(out, "x.safetensors"));
    const kept = [...before.tensors.keys()].filter((name) => !name.startsWith("loss."));
    expect([...after.tensors.keys()].sort()).toEqual(kept.sort());
    expect(largestDifference(after, before, kept)).toBe(0);
    expect(after.metadata).toEqual(before.metadata);
    // what was imported can be imported again
    const again = await importWeights([join(out, "x.safetensors")], {id: "y", folder: out});
    expect(again.manifest.geometry).toEqual(geometry);
    expect(again.manifest.sha256).toBe(manifest.sha256);
  });
});
