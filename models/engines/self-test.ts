import * as tf from "@tensorflow/tfjs-core";
import {startCpu} from "./cpu.js";
import type {Engine} from "./engine.js";

/** How far an engine is from the `cpu` engine, relative to the largest value. */
export interface SelfTest {
  readonly operation: string;
  readonly error: number;
}

/** Largest error that counts as rounding: float32 sums in another order. */
export const tolerance = 1e-4;

type Operation = () => tf.Tensor[];

const operations: Record<string, Operation> = {
  "3×3 convolution": () => [tf.conv2d(wave([2, 16, 16, 8], 1) as tf.Tensor4D, filter(), 1, "same")],
  "gradients of a convolution": () => {
    const f = (x: tf.Tensor, w: tf.Tensor) =>
      tf.sum(tf.square(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "same")));
    return tf.grads(f)([wave([2, 16, 16, 8], 1), filter()]);
  },
  "gradients of a strided convolution": () => {
    const f = (x: tf.Tensor, w: tf.Tensor) =>
      tf.sum(
        tf.square(
          tf.conv2d(
            tf.pad(x as tf.Tensor4D, [
              [0, 0],
              [0, 1],
              [0, 1],
              [0, 0]
            ]),
            w as tf.Tensor4D,
            2,
            "valid"
          )
        )
      );
    return tf.grads(f)([wave([4, 16, 16, 8], 1), filter()]);
  },
  attention: () => {
    const f = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) => tf.matMul(tf.softmax(tf.matMul(q, k, false, true)), v);
    const inputs = [wave([2, 32, 16], 1), wave([2, 32, 16], 2), wave([2, 32, 16], 3)];
    const loss = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) => tf.sum(tf.square(f(q, k, v)));
    return [f(inputs[0], inputs[1], inputs[2]), ...tf.grads(loss)(inputs)];
  },
  "maximum pooling of negative numbers": () => {
    const x = tf.sub(wave([1, 8, 8, 4], 1), 5);
    return [tf.grad((t) => tf.sum(tf.square(tf.maxPool(t as tf.Tensor4D, 2, 2, "same"))))(x)];
  }
};

/** Runs a few small operations and gradients on the engine and on `cpu`; the engine is the current one afterwards. */
export async function selfTest(engine: Engine): Promise<SelfTest[]> {
  const results: SelfTest[] = [];
  for (const [operation, run] of Object.entries(operations)) {
    await startCpu();
    const expected = await evaluate(run);
    await tf.setBackend(engine.backend);
    const values = await evaluate(run);
    results.push({operation, error: relativeError(values, expected)});
  }
  return results;
}

async function evaluate(run: Operation): Promise<Float32Array[]> {
  const tensors = tf.tidy(run);
  const values = await Promise.all(tensors.map((t) => t.data<"float32">()));
  tf.dispose(tensors);
  return values;
}

function relativeError(values: Float32Array[], expected: Float32Array[]): number {
  let error = 0;
  let scale = 0;
  expected.forEach((e, i) => {
    for (let j = 0; j < e.length; ++j) {
      // written so that NaN counts as an error
      if (!(Math.abs(values[i][j] - e[j]) <= error)) error = Math.abs(values[i][j] - e[j]);
      scale = Math.max(scale, Math.abs(e[j]));
    }
  });
  return error / scale;
}

/** Smooth but irregular values in [-1, 1]. */
function wave(shape: number[], seed: number): tf.Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({length: size}, (_, i) => Math.sin(seed + 12.9898 * i + 0.37 * (i % 7))),
    shape
  );
}

function filter(): tf.Tensor4D {
  return tf.mul(wave([3, 3, 8, 8], 5), 0.1) as tf.Tensor4D;
}
