import * as tf from "@tensorflow/tfjs-core";
import type {NativeBackend} from "./operation.js";

/**
 * Gives the native engine the kernels `Attention` and `AttentionGrad`, which `models/ops/attention.ts` uses for small heads
 * where an engine has them: our own operations, in loaders/native/source/attention.h.
 */
export function installAttention(): void {
  register("Attention", ["q", "k", "v"], 1);
  register("AttentionGrad", ["dy", "q", "k", "v"], 3);
}

function register(kernelName: string, inputNames: readonly string[], outputs: number): void {
  tf.registerKernel({
    kernelName,
    backendName: "tensorflow",
    kernelFunc: ({inputs, attrs, backend}) => {
      const {binding, executeMultipleOutputs} = backend as NativeBackend;
      const attributes = [{name: "heads", type: binding.TF_ATTR_INT, value: attrs?.heads}];
      const given = inputNames.map((name) => inputs[name] as tf.TensorInfo);
      const results = executeMultipleOutputs.call(backend, `Bandscope${kernelName}`, attributes, given, outputs);
      return outputs === 1 ? results[0] : results;
    }
  });
}
