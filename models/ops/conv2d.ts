import * as tf from "@tensorflow/tfjs-core";

export interface Conv2dOptions {
  /** Defaults to 1. */
  readonly stride?: number;
  /**
   * Zeros around the image as PyTorch counts them: the same number on every side, or [top, bottom, left, right].
   * Defaults to half of the filter, which keeps the size at stride 1.
   */
  readonly padding?: number | readonly [top: number, bottom: number, left: number, right: number];
  readonly activation?: "linear" | "relu";
}

/**
 * A 2-D convolution (cross-correlation) with bias and, where asked, ReLU in the same pass. Differentiable in all three
 * tensors.
 *
 * TensorFlow's `same` padding is not PyTorch's at stride 2 (it pads an even image at the bottom and right only), so
 * anything but the size-keeping case is spelled out.
 * @param x [n, h, w, in]
 * @param weight [kh, kw, in, out]
 * @param bias [out]
 */
export function conv2d(
  x: tf.Tensor4D,
  weight: tf.Tensor4D,
  bias?: tf.Tensor1D,
  {stride = 1, padding, activation = "linear"}: Conv2dOptions = {}
): tf.Tensor4D {
  return tf.fused.conv2d({x, filter: weight, strides: stride, pad: pads(weight, stride, padding), bias, activation});
}

type Pads = "same" | "valid" | [[number, number], [number, number], [number, number], [number, number]];

function pads(weight: tf.Tensor4D, stride: number, padding: Conv2dOptions["padding"]): Pads {
  const [height, width] = weight.shape;
  const [top, bottom, left, right] =
    padding === undefined
      ? [height >> 1, height >> 1, width >> 1, width >> 1]
      : typeof padding === "number"
        ? [padding, padding, padding, padding]
        : padding;
  if (top + bottom + left + right === 0) return "valid";
  const keepsSize = top === bottom && left === right && height === 2 * top + 1 && width === 2 * left + 1;
  if (stride === 1 && keepsSize) return "same";
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0]
  ];
}
