import {readFileSync} from "node:fs";
import {fileURLToPath} from "node:url";
import {describe, expect, it} from "vitest";
import {parseCheckpoint} from "../../models/checkpoints/index.js";
import {InputError} from "../../models/errors.js";
import {hasShared, shared} from "../support/shared.js";
import {
  byteMutations,
  legacyPickleRange,
  type Mutation,
  pickleLies,
  safetensorsLies,
  seededRandom,
  zipPickleRange
} from "./support/mutate.js";
import {rawSafetensors} from "./support/safetensors.js";

// 2,000 a format with `npm run fuzz`
const count = Number(process.env.BANDSCOPE_FUZZ ?? 200);

const fixture = (name: string) =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`../fixtures/checkpoints/${name}`, import.meta.url))));
const reference = (...paths: string[]) =>
  hasShared ? paths.map((path) => new Uint8Array(readFileSync(shared(path)))) : [];

const small = rawSafetensors(
  {
    __metadata__: {format: "pt"},
    a: {dtype: "F32", shape: [2, 3], data_offsets: [0, 24]},
    b: {dtype: "F16", shape: [4], data_offsets: [24, 32]},
    c: {dtype: "I64", shape: [], data_offsets: [32, 40]}
  },
  new Uint8Array(40).fill(60)
);

const formats: Record<string, {files: Uint8Array[]; lies: Mutation}> = {
  safetensors: {
    files: [
      small,
      ...reference(
        "golden/unet/flow-matching/io.safetensors",
        "golden/autoencoder/sd-vae-narrow/diffusion_pytorch_model.fp16.safetensors",
        "golden/autoencoder/sd-vae-narrow/diffusion_pytorch_model.safetensors",
        "weights/taesd/taesd_encoder.safetensors"
      )
    ],
    lies: safetensorsLies
  },
  "PyTorch zip": {
    files: [
      fixture("zip-dtypes.pt"),
      fixture("zip-strides.pt"),
      fixture("zip-protocol4.bin"),
      fixture("lightning.ckpt"),
      fixture("module.pt"),
      ...reference(
        "golden/unet/ddpm-x0-cosine/last.ckpt",
        "golden/autoencoder/kl-f4-narrow/model.ckpt",
        "golden/autoencoder/medvae-4x1-narrow/vae.ckpt",
        "weights/taesd/taef2_encoder.pth"
      )
    ],
    lies: pickleLies(zipPickleRange)
  },
  "PyTorch legacy": {
    files: [
      fixture("legacy-dtypes.pth"),
      fixture("legacy-strides.pth"),
      ...reference("weights/lpips/lpips_v0.1_alex.pth", "weights/sr/carn_m.pth", "weights/sr/vdsr_epoch50.pth")
    ],
    lies: pickleLies(legacyPickleRange)
  }
};

describe.each(Object.entries(formats))("%s: a mutated file", (format, {files, lies}) => {
  const mutations = Object.entries({...byteMutations, "header lies": lies});

  it(`is refused with an InputError or read whole, ${count} times, each in under a second and 1 GiB`, {
    timeout: 20 * 60_000
  }, () => {
    const outcome: Record<string, {refused: number; read: number}> = {};
    let slowest = 0;
    let largest = 0;
    for (let seed = 0; seed < count; seed++) {
      const random = seededRandom(seed);
      const [kind, mutate] = mutations[seed % mutations.length];
      const file = files[Math.floor(random() * files.length)];
      const mutated = mutate(file, random);
      outcome[kind] ??= {refused: 0, read: 0};
      // the processor's time: on a busy machine the clock's says nothing
      const started = process.cpuUsage();
      try {
        const checkpoint = parseCheckpoint(mutated, "mutated");
        for (const [name, {shape}] of checkpoint.tensors) {
          const values = checkpoint.read(name);
          if (values.length !== shape.reduce((a, b) => a * b, 1))
            throw new Error(`${name} has ${values.length} values`);
        }
        JSON.stringify(checkpoint.metadata);
        outcome[kind].read++;
      } catch (error) {
        if (!(error instanceof InputError)) throw new Error(`seed ${seed} (${kind}): ${(error as Error).stack}`);
        // one sentence on one line, fit for a terminal
        expect(error.message.length).toBeLessThan(1000);
        expect(error.message, `seed ${seed}`).not.toMatch(/\p{Cc}/u);
        outcome[kind].refused++;
      }
      const {user, system} = process.cpuUsage(started);
      const elapsed = (user + system) / 1000;
      expect(elapsed, `seed ${seed} (${kind})`).toBeLessThan(1000);
      slowest = Math.max(slowest, elapsed);
      largest = Math.max(largest, process.memoryUsage.rss());
    }
    expect(largest).toBeLessThan(2 ** 30);
    if (count >= 2000)
      process.stdout.write(
        `${format}: ${count} files, slowest ${slowest.toFixed(0)} ms, memory at most ${(largest / 2 ** 20).toFixed(0)} MiB, ${JSON.stringify(outcome)}\n`
      );
    // the mutations bite: most files no longer hold together
    const refused = Object.values(outcome).reduce((sum, {refused}) => sum + refused, 0);
    expect(refused).toBeGreaterThan(count / 4);
  });
});
