import * as tf from "@tensorflow/tfjs-core";
import {beforeAll, describe, expect, test} from "vitest";
import type {Checkpoint} from "../../../models/checkpoints/checkpoint.js";
import {openCheckpoint} from "../../../models/checkpoints/open.js";
import {buildLpips, type Lpips} from "../../../models/lpips/lpips.js";
import type {Plane} from "../../../src/measures/image.js";
import {hasShared, shared} from "../../support/shared.js";
import {startTestEngine} from "../support/engine.js";

beforeAll(async () => {
  await startTestEngine();
});

/** Uniform in [−scale, scale) from a linear congruential generator, so that Python could make the same numbers. */
function formula(n: number, scale: number, seed: number): Float32Array {
  const values = new Float32Array(n);
  let state = seed >>> 0;
  for (let i = 0; i < n; i++) {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    values[i] = ((state / 2 ** 32) * 2 - 1) * scale;
  }
  return values;
}

function checkpoint(source: string, tensors: Record<string, {shape: number[]; values: Float32Array}>): Checkpoint {
  return {
    source,
    metadata: {},
    tensors: new Map(Object.entries(tensors).map(([name, {shape}]) => [name, {name, dtype: "F32", shape}])),
    read: (name) => tensors[name].values,
    close() {}
  };
}

const layers = [
  ["features.0", 64, 3, 11],
  ["features.3", 192, 64, 5],
  ["features.6", 384, 192, 3],
  ["features.8", 256, 384, 3],
  ["features.10", 256, 256, 3]
] as const;

function backbone(extra: Record<string, {shape: number[]; values: Float32Array}> = {}): Checkpoint {
  const tensors: Record<string, {shape: number[]; values: Float32Array}> = {...extra};
  layers.forEach(([name, o, c, k], i) => {
    const n = c * k * k;
    tensors[`${name}.weight`] = {shape: [o, c, k, k], values: formula(o * n, Math.sqrt(3 / n), 2 * i + 1)};
    tensors[`${name}.bias`] = {shape: [o], values: formula(o, 0.1, 2 * i + 2)};
  });
  return checkpoint("alexnet.pth", tensors);
}

function heads(): Checkpoint {
  return checkpoint(
    "alex.pth",
    Object.fromEntries(
      layers.map(([, o], i) => [
        `lin${i}.model.1.weight`,
        {shape: [1, o, 1, 1], values: formula(o, 1, 100 + i).map(Math.abs)}
      ])
    )
  );
}

function pair(width: number, height: number): [Plane, Plane] {
  const hr = formula(width * height, 0.5, 7).map((v) => v + 0.5);
  const other = formula(width * height, 0.5, 9);
  const sr = hr.map((v, i) => Math.min(1, Math.max(0, v + 0.2 * other[i])));
  return [
    {data: hr, width, height},
    {data: sr, width, height}
  ];
}

// PyTorch 2.13 on the same weights and images
const expected: [number, number, number, number][] = [
  [64, 64, 0.03570154681801796, 0.00478150462731719],
  [80, 47, 0.034506116062402725, 0.004340384621173143],
  [31, 31, 0.027539033442735672, 0.003230306087061763]
];

async function expectValue(lpips: Lpips, width: number, height: number, value: number): Promise<void> {
  const [hr, sr] = pair(width, height);
  expect(Math.abs((await lpips.distance(hr, sr))! / value - 1)).toBeLessThan(1e-4);
}

test("agrees with PyTorch, whatever the size", async () => {
  const lpips = buildLpips(backbone(), heads());
  for (const [width, height, value] of expected) await expectValue(lpips, width, height, value);
  const [hr] = pair(64, 64);
  expect(await lpips.distance(hr, hr)).toBe(0);
  lpips.dispose();
});

describe.skipIf(!hasShared)("with the published heads", () => {
  test("agrees with PyTorch", async () => {
    const file = openCheckpoint(shared("weights/lpips/lpips_v0.1_alex.pth"));
    const lpips = buildLpips(backbone(), file);
    for (const [width, height, , value] of expected) await expectValue(lpips, width, height, value);
    lpips.dispose();
    file.close();
  });
});

test("leaves no tensor behind", async () => {
  const before = tf.memory().numTensors;
  const lpips = buildLpips(backbone({"classifier.1.weight": {shape: [1], values: new Float32Array(1)}}), heads());
  await lpips.distance(...pair(40, 40));
  lpips.dispose();
  lpips.dispose();
  expect(() => buildLpips(backbone(), backbone())).toThrow(/alexnet.pth: tensor "lin0.model.1.weight" is missing/);
  expect(tf.memory().numTensors).toBe(before);
});

test("small images are absent; other sizes, other weights are refused by name", async () => {
  const lpips = buildLpips(backbone(), heads());
  expect(await lpips.distance(...pair(30, 64))).toBeNull();
  await expect(lpips.distance(pair(64, 64)[0], pair(64, 63)[0])).rejects.toThrow("one size, not 64×64 and 64×63");
  lpips.dispose();
  await expect(lpips.distance(...pair(64, 64))).rejects.toThrow("disposed");
  expect(() => buildLpips(heads(), heads())).toThrow(
    /alex.pth: tensor "features.0.weight" is missing, expected \[64, 3, 11, 11\]/
  );
});
