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
  /** Added to the result, whose shape it has. Not with an activation. */
  readonly residual?: tf.Tensor4D;
}

/**
 * A 2-D convolution (cross-correlation) with bias and, where asked, ReLU or a residual in the same pass. Differentiable in
 * all tensors.
 *
 * TensorFlow's `same` padding is not PyTorch's at stride 2 (it pads an even image at the bottom and right only), so
 * anything but the size-keeping case is spelled out. An engine may have the kernel `ConvAdd`, which adds in place; elsewhere
 * what tfjs's own fused convolution lacks is composed.
 * @param x [n, h, w, in]
 * @param weight [kh, kw, in, out]
 * @param bias [out], or [n, out]: one for each image
 */
export function conv2d(
  x: tf.Tensor4D,
  weight: tf.Tensor4D,
  bias?: tf.Tensor1D | tf.Tensor2D,
  {stride = 1, padding, activation = "linear", residual}: Conv2dOptions = {}
): tf.Tensor4D {
  if (residual && activation !== "linear") throw new RangeError("invalid residual: there is an activation");
  const pad = pads(weight, stride, padding);
  const perImage = bias?.shape.length === 2;
  if (bias && tf.getKernel("ConvAdd", tf.getBackend())) {
    const y = convAdd(x, weight, bias, residual, stride, pad);
    return activation === "relu" ? tf.relu(y) : y;
  }
  // for a single image as for many, so that an image's result does not depend on the batch that it is in
  if (bias && perImage) {
    const [n, outputs] = bias.shape as [number, number];
    const plain = tf.fused.conv2d({x, filter: weight, strides: stride, pad});
    const y = tf.add(plain, tf.reshape(bias, [n, 1, 1, outputs])) as tf.Tensor4D;
    return residual ? tf.add(y, residual) : activation === "relu" ? tf.relu(y) : y;
  }
  const y = tf.fused.conv2d({
    x,
    filter: weight,
    strides: stride,
    pad,
    bias: bias as tf.Tensor1D | undefined,
    activation
  });
  return residual ? tf.add(y, residual) : y;
}

function convAdd(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  bias: tf.Tensor1D | tf.Tensor2D,
  residual: tf.Tensor4D | undefined,
  strides: number,
  pad: Pads
): tf.Tensor4D {
  const attributes = {strides, pad, dataFormat: "NHWC", dilations: 1, dimRoundingMode: undefined};
  const given: tf.NamedTensorMap = residual ? {x, filter, bias, residual} : {x, filter, bias};
  const run = tf.customGrad((...args) => {
    const save = args[args.length - 1] as unknown as tf.GradSaveFunc;
    save([x, filter]);
    return {
      value: tf.engine().runKernel("ConvAdd", given, attributes as unknown as tf.NamedAttrMap) as tf.Tensor,
      gradFunc: (dy: tf.Tensor, [x, filter]: tf.Tensor[]) => {
        const back = (kernel: string, inputs: tf.NamedTensorMap, shape: object) =>
          tf.engine().runKernel(kernel, inputs, {...attributes, ...shape} as unknown as tf.NamedAttrMap) as tf.Tensor;
        const gradients = [
          back("Conv2DBackpropInput", {dy, filter}, {inputShape: x.shape}),
          back("Conv2DBackpropFilter", {x, dy}, {filterShape: filter.shape}),
          tf.engine().runKernel("BiasGrad", {dy}, {perImage: bias.shape.length === 2}) as tf.Tensor
        ];
        // a copy of the handle: tfjs disposes the one that it is given
        return residual ? [...gradients, tf.clone(dy)] : gradients;
      }
    };
  });
  return run(...Object.values(given)) as tf.Tensor4D;
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
