import {type Alternative, requireAlternative, tailSignificance} from "./alternative.js";
import {mean, standardDeviation} from "./descriptive.js";
import {requireFinite, type Sample} from "./sample.js";
import {studentTLogSf, studentTQuantile} from "./student-t.js";

export interface PairedTResult {
  readonly test: "paired t";
  readonly alternative: Alternative;
  readonly n: number;
  readonly df: number;
  readonly meanDifference: number | null;
  readonly standardError: number | null;
  readonly t: number | null;
  readonly p: number | null;
  readonly log10p: number | null;
  /** Two-sided interval of the mean difference. */
  readonly interval: readonly [number, number] | null;
  readonly level: number;
  readonly reason: string | null;
}

/** Student's paired t test and the interval of the mean difference. @throws RangeError when a value is not finite. */
export function pairedT(
  differences: Sample,
  {alternative = "two-sided", level = 0.95}: {alternative?: Alternative; level?: number} = {}
): PairedTResult {
  requireAlternative(alternative);
  requireFinite(differences, "differences");
  if (!(level > 0 && level < 1)) throw new RangeError(`invalid level: ${level}; it must be between 0 and 1`);
  const n = differences.length;
  const df = n - 1;
  const meanDifference = mean(differences) ?? null;
  const absent = {standardError: null, t: null, p: null, log10p: null, interval: null};
  const common = {test: "paired t", alternative, n, df, meanDifference, level} as const;
  if (n < 2) return {...common, ...absent, reason: n === 0 ? "there are no pairs" : "one pair only"};
  const standardError = standardDeviation(differences)! / Math.sqrt(n);
  if (standardError === 0) return {...common, ...absent, standardError, reason: "the differences do not vary"};
  const t = meanDifference! / standardError;
  const half = studentTQuantile(0.5 + level / 2, df) * standardError;
  const tail = tailSignificance(t, alternative, (x) => studentTLogSf(x, df));
  const interval = [meanDifference! - half, meanDifference! + half] as const;
  return {...common, standardError, t, ...tail, interval, reason: null};
}
