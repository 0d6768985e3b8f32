import {join} from "node:path";
import {quietly, require} from "../packages.js";
import {installExplicitPadding} from "./kernels/explicit-padding.js";
import {installGroupNorm} from "./kernels/group-norm.js";

/** The part of tfjs-node's C++ binding that is used directly. */
export interface Binding {
  readonly TF_Version: string;
  isUsingGpuDevice(): boolean;
  getNumOfTensors(): number;
}

/** A binding, and what it can do here. */
export interface LoadedBinding {
  readonly binding: Binding;
  readonly onGpu: boolean;
  /** Our own operations are registered, and of use. */
  readonly hasGroupNorm: boolean;
}

/**
 * Loads the binding that `setup-native` built in `folder`. A library that does not fit kills the process: this is for
 * a process where that does no harm, or where the same has gone well in such a one.
 */
export function loadBinding(folder: string): LoadedBinding {
  const stderr: {mute(): void; restore(): void} = require(join(folder, "mute.node"));
  stderr.mute();
  try {
    const hasKernels = loadKernels(folder);
    const binding: Binding = require(join(folder, "binding.node"));
    // creates the context, which greets too
    const onGpu = binding.isUsingGpuDevice();
    // our operations are for the processor: on a GPU they would fetch and send every image
    return {binding, onGpu, hasGroupNorm: hasKernels && !onGpu};
  } finally {
    stderr.restore();
  }
}

/**
 * Registers the `tensorflow` backend on a binding. This is what the package's own entry does, but for the place where
 * it looks for the binding.
 */
export function registerTensorflow({binding, hasGroupNorm}: LoadedBinding): void {
  polyfillUtil();
  quietly(() => {
    const tf = require("@tensorflow/tfjs") as typeof import("@tensorflow/tfjs");
    if (tf.findBackendFactory("tensorflow")) return;
    require("@tensorflow/tfjs-node-gpu/dist/register_all_kernels");
    const {NodeJSKernelBackend} = require("@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend");
    tf.registerBackend("tensorflow", () => new NodeJSKernelBackend(binding, "@tensorflow/tfjs-node-gpu"), 3);
    installExplicitPadding();
    if (hasGroupNorm) installGroupNorm();
  });
}

/** Registers our own operations with TensorFlow. A library that they do not fit does without them. */
function loadKernels(folder: string): boolean {
  try {
    return (require(join(folder, "kernels.node")) as {groupNorm: boolean}).groupNorm;
  } catch {
    return false;
  }
}

/** tfjs-node 4.22 calls two functions that Node 23 dropped, and that Node 22 warns of. */
function polyfillUtil(): void {
  const util = require("node:util");
  util.isNullOrUndefined = (value: unknown) => value === null || value === undefined;
  util.isArray = Array.isArray;
}
