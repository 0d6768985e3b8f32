import * as tf from "@tensorflow/tfjs-core";
import type {Checkpoint} from "../checkpoints/checkpoint.js";
import {TensorReader} from "../checkpoints/tensor-reader.js";
import {oihwToHwio, transpose} from "./layout.js";

/** A network's tensors by name: convolutions [kh, kw, in, out], linear maps [in, out]. Variables serve as well. */
export type Weights = Record<string, tf.Tensor>;

/** What kind of tensor it is decides how it is laid out and how it starts. */
export type ParameterKind = "conv" | "linear" | "bias" | "scale" | "shift";

/** One tensor that an architecture needs. */
export interface Parameter {
  readonly name: string;
  readonly kind: ParameterKind;
  /** As PyTorch has it: [out, in, kh, kw], [out, in] or [length]. */
  readonly shape: readonly number[];
  /** Inputs of one output, which sets the scale of a fresh start (`conv`, `linear`, `bias`). */
  readonly fanIn: number;
}

/** Weight [out, in, size, size] and, unless `bias` is false, bias [out]. */
export function convParameters(name: string, inputs: number, outputs: number, size: number, bias = true): Parameter[] {
  const fanIn = inputs * size * size;
  const weight: Parameter = {name: `${name}.weight`, kind: "conv", shape: [outputs, inputs, size, size], fanIn};
  return bias ? [weight, {name: `${name}.bias`, kind: "bias", shape: [outputs], fanIn}] : [weight];
}

/** Weight [out, in] and bias [out]. */
export function linearParameters(name: string, inputs: number, outputs: number): Parameter[] {
  return [
    {name: `${name}.weight`, kind: "linear", shape: [outputs, inputs], fanIn: inputs},
    {name: `${name}.bias`, kind: "bias", shape: [outputs], fanIn: inputs}
  ];
}

/** A normalisation's γ and β. */
export function normParameters(name: string, channels: number): Parameter[] {
  return [
    {name: `${name}.weight`, kind: "scale", shape: [channels], fanIn: channels},
    {name: `${name}.bias`, kind: "shift", shape: [channels], fanIn: channels}
  ];
}

/** Where a parameter's values stand in a file: one tensor, or several that are combined. */
export interface TensorSource {
  readonly parts: readonly {readonly key: string; readonly shape: readonly number[]}[];
  /** Needed when there are several parts; values and result as PyTorch lays them out. */
  readonly combine?: (values: Float32Array[]) => Float32Array;
}

export interface LoadOptions {
  /** What is being loaded, for messages: "AutoencoderKL". */
  readonly model: string;
  /** Where a parameter stands in this file; by default under its name. */
  readonly source?: (parameter: Parameter) => string | TensorSource;
  /** Keys that belong to something else (an optimiser, a discriminator). */
  readonly ignore?: (key: string) => boolean;
}

/**
 * Reads the parameters as tensors, one by one; the file must have each of them, in its shape, and nothing else.
 * @throws InputError one sentence that names the first tensor that does not fit and what was expected
 */
export function loadWeights(
  checkpoint: Checkpoint,
  parameters: readonly Parameter[],
  {model, source, ignore}: LoadOptions
): Weights {
  const reader = new TensorReader(checkpoint, model);
  const weights: Weights = {};
  try {
    for (const parameter of parameters) {
      const from = source?.(parameter) ?? parameter.name;
      const {parts, combine}: TensorSource =
        typeof from === "string" ? {parts: [{key: from, shape: storedShape(reader, from, parameter)}]} : from;
      const values = parts.map(({key, shape}) => reader.take(key, shape));
      weights[parameter.name] = parameterTensor(parameter, combine ? combine(values) : values[0]);
    }
    if (ignore) reader.ignore(ignore);
    reader.finish();
  } catch (error) {
    disposeWeights(weights);
    throw error;
  }
  return weights;
}

/** A linear map may be stored as a 1×1 convolution, which has the same values in the same order. */
function storedShape(reader: TensorReader, key: string, {kind, shape}: Parameter): readonly number[] {
  return kind === "linear" && reader.has(key) && reader.shape(key).length === 4 ? [...shape, 1, 1] : shape;
}

/** A parameter's values, as PyTorch lays them out, as a tensor in our layout. */
export function parameterTensor({kind, shape}: Parameter, values: Float32Array): tf.Tensor {
  if (kind === "conv") {
    const [outputs, inputs, height, width] = shape;
    return tf.tensor4d(oihwToHwio(values, shape), [height, width, inputs, outputs]);
  }
  if (kind === "linear") return tf.tensor2d(transpose(values, shape[0], shape[1]), [shape[1], shape[0]]);
  return tf.tensor1d(values.slice());
}

export function disposeWeights(weights: Weights): void {
  for (const name of Object.keys(weights)) {
    weights[name].dispose();
    delete weights[name];
  }
}

/** The number of values. */
export function countParameters(parameters: readonly Parameter[]): number {
  return parameters.reduce((sum, {shape}) => sum + shape.reduce((a, b) => a * b, 1), 0);
}
