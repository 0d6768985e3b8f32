import * as tf from "@tensorflow/tfjs-core";

const doubled = tf.customGrad((...inputs) => {
  const x = inputs[0] as tf.Tensor4D;
  return {
    value: tf.image.resizeNearestNeighbor(x, [2 * x.shape[1], 2 * x.shape[2]]),
    // tfjs's own gradient is wrong on the cpu engine for more than one image
    gradFunc: (dy: tf.Tensor) => tf.mul(tf.avgPool(dy as tf.Tensor4D, 2, 2, "valid"), 4)
  };
});

/** Every pixel becomes 2×2 equal ones: [n, h, w, c] → [n, 2h, 2w, c]. Differentiable. */
export function upsampleNearest2x(x: tf.Tensor4D): tf.Tensor4D {
  return doubled(x) as tf.Tensor4D;
}
