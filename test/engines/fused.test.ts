import * as tf from "@tensorflow/tfjs-core";
import {describe, expect, it} from "vitest";
import {startEngine} from "../../models/engines/index.js";
import {readManifest} from "../../models/engines/native/folder.js";
import {attention, conv2d, linear} from "../../models/ops/index.js";
import {AdamW, moveAverages, squareSum} from "../../models/training/adamw.js";
import {largestError} from "./cases.js";
import {random} from "./random.js";

type Work = (...inputs: tf.Tensor[]) => tf.Tensor;

/** The result and the gradients by all inputs, on the current engine. */
async function evaluate(shapes: readonly number[][], work: Work): Promise<Float32Array[]> {
  const before = tf.memory().numTensors;
  const outputs = tf.tidy(() => {
    const inputs = shapes.map((shape, i) => tf.tensor(random(shape, i), shape));
    const y = work(...inputs);
    const dy = tf.tensor(random(y.shape, 99), y.shape);
    const gradients = tf.grads((...t: tf.Tensor[]) => tf.sum(tf.mul(work(...t), dy)))(inputs);
    return [y, ...gradients];
  });
  const values = await Promise.all(outputs.map((t) => t.data<"float32">()));
  expect(tf.memory().numTensors - outputs.length).toBe(before);
  tf.dispose(outputs);
  return values;
}

const conv =
  (options: Parameters<typeof conv2d>[3] = {}): Work =>
  (x, weight, bias, residual) =>
    conv2d(x as tf.Tensor4D, weight as tf.Tensor4D, bias as tf.Tensor1D, {
      ...options,
      ...(residual ? {residual: residual as tf.Tensor4D} : {})
    });

const attend =
  (heads: number): Work =>
  (q, k, v) =>
    attention(q as tf.Tensor3D, k as tf.Tensor3D, v as tf.Tensor3D, heads);

const multiply: Work = (x, weight, bias, residual) =>
  linear(x, weight as tf.Tensor2D, bias as tf.Tensor1D, residual as tf.Tensor | undefined);

const works: Record<string, [number[][], Work]> = {
  "a convolution with a residual": [[[2, 6, 5, 8], [3, 3, 8, 12], [12], [2, 6, 5, 12]], conv()],
  "a convolution with a bias for each image": [
    [
      [3, 6, 6, 4],
      [3, 3, 4, 16],
      [3, 16]
    ],
    conv()
  ],
  "a convolution with the bias of one image": [
    [
      [1, 6, 6, 4],
      [3, 3, 4, 16],
      [1, 16]
    ],
    conv()
  ],
  "a convolution with a bias for each image, and ReLU": [
    [
      [2, 6, 6, 4],
      [3, 3, 4, 16],
      [2, 16]
    ],
    conv({activation: "relu"})
  ],
  "a strided convolution with a bias for each image and a residual": [
    [
      [2, 8, 8, 4],
      [3, 3, 4, 5],
      [2, 5],
      [2, 4, 4, 5]
    ],
    conv({stride: 2, padding: [0, 1, 0, 1]})
  ],
  "a convolution to three channels": [[[1, 9, 9, 8], [3, 3, 8, 3], [3]], conv()],
  "a convolution large enough for many pieces": [[[1, 70, 70, 8], [1, 1, 8, 32], [32], [1, 70, 70, 32]], conv()],
  "a convolution whose residual is its input": [
    [[2, 6, 6, 8], [3, 3, 8, 8], [8]],
    (x, weight, bias) =>
      conv2d(x as tf.Tensor4D, weight as tf.Tensor4D, bias as tf.Tensor1D, {residual: x as tf.Tensor4D})
  ],
  "a linear map": [[[4, 6], [6, 9], [9]], multiply],
  "a linear map of three axes": [[[2, 5, 6], [6, 9], [9]], multiply],
  "a linear map with a residual of another shape": [[[2, 12, 6], [6, 9], [9], [2, 3, 4, 9]], multiply],
  "attention with heads of 8": [
    [
      [2, 64, 32],
      [2, 64, 32],
      [2, 64, 32]
    ],
    attend(4)
  ],
  "attention over a memory of another length": [
    [
      [1, 7, 24],
      [1, 37, 24],
      [1, 37, 24]
    ],
    attend(3)
  ],
  "attention of one query to three keys": [
    [
      [1, 1, 6],
      [1, 3, 6],
      [1, 3, 6]
    ],
    attend(2)
  ],
  "attention with a wide head": [
    [
      [1, 20, 48],
      [1, 20, 48],
      [1, 20, 48]
    ],
    attend(1)
  ]
};

const engines = readManifest() ? (["wasm", "tfjs-node"] as const) : (["wasm"] as const);

describe.each(engines)("the fused operations of %s", (engine) => {
  it.each(Object.entries(works))(
    "compute %s, and its gradients, as the composed ones do",
    async (_, [shapes, work]) => {
      await startEngine("cpu");
      const expected = await evaluate(shapes, work);
      await startEngine(engine);
      const values = await evaluate(shapes, work);
      expect(values.length).toBe(expected.length);
      for (let i = 0; i < values.length; ++i) expect(largestError(values[i], expected[i])).toBeLessThan(5e-6);
    }
  );

  it("take large scores without overflow", async () => {
    await startEngine(engine);
    const work: Work = (q, k, v) =>
      attention(tf.mul(q, 300) as tf.Tensor3D, tf.mul(k, 300) as tf.Tensor3D, v as tf.Tensor3D, 2);
    const shape = [1, 20, 16];
    for (const values of await evaluate([shape, shape, shape], work)) {
      expect(values.every(Number.isFinite)).toBe(true);
    }
  });

  it("leave their inputs as they were", async () => {
    await startEngine(engine);
    const x = tf.tensor(random([1, 6, 6, 8], 1), [1, 6, 6, 8]) as tf.Tensor4D;
    const values = x.dataSync().slice();
    tf.tidy(() => {
      const weight = tf.tensor(random([1, 1, 8, 8], 2), [1, 1, 8, 8]) as tf.Tensor4D;
      const bias = tf.ones([8]) as tf.Tensor1D;
      conv2d(x, weight, bias, {residual: x});
      linear(x, tf.reshape(weight, [8, 8]), bias, x);
    });
    expect(x.dataSync()).toEqual(values);
    x.dispose();
  });

  it("optimise all tensors as they do one by one", async () => {
    const run = () => {
      const before = tf.memory().numTensors;
      const shapes: Record<string, number[]> = {a: [3, 5], b: [70, 300], c: [1]};
      const variables = Object.fromEntries(
        Object.entries(shapes).map(([name, shape], i) => [name, tf.variable(tf.tensor(random(shape, i), shape))])
      );
      const averages = Object.fromEntries(
        Object.entries(variables).map(([name, value]) => [name, tf.tidy(() => tf.variable(tf.clone(value), false))])
      );
      const optimizer = new AdamW({weightDecay: 0.1});
      const norms: number[] = [];
      for (let step = 0; step < 4; step++) {
        tf.tidy(() => {
          const gradients = Object.fromEntries(
            Object.entries(shapes).map(([name, shape], i) => [name, tf.tensor(random(shape, 10 * step + i), shape)])
          );
          norms.push(Math.sqrt(squareSum(Object.values(gradients)).dataSync()[0]));
          optimizer.step(variables, gradients, 0.01, step === 0 ? 1 : 0.3);
          moveAverages(averages, variables, 0.9);
        });
      }
      const values = [...Object.values(variables), ...Object.values(averages), ...Object.values(optimizer.state())].map(
        (t) => t.dataSync<"float32">().slice()
      );
      optimizer.dispose();
      tf.dispose([variables, averages]);
      // the tensors that variables are made from are the caller's
      expect(tf.memory().numTensors - before).toBe(Object.keys(shapes).length);
      return [...values, Float32Array.from(norms)];
    };
    await startEngine("cpu");
    const expected = run();
    await startEngine(engine);
    const values = run();
    expect(values.length).toBe(13);
    for (let i = 0; i < values.length; ++i) expect(largestError(values[i], expected[i])).toBeLessThan(2e-6);
  });
});

describe.skipIf(!readManifest())("the native engine's own operations", () => {
  it.each([
    "GroupNorm",
    "GroupNormGrad",
    "ConvAdd",
    "LinearAdd",
    "Attention",
    "AttentionGrad",
    "AdamW",
    "Blend",
    "SquareSum"
  ])("have %s", async (name) => {
    await startEngine("tfjs-node");
    expect(tf.getKernel(name, "tensorflow")).toBeDefined();
  });
});
