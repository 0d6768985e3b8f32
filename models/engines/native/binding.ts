import {join} from "node:path";
import {quietly, require} from "../packages.js";
import {installExplicitPadding} from "./kernels/explicit-padding.js";

/** The part of tfjs-node's C++ binding that is used directly. */
export interface Binding {
  readonly TF_Version: string;
  isUsingGpuDevice(): boolean;
  getNumOfTensors(): number;
}

/**
 * Loads the binding that `setup-native` built in `folder`. A library that does not fit kills the process: this is for
 * a process where that does no harm, or where the same has gone well in such a one.
 */
export function loadBinding(folder: string): Binding {
  const stderr: {mute(): void; restore(): void} = require(join(folder, "mute.node"));
  stderr.mute();
  try {
    const binding: Binding = require(join(folder, "binding.node"));
    // creates the context, which greets too
    binding.isUsingGpuDevice();
    return binding;
  } finally {
    stderr.restore();
  }
}

/**
 * Registers the `tensorflow` backend on a binding. This is what the package's own entry does, but for the place where
 * it looks for the binding.
 */
export function registerTensorflow(binding: Binding): void {
  polyfillUtil();
  quietly(() => {
    const tf = require("@tensorflow/tfjs") as typeof import("@tensorflow/tfjs");
    if (tf.findBackendFactory("tensorflow")) return;
    require("@tensorflow/tfjs-node-gpu/dist/register_all_kernels");
    const {NodeJSKernelBackend} = require("@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend");
    tf.registerBackend("tensorflow", () => new NodeJSKernelBackend(binding, "@tensorflow/tfjs-node-gpu"), 3);
    installExplicitPadding();
  });
}

/** tfjs-node 4.22 calls two functions that Node 23 dropped, and that Node 22 warns of. */
function polyfillUtil(): void {
  const util = require("node:util");
  util.isNullOrUndefined = (value: unknown) => value === null || value === undefined;
  util.isArray = Array.isArray;
}
