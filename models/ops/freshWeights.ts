import {random} from "../../src/measures/random.js";
import type {Checkpoint, TensorInfo} from "../checkpoints/checkpoint.js";
import {InputError} from "../errors.js";
import {hwioToOihw, transpose} from "./layout.js";
import type {Parameter, Weights} from "./parameters.js";

/**
 * Seeded start values for the parameters: PyTorch's defaults, which are uniform within ±1/√fan-in for weights and biases
 * (Kaiming uniform with a = √5), 1 for a normalisation's γ and 0 for its β. Each tensor has the stream (seed, name), so that
 * an architecture with one tensor more starts the others alike.
 */
export function freshCheckpoint(
  parameters: readonly Parameter[],
  seed: number | string,
  metadata: Readonly<Record<string, unknown>> = {}
): Checkpoint {
  return memoryCheckpoint(`fresh weights (seed ${seed})`, parameters, metadata, ({name, kind, shape, fanIn}) => {
    const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
    if (kind === "scale") return values.fill(1);
    if (kind === "shift") return values;
    const generator = random(seed, name);
    const bound = 1 / Math.sqrt(fanIn);
    for (let i = 0; i < values.length; i++) values[i] = generator.between(-bound, bound);
    return values;
  });
}

/** The tensors' values now, back in PyTorch's layouts. */
export async function weightsCheckpoint(
  weights: Weights,
  parameters: readonly Parameter[],
  metadata: Readonly<Record<string, unknown>> = {}
): Promise<Checkpoint> {
  const all = new Map<string, Float32Array>();
  // one after the other: an engine may copy what it reads
  for (const {name} of parameters) all.set(name, await weights[name].data<"float32">());
  return memoryCheckpoint("weights in memory", parameters, metadata, ({name, kind, shape}) => {
    const values = all.get(name)!;
    if (kind === "conv") return hwioToOihw(values, shape);
    if (kind === "linear") return transpose(values, shape[1], shape[0]);
    return values.slice();
  });
}

function memoryCheckpoint(
  source: string,
  parameters: readonly Parameter[],
  metadata: Readonly<Record<string, unknown>>,
  valuesOf: (parameter: Parameter) => Float32Array
): Checkpoint {
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const tensors = new Map<string, TensorInfo>();
  for (const {name, shape} of parameters) tensors.set(name, {name, dtype: "F32", shape});
  return {
    source,
    tensors,
    metadata,
    read(name) {
      const parameter = byName.get(name);
      if (!parameter) throw new InputError(`${source} has no tensor ${JSON.stringify(name)}`);
      return valuesOf(parameter);
    },
    close() {}
  };
}
