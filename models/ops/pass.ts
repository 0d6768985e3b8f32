import * as tf from "@tensorflow/tfjs-core";
import type {Weights} from "./parameters.js";

/** What a network does with a batch, all inputs of float32: each image's result depends on its own row of the inputs alone. */
export type Compute = (inputs: readonly tf.Tensor[]) => tf.Tensor4D;

/** Computes the same by other means, up to rounding. */
export interface Acceleration {
  /** Undefined where it would not be faster. The inputs stay the caller's. */
  run(inputs: readonly tf.Tensor[]): tf.Tensor4D | undefined;
  dispose(): void;
}

/** Makes an acceleration of a computation with these weights, which must not change any more; undefined where it can't. */
export type Accelerator = (weights: Weights, compute: Compute) => Acceleration | undefined;

/** A computation that can be accelerated: then it is not differentiable, and does not see a change of the weights. */
export interface Pass {
  run(inputs: readonly tf.Tensor[]): tf.Tensor4D;
  /** Undefined ends it. */
  accelerate(accelerator: Accelerator | undefined): void;
}

export function pass(weights: Weights, compute: Compute): Pass {
  let acceleration: Acceleration | undefined;
  return {
    run: (inputs) => acceleration?.run(inputs) ?? tf.tidy(() => compute(inputs)),
    accelerate(accelerator) {
      acceleration?.dispose();
      acceleration = accelerator?.(weights, compute);
    }
  };
}
