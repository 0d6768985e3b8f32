import * as tf from "@tensorflow/tfjs-core";
import type {NativeBackend} from "./operation.js";

/**
 * Gives the native engine the kernels `AdamW`, `Blend` and `SquareSum`, which `models/training/adamw.ts` uses where an engine
 * has them: each does all of a network's tensors in one call. Our own operations, in loaders/native/source/optimizer.h.
 */
export function installOptimizer(): void {
  register("AdamW", 3);
  register("Blend", 1);
  register("SquareSum", 0);
}

/** Inputs are taken in the order in which they stand; `count` is how many tensors a list has. */
function register(kernelName: string, lists: number): void {
  tf.registerKernel({
    kernelName,
    backendName: "tensorflow",
    kernelFunc: ({inputs, attrs, backend}) => {
      const {binding, executeMultipleOutputs} = backend as NativeBackend;
      const count = attrs?.count as number;
      const attributes = [{name: "N", type: binding.TF_ATTR_INT, value: count}];
      const outputs = lists === 0 ? 1 : lists * count;
      const given = Object.values(inputs) as tf.TensorInfo[];
      return executeMultipleOutputs.call(backend, `Bandscope${kernelName}`, attributes, given, outputs);
    }
  });
}
