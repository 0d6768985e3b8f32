import * as tf from "@tensorflow/tfjs-core";
import {silu} from "./silu.js";

export interface GroupNormOptions {
  /** Must divide the number of channels. */
  readonly groups: number;
  /** Added to the variance: 1e-6 in AutoencoderKL, 1e-5 in UNet2DModel. */
  readonly epsilon: number;
  /** Applied to the result; here so that an engine can do both in one pass. */
  readonly activation?: "linear" | "silu";
}

/**
 * Group normalisation (Wu & He 2018, PyTorch's `GroupNorm`): each image's channels in groups, each group to zero mean
 * and unit (population) variance, then γ and β per channel. Differentiable.
 *
 * An engine may have the kernels `GroupNorm` and `GroupNormGrad`, which do it in one pass; elsewhere it is composed.
 * @param x [n, h, w, c]
 * @param gamma [c]
 * @param beta [c]
 */
export function groupNorm(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  options: GroupNormOptions
): tf.Tensor4D {
  const c = x.shape[3];
  if (c % options.groups !== 0) throw new RangeError(`invalid groups: ${options.groups} do not divide ${c} channels`);
  const fused = tf.getKernel("GroupNorm", tf.getBackend()) !== undefined;
  return fused ? fusedGroupNorm(x, gamma, beta, options) : composedGroupNorm(x, gamma, beta, options);
}

function fusedGroupNorm(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  {groups, epsilon, activation}: GroupNormOptions
): tf.Tensor4D {
  const attributes = {groups, epsilon, silu: activation === "silu"};
  const run = (kernel: string, inputs: tf.NamedTensorMap) =>
    tf.engine().runKernel(kernel, inputs, attributes) as unknown as tf.Tensor[];
  const normalise = tf.customGrad((...args) => {
    const save = args[3] as unknown as tf.GradSaveFunc;
    const [y, mean, rstd] = run("GroupNorm", {x, gamma, beta});
    save([x, gamma, beta, mean, rstd]);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, [x, gamma, beta, mean, rstd]: tf.Tensor[]) =>
        run("GroupNormGrad", {dy, x, gamma, beta, mean, rstd})
    };
  });
  return normalise(x, gamma, beta) as tf.Tensor4D;
}

/**
 * The sums over the pixels are products with a row of ones, which every engine does several times faster than a
 * reduction over an outer axis; the variance is taken of the centred values, so that a large mean costs no digits.
 */
function composedGroupNorm(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  {groups, epsilon, activation = "linear"}: GroupNormOptions
): tf.Tensor4D {
  const [n, h, w, c] = x.shape;
  const pixels = h * w;
  const ones = tf.ones([n, 1, pixels]) as tf.Tensor3D;
  const groupMean = (values: tf.Tensor3D): tf.Tensor3D => {
    const sums = tf.reshape(tf.matMul(ones, values), [n, groups, c / groups]);
    const means = tf.div(tf.sum(sums, 2, true), (pixels * c) / groups);
    return tf.reshape(tf.tile(means, [1, 1, c / groups]), [n, 1, c]);
  };
  const rows = tf.reshape(x, [n, pixels, c]) as tf.Tensor3D;
  const centred = tf.sub(rows, groupMean(rows)) as tf.Tensor3D;
  const variance = groupMean(tf.square(centred));
  const scale = tf.mul(tf.rsqrt(tf.add(variance, epsilon)), gamma);
  const y = tf.reshape(tf.add(tf.mul(centred, scale), beta), x.shape) as tf.Tensor4D;
  return activation === "silu" ? silu(y) : y;
}
