/** Reproducible numbers in [-1, 1) for a tensor of the given shape. */
export function random(shape: readonly number[], seed: number): Float32Array {
  let state = Math.imul(seed + 1, 0x9e3779b9) >>> 0;
  return Float32Array.from({length: shape.reduce((a, b) => a * b, 1)}, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2147483648 - 1;
  });
}
