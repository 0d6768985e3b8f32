import * as tf from "@tensorflow/tfjs-core";
import {beforeAll, describe, expect, it} from "vitest";
import {geometryOf} from "../../../models/autoencoders/build.js";
import type {KlAutoencoder} from "../../../models/autoencoders/kl.js";
import {buildKl} from "../../../models/autoencoders/kl.js";
import {klDialect} from "../../../models/autoencoders/klDialects.js";
import {loadAutoencoder, openAutoencoder} from "../../../models/autoencoders/load.js";
import {hasShared, shared} from "../../support/shared.js";
import {checkpointOf, without} from "../support/checkpoints.js";
import {startTestEngine} from "../support/engine.js";
import {deviation} from "../support/golden.js";

const golden = (path: string) => shared(`golden/autoencoder/${path}`);

beforeAll(async () => {
  await startTestEngine();
});

describe.skipIf(!hasShared)("an AutoencoderKL", () => {
  it.each([
    ["sd-vae-narrow/diffusion_pytorch_model.safetensors", "diffusers", 4, 8, 1399879],
    [
      "sd-vae-narrow/diffusion_pytorch_model.legacy-attention.safetensors",
      "diffusers (older attention names)",
      4,
      8,
      1399879
    ],
    ["kl-f4-narrow/model.ckpt", "CompVis", 3, 4, 1286495],
    ["medvae-8x4-lora-narrow/vae.ckpt", "MedVAE", 4, 8, undefined],
    // without a projection and low-rank updates there is nothing to tell it from CompVis' own
    ["medvae-4x4-nods-narrow/vae.ckpt", "CompVis", 4, 4, 954309]
  ])("%s is %s with %d channels at f%d", (path, dialect, channels, factor, parameters) => {
    const checkpoint = openAutoencoder([golden(path)]);
    expect(klDialect(checkpoint)).toBe(dialect);
    const model = buildKl(checkpoint);
    expect(model.geometry).toEqual({channels, factor});
    expect(geometryOf(checkpoint)).toEqual({channels, factor});
    if (parameters) expect(model.parameters).toBe(parameters);
    model.dispose();
    checkpoint.close();
  });

  it("in half precision is the same to half precision", () => {
    const full = openAutoencoder([golden("sd-vae-narrow/diffusion_pytorch_model.safetensors")]);
    const rounded = openAutoencoder([golden("sd-vae-narrow/diffusion_pytorch_model.fp16.safetensors")]);
    expect([...rounded.tensors.keys()].sort()).toEqual([...full.tensors.keys()].sort());
    for (const name of full.tensors.keys()) {
      const exact = full.read(name);
      const off = rounded
        .read(name)
        .findIndex((value, i) => Math.abs(value - exact[i]) > Math.abs(exact[i]) / 2048 + 1e-7);
      expect(off, name).toBe(-1);
    }
    const [a, b] = [buildKl(full), buildKl(rounded)];
    tf.tidy(() => {
      const x = tf.randomUniform<tf.Rank.R4>([1, 32, 32, 3], 0, 1, "float32", 1);
      const {relative} = deviation(b.encode(x), a.encode(x));
      expect(relative).toBeGreaterThan(0);
      expect(relative).toBeLessThan(5e-3);
    });
    a.dispose();
    b.dispose();
    full.close();
    rounded.close();
  });

  it("is found in a folder, with the scaling factor of its config.json", () => {
    const model = loadAutoencoder([golden("sd-vae-narrow")]) as KlAutoencoder;
    expect(model.scalingFactor).toBe(0.18215);
    expect(model.project).toBeUndefined();
    model.dispose();
  });
});

describe.skipIf(!hasShared)("a sample of the posterior", () => {
  it("is the same for the same seed, another for another, and spreads as the log-variance says", () => {
    const model = loadAutoencoder([golden("medvae-4x1-narrow/vae.ckpt")]) as KlAutoencoder;
    tf.tidy(() => {
      const x = tf.randomUniform<tf.Rank.R4>([2, 64, 64, 1], 0, 1, "float32", 3);
      const {mean, logvar} = model.moments(x);
      const a = model.sample(x, 1).dataSync();
      expect(model.sample(x, 1).dataSync()).toEqual(a);
      expect(model.sample(x, 2).dataSync()).not.toEqual(a);
      const second = tf.slice(x, [1, 0, 0, 0], [1, 64, 64, 1]);
      const [alone, both] = [model.sample(second, 1, ["b"]), model.sample(x, 1, ["a", "b"])];
      expect(deviation(alone, tf.slice(both, [1, 0, 0, 0])).relative).toBeLessThan(1e-5);
      expect(() => model.sample(x, 1, ["a"])).toThrow(/invalid ids: 1 for 2 images/);
      const standard = tf.div(tf.sub(model.sample(x, 5), mean), tf.exp(tf.div(logvar, 2)));
      const {mean: m, variance: v} = tf.moments(standard);
      // 512 values: five standard errors
      expect(Math.abs(m.dataSync()[0])).toBeLessThan(5 / Math.sqrt(512));
      expect(Math.abs(v.dataSync()[0] - 1)).toBeLessThan(5 * Math.sqrt(2 / 512));
    });
    model.dispose();
  });
});

describe.skipIf(!hasShared)("weights of an AutoencoderKL that do not fit", () => {
  const diffusers = () => openAutoencoder([golden("sd-vae-narrow/diffusion_pytorch_model.safetensors")]);
  const compvis = () => openAutoencoder([golden("kl-f4-narrow/model.ckpt")]);
  const medvae = () => openAutoencoder([golden("medvae-4x3-lora-narrow/vae.ckpt")]);

  it.each([
    [diffusers, "encoder.down_blocks.1.resnets.0.conv1.weight"],
    [diffusers, "decoder.up_blocks.2.resnets.0.conv_shortcut.bias"],
    [diffusers, "encoder.mid_block.attentions.0.to_q.weight"],
    [diffusers, "quant_conv.bias"],
    [diffusers, "encoder.conv_in.weight"],
    [compvis, "encoder.down.1.block.1.norm2.weight"],
    [compvis, "decoder.mid.attn_1.proj_out.bias"],
    [compvis, "decoder.up.0.block.2.conv2.weight"],
    [medvae, "encoder.mid.attn_1.q.lora_up.weight"],
    [medvae, "encoder.mid.attn_1.q.lora_down.weight"],
    [medvae, "encoder.down.0.block.0.conv1.conv.weight"],
    [medvae, "channel_proj.weight"]
  ])("%o: without %s are refused by name", (open, name) => {
    const checkpoint = open();
    expect(checkpoint.tensors.has(name)).toBe(true);
    const before = tf.memory().numTensors;
    expect(() => buildKl(without(checkpoint, (key) => key === name))).toThrow(
      `tensor ${JSON.stringify(name)} is missing`
    );
    expect(tf.memory().numTensors).toBe(before);
    checkpoint.close();
  });

  it("with a tensor too many, of another shape or type are refused by name", () => {
    expect(() => buildKl(checkpointOf({"encoder.extra.weight": [4]}, diffusers()))).toThrow(
      /"encoder\.extra\.weight" .*is extra/
    );
    expect(() => buildKl(checkpointOf({"decoder.conv_out.weight": [3, 16, 3, 3]}, diffusers()))).toThrow(
      /"decoder\.conv_out\.weight" has shape \[3, 16, 3, 3\], expected \[3, 32, 3, 3\]/
    );
    expect(() => buildKl(checkpointOf({"decoder.conv_out.bias": [3]}, diffusers(), "I64"))).toThrow(
      /"decoder\.conv_out\.bias" has dtype I64/
    );
  });

  it("whose channels the groups do not divide are refused", () => {
    const odd = {...diffusers(), metadata: {norm_num_groups: "24"}};
    expect(() => buildKl(odd)).toThrow(
      /tensor "encoder\.down_blocks\.0\.resnets\.0\.conv1\.weight" has 32 outputs, expected a multiple of the 24/
    );
  });
});
