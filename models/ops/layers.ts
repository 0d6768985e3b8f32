import type * as tf from "@tensorflow/tfjs-core";
import {type Conv2dOptions, conv2d} from "./conv2d.js";
import {type GroupNormOptions, groupNorm} from "./groupNorm.js";
import {linear} from "./linear.js";
import type {Weights} from "./parameters.js";

/** `conv2d` with the weights `NAME.weight` and, where there is one, `NAME.bias`. */
export function convLayer(weights: Weights, name: string, x: tf.Tensor4D, options?: Conv2dOptions): tf.Tensor4D {
  return conv2d(
    x,
    weights[`${name}.weight`] as tf.Tensor4D,
    weights[`${name}.bias`] as tf.Tensor1D | undefined,
    options
  );
}

/** `linear` with the weights `NAME.weight` and `NAME.bias`. */
export function linearLayer<T extends tf.Tensor, R extends tf.Tensor = T>(
  weights: Weights,
  name: string,
  x: T,
  residual?: R
): R {
  const weight = weights[`${name}.weight`] as tf.Tensor2D;
  return linear(x, weight, weights[`${name}.bias`] as tf.Tensor1D | undefined, residual);
}

/** `groupNorm` with the weights `NAME.weight` and `NAME.bias`. */
export function normLayer(weights: Weights, name: string, x: tf.Tensor4D, options: GroupNormOptions): tf.Tensor4D {
  return groupNorm(x, weights[`${name}.weight`] as tf.Tensor1D, weights[`${name}.bias`] as tf.Tensor1D, options);
}
