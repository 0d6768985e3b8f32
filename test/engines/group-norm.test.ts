import * as tf from "@tensorflow/tfjs-core";
import {describe, expect, it} from "vitest";
import {startEngine} from "../../models/engines/index.js";
import {readManifest} from "../../models/engines/native/folder.js";
import {groupNorm} from "../../models/ops/index.js";
import {largestError} from "./cases.js";
import {random} from "./random.js";

type Shape = [number, number, number, number];

/** The result and its three gradients, on the current engine. */
async function evaluate(shape: Shape, groups: number, activation: "linear" | "silu", mean: number) {
  const before = tf.memory().numTensors;
  const outputs = tf.tidy(() => {
    const x = tf.add(tf.tensor(random(shape, 1), shape), mean) as tf.Tensor4D;
    const [gamma, beta] = [2, 3].map((seed) => tf.tensor1d(random([shape[3]], seed)));
    const dy = tf.tensor(random(shape, 4), shape);
    const f = (...t: tf.Tensor[]) =>
      groupNorm(t[0] as tf.Tensor4D, t[1] as tf.Tensor1D, t[2] as tf.Tensor1D, {groups, epsilon: 1e-5, activation});
    const gradients = tf.grads((...t: tf.Tensor[]) => tf.sum(tf.mul(f(...t), dy)))([x, gamma, beta]);
    return [f(x, gamma, beta), ...gradients];
  });
  const values = await Promise.all(outputs.map((t) => t.data<"float32">()));
  tf.dispose(outputs);
  expect(tf.memory().numTensors).toBe(before);
  return values;
}

const engines = readManifest() ? (["wasm", "tfjs-node"] as const) : (["wasm"] as const);

describe.each(engines)("the group normalisation of %s", (engine) => {
  const cases: [Shape, number, "linear" | "silu", number, number][] = [
    [[1, 8, 8, 32], 32, "silu", 0, 5e-6],
    [[2, 5, 7, 24], 4, "linear", 0, 5e-6],
    [[3, 9, 3, 20], 5, "silu", 1, 5e-6],
    [[1, 1, 1, 8], 2, "silu", 0, 5e-6],
    [[1, 70, 70, 64], 8, "silu", -2, 5e-6],
    // a mean of a thousand deviations costs the cpu's float32 three digits
    [[1, 16, 16, 16], 4, "silu", 300, 1e-3]
  ];

  it.each(cases)(
    "of %j in %d groups (%s, mean %d), and its gradients, equal the composed one's on cpu",
    async (...test) => {
      const [shape, groups, activation, mean, tolerance] = test;
      await startEngine("cpu");
      const expected = await evaluate(shape, groups, activation, mean);
      await startEngine(engine);
      expect(tf.getKernel("GroupNorm", tf.getBackend())).toBeDefined();
      const values = await evaluate(shape, groups, activation, mean);
      for (let i = 0; i < values.length; ++i) expect(largestError(values[i], expected[i])).toBeLessThan(tolerance);
    }
  );

  it("is the same whatever the number of threads does with the pieces", async () => {
    await startEngine(engine);
    const run = async () => Buffer.from((await evaluate([1, 32, 32, 128], 32, "silu", 0))[0].buffer);
    const first = await run();
    for (let i = 0; i < 5; ++i) expect((await run()).equals(first)).toBe(true);
  });
});
