/**
 * How a signal goes on past its ends. `symmetric` repeats the last sample (c b a | a b c; scipy's `reflect`, pywt's
 * `symmetric`); `reflect` does not (c b | a b c; PyTorch's and numpy's `reflect`).
 */
export type Extension = "symmetric" | "reflect";

/** For positions −pad … n+pad−1 the index inside 0 … n−1 whose sample stands there. */
export function extendedIndices(n: number, pad: number, extension: Extension): Int32Array {
  const indices = new Int32Array(n + 2 * pad);
  for (let i = -pad; i < n + pad; i++) indices[i + pad] = extendIndex(i, n, extension);
  return indices;
}

function extendIndex(i: number, n: number, extension: Extension): number {
  if (n === 1) return 0;
  const period = extension === "symmetric" ? 2 * n : 2 * n - 2;
  const j = ((i % period) + period) % period;
  if (j < n) return j;
  return extension === "symmetric" ? period - 1 - j : period - j;
}
