import {createRequire} from "node:module";
import * as tf from "@tensorflow/tfjs-core";

/**
 * The CommonJS loader for the TensorFlow.js packages. Their ES builds can't be imported by Node (no extensions, no
 * `"type"`), and all of them must share one `@tensorflow/tfjs-core`: the one that `import` finds, which is CommonJS too.
 */
export const require = createRequire(import.meta.url);

/** For provenance: `tfjs 4.22.0`. */
export const tfjsVersion = `tfjs ${tf.version_core}`;

let union = false;

/**
 * Registers all gradients, and the `cpu` backend. `tfjs-core` alone has no gradients; the union package registers them
 * into the shared core.
 */
export function registerGradients(): void {
  if (union) return;
  quietly(() => require("@tensorflow/tfjs"));
  union = true;
}

/** tfjs greets on `console` when it starts; our output belongs to the commands. */
export function quietly<T>(work: () => T): T {
  tf.env().set("PROD", true);
  const {warn, log, info} = console;
  const silent = () => {};
  Object.assign(console, {warn: silent, log: silent, info: silent});
  try {
    return work();
  } finally {
    Object.assign(console, {warn, log, info});
  }
}
