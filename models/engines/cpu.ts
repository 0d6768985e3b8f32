import * as tf from "@tensorflow/tfjs-core";
import type {Engine} from "./engine.js";
import {quietly, registerGradients, tfjsVersion} from "./packages.js";

/** Plain JavaScript: slow by two orders of magnitude, there everywhere, and what the others are compared with. */
export async function startCpu(): Promise<Engine> {
  registerGradients();
  await quietly(() => tf.setBackend("cpu"));
  return {name: "cpu", backend: "cpu", version: tfjsVersion, threads: 1};
}
