import type * as tf from "@tensorflow/tfjs-core";
import type {AdamWSettings} from "./adamw.js";

/** What a step is made with: AdamW's numbers, the limit of the gradients' norm, the average's decay (0: none) and 1 − decay. */
export type StepSettings = AdamWSettings & Readonly<Record<"limit" | "decay" | "rest", number>>;

/**
 * Takes whole training steps (forward, backward, clipping, AdamW, moving average) on weights of its own, which go in and out by
 * the names of a trainer's state: `weights.NAME`, `average.NAME`, `adam.NAME.m`, `adam.NAME.v`.
 */
export interface Stepper {
  /** Into how many parts it divides a batch, which are computed side by side. */
  readonly parts: number;
  /** Whether it was made for batches of these shapes. */
  fits(inputs: readonly tf.Tensor[]): boolean;
  /**
   * One step; changes nothing when the loss or the norm is not a number.
   * @param inputs the whole batch's values
   * @returns the loss, what it is made of, and the gradients' joint norm before clipping
   */
  step(inputs: readonly Float32Array[], settings: StepSettings): {readonly terms: number[]; readonly norm: number};
  read(name: string): Float32Array;
  write(name: string, values: Float32Array): void;
  dispose(): void;
}

/** What a stepper is made from. */
export interface StepperSource {
  readonly variables: Readonly<Record<string, tf.Variable>>;
  /** A batch. */
  readonly inputs: readonly tf.Tensor[];
  /**
   * The loss' terms of some rows of a batch and the loss' gradients by the variables, in their order, times `share`. The caller
   * disposes all of them.
   */
  gradients(rows: readonly tf.Tensor[], share: number): {readonly value: tf.Scalar[]; readonly grads: tf.Tensor[]};
}

/** Makes a stepper; undefined where it can't. */
export type StepperMaker = (source: StepperSource) => Stepper | undefined;
