import type * as tf from "@tensorflow/tfjs-core";

/** tfjs-node's backend, as far as our own operations need it. */
export interface NativeBackend {
  readonly binding: Record<"TF_ATTR_INT" | "TF_ATTR_FLOAT" | "TF_ATTR_BOOL", number>;
  executeSingleOutput(name: string, attributes: object[], inputs: tf.TensorInfo[]): tf.Tensor;
  executeMultipleOutputs(name: string, attributes: object[], inputs: tf.TensorInfo[], outputs: number): tf.Tensor[];
}

/** The call of a kernel, as tfjs hands it on. */
export type Call = Parameters<tf.KernelFunc>[0];
