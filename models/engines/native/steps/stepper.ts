import * as tf from "@tensorflow/tfjs-core";
import type {Stepper, StepperMaker, StepperSource, StepSettings} from "../../../training/stepper.js";
import {nativeTraining} from "../binding.js";
import {type Program, programOf} from "./program.js";
import {recordTwice} from "./record.js";
import {firstRows, share} from "./share.js";

/** The training of kernels.node: loaders/native/source/training.h. */
export interface NativeTraining {
  create(threads: number, shapes: readonly (readonly number[])[]): unknown;
  setPrograms(training: unknown, programs: readonly NativeProgram[]): void;
  write(training: unknown, kind: number, index: number, values: Float32Array): void;
  read(training: unknown, kind: number, index: number): Float32Array;
  step(training: unknown, inputs: readonly Float32Array[], settings: StepSettings): Float64Array;
  /** Ends its threads and gives its memory back; it is not to be used any more. */
  dispose(training: unknown): void;
}

interface NativeProgram extends Omit<Program, "results"> {
  readonly rows: number;
  readonly inputs: readonly (readonly number[])[];
  readonly terms: readonly number[];
  readonly gradients: readonly number[];
}

/**
 * Steppers of the native engine: a step's operations are recorded once, and then run without JavaScript, each thread having its
 * share of the batch's images and a TensorFlow context of its own. Gradients are summed in the order of the images, so that the
 * same number of threads gives the same weights, bit by bit.
 * @returns undefined where the current engine is another, or its operations were built from an older source
 */
export function nativeSteppers(threads: number): StepperMaker | undefined {
  const training = tf.getBackend() === "tensorflow" ? nativeTraining() : undefined;
  return training && ((source) => new NativeStepper(training, threads, source));
}

const kinds = {weights: 0, m: 1, v: 2, average: 3};

class NativeStepper implements Stepper {
  readonly parts: number;
  private readonly handle: unknown;
  private readonly names: readonly string[];
  private readonly shapes: readonly (readonly number[])[];

  constructor(
    private readonly training: NativeTraining,
    threads: number,
    source: StepperSource
  ) {
    this.names = Object.keys(source.variables);
    this.shapes = source.inputs.map(({shape}) => shape.slice());
    const parts = share(this.shapes[0][0], threads);
    this.parts = parts.length;
    this.handle = training.create(
      threads,
      Object.values(source.variables).map(({shape}) => shape)
    );
    const programs = new Map([...new Set(parts)].map((rows) => [rows, programFor(source, rows)]));
    training.setPrograms(
      this.handle,
      parts.map((rows) => programs.get(rows)!)
    );
  }

  fits(inputs: readonly tf.Tensor[]): boolean {
    return (
      inputs.length === this.shapes.length &&
      inputs.every(({shape}, i) => tf.util.arraysEqual(shape, this.shapes[i] as number[]))
    );
  }

  step(inputs: readonly Float32Array[], settings: StepSettings): {terms: number[]; norm: number} {
    const values = Array.from(this.training.step(this.handle, inputs, settings));
    return {terms: values.slice(0, -1), norm: values[values.length - 1]};
  }

  read(name: string): Float32Array {
    return this.training.read(this.handle, ...this.placeOf(name));
  }

  write(name: string, values: Float32Array): void {
    this.training.write(this.handle, ...this.placeOf(name), values);
  }

  dispose(): void {
    this.training.dispose(this.handle);
  }

  /** Of `weights.NAME`, `average.NAME`, `adam.NAME.m`, `adam.NAME.v`. */
  private placeOf(name: string): [kind: number, index: number] {
    const [first, ...rest] = name.split(".");
    const kind = (first === "adam" ? rest.pop() : first) as keyof typeof kinds;
    const index = this.names.indexOf(rest.join("."));
    if (index < 0 || !(kind in kinds)) throw new RangeError(`invalid name: ${name}`);
    return [kinds[kind], index];
  }
}

function programFor({variables, inputs, gradients}: StepperSource, rows: number): NativeProgram {
  const given = firstRows(inputs, rows);
  try {
    const all = [...Object.values(variables), ...given];
    let terms = 0;
    const recording = recordTwice(all, () => {
      const {value, grads} = gradients(given, rows / inputs[0].shape[0]);
      terms = value.length;
      return [...value, ...grads];
    });
    const {results, ...program} = programOf(recording, all.length);
    return {
      ...program,
      rows,
      inputs: given.map(({shape}) => shape),
      terms: results.slice(0, terms),
      gradients: results.slice(terms)
    };
  } finally {
    tf.dispose(given);
  }
}
