import {cpSync, mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import {afterAll, beforeAll, describe, expect, it} from "vitest";
import type {Checkpoint} from "../../../models/checkpoints/checkpoint.js";
import {renameTensors} from "../../../models/checkpoints/index.js";
import {disposeWeights} from "../../../models/ops/index.js";
import {initUNet, type UNetConfig, unetArchitecture, unetCheckpoint, unetVariables} from "../../../models/unet/init.js";
import {loadUNet, openUNet} from "../../../models/unet/load.js";
import {unetForward} from "../../../models/unet/network.js";
import {timeEmbedding} from "../../../models/unet/timeEmbedding.js";
import {buildUNet} from "../../../models/unet/unet.js";
import {hasShared, shared} from "../../support/shared.js";
import {checkpointOf, without} from "../support/checkpoints.js";
import {startTestEngine} from "../support/engine.js";
import {deviation} from "../support/golden.js";
import {smallUNet} from "../support/small.js";

beforeAll(async () => {
  await startTestEngine();
});

describe("timeEmbedding(timesteps, width, options)", () => {
  it("puts cosines first where asked, at frequencies from 1 to near 1/10000", () => {
    const plain = timeEmbedding([0, 3], 4, {flipSinToCos: false, freqShift: 0});
    const close = (values: ArrayLike<number>, expected: number[]) => {
      for (const [i, value] of expected.entries()) expect(values[i]).toBeCloseTo(value, 6);
    };
    close(plain, [0, 0, 1, 1, Math.sin(3), Math.sin(0.03), Math.cos(3), Math.cos(0.03)]);
    close(timeEmbedding([3], 4, {flipSinToCos: true, freqShift: 0}), [
      Math.cos(3),
      Math.cos(0.03),
      Math.sin(3),
      Math.sin(0.03)
    ]);
    close(timeEmbedding([3], 4, {flipSinToCos: false, freqShift: 1}), [
      Math.sin(3),
      Math.sin(0.0003),
      Math.cos(3),
      Math.cos(0.0003)
    ]);
  });
});

const config: UNetConfig = {...smallUNet, headChannels: 4, normGroups: 4};

describe("a fresh U-Net", () => {
  it("goes through a checkpoint unchanged, groups and heads and all", async () => {
    const architecture = unetArchitecture(config);
    const before = tf.memory().numTensors;
    const variables = unetVariables(initUNet(config, 3), architecture);
    const copy = buildUNet(await unetCheckpoint(variables, architecture));
    expect(copy.architecture).toEqual(architecture);
    tf.tidy(() => {
      const x = tf.randomNormal<tf.Rank.R4>([2, 8, 12, 4], 0, 1, "float32", 5);
      const y = copy.predict(x, [3, 70]);
      expect(y.shape).toEqual([2, 8, 12, 2]);
      expect(deviation(unetForward(variables, architecture, x, [3, 70]), y).absolute).toBe(0);
      // each image has its own time
      expect(deviation(copy.predict(x, 3), y).absolute).toBeGreaterThan(1e-3);
      expect(deviation(tf.slice(copy.predict(x, 70), [1, 0, 0, 0]), tf.slice(y, [1, 0, 0, 0])).absolute).toBeLessThan(
        1e-5
      );
    });
    copy.dispose();
    disposeWeights(variables);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("refuses latents of a size or with channels that it can't take", () => {
    const model = buildUNet(initUNet(config, 3));
    const [odd, narrow] = [tf.zeros([1, 7, 8, 4]), tf.zeros([1, 8, 8, 2])] as tf.Tensor4D[];
    expect(() => model.predict(odd, 1)).toThrow("invalid latents: 7×8, whose sides must be multiples of 2");
    expect(() => model.predict(narrow, 1)).toThrow(
      "invalid latents: shape [1,8,8,2] where [n, height, width, 4] was expected"
    );
    expect(() => model.predict(odd, [1, 2])).toThrow("invalid timesteps: 2 for 1 images");
    tf.dispose([odd, narrow]);
    model.dispose();
  });

  it("has a gradient for every weight", () => {
    const architecture = unetArchitecture(config);
    const variables = unetVariables(initUNet(config, 3), architecture);
    tf.tidy(() => {
      const x = tf.randomNormal<tf.Rank.R4>([2, 8, 8, 4], 0, 1, "float32", 5);
      const loss = () => tf.mean(tf.square(unetForward(variables, architecture, x, [3, 70]))) as tf.Scalar;
      const {grads} = tf.variableGrads(loss, Object.values(variables));
      for (const [name, variable] of Object.entries(variables)) {
        const largest = tf.max(tf.abs(grads[variable.name])).dataSync()[0];
        // keys' biases shift all scores of a query alike, which softmax does not see
        if (name.endsWith("to_k.bias")) expect(largest, name).toBeLessThan(1e-6);
        else expect(largest, name).toBeGreaterThan(0);
      }
    });
    disposeWeights(variables);
  });

  it("refuses a config that cannot be", () => {
    expect(() => unetArchitecture({...config, normGroups: 3})).toThrow(/3 groups divide/);
    expect(() => unetArchitecture({...config, attention: [true]})).toThrow(/each of the 2 levels, not to 1/);
  });
});

describe.skipIf(!hasShared)("U-Net checkpoints", () => {
  const study = () => openUNet(shared("golden/unet/ddpm-x0-cosine/last.ckpt"));
  const predictions = (checkpoint: Checkpoint) => {
    const model = buildUNet(checkpoint);
    const values = tf.tidy(() => model.predict(tf.ones([1, 8, 8, 6]), 5).dataSync());
    model.dispose();
    return values;
  };
  const folder = mkdtempSync(join(tmpdir(), "bandscope-unet-"));
  afterAll(() => rmSync(folder, {recursive: true, force: true}));

  it("are the same without the study's prefix, and under the attention's older names", () => {
    const expected = predictions(study());
    const plain = (name: string) => (name === "alphas" ? undefined : name.replace(/^model\./, ""));
    const older: Record<string, string> = {to_q: "query", to_k: "key", to_v: "value", "to_out.0": "proj_attn"};
    expect(predictions(renameTensors(study(), plain))).toEqual(expected);
    expect(
      predictions(renameTensors(study(), (name) => plain(name)?.replace(/to_[qkv]|to_out\.0/, (part) => older[part])))
    ).toEqual(expected);
  });

  it("are read from a folder with its config.json", () => {
    cpSync(shared("golden/unet/ddpm-x0-cosine/last.ckpt"), join(folder, "model.ckpt"));
    const write = (config: unknown) => writeFileSync(join(folder, "config.json"), JSON.stringify(config));
    write({
      attention_head_dim: 16,
      norm_eps: 1e-6,
      down_block_types: ["DownBlock2D", "DownBlock2D", "AttnDownBlock2D"]
    });
    const model = loadUNet(folder);
    expect(model.architecture).toMatchObject({headChannels: 16, epsilon: 1e-6, normGroups: 32});
    model.dispose();
    write({resnet_time_scale_shift: "scale_shift"});
    expect(() => loadUNet(folder)).toThrow(/resnet_time_scale_shift "scale_shift"; only "default" is supported/);
    write({down_block_types: ["SkipDownBlock2D"]});
    expect(() => loadUNet(folder)).toThrow(/block of type SkipDownBlock2D/);
  });

  it("give the moving average where the study kept one and says so", () => {
    const zeros: Record<string, number[]> = {};
    for (const {name, shape} of study().tensors.values()) {
      if (name.startsWith("model.")) zeros[`model_ema.${name.slice(6).replaceAll(".", "")}`] = [...shape];
    }
    const hyper = {...(study().metadata.hyper_parameters as object), use_ema: true};
    const averaged = {...checkpointOf({...zeros, "model_ema.decay": []}, study()), metadata: {hyper_parameters: hyper}};
    expect(Math.max(...predictions(averaged).map(Math.abs))).toBe(0);
    const unused = {...averaged, metadata: {hyper_parameters: {...hyper, use_ema: false}}};
    expect(predictions(unused)).toEqual(predictions(study()));
  });

  it.each([
    "model.down_blocks.1.resnets.0.time_emb_proj.weight",
    "model.up_blocks.2.resnets.1.conv_shortcut.weight",
    "model.mid_block.attentions.0.to_out.0.bias",
    "model.time_embedding.linear_1.weight",
    "model.conv_in.weight"
  ])("without %s are refused by name", (name) => {
    const before = tf.memory().numTensors;
    expect(study().tensors.has(name)).toBe(true);
    expect(() => buildUNet(without(study(), (key) => key === name))).toThrow(
      `tensor ${JSON.stringify(name)} is missing`
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it("of another architecture are refused by name", () => {
    expect(() => loadUNet(shared("golden/autoencoder/kl-f4-narrow/model.ckpt"))).toThrow(
      /tensor "down_blocks\.0\.resnets\.0\.conv1\.weight" is missing, expected in an? UNet2DModel/
    );
  });
});
