import * as tf from "@tensorflow/tfjs-core";
import {describe, expect, it} from "vitest";
import {startEngine} from "../../models/engines/index.js";
import {conv2d} from "../../models/ops/index.js";
import {random} from "../../src/measures/random.js";

const usable = async (name: "tfjs-node" | "wasm" | "cpu") => {
  try {
    return await startEngine(name);
  } catch {
    return undefined;
  }
};

function tensor(seed: number, shape: [number, number, number, number]): tf.Tensor4D {
  const generator = random("conv", seed);
  return tf.tensor4d(
    Float32Array.from({length: shape.reduce((a, b) => a * b)}, () => generator.normal()),
    shape
  );
}

describe("the gradients of a convolution", () => {
  for (const name of ["tfjs-node", "wasm"] as const) {
    for (const [stride, padding] of [
      [2, [0, 1, 0, 1]],
      [1, [1, 1, 1, 1]],
      [1, [2, 0, 1, 3]],
      [2, [1, 1, 1, 1]]
    ] as const) {
      it(`on ${name}, stride ${stride}, padding ${padding}, equal finite differences taken on cpu`, async (context) => {
        if (!(await usable(name))) return context.skip();
        const shape: [number, number, number, number] = [2, 6, 8, 3];
        const x = tensor(1, shape);
        const w = tensor(2, [3, 3, 3, 4]);
        const value = (x: tf.Tensor4D, w: tf.Tensor4D) =>
          tf.sum(tf.square(conv2d(x, w, undefined, {stride, padding}))) as tf.Scalar;
        const before = tf.memory().numTensors;
        const [dx, dw] = tf.tidy(() =>
          tf
            .grads(value as never)([x, w])
            .map((g) => g.dataSync().slice())
        );
        expect(tf.memory().numTensors).toBe(before);
        const [xs, ws] = [x, w].map((t) => t.dataSync().slice() as Float32Array);
        await startEngine("cpu");
        const at = (xs: Float32Array, ws: Float32Array) =>
          tf.tidy(() => value(tf.tensor4d(xs, shape), tf.tensor4d(ws, [3, 3, 3, 4])).dataSync()[0]);
        const generator = random("probe", stride);
        for (let k = 0; k < 6; k++) {
          const i = generator.integer(xs.length);
          const j = generator.integer(ws.length);
          // the sum of squares is quadratic in each, so the central difference is exact but for rounding
          const bump = (values: Float32Array, at: number, by: number) => values.map((v, n) => (n === at ? v + by : v));
          expect((at(bump(xs, i, 1), ws) - at(bump(xs, i, -1), ws)) / 2).toBeCloseTo(dx[i], 1);
          expect((at(xs, bump(ws, j, 1)) - at(xs, bump(ws, j, -1))) / 2).toBeCloseTo(dw[j], 1);
        }
      });
    }
  }
});
