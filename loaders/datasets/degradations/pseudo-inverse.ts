import type {ResizeRows} from "../../../src/measures/resize.js";

/**
 * The Moore–Penrose inverse Dᵀ(D·Dᵀ)⁻¹ of a matrix with full row rank, row-major `from` × `to`, by Cholesky.
 * @throws RangeError when D has no full rank (or so nearly that its inverse would be noise).
 */
export function pseudoInverseOf({from, to, start, weights}: ResizeRows): Float64Array {
  const dense = new Float64Array(to * from);
  for (let i = 0; i < to; ++i) dense.set(weights[i], i * from + start[i]);
  const factor = new Float64Array(to * to);
  for (let i = 0; i < to; ++i)
    for (let j = 0; j <= i; ++j) {
      let sum = 0;
      const first = Math.max(start[i], start[j]);
      const end = Math.min(start[i] + weights[i].length, start[j] + weights[j].length);
      for (let x = first; x < end; ++x) sum += dense[i * from + x] * dense[j * from + x];
      const gram = sum;
      for (let k = 0; k < j; ++k) sum -= factor[i * to + k] * factor[j * to + k];
      if (i > j) factor[i * to + j] = sum / factor[j * to + j];
      else {
        if (!(sum > 1e-9 * gram)) throw new RangeError(`a down-sampling of ${from} to ${to} without full rank`);
        factor[i * to + i] = Math.sqrt(sum);
      }
    }
  // solve (D·Dᵀ)·Z = D for all columns at once; D⁺ = Zᵀ
  for (let i = 0; i < to; ++i) {
    for (let k = 0; k < i; ++k) subtractRow(dense, i, k, factor[i * to + k], from);
    divideRow(dense, i, factor[i * to + i], from);
  }
  for (let i = to - 1; i >= 0; --i) {
    for (let k = i + 1; k < to; ++k) subtractRow(dense, i, k, factor[k * to + i], from);
    divideRow(dense, i, factor[i * to + i], from);
  }
  const inverse = new Float64Array(from * to);
  for (let i = 0; i < to; ++i) for (let x = 0; x < from; ++x) inverse[x * to + i] = dense[i * from + x];
  return inverse;
}

function subtractRow(matrix: Float64Array, i: number, k: number, times: number, width: number): void {
  if (times === 0) return;
  for (let x = 0; x < width; ++x) matrix[i * width + x] -= times * matrix[k * width + x];
}

function divideRow(matrix: Float64Array, i: number, by: number, width: number): void {
  for (let x = 0; x < width; ++x) matrix[i * width + x] /= by;
}
