import * as tf from "@tensorflow/tfjs-core";

/**
 * x·W + b over the last axis.
 * @param x […, in]
 * @param weight [in, out]: the transpose of PyTorch's
 * @param bias [out]
 */
export function linear<T extends tf.Tensor>(x: T, weight: tf.Tensor2D, bias?: tf.Tensor1D): T {
  const [inputs, outputs] = weight.shape;
  const rows = tf.reshape(x, [-1, inputs]) as tf.Tensor2D;
  const y = tf.matMul(rows, weight);
  return tf.reshape(bias ? tf.add(y, bias) : y, [...x.shape.slice(0, -1), outputs]) as T;
}
