import {
  getKernel,
  type KernelConfig,
  type KernelFunc,
  registerKernel,
  type TensorInfo,
  unregisterKernel
} from "@tensorflow/tfjs-core";

/** What a kernel is called with. Attributes differ from kernel to kernel, so each one names its own. */
export interface KernelCall<Attributes> {
  inputs: Record<string, TensorInfo>;
  attrs: Attributes;
  // each backend has an interface of its own
  // biome-ignore lint/suspicious/noExplicitAny: tfjs types it as an empty object
  backend: any;
}

/** Puts `kernelFunc` in the place of the wasm backend's own kernel, or adds it where there is none. @returns the old one. */
export function replaceKernel<Attributes>(
  kernelName: string,
  kernelFunc: (call: KernelCall<Attributes>) => TensorInfo | TensorInfo[]
): KernelConfig | undefined {
  const old = getKernel(kernelName, "wasm");
  if (old) unregisterKernel(kernelName, "wasm");
  registerKernel({
    kernelName,
    backendName: "wasm",
    setupFunc: old?.setupFunc,
    kernelFunc: kernelFunc as unknown as KernelFunc
  });
  return old;
}
