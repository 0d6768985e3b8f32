import {mean, variance} from "./descriptive.js";
import {requireFinite, type Sample} from "./sample.js";

/**
 * Cohen's d: (mean a − mean b) / √((s²ₐ(nₐ−1) + s²_b(n_b−1)) / (nₐ+n_b−2)), the difference of two means in pooled
 * standard deviations (ddof 1). Pairing plays no part: compare `cohensDz`. `undefined` when a sample has fewer than two values or
 * nothing varies. @throws RangeError when a value is not finite.
 */
export function cohensD(a: Sample, b: Sample): number | undefined {
  requireFinite(a, "a");
  requireFinite(b, "b");
  const va = variance(a);
  const vb = variance(b);
  if (va === undefined || vb === undefined) return undefined;
  const pooled = (va * (a.length - 1) + vb * (b.length - 1)) / (a.length + b.length - 2);
  return pooled > 0 ? (mean(a)! - mean(b)!) / Math.sqrt(pooled) : undefined;
}
