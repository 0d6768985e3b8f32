import {join} from "node:path";
import {quietly, require} from "../packages.js";
import {installAttention} from "./kernels/attention.js";
import {installBiases} from "./kernels/biases.js";
import {installExplicitPadding} from "./kernels/explicit-padding.js";
import {installGroupNorm} from "./kernels/group-norm.js";
import {installOptimizer} from "./kernels/optimizer.js";
import type {NativeEvaluation} from "./steps/passes.js";
import type {NativeTraining} from "./steps/stepper.js";

/** The part of tfjs-node's C++ binding that is used directly. */
export interface Binding {
  readonly TF_Version: string;
  isUsingGpuDevice(): boolean;
  getNumOfTensors(): number;
}

/** Our own operations, by what kernels.node calls them; one that was built from an older source lacks some. */
const installers = {
  groupNorm: installGroupNorm,
  biases: installBiases,
  attention: installAttention,
  optimizer: installOptimizer
};
type Operations = Partial<Record<keyof typeof installers, boolean>> & {
  readonly training?: NativeTraining;
  readonly evaluation?: NativeEvaluation;
};

let recorded: Pick<Operations, "training" | "evaluation"> = {};

/** Whole training steps in C++, where the native engine has been started on the processor, and is not from an older source. */
export function nativeTraining(): NativeTraining | undefined {
  return recorded.training;
}

/** Likewise, passes over a batch. */
export function nativeEvaluation(): NativeEvaluation | undefined {
  return recorded.evaluation;
}

/** A binding, and what it can do here. */
export interface LoadedBinding {
  readonly binding: Binding;
  readonly onGpu: boolean;
  /** Which of our own operations are registered, and of use. */
  readonly operations: Operations;
}

/**
 * Loads the binding that `setup-native` built in `folder`. A library that does not fit kills the process: this is for
 * a process where that does no harm, or where the same has gone well in such a one.
 */
export function loadBinding(folder: string): LoadedBinding {
  const stderr: {mute(): void; restore(): void} = require(join(folder, "mute.node"));
  stderr.mute();
  try {
    const operations = loadKernels(folder);
    const binding: Binding = require(join(folder, "binding.node"));
    // creates the context, which greets too
    const onGpu = binding.isUsingGpuDevice();
    // our operations are for the processor: on a GPU they would fetch and send every image
    return {binding, onGpu, operations: onGpu ? {} : operations};
  } finally {
    stderr.restore();
  }
}

/**
 * Registers the `tensorflow` backend on a binding. This is what the package's own entry does, but for the place where
 * it looks for the binding.
 */
export function registerTensorflow({binding, operations}: LoadedBinding): void {
  polyfillUtil();
  quietly(() => {
    const tf = require("@tensorflow/tfjs") as typeof import("@tensorflow/tfjs");
    if (tf.findBackendFactory("tensorflow")) return;
    require("@tensorflow/tfjs-node-gpu/dist/register_all_kernels");
    const {NodeJSKernelBackend} = require("@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend");
    tf.registerBackend("tensorflow", () => new NodeJSKernelBackend(binding, "@tensorflow/tfjs-node-gpu"), 3);
    installExplicitPadding();
    for (const [name, install] of Object.entries(installers)) if (operations[name as keyof Operations]) install();
    // recordings need all of them
    if (Object.keys(installers).every((name) => operations[name as keyof Operations])) recorded = operations;
  });
}

/** Registers our own operations with TensorFlow. A library that they do not fit does without them. */
function loadKernels(folder: string): Operations {
  try {
    return require(join(folder, "kernels.node")) as Operations;
  } catch {
    return {};
  }
}

/** tfjs-node 4.22 calls two functions that Node 23 dropped, and that Node 22 warns of. */
function polyfillUtil(): void {
  const util = require("node:util");
  util.isNullOrUndefined = (value: unknown) => value === null || value === undefined;
  util.isArray = Array.isArray;
}
