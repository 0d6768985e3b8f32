import * as tf from "@tensorflow/tfjs-core";

/**
 * x·W + b over the last axis, and a residual on top where there is one. Differentiable in all four.
 *
 * An engine may have the kernel `LinearAdd`, which adds in place; elsewhere it is composed.
 * @param x […, in]
 * @param weight [in, out]: the transpose of PyTorch's
 * @param bias [out]
 * @param residual as many values as the product, whose shape the result then has
 */
export function linear<T extends tf.Tensor, R extends tf.Tensor = T>(
  x: T,
  weight: tf.Tensor2D,
  bias?: tf.Tensor1D,
  residual?: R
): R {
  const [inputs, outputs] = weight.shape;
  const shape: number[] = residual?.shape ?? [...x.shape.slice(0, -1), outputs];
  const rows = (x.shape.length === 2 ? x : tf.reshape(x, [-1, inputs])) as tf.Tensor2D;
  if (bias && tf.getKernel("LinearAdd", tf.getBackend())) return fused(rows, weight, bias, residual, shape) as R;
  const product = tf.matMul(rows, weight);
  const y = tf.reshape(bias ? tf.add(product, bias) : product, shape);
  return (residual ? tf.add(residual, y) : y) as R;
}

function fused(
  x: tf.Tensor2D,
  weight: tf.Tensor2D,
  bias: tf.Tensor1D,
  residual: tf.Tensor | undefined,
  shape: number[]
): tf.Tensor {
  const given: tf.NamedTensorMap = residual ? {x, weight, bias, residual} : {x, weight, bias};
  const run = tf.customGrad((...args) => {
    const save = args[args.length - 1] as unknown as tf.GradSaveFunc;
    save([x, weight]);
    return {
      value: tf.engine().runKernel("LinearAdd", given, {shape}) as tf.Tensor,
      gradFunc: (dy: tf.Tensor, [x, weight]: tf.Tensor[]) => {
        const rows = (dy.shape.length === 2 ? dy : tf.reshape(dy, [-1, bias.shape[0]])) as tf.Tensor2D;
        const product = (a: tf.Tensor, b: tf.Tensor, transposeA: boolean) =>
          tf.engine().runKernel("BatchMatMul", {a, b}, {transposeA, transposeB: !transposeA}) as tf.Tensor;
        const gradients = [
          product(rows, weight, false),
          product(x, rows, true),
          tf.engine().runKernel("BiasGrad", {dy}, {perImage: false}) as tf.Tensor
        ];
        // a copy of the handle: tfjs disposes the one that it is given
        return residual ? [...gradients, tf.clone(dy)] : gradients;
      }
    };
  });
  return run(...Object.values(given));
}
