import * as tf from "@tensorflow/tfjs-core";
import {beforeAll, expect, it} from "vitest";
import {type Engine, type EngineName, startEngine} from "../../models/engines/index.js";
import {random} from "./random.js";

// Each case on the cpu engine, which is plain arithmetic, and on wasm: gradients of sum(f(…)·fixed), and f itself.
export type Case = [inputs: number[][], f: (...inputs: tf.Tensor[]) => tf.Tensor, gradients?: false];

export const conv =
  (stride: number, pad: Parameters<typeof tf.conv2d>[3]) =>
  (x: tf.Tensor, w: tf.Tensor): tf.Tensor =>
    tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad);

export const cases: Record<string, Case> = {
  "a 3×3 convolution, batch 2": [
    [
      [2, 9, 8, 5],
      [3, 3, 5, 7]
    ],
    conv(1, "same")
  ],
  "a 3×3 convolution, batch 4": [
    [
      [4, 9, 8, 5],
      [3, 3, 5, 7]
    ],
    conv(1, "same")
  ],
  "a 1×1 convolution": [
    [
      [3, 9, 8, 5],
      [1, 1, 5, 7]
    ],
    conv(1, "valid")
  ],
  "a convolution of stride 2 padded below and right": [
    [
      [2, 8, 10, 4],
      [3, 3, 4, 6]
    ],
    conv(2, [
      [0, 0],
      [0, 1],
      [0, 1],
      [0, 0]
    ])
  ],
  "a convolution of stride 2 that leaves a row over": [
    [
      [4, 9, 10, 4],
      [2, 2, 4, 6]
    ],
    conv(2, "valid")
  ],
  "a 1×1 convolution of stride 2": [
    [
      [1, 7, 8, 4],
      [1, 1, 4, 6]
    ],
    conv(2, "valid")
  ],
  "a transposed convolution": [
    [
      [2, 5, 6, 4],
      [4, 4, 3, 4]
    ],
    (x, w) => tf.conv2dTranspose(x as tf.Tensor4D, w as tf.Tensor4D, [2, 10, 12, 3], 2, "same")
  ],
  "a depthwise convolution": [
    [
      [2, 6, 6, 4],
      [3, 3, 4, 1]
    ],
    (x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "same")
  ],
  "a matrix product": [
    [
      [11, 6],
      [6, 9]
    ],
    (a, b) => tf.matMul(a, b)
  ],
  "a matrix product with both transposed": [
    [
      [6, 11],
      [9, 6]
    ],
    (a, b) => tf.matMul(a, b, true, true)
  ],
  "a batch of matrix products": [
    [
      [3, 5, 6],
      [3, 7, 6]
    ],
    (a, b) => tf.matMul(a, b, false, true)
  ],
  "a batch times one matrix": [
    [
      [2, 3, 5, 6],
      [1, 1, 6, 4]
    ],
    (a, b) => tf.matMul(a, b),
    false // tfjs has no gradient of a broadcast product
  ],
  "one matrix times a batch": [
    [
      [1, 5, 6],
      [3, 6, 4]
    ],
    (a, b) => tf.matMul(a, b),
    false
  ],
  attention: [
    [
      [2, 20, 8],
      [2, 20, 8],
      [2, 20, 8]
    ],
    (q, k, v) => tf.matMul(tf.softmax(tf.matMul(q, k, false, true)), v)
  ],
  "fused matMul with a transposed matrix, bias and ReLU": [
    [[11, 6], [9, 6], [9]],
    (a, b, bias) =>
      tf.fused.matMul({a: a as tf.Tensor2D, b: b as tf.Tensor2D, transposeB: true, bias, activation: "relu"})
  ],
  "maximum pooling": [[[2, 8, 8, 3]], (x) => tf.maxPool(x as tf.Tensor4D, 2, 2, "same")],
  "maximum pooling of negative numbers": [[[2, 8, 8, 3]], (x) => tf.maxPool(tf.sub(x, 5) as tf.Tensor4D, 2, 2, "same")],
  "a gather": [[[6, 4]], (x) => tf.gather(x, tf.tensor1d([1, 3, 3, 0], "int32"))]
};

/** The values of a case, then its gradients by its inputs. */
export async function evaluate([shapes, f, gradients]: Case): Promise<Float32Array[]> {
  const inputs = shapes.map((shape, i) => tf.tensor(random(shape, i + 1), shape));
  const outputs = tf.tidy(() => {
    const y = f(...inputs);
    if (gradients === false) return [y];
    const weights = tf.tensor(random(y.shape, 9), y.shape);
    return [y, ...tf.grads((...x: tf.Tensor[]) => tf.sum(tf.mul(f(...x), weights)))(inputs)];
  });
  const values = await Promise.all(outputs.map((t) => t.data<"float32">()));
  tf.dispose([inputs, outputs]);
  return values;
}

/** The largest difference, relative to the largest expected value; NaN where the lengths differ. */
export function largestError(values: Float32Array, expected: Float32Array): number {
  if (values.length !== expected.length) return Number.NaN;
  let error = 0;
  let scale = 0;
  for (let i = 0; i < values.length; ++i) {
    // written so that NaN counts as an error
    if (!(Math.abs(values[i] - expected[i]) <= error)) error = Math.abs(values[i] - expected[i]);
    scale = Math.max(scale, Math.abs(expected[i]));
  }
  return error / scale;
}

/** Tests, for a `describe`, that an engine computes every case as `cpu` does; it is the current engine afterwards. */
export function testAgainstCpu(name: EngineName, started: (engine: Engine) => void = () => {}): void {
  const expected: Record<string, Float32Array[]> = {};
  let backend = "";

  beforeAll(async () => {
    await startEngine("cpu");
    for (const [title, test] of Object.entries(cases)) expected[title] = await evaluate(test);
    const engine = await startEngine(name);
    ({backend} = engine);
    started(engine);
  });

  it.each(Object.keys(cases))("computes %s, and its gradients, as the cpu engine does", async (title) => {
    expect(tf.getBackend()).toBe(backend);
    const before = tf.memory().numTensors;
    const values = await evaluate(cases[title]);
    expect(tf.memory().numTensors).toBe(before);
    expect(values.length).toBe(expected[title].length);
    for (let i = 0; i < values.length; ++i) expect(largestError(values[i], expected[title][i])).toBeLessThan(2e-6);
  });
}
