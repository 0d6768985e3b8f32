import {type Alternative, requireAlternative, tailSignificance} from "./alternative.js";
import {mean} from "./descriptive.js";
import {type FisherInterval, fisherInterval} from "./fisher-interval.js";
import {averageRanks} from "./ranks.js";
import {requireFinite, requireSameLength, type Sample} from "./sample.js";
import {studentTLogSf} from "./student-t.js";

export interface CorrelationResult {
  readonly test: "Pearson" | "Spearman";
  readonly alternative: Alternative;
  readonly n: number;
  readonly r: number | null;
  readonly r2: number | null;
  readonly p: number | null;
  readonly log10p: number | null;
  /** Fisher-z interval; n must be at least 4. */
  readonly interval: FisherInterval | null;
  readonly level: number;
  readonly reason: string | null;
}

export interface CorrelationOptions {
  readonly alternative?: Alternative;
  readonly level?: number;
}

/**
 * Pearson's r with its t test (n − 2 degrees of freedom) and Fisher-z interval.
 * @throws RangeError when lengths differ or a value is not finite.
 */
export function pearson(x: Sample, y: Sample, options?: CorrelationOptions): CorrelationResult {
  requirePaired(x, y);
  return correlate("Pearson", x, y, options);
}

/**
 * Spearman's ρ: Pearson's r of the average ranks; p by the t approximation, as scipy; the interval is Fisher's with
 * the variance (1 + ρ²/2)/(n − 3) of Bonett & Wright (2000).
 * @throws RangeError when lengths differ or a value is not finite.
 */
export function spearman(x: Sample, y: Sample, options?: CorrelationOptions): CorrelationResult {
  requirePaired(x, y);
  return correlate("Spearman", averageRanks(x).ranks, averageRanks(y).ranks, options);
}

function requirePaired(x: Sample, y: Sample): void {
  requireSameLength(x, y, "x and y");
  requireFinite(x, "x");
  requireFinite(y, "y");
}

function correlate(
  test: "Pearson" | "Spearman",
  x: Sample,
  y: Sample,
  {alternative = "two-sided", level = 0.95}: CorrelationOptions = {}
): CorrelationResult {
  requireAlternative(alternative);
  const n = x.length;
  const common = {test, alternative, n, level} as const;
  const absent = {r: null, r2: null, p: null, log10p: null, interval: null};
  if (n < 2) return {...common, ...absent, reason: "fewer than two points"};
  const mx = mean(x)!;
  const my = mean(y)!;
  let sxx = 0;
  let syy = 0;
  let sxy = 0;
  for (let i = 0; i < n; i++) {
    sxx += (x[i] - mx) ** 2;
    syy += (y[i] - my) ** 2;
    sxy += (x[i] - mx) * (y[i] - my);
  }
  if (sxx === 0 || syy === 0) return {...common, ...absent, reason: `${sxx === 0 ? "x" : "y"} does not vary`};
  const r = Math.max(-1, Math.min(1, sxy / Math.sqrt(sxx * syy)));
  if (n < 3) return {...common, ...absent, r, r2: r * r, reason: "fewer than three points: no test"};
  // 1 − r² as (1 − r)(1 + r): a perfect line gives t = ∞ and p = 0, as it should
  const t = r * Math.sqrt((n - 2) / ((1 - r) * (1 + r)));
  const tail = tailSignificance(t, alternative, (v) => studentTLogSf(v, n - 2));
  const interval = n < 4 ? null : fisherInterval(r, n, {level, inflation: test === "Spearman" ? 1 + (r * r) / 2 : 1});
  return {...common, r, r2: r * r, ...tail, interval, reason: n < 4 ? "fewer than four points: no interval" : null};
}
