import * as tf from "@tensorflow/tfjs-core";
import type {NativeBackend} from "./operation.js";

/**
 * Gives the native engine the kernels `GroupNorm` and `GroupNormGrad`, which `models/ops/groupNorm.ts` uses where an engine
 * has them: our own operations, in loaders/native/source/group-norm.h.
 */
export function installGroupNorm(): void {
  register("GroupNorm", "BandscopeGroupNorm", ["x", "gamma", "beta"]);
  register("GroupNormGrad", "BandscopeGroupNormGrad", ["dy", "x", "gamma", "beta", "mean", "rstd"]);
}

function register(kernelName: string, operation: string, inputNames: readonly string[]): void {
  tf.registerKernel({
    kernelName,
    backendName: "tensorflow",
    kernelFunc: ({inputs, attrs, backend}) => {
      const {binding, executeMultipleOutputs} = backend as NativeBackend;
      const attributes = [
        {name: "groups", type: binding.TF_ATTR_INT, value: attrs?.groups},
        {name: "epsilon", type: binding.TF_ATTR_FLOAT, value: attrs?.epsilon},
        {name: "silu", type: binding.TF_ATTR_BOOL, value: attrs?.silu}
      ];
      const given = inputNames.map((name) => inputs[name] as tf.TensorInfo);
      return executeMultipleOutputs.call(backend, operation, attributes, given, 3);
    }
  });
}
