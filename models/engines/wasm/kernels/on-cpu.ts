import * as tf from "@tensorflow/tfjs-core";
import type {KernelCall} from "./replace.js";

interface CpuBackend {
  write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object;
  readSync(dataId: object): tf.TypedArray;
  disposeData(dataId: object): void;
}

/** A kernel that lends the data to the `cpu` backend: for what wasm lacks, or does wrong, and what takes little time. */
export function onCpu(kernelName: string): (call: KernelCall<tf.NamedAttrMap>) => tf.TensorInfo {
  const kernel = tf.getKernel(kernelName, "cpu");
  if (!kernel) throw new Error(`the cpu backend has no kernel ${kernelName}`);
  return ({inputs, attrs, backend}) => {
    const cpu = tf.engine().findBackend("cpu") as unknown as CpuBackend;
    const lent = Object.entries(inputs).map(([name, {dataId, shape, dtype}]) => {
      // a copy: the heap may grow, and move, while the cpu works
      const values: tf.TypedArray = backend.readSync(dataId).slice();
      return [name, {dataId: cpu.write(values, shape, dtype), shape, dtype}] as const;
    });
    const call = {inputs: Object.fromEntries(lent), attrs, backend: cpu};
    const result = kernel.kernelFunc(call as unknown as Parameters<tf.KernelFunc>[0]) as tf.TensorInfo;
    const output: tf.TensorInfo = backend.makeOutput(result.shape, result.dtype);
    backend.typedArrayFromHeap(output).set(cpu.readSync(result.dataId));
    cpu.disposeData(result.dataId);
    for (const [, {dataId}] of lent) cpu.disposeData(dataId);
    return output;
  };
}
