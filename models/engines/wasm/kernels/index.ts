import {getKernel} from "@tensorflow/tfjs-core";
import {attention, attentionGrad} from "./attention.js";
import {batchMatMul} from "./batch-mat-mul.js";
import {conv2DBackpropFilter} from "./conv2d-backprop-filter.js";
import {conv2DBackpropInput} from "./conv2d-backprop-input.js";
import {fusedMatMul} from "./fused-mat-mul.js";
import {groupNorm, groupNormGrad} from "./group-norm.js";
import {onCpu} from "./on-cpu.js";
import {replaceKernel} from "./replace.js";

/** Small work that the `cpu` backend does for wasm: it lacks the first three, and is wrong about negative maxima. */
const lentToCpu = [
  "DepthwiseConv2dNativeBackpropFilter",
  "DepthwiseConv2dNativeBackpropInput",
  "UnsortedSegmentSum",
  "MaxPoolGrad"
];

let installed = false;

/** Replaces the wasm backend's slow, wrong and missing kernels, and adds group normalisation and
 * attention. Call it once the backend and `cpu` are registered. */
export function installKernels(): void {
  if (installed) return;
  installed = true;
  replaceKernel("Conv2DBackpropFilter", conv2DBackpropFilter);
  replaceKernel("Conv2DBackpropInput", conv2DBackpropInput);
  replaceKernel("BatchMatMul", batchMatMul(getKernel("BatchMatMul", "wasm").kernelFunc));
  replaceKernel("_FusedMatMul", fusedMatMul);
  replaceKernel("GroupNorm", groupNorm);
  replaceKernel("GroupNormGrad", groupNormGrad);
  replaceKernel("Attention", attention);
  replaceKernel("AttentionGrad", attentionGrad);
  for (const name of lentToCpu) replaceKernel(name, onCpu(name));
}
