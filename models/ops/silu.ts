import * as tf from "@tensorflow/tfjs-core";

/** x·σ(x), the "sigmoid linear unit" or swish. */
export function silu<T extends tf.Tensor>(x: T): T {
  return tf.mul(x, tf.sigmoid(x));
}
