import {isDeepStrictEqual} from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import type {Attribute, Constant, Operation, Recording} from "./program.js";

/** tfjs-node's binding, as far as tensors go through it. */
interface Binding {
  createTensor(shape: number[], type: number, values: Constant["values"]): number;
  executeOp(name: string, attributes: Attribute[], inputs: number[], outputs: number): {id: number}[];
  tensorDataSync(id: number): unknown;
}

interface Backend {
  binding: Binding;
  /** Writes values to TensorFlow that were only kept so far. */
  getInputTensorIds(tensors: readonly tf.Tensor[]): number[];
}

/**
 * Runs `work` on the native engine and notes all operations, those of gradients too.
 * @param given what may have other values when the recording is run; the constants are what they were
 * @throws Error when `work` looks at values: then what it does may depend on them
 */
export function record(given: readonly tf.Tensor[], work: () => readonly tf.Tensor[]): Recording {
  const backend = tf.backend() as unknown as Backend;
  const {binding} = backend;
  const slots = new Map<number, number>();
  const slotOf = (id: number) => {
    const slot = slots.get(id);
    if (slot === undefined) throw new Error("a recorded operation has an input from before the recording");
    return slot;
  };
  const add = (id: number) => {
    slots.set(id, slots.size);
    return slots.size - 1;
  };
  for (const id of backend.getInputTensorIds(given)) add(id);
  const operations: Operation[] = [];
  const constants: Constant[] = [];
  const recorder: Binding = {
    createTensor(shape, type, values) {
      const id = binding.createTensor(shape, type, values);
      constants.push({slot: add(id), type, shape: [...shape], values: values.slice()});
      return id;
    },
    executeOp(name, attributes, inputs, outputs) {
      const results = binding.executeOp(name, attributes, inputs, outputs);
      operations.push({name, attributes, inputs: inputs.map(slotOf), outputs: results.map(({id}) => add(id))});
      return results;
    },
    tensorDataSync() {
      throw new Error("values are asked for in a recording");
    }
  };
  // its other members are constants
  backend.binding = Object.create(binding, Object.getOwnPropertyDescriptors(recorder));
  try {
    const results = work();
    const ids = backend.getInputTensorIds(results);
    tf.dispose(results as tf.Tensor[]);
    return {slots: slots.size, constants, operations, results: ids.map(slotOf)};
  } finally {
    backend.binding = binding;
  }
}

/**
 * The same twice: a recording holds for other values only if neither what is done nor any constant changes.
 * @throws Error when they differ
 */
export function recordTwice(given: readonly tf.Tensor[], work: () => readonly tf.Tensor[]): Recording {
  const first = record(given, work);
  if (!isDeepStrictEqual(first, record(given, work))) throw new Error("a step does not do the same twice");
  return first;
}
