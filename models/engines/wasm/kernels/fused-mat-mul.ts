import * as tf from "@tensorflow/tfjs-core";
import type {KernelCall} from "./replace.js";

/** `fused.matMul` from its parts: the backend's own is wrong for a transposed second matrix with a bias. */
export function fusedMatMul({inputs, attrs}: KernelCall<tf._FusedMatMulAttrs>): tf.TensorInfo {
  const {transposeA, transposeB, activation, leakyreluAlpha} = attrs;
  return tf.tidy(() => {
    const product = tf.matMul(inputs.a as tf.Tensor, inputs.b as tf.Tensor, transposeA, transposeB);
    const shifted = inputs.bias ? tf.add(product, inputs.bias as tf.Tensor) : product;
    switch (activation) {
      case "relu":
        return tf.relu(shifted);
      case "relu6":
        return tf.relu6(shifted);
      case "elu":
        return tf.elu(shifted);
      case "sigmoid":
        return tf.sigmoid(shifted);
      case "prelu":
        return tf.prelu(shifted, inputs.preluActivationWeights as tf.Tensor);
      case "leakyrelu":
        return tf.leakyRelu(shifted, leakyreluAlpha);
      default:
        return shifted;
    }
  });
}
