import * as tf from "@tensorflow/tfjs-core";
import {convLayer, convParameters, type Parameter, type Weights} from "../ops/index.js";

/**
 * Enhanced spatial attention (RFANet, Liu et al. 2020): a mask from a strongly downsampled view, in RFDN's form with two more
 * convolutions on the pooled features or in RLFN's without.
 */
export interface SpatialAttention {
  readonly name: string;
  readonly channels: number;
  /** Inside the mask's branch. */
  readonly width: number;
  readonly form: "rfdn" | "rlfn";
}

export function spatialAttentionParameters({name, channels, width, form}: SpatialAttention): Parameter[] {
  return [
    ...convParameters(`${name}.conv1`, channels, width, 1),
    ...convParameters(`${name}.conv2`, width, width, 3),
    ...convParameters(`${name}.conv3`, width, width, 3),
    ...(form === "rfdn"
      ? [...convParameters(`${name}.conv_max`, width, width, 3), ...convParameters(`${name}.conv3_`, width, width, 3)]
      : []),
    ...convParameters(`${name}.conv_f`, width, width, 1),
    ...convParameters(`${name}.conv4`, width, channels, 1)
  ];
}

/** Sides from 15 pixels up: the view is halved, then pooled over 7×7. */
export function spatialAttention(weights: Weights, {name, form}: SpatialAttention, x: tf.Tensor4D): tf.Tensor4D {
  const [, height, width] = x.shape;
  const conv = (layer: string, h: tf.Tensor4D, options = {}) => convLayer(weights, `${name}.${layer}`, h, options);
  const narrow = conv("conv1", x);
  const pooled = tf.maxPool(conv("conv2", narrow, {stride: 2, padding: 0}), 7, 3, "valid");
  const view =
    form === "rlfn"
      ? conv("conv3", pooled)
      : conv("conv3_", conv("conv3", conv("conv_max", pooled, {activation: "relu"}), {activation: "relu"}));
  const wide = tf.image.resizeBilinear(view, [height, width], false, true);
  return tf.mul(x, tf.sigmoid(conv("conv4", tf.add<tf.Tensor4D>(wide, conv("conv_f", narrow)))));
}
