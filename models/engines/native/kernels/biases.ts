import * as tf from "@tensorflow/tfjs-core";
import type {Call, NativeBackend} from "./operation.js";

/**
 * Gives the native engine the kernels `ConvAdd` (a convolution, a bias for all images or one each, and a residual),
 * `LinearAdd` (the same with a product) and `BiasGrad` (the gradient of such a bias), which `models/ops` uses where an engine
 * has them, and a `FusedConv2D` that adds its bias in place: our own operations, in loaders/native/source/biases.h.
 */
export function installBiases(): void {
  const convolve = ({inputs: {x, filter}, attrs, backend}: Call) =>
    tf.getKernel("Conv2D", "tensorflow").kernelFunc({inputs: {x, filter}, attrs, backend}) as tf.Tensor;
  tf.registerKernel({
    kernelName: "ConvAdd",
    backendName: "tensorflow",
    kernelFunc: (call) => {
      const y = convolve(call);
      return addInPlace(call, y, y.shape);
    }
  });
  tf.registerKernel({
    kernelName: "LinearAdd",
    backendName: "tensorflow",
    kernelFunc: (call) => {
      const {inputs, attrs, backend} = call;
      const product = tf.getKernel("BatchMatMul", "tensorflow").kernelFunc({
        inputs: {a: inputs.x, b: inputs.weight},
        attrs: {transposeA: false, transposeB: false},
        backend
      }) as tf.Tensor;
      return addInPlace(call, product, attrs?.shape as number[]);
    }
  });
  tf.registerKernel({
    kernelName: "BiasGrad",
    backendName: "tensorflow",
    kernelFunc: ({inputs, attrs, backend}) => {
      const {binding, executeSingleOutput} = backend as NativeBackend;
      const attributes = [{name: "per_image", type: binding.TF_ATTR_BOOL, value: attrs?.perImage}];
      return executeSingleOutput.call(backend, "BandscopeSumRows", attributes, [inputs.dy as tf.TensorInfo]);
    }
  });
  const fused = tf.getKernel("FusedConv2D", "tensorflow");
  tf.unregisterKernel("FusedConv2D", "tensorflow");
  tf.registerKernel({
    ...fused,
    kernelFunc: (call) => {
      const simple = call.inputs.bias?.shape.length === 1 && call.attrs?.activation === "linear";
      if (!simple) return fused.kernelFunc(call);
      const y = convolve(call);
      return addInPlace(call, y, y.shape);
    }
  });
}

/** y + bias + residual, over y, which nobody else may have: it is disposed. */
function addInPlace({inputs: {bias, residual}, backend}: Call, y: tf.Tensor, shape: number[]): tf.Tensor {
  const {binding, executeSingleOutput} = backend as NativeBackend;
  const attributes = [
    {name: "N", type: binding.TF_ATTR_INT, value: residual ? 1 : 0},
    {name: "shape", type: binding.TF_ATTR_INT, value: shape}
  ];
  const inputs = (residual ? [y, bias, residual] : [y, bias]) as tf.TensorInfo[];
  const sum = executeSingleOutput.call(backend, "BandscopeAddInPlace", attributes, inputs);
  y.dispose();
  return sum;
}
