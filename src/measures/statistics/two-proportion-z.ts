import {type Alternative, requireAlternative, tailSignificance} from "./alternative.js";
import {normalLogSf} from "./normal.js";

export interface TwoProportionResult {
  readonly test: "two-proportion z";
  readonly alternative: Alternative;
  readonly n1: number;
  readonly n2: number;
  readonly p1: number | null;
  readonly p2: number | null;
  readonly z: number | null;
  readonly p: number | null;
  readonly log10p: number | null;
  readonly reason: string | null;
}

/**
 * The pooled two-proportion z test. It takes every trial as independent: pixels of one image are not, so a tiny p here
 * says little; compare patients instead. @throws RangeError when a count is no whole number from 0 to its n.
 */
export function twoProportionZ(
  count1: number,
  n1: number,
  count2: number,
  n2: number,
  {alternative = "two-sided"}: {alternative?: Alternative} = {}
): TwoProportionResult {
  requireAlternative(alternative);
  for (const [name, count, n] of [
    ["count1", count1, n1],
    ["count2", count2, n2]
  ] as const) {
    if (!(Number.isInteger(count) && Number.isInteger(n) && count >= 0 && count <= n)) {
      throw new RangeError(`invalid ${name}: ${count} of ${n}; it must be a whole number from 0 to n`);
    }
  }
  const common = {test: "two-proportion z", alternative, n1, n2} as const;
  if (n1 === 0 || n2 === 0) {
    return {...common, p1: null, p2: null, z: null, p: null, log10p: null, reason: "a sample is empty"};
  }
  const [p1, p2] = [count1 / n1, count2 / n2];
  const pooled = (count1 + count2) / (n1 + n2);
  const se = Math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2));
  if (se === 0) {
    return {...common, p1, p2, z: null, p: null, log10p: null, reason: "both proportions are 0, or both are 1"};
  }
  const z = (p1 - p2) / se;
  return {...common, p1, p2, z, ...tailSignificance(z, alternative, normalLogSf), reason: null};
}
