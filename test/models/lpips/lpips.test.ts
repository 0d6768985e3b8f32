import * as tf from "@tensorflow/tfjs-core";
import {beforeAll, describe, expect, test} from "vitest";
import {openCheckpoint} from "../../../models/checkpoints/open.js";
import {buildLpips, type Lpips} from "../../../models/lpips/lpips.js";
import {hasShared, shared} from "../../support/shared.js";
import {startTestEngine} from "../support/engine.js";
import {backbone, expected, heads, pair} from "./formula.js";

beforeAll(async () => {
  await startTestEngine();
});

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
