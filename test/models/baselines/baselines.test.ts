import * as tf from "@tensorflow/tfjs-core";
import {beforeAll, describe, expect, it} from "vitest";
import {readImage} from "../../../loaders/images/index.js";
import {buildBaseline} from "../../../models/baselines/build.js";
import {knownBaselines} from "../../../models/baselines/known.js";
import {loadBaseline} from "../../../models/baselines/load.js";
import {grouped, shuffled} from "../../../models/baselines/shapes.js";
import {openCheckpoint} from "../../../models/checkpoints/open.js";
import type {Parameter} from "../../../models/ops/index.js";
import {resize8} from "../../../src/measures/resize.js";
import {hasShared, shared} from "../../support/shared.js";
import {checkpointOf, without} from "../support/checkpoints.js";
import {startTestEngine} from "../support/engine.js";
import {greyPsnr} from "../support/reconstruct.js";

const images = ["brain/brain_ixi007_a", "cxr/cxr_nih00001323_001"];

/** PSNR of the images in dB, by the same networks in PyTorch 2.13 on Pillow's 8-bit bicubic 256 → 64 (→ 256). */
const reference = {
  bicubic: [25.6103, 31.8741],
  rlfn_x4: [27.8106, 36.4225],
  rlfn_ntire_x4: [27.7958, 36.2701],
  rfdn_aim_x4: [27.9813, 36.257],
  carn_m: [27.5782, 35.9928],
  vdsr: [27.1018, 34.756]
};

const file = (name: string, extension = "safetensors") => shared(`weights/sr/${name}.${extension}`);

beforeAll(async () => {
  await startTestEngine();
});

async function pair(name: string) {
  const {data} = await readImage(shared(`data/${name}.png`));
  const pixels = Uint8Array.from(data as ArrayLike<number>, (value) => Math.round(value * 255));
  const low = resize8(pixels, {width: 256, height: 256}, {width: 64, height: 64});
  const enlarged = resize8(low, {width: 64, height: 64}, {width: 256, height: 256});
  return {data, low: Float32Array.from(low, (v) => v / 255), enlarged: Float32Array.from(enlarged, (v) => v / 255)};
}

describe.skipIf(!hasShared)("regression baselines", () => {
  it.each([
    ["rlfn_x4", "rlfn", 543740],
    ["rlfn_ntire_x4", "rlfn", 317218],
    ["rfdn_aim_x4", "rfdn", 433448],
    ["carn_m", "carn", 294171],
    ["vdsr", "vdsr", 664704]
  ] as const)(
    "%s sharpens real images as it does in PyTorch, and better than bicubic",
    async (name, kind, parameters) => {
      const before = tf.memory().numTensors;
      const model = loadBaseline(file(name));
      expect(model).toMatchObject({kind, parameters, scale: kind === "vdsr" ? 1 : 4});
      // VDSR works at full size, where an image is 90 GFLOP
      for (const [i, image] of images.entries()) {
        if (kind === "vdsr" && i > 0) continue;
        const {data, low, enlarged} = await pair(image);
        expect(greyPsnr(data, enlarged)).toBeCloseTo(reference.bicubic[i], 3);
        const output = tf.tidy(() => {
          const input = model.scale === 1 ? tf.tensor4d(enlarged, [1, 256, 256, 1]) : tf.tensor4d(low, [1, 64, 64, 1]);
          return tf.mean(model.enlarge(tf.tile(input, [1, 1, 1, model.imageChannels])), 3).dataSync();
        });
        const psnr = greyPsnr(data, output);
        expect(psnr, image).toBeCloseTo(reference[name][i], 3);
        expect(psnr, image).toBeGreaterThan(reference.bicubic[i] + 1);
      }
      model.dispose();
      expect(tf.memory().numTensors).toBe(before);
    },
    300_000
  );

  it.each([
    ["rlfn_ntire_x4", "rlfn_ntire_x4"],
    ["carn_m", "carn_m"],
    ["vdsr_epoch50", "vdsr"]
  ])("%s.pth holds what the safetensors of it hold", (pth, converted) => {
    const [a, b] = [openCheckpoint(file(pth, "pth")), openCheckpoint(file(converted))];
    for (const name of b.tensors.keys())
      expect(Buffer.from(a.read(name).buffer).equals(Buffer.from(b.read(name).buffer)), name).toBe(true);
    a.close();
    b.close();
  });

  it("take sides that are no powers of two", () => {
    for (const name of ["rlfn_ntire_x4", "rfdn_aim_x4", "carn_m"]) {
      const model = loadBaseline(file(name));
      tf.tidy(() => {
        expect(model.enlarge(tf.zeros([2, 17, 23, 3])).shape).toEqual([2, 68, 92, 3]);
      });
      model.dispose();
    }
  });

  it.each([
    ["rlfn_ntire_x4", "block_3.esa.conv_f.bias"],
    ["rfdn_aim_x4", "B2.c2_d.weight"],
    ["carn_m", "b2.b1.body.2.weight"],
    ["vdsr", "residual_layer.7.conv.weight"]
  ])("%s without %s is refused by name", (name, key) => {
    const checkpoint = openCheckpoint(file(name));
    const before = tf.memory().numTensors;
    expect(() => buildBaseline(without(checkpoint, (other) => other === key))).toThrow(
      `tensor ${JSON.stringify(key)} is missing`
    );
    expect(tf.memory().numTensors).toBe(before);
    checkpoint.close();
  });

  it("of another architecture are refused by the first name", () => {
    expect(() => buildBaseline(checkpointOf({"conv_first.weight": [64, 3, 3, 3]}))).toThrow(
      /tensor "conv_first\.weight" belongs to no network known here/
    );
  });
});

describe("knownBaselines", () => {
  it("all have a licence that lets anyone use them", () => {
    for (const {id, licence} of knownBaselines) expect(["MIT", "Apache-2.0"], id).toContain(licence);
    expect(new Set(knownBaselines.map(({id}) => id)).size).toBe(knownBaselines.length);
  });
});

describe("weights for depth-to-space and grouped convolution", () => {
  const conv = (shape: number[]): Parameter => ({name: "w", kind: "conv", shape, fanIn: 1});

  it("order a pixel shuffle's channels as TensorFlow reads them", () => {
    // PyTorch: channel c·4 + 2i + j; TensorFlow: (2i + j)·2 + c
    const {combine} = shuffled(conv([8, 1, 1, 1]), "w", 2);
    expect([...combine!([Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7)])]).toEqual([0, 4, 1, 5, 2, 6, 3, 7]);
  });

  it("put each group on the diagonal", () => {
    const {combine} = grouped(conv([4, 4, 1, 1]), "w", [4, 2, 1, 1]);
    expect([...combine!([Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8)])]).toEqual([
      1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 5, 6, 0, 0, 7, 8
    ]);
  });
});
