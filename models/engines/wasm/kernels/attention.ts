import type {TensorInfo} from "@tensorflow/tfjs-core";
import {exponential} from "./exponential.js";
import type {KernelCall} from "./replace.js";

interface Attributes {
  heads: number;
}

/** Of one head: `length` queries, `memory` keys and values, `width` channels of `channels`. */
interface Shape {
  readonly images: number;
  readonly length: number;
  readonly memory: number;
  readonly channels: number;
  readonly width: number;
  /** Of the scores: 1 / √width. */
  readonly scale: number;
}

/**
 * Attention over the wasm heap, a head and a query at a time. Heads are narrow where `models/ops/attention.ts` asks for it: a
 * product of the backend's for each head costs more in calls than in arithmetic.
 */
export function attention({inputs, attrs, backend}: KernelCall<Attributes>): TensorInfo {
  const shape = shapeOf(inputs, attrs);
  const output = backend.makeOutput(inputs.q.shape, "float32");
  // views only now: an allocation may move the heap
  const [q, k, v, y] = [inputs.q, inputs.k, inputs.v, output].map((info) => view(backend, info));
  const weights = new Float64Array(shape.memory);
  eachQuery(shape, (query, first) => {
    softmaxOfScores(q, k, query, first, shape, weights);
    const {memory, channels, width} = shape;
    for (let d = 0; d < width; ++d) {
      let sum = 0;
      for (let j = 0, at = first + d; j < memory; ++j, at += channels) sum += weights[j] * v[at];
      y[query + d] = sum;
    }
  });
  return output;
}

/** Gradients of `attention` by q, k and v. */
export function attentionGrad({inputs, attrs, backend}: KernelCall<Attributes>): TensorInfo[] {
  const shape = shapeOf(inputs, attrs);
  const outputs = [inputs.q, inputs.k, inputs.v].map((x) => backend.makeOutput(x.shape, "float32"));
  const [dy, q, k, v] = [inputs.dy, inputs.q, inputs.k, inputs.v].map((info) => view(backend, info));
  const [dq, dk, dv] = outputs.map((info) => view(backend, info));
  for (const gradient of [dq, dk, dv]) gradient.fill(0);
  const {memory, channels, width, scale} = shape;
  const weights = new Float64Array(memory);
  const slopes = new Float64Array(memory);
  eachQuery(shape, (query, first) => {
    softmaxOfScores(q, k, query, first, shape, weights);
    let mean = 0;
    for (let j = 0, at = first; j < memory; ++j, at += channels) {
      let slope = 0;
      for (let d = 0; d < width; ++d) slope += dy[query + d] * v[at + d];
      slopes[j] = slope;
      mean += weights[j] * slope;
    }
    for (let j = 0, at = first; j < memory; ++j, at += channels) {
      const byScore = weights[j] * (slopes[j] - mean) * scale;
      for (let d = 0; d < width; ++d) {
        dv[at + d] += weights[j] * dy[query + d];
        dq[query + d] += byScore * k[at + d];
        dk[at + d] += byScore * q[query + d];
      }
    }
  });
  return outputs;
}

function shapeOf({q, k}: Record<string, TensorInfo>, {heads}: Attributes): Shape {
  const [images, length, channels] = q.shape;
  const width = channels / heads;
  return {images, length, memory: k.shape[1], channels, width, scale: 1 / Math.sqrt(width)};
}

// biome-ignore lint/suspicious/noExplicitAny: tfjs types a backend as an empty object
function view(backend: any, info: TensorInfo): Float32Array {
  return backend.typedArrayFromHeap(info);
}

/** Calls with where a query begins, and where the first key of its head and image does. */
function eachQuery(
  {images, length, memory, channels, width}: Shape,
  work: (query: number, first: number) => void
): void {
  for (let image = 0; image < images; ++image) {
    for (let head = 0; head < channels; head += width) {
      const first = image * memory * channels + head;
      for (let i = 0; i < length; ++i) work((image * length + i) * channels + head, first);
    }
  }
}

function softmaxOfScores(
  q: Float32Array,
  k: Float32Array,
  query: number,
  first: number,
  {memory, channels, width, scale}: Shape,
  weights: Float64Array
): void {
  let greatest = Number.NEGATIVE_INFINITY;
  for (let j = 0, at = first; j < memory; ++j, at += channels) {
    let score = 0;
    for (let d = 0; d < width; ++d) score += q[query + d] * k[at + d];
    weights[j] = score * scale;
    if (weights[j] > greatest) greatest = weights[j];
  }
  let sum = 0;
  for (let j = 0; j < memory; ++j) {
    weights[j] = exponential(weights[j] - greatest);
    sum += weights[j];
  }
  for (let j = 0; j < memory; ++j) weights[j] /= sum;
}
