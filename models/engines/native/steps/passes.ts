import * as tf from "@tensorflow/tfjs-core";
import type {Weights} from "../../../ops/index.js";
import type {Acceleration, Accelerator, Compute} from "../../../ops/pass.js";
import {nativeEvaluation} from "../binding.js";
import {type Program, programOf} from "./program.js";
import {record, recordTwice} from "./record.js";
import {firstRows, share} from "./share.js";

/** The evaluation of kernels.node: loaders/native/source/evaluation.h. */
export interface NativeEvaluation {
  create(threads: number, shapes: readonly (readonly number[])[]): unknown;
  write(evaluation: unknown, index: number, values: Float32Array): void;
  add(evaluation: unknown, programs: readonly NativeProgram[]): number;
  run(evaluation: unknown, number: number, inputs: readonly Float32Array[]): Float32Array[];
  /** Ends its threads and gives its memory back; it is not to be used any more. */
  dispose(evaluation: unknown): void;
}

interface NativeProgram extends Program {
  readonly rows: number;
  readonly inputs: readonly (readonly number[])[];
}

/**
 * Passes of the native engine over batches: recorded once for each shape, which takes about as long as to compute a batch, and then
 * run without JavaScript, each thread having its share of the batch's images and a TensorFlow context of its own. By themselves,
 * most operations on few or small images share little between threads. Equal batches give equal bits.
 * @returns undefined where the current engine is another, has one thread, or was built from an older source
 */
export function nativePasses(threads: number): Accelerator | undefined {
  const evaluation = tf.getBackend() === "tensorflow" ? nativeEvaluation() : undefined;
  if (evaluation === undefined || threads < 2) return undefined;
  return (weights, compute) => new NativePass(evaluation, threads, weights, compute);
}

/** A shape's recording: its number, and the result's shape. */
interface Recorded {
  readonly number: number;
  readonly shape: [number, number, number, number];
}

class NativePass implements Acceleration {
  private handle: unknown;
  /** Those that the computation uses, once it has been recorded: of an autoencoder, those of its half. */
  private weights: readonly tf.Tensor[];
  /** By the inputs' shapes. */
  private readonly shapes = new Map<string, Recorded>();

  constructor(
    private readonly evaluation: NativeEvaluation,
    private readonly threads: number,
    weights: Weights,
    private readonly compute: Compute
  ) {
    this.weights = Object.values(weights);
  }

  run(inputs: readonly tf.Tensor[]): tf.Tensor4D | undefined {
    if (inputs[0].shape[0] < 2) return undefined;
    const key = inputs.map(({shape}) => shape.join()).join(" ");
    let recorded = this.shapes.get(key);
    if (recorded === undefined) {
      recorded = this.record(inputs);
      this.shapes.set(key, recorded);
    }
    const values = inputs.map((input) => input.dataSync<"float32">());
    const [result] = this.evaluation.run(this.handle, recorded.number, values);
    return tf.tensor4d(result, recorded.shape);
  }

  dispose(): void {
    if (this.handle !== undefined) this.evaluation.dispose(this.handle);
    this.handle = undefined;
    this.shapes.clear();
  }

  private record(inputs: readonly tf.Tensor[]): Recorded {
    const rows = inputs[0].shape[0];
    const parts = share(rows, this.threads);
    if (this.handle === undefined) {
      this.weights = this.used(inputs);
      this.handle = this.evaluation.create(
        this.threads,
        this.weights.map(({shape}) => shape)
      );
      for (const [i, weight] of this.weights.entries()) {
        this.evaluation.write(this.handle, i, weight.dataSync<"float32">());
      }
    }
    const programs = new Map([...new Set(parts)].map((count) => [count, this.programFor(inputs, count)]));
    const number = this.evaluation.add(
      this.handle,
      parts.map((count) => programs.get(count)!.program)
    );
    const [, ...rest] = programs.get(parts[0])!.shape;
    return {number, shape: [rows, ...(rest as [number, number, number])]};
  }

  /** Looks also whether the computation does the same twice. */
  private used(inputs: readonly tf.Tensor[]): tf.Tensor[] {
    const {recording} = this.recordRows(inputs, 1, recordTwice);
    const slots = new Set(recording.operations.flatMap((operation) => operation.inputs));
    return this.weights.filter((_, slot) => slots.has(slot));
  }

  private programFor(inputs: readonly tf.Tensor[], rows: number): {program: NativeProgram; shape: number[]} {
    const {recording, given, shape} = this.recordRows(inputs, rows, record);
    return {program: {...programOf(recording, this.weights.length + given.length), rows, inputs: given}, shape};
  }

  private recordRows(inputs: readonly tf.Tensor[], rows: number, by: typeof record) {
    const given = firstRows(inputs, rows);
    let shape: number[] = [];
    try {
      const recording = by([...this.weights, ...given], () => {
        const result = tf.tidy(() => this.compute(given));
        shape = result.shape;
        return [result];
      });
      return {recording, given: given.map((input) => input.shape), shape};
    } finally {
      tf.dispose(given);
    }
  }
}
