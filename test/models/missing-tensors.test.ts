import * as tf from "@tensorflow/tfjs-core";
import {beforeAll, describe, expect, it} from "vitest";
import {buildAutoencoder} from "../../models/autoencoders/build.js";
import {openAutoencoder} from "../../models/autoencoders/load.js";
import {buildBaseline} from "../../models/baselines/build.js";
import type {Checkpoint} from "../../models/checkpoints/checkpoint.js";
import {openCheckpoint} from "../../models/checkpoints/open.js";
import {InputError} from "../../models/errors.js";
import {buildUNet} from "../../models/unet/unet.js";
import {hasShared, shared} from "../support/shared.js";
import {checkpointOf, without} from "./support/checkpoints.js";
import {startTestEngine} from "./support/engine.js";

beforeAll(() => startTestEngine("cpu"));

const tiny = (name: string, extension: string) => () =>
  openAutoencoder(["encoder", "decoder"].map((half) => shared(`weights/taesd/${name}_${half}.${extension}`)));
const kl = (path: string) => () => openAutoencoder([shared(`golden/autoencoder/${path}`)]);
const sr = (name: string) => () => openCheckpoint(shared(`weights/sr/${name}.safetensors`));

const models: readonly (readonly [string, () => Checkpoint, (checkpoint: Checkpoint) => {dispose(): void}])[] = [
  ["TAESD", tiny("taesd", "safetensors"), buildAutoencoder],
  ["TAEF2", tiny("taef2", "pth"), buildAutoencoder],
  ["SD-VAE", kl("sd-vae-narrow/diffusion_pytorch_model.safetensors"), buildAutoencoder],
  ["SD-VAE, older names", kl("sd-vae-narrow/diffusion_pytorch_model.legacy-attention.safetensors"), buildAutoencoder],
  ["CompVis", kl("compvis-level-attention/model.ckpt"), buildAutoencoder],
  ["MedVAE", kl("medvae-8x4-lora-narrow/vae.ckpt"), buildAutoencoder],
  ["U-Net", () => openCheckpoint(shared("golden/unet/ddpm-x0-cosine/last.ckpt")), buildUNet],
  ["RLFN", sr("rlfn_ntire_x4"), buildBaseline],
  ["RFDN", sr("rfdn_aim_x4"), buildBaseline],
  ["CARN-M", sr("carn_m"), buildBaseline],
  ["VDSR", sr("vdsr"), buildBaseline]
];

describe.skipIf(!hasShared).each(models)("of %s", (_, open, build) => {
  /** Tensors that belong to something else. */
  const needless = /^alphas$|^upsample\.up[23]\./;

  it("every tensor that is missing is named, and none left in memory", () => {
    const checkpoint = open();
    const keys = [...checkpoint.tensors.keys()].filter((key) => !needless.test(key));
    // zeros will do, and are quick
    const zeros: Checkpoint = {
      ...checkpoint,
      read: (name) => new Float32Array(checkpoint.tensors.get(name)!.shape.reduce((a, b) => a * b, 1))
    };
    const before = tf.memory().numTensors;
    // every fifth reaches each kind of tensor
    for (let i = keys.length % 5; i < keys.length; i += 5) {
      const key = keys[i];
      expect(() => build(without(zeros, (name) => name === key))).toThrow(`tensor ${JSON.stringify(key)} is missing`);
      const {shape} = checkpoint.tensors.get(key)!;
      const wider = checkpointOf({[key]: [shape[0] + 1, ...shape.slice(1)]}, zeros);
      expect(() => build(wider), key).toThrow(InputError);
    }
    expect(tf.memory().numTensors).toBe(before);
    checkpoint.close();
  });

  it("a name with an enormous number is refused at once", () => {
    const checkpoint = open();
    const numbered = [...checkpoint.tensors.keys()].filter((key) => /\d\./.test(key) && !needless.test(key));
    for (const key of [numbered[0], numbered[numbered.length >> 1], numbered.at(-1)!]) {
      for (const number of ["4000000000", "99999999999999999999"]) {
        const hostile = key.replace(/\d+(?=\.)/, number);
        expect(() => build(checkpointOf({[hostile]: [1]}, checkpoint)), hostile).toThrow(InputError);
      }
    }
    checkpoint.close();
  });
});
