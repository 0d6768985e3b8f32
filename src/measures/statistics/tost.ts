import {type Significance, significance} from "./alternative.js";
import {mean, standardDeviation} from "./descriptive.js";
import {requireFinite, type Sample} from "./sample.js";
import {studentTLogSf, studentTQuantile} from "./student-t.js";

export interface TostResult {
  readonly test: "paired TOST";
  readonly margin: number;
  readonly alpha: number;
  readonly n: number;
  readonly meanDifference: number | null;
  /** Against a true difference ≤ −margin. */
  readonly lower: Significance | null;
  /** Against a true difference ≥ margin. */
  readonly upper: Significance | null;
  /** The larger of the two. */
  readonly p: number | null;
  readonly log10p: number | null;
  /** 1 − 2α interval of the mean difference (90 % for α = 0.05): equivalent when it lies inside ± margin. */
  readonly interval: readonly [number, number] | null;
  readonly equivalent: boolean | null;
  readonly reason: string | null;
}

/**
 * Equivalence of two paired arms by two one-sided t tests (Schuirmann 1987) with a margin fixed beforehand. No
 * difference found is not equivalence; this is. @throws RangeError when the margin is not positive, or a value not finite.
 */
export function tost(differences: Sample, margin: number, {alpha = 0.05}: {alpha?: number} = {}): TostResult {
  requireFinite(differences, "differences");
  if (!(margin > 0 && margin < Infinity)) throw new RangeError(`invalid margin: ${margin}; it must be positive`);
  if (!(alpha > 0 && alpha < 0.5)) throw new RangeError(`invalid alpha: ${alpha}; it must be between 0 and 0.5`);
  const n = differences.length;
  const meanDifference = mean(differences) ?? null;
  const common = {test: "paired TOST", margin, alpha, n, meanDifference} as const;
  const absent = {lower: null, upper: null, p: null, log10p: null, interval: null, equivalent: null};
  if (n < 2) return {...common, ...absent, reason: n === 0 ? "there are no pairs" : "one pair only"};
  const se = standardDeviation(differences)! / Math.sqrt(n);
  if (se === 0) return {...common, ...absent, reason: "the differences do not vary"};
  const centre = meanDifference!;
  const lower = significance(studentTLogSf((centre + margin) / se, n - 1));
  const upper = significance(studentTLogSf((margin - centre) / se, n - 1));
  const {p, log10p} = lower.log10p > upper.log10p ? lower : upper;
  const half = studentTQuantile(1 - alpha, n - 1) * se;
  const interval = [centre - half, centre + half] as const;
  return {...common, lower, upper, p, log10p, interval, equivalent: p < alpha, reason: null};
}
