/**
 * PyTorch's convolution layout [out, in, kh, kw] to TensorFlow's [kh, kw, in, out].
 * @param values row-major, of `shape`
 */
export function oihwToHwio(values: Float32Array, shape: readonly number[]): Float32Array {
  const [outputs, inputs, height, width] = shape;
  const area = height * width;
  const result = new Float32Array(values.length);
  for (let o = 0, from = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let p = 0; p < area; p++) result[(p * inputs + i) * outputs + o] = values[from++];
    }
  }
  return result;
}

/** The inverse of {@link oihwToHwio}; `shape` is that of the result, [out, in, kh, kw]. */
export function hwioToOihw(values: Float32Array, shape: readonly number[]): Float32Array {
  const [outputs, inputs, height, width] = shape;
  const area = height * width;
  const result = new Float32Array(values.length);
  for (let o = 0, to = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let p = 0; p < area; p++) result[to++] = values[(p * inputs + i) * outputs + o];
    }
  }
  return result;
}

/** A row-major matrix's transpose: PyTorch's linear weights are [out, in], ours [in, out]. */
export function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let r = 0, from = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) result[c * rows + r] = values[from++];
  }
  return result;
}
