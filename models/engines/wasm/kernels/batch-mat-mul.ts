import * as tf from "@tensorflow/tfjs-core";
import type {KernelCall} from "./replace.js";

/**
 * Matrix products by the backend's fast case, which is one plain product: transposes are carried out, the items of a
 * batch are multiplied one by one, and a right-hand side that all share makes one tall product.
 */
export function batchMatMul(plain: tf.KernelFunc): (call: KernelCall<tf.BatchMatMulAttrs>) => tf.TensorInfo {
  return (call) => {
    const a = call.inputs.a as tf.Tensor;
    const b = call.inputs.b as tf.Tensor;
    const {transposeA, transposeB} = call.attrs;
    const outerA = a.shape.slice(0, -2);
    const outerB = b.shape.slice(0, -2);
    const countA = tf.util.sizeFromShape(outerA);
    const countB = tf.util.sizeFromShape(outerB);
    if (!transposeA && !transposeB && countA === 1 && countB === 1) {
      return plain(call as unknown as Parameters<tf.KernelFunc>[0]) as tf.TensorInfo;
    }
    const outer = tf.broadcast_util.assertAndGetBroadcastShape(outerA, outerB);
    if (countA !== countB && countA !== 1 && countB !== 1) {
      throw new Error(`matMul: no product of batches [${outerA}] and [${outerB}] on wasm`);
    }
    return tf.tidy(() => {
      const left = matrices(a, countA, transposeA);
      const right = matrices(b, countB, transposeB);
      const [, m, k] = left.shape;
      const n = right.shape[2];
      if (countB === 1) {
        const tall = tf.matMul(tf.reshape(left, [countA * m, k]), tf.reshape(right, [k, n]));
        return tf.reshape(tall, [...outer, m, n]);
      }
      const products = Array.from({length: countB}, (_, i) =>
        tf.matMul(item(left, countA === 1 ? 0 : i), item(right, i))
      );
      return tf.reshape(tf.concat(products), [...outer, m, n]);
    });
  };
}

function matrices(x: tf.Tensor, count: number, transpose: boolean): tf.Tensor3D {
  const [rows, columns] = x.shape.slice(-2);
  const stack = tf.reshape(x, [count, rows, columns]) as tf.Tensor3D;
  return transpose ? tf.transpose(stack, [0, 2, 1]) : stack;
}

function item(stack: tf.Tensor3D, i: number): tf.Tensor2D {
  const [count, rows, columns] = stack.shape;
  const one = count === 1 ? stack : tf.slice(stack, [i, 0, 0], [1, rows, columns]);
  return tf.reshape(one, [rows, columns]);
}
