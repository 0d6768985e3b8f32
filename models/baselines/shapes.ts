import type {Parameter, TensorSource} from "../ops/index.js";

/**
 * A convolution before a pixel shuffle, with its outputs in the order of TensorFlow's depth-to-space: PyTorch's shuffle reads
 * channel c·r² + i·r + j for offset (i, j), TensorFlow's (i·r + j)·channels + c.
 */
export function shuffled({shape}: Parameter, key: string, factor: number, stored = shape): TensorSource {
  const blocks = factor * factor;
  const channels = shape[0] / blocks;
  const combine = ([values]: Float32Array[]) => {
    const dense = stored === shape ? values : ungroup(values, stored, shape);
    const size = dense.length / shape[0];
    const result = new Float32Array(dense.length);
    for (let c = 0; c < channels; c++) {
      for (let b = 0; b < blocks; b++) {
        const from = (c * blocks + b) * size;
        result.set(dense.subarray(from, from + size), (b * channels + c) * size);
      }
    }
    return result;
  };
  return {parts: [{key, shape: stored}], combine};
}

/** A grouped convolution, [out, in / groups, kh, kw], as a dense one with zeros between the groups: no engine has groups. */
export function grouped({shape}: Parameter, key: string, stored: readonly number[]): TensorSource {
  return {parts: [{key, shape: stored}], combine: ([values]) => ungroup(values, stored, shape)};
}

function ungroup(values: Float32Array, stored: readonly number[], shape: readonly number[]): Float32Array {
  if (shape.length === 1) return values;
  const [outputs, inputs, height, width] = shape;
  const area = height * width;
  const each = stored[1];
  const groups = inputs / each;
  const result = new Float32Array(outputs * inputs * area);
  for (let o = 0; o < outputs; o++) {
    const group = Math.floor((o * groups) / outputs);
    const from = o * each * area;
    result.set(values.subarray(from, from + each * area), (o * inputs + group * each) * area);
  }
  return result;
}
