import {type Alternative, requireAlternative, type Significance, tailSignificance} from "./alternative.js";
import {normalLogSf} from "./normal.js";
import type {Sample} from "./sample.js";
import {signedRanks} from "./signed-ranks.js";

/** Where `method: "auto"` changes from the exact distribution to the normal one. */
const EXACT_UP_TO = 50;
/** The exact distribution takes n³/3 additions; beyond this a call would take more than a second. */
const EXACT_AT_MOST = 1000;

export interface WilcoxonOptions {
  readonly alternative?: Alternative;
  /** "auto": exact for n ≤ 50 without ties, else the normal approximation. */
  readonly method?: "auto" | "exact" | "asymptotic";
  /** Continuity correction of the normal approximation. */
  readonly continuity?: boolean;
}

export interface WilcoxonResult {
  readonly test: "Wilcoxon signed-rank";
  readonly alternative: Alternative;
  readonly method: "exact" | "asymptotic";
  readonly continuity: boolean;
  /** Differences that are not zero; the zeros are dropped. */
  readonly n: number;
  readonly nZero: number;
  readonly wPlus: number;
  readonly wMinus: number;
  /** min(W⁺, W⁻) for two sides, W⁺ for one. */
  readonly statistic: number;
  /** Standard score of W⁺ (null with the exact distribution). */
  readonly z: number | null;
  readonly p: number | null;
  /** Finite where p underflows. */
  readonly log10p: number | null;
  /** Why there is no p. */
  readonly reason: string | null;
}

/**
 * Wilcoxon's signed-rank test of paired differences: zeros dropped, average ranks, tie-corrected variance. The p-value
 * comes from the log survival function, so log10 p is right in the far tail. Differences tie only when they are equal
 * to the last bit: round values that were rounded before. As scipy.stats.wilcoxon(zero_method="wilcox").
 * @throws RangeError when a difference is not finite, or the exact distribution is asked for with ties or n > 1000.
 */
export function wilcoxonSignedRank(
  differences: Sample,
  {alternative = "two-sided", method = "auto", continuity = false}: WilcoxonOptions = {}
): WilcoxonResult {
  requireAlternative(alternative);
  const {n, nZero, wPlus, wMinus, tieTerm} = signedRanks(differences);
  if (method === "exact" && tieTerm > 0) {
    throw new RangeError('invalid method: "exact"; the exact distribution needs differences without ties');
  }
  if (method === "exact" && n > EXACT_AT_MOST) {
    throw new RangeError(
      `invalid method: "exact"; the exact distribution is offered up to n = ${EXACT_AT_MOST}, not ${n}`
    );
  }
  const exact = method === "exact" || (method === "auto" && n <= EXACT_UP_TO && tieTerm === 0);
  const common = {
    test: "Wilcoxon signed-rank",
    alternative,
    method: exact ? "exact" : "asymptotic",
    continuity: continuity && !exact,
    n,
    nZero,
    wPlus,
    wMinus,
    statistic: alternative === "two-sided" ? Math.min(wPlus, wMinus) : wPlus
  } as const;
  if (n === 0) {
    const reason = nZero === 0 ? "there are no pairs" : "all differences are zero";
    return {...common, z: null, p: null, log10p: null, reason};
  }
  if (exact) return {...common, z: null, ...exactSignificance(wPlus, n, alternative), reason: null};
  const centre = (n * (n + 1)) / 4;
  const spread = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24 - tieTerm / 48);
  const sign = alternative === "two-sided" ? Math.sign(wPlus - centre) : alternative === "greater" ? 1 : -1;
  const z = (wPlus - centre - (continuity ? 0.5 * sign : 0)) / spread;
  return {...common, z, ...tailSignificance(z, alternative, normalLogSf), reason: null};
}

function exactSignificance(wPlus: number, n: number, alternative: Alternative): Significance {
  const total = (n * (n + 1)) / 2;
  // symmetric: P(W⁺ ≥ w) = P(W⁺ ≤ total − w), so each tail is a sum from its thin end
  const [w, sides] =
    alternative === "greater"
      ? [total - wPlus, 1]
      : alternative === "less"
        ? [wPlus, 1]
        : [Math.min(wPlus, total - wPlus), 2];
  const p = Math.min(1, sides * lowerTail(w, n));
  return {p, log10p: Math.log10(p)};
}

/** P(W⁺ ≤ w): each rank is in or out with probability ½, convolved one rank at a time. */
function lowerTail(w: number, n: number): number {
  const top = Math.floor(w);
  const probability = new Float64Array(top + 1);
  probability[0] = 1;
  for (let rank = 1; rank <= n; rank++) {
    for (let s = top; s >= rank; s--) probability[s] = 0.5 * (probability[s] + probability[s - rank]);
    for (let s = Math.min(rank - 1, top); s >= 0; s--) probability[s] *= 0.5;
  }
  let tail = 0;
  for (const p of probability) tail += p;
  return tail;
}
