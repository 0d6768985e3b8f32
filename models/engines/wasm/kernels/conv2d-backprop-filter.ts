import * as tf from "@tensorflow/tfjs-core";
import {padOrCrop} from "./conv2d-backprop-input.js";
import type {KernelCall} from "./replace.js";

interface Attributes extends tf.Conv2DBackpropFilterAttrs {
  filterShape: [number, number, number, number];
}

/**
 * Gradient of a convolution by its filter, which the backend lacks. With the roles of batch and channels exchanged it
 * is itself a convolution of x with dy, dilated by the stride. That is fast when the batch (its channels) fills the
 * SIMD lanes; other batches take one matrix product for each tap of the filter.
 */
export function conv2DBackpropFilter({inputs, attrs}: KernelCall<Attributes>): tf.TensorInfo {
  const x = inputs.x as tf.Tensor4D;
  const dy = inputs.dy as tf.Tensor4D;
  const convolution = tf.backend_util.computeConv2DInfo(
    x.shape,
    attrs.filterShape,
    attrs.strides,
    1,
    attrs.pad,
    attrs.dimRoundingMode,
    false,
    tf.backend_util.convertConv2DDataFormat(attrs.dataFormat)
  );
  return tf.tidy(() => {
    const {filterHeight, filterWidth, strideHeight, strideWidth, batchSize} = convolution;
    const pointwise = filterHeight === 1 && filterWidth === 1 && strideHeight === 1 && strideWidth === 1;
    if (pointwise) return tf.reshape(longMatMul(channelsFirst(x), pixels(dy)), attrs.filterShape);
    return batchSize % 4 === 0 ? byConvolution(x, dy, convolution) : byTaps(x, dy, convolution);
  });
}

type Convolution = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

function padForFilter(x: tf.Tensor4D, convolution: Convolution): tf.Tensor4D {
  const {filterHeight, filterWidth, strideHeight, strideWidth, outHeight, outWidth, padInfo} = convolution;
  const height = (outHeight - 1) * strideHeight + filterHeight;
  const width = (outWidth - 1) * strideWidth + filterWidth;
  const bottom = height - x.shape[1] - padInfo.top;
  const right = width - x.shape[2] - padInfo.left;
  return padOrCrop(x, padInfo.top, bottom, padInfo.left, right);
}

function byConvolution(x: tf.Tensor4D, dy: tf.Tensor4D, convolution: Convolution): tf.Tensor {
  const images = tf.transpose(padForFilter(x, convolution), [3, 1, 2, 0]) as tf.Tensor4D;
  const filters = tf.transpose(dy, [1, 2, 0, 3]) as tf.Tensor4D;
  const dilation: [number, number] = [convolution.strideHeight, convolution.strideWidth];
  const taps = tf.conv2d(images, filters, 1, "valid", "NHWC", dilation);
  return tf.transpose(taps, [1, 2, 0, 3]);
}

function byTaps(x: tf.Tensor4D, dy: tf.Tensor4D, convolution: Convolution): tf.Tensor {
  const {filterHeight, filterWidth, strideHeight, strideWidth, batchSize, inChannels, outChannels} = convolution;
  const {outHeight, outWidth} = convolution;
  const images = tf.transpose(padForFilter(x, convolution), [3, 0, 1, 2]) as tf.Tensor4D;
  const dyPixels = pixels(dy);
  const taps: tf.Tensor[] = [];
  for (let i = 0; i < filterHeight; ++i) {
    for (let j = 0; j < filterWidth; ++j) {
      const end = [inChannels, batchSize, i + (outHeight - 1) * strideHeight + 1, j + (outWidth - 1) * strideWidth + 1];
      const tap = tf.tidy(() => {
        const seen =
          strideHeight === 1 && strideWidth === 1
            ? tf.slice(images, [0, 0, i, j], [inChannels, batchSize, outHeight, outWidth])
            : tf.stridedSlice(images, [0, 0, i, j], end, [1, 1, strideHeight, strideWidth]);
        return longMatMul(tf.reshape(seen, [inChannels, batchSize * outHeight * outWidth]), dyPixels);
      });
      taps.push(tap);
    }
  }
  return tf.reshape(tf.stack(taps), [filterHeight, filterWidth, inChannels, outChannels]);
}

function pixels(x: tf.Tensor4D): tf.Tensor2D {
  const [n, h, w, c] = x.shape;
  return tf.reshape(x, [n * h * w, c]);
}

function channelsFirst(x: tf.Tensor4D): tf.Tensor2D {
  return tf.transpose(pixels(x)) as tf.Tensor2D;
}

/** a·b with a very long inner axis, in pieces whose packed panel stays in the cache. */
function longMatMul(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  const [rows, length] = a.shape;
  const columns = b.shape[1];
  const piece = 4096;
  if (length <= 1.5 * piece) return tf.matMul(a, b);
  let sum: tf.Tensor2D | undefined;
  for (let k = 0; k < length; k += piece) {
    const size = Math.min(piece, length - k);
    const previous: tf.Tensor2D | undefined = sum;
    sum = tf.tidy(() => {
      const product = tf.matMul<tf.Tensor2D>(tf.slice(a, [0, k], [rows, size]), tf.slice(b, [k, 0], [size, columns]));
      return previous ? tf.add(previous, product) : product;
    });
    previous?.dispose();
  }
  return sum!;
}
