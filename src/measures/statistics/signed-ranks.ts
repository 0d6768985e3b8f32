import {averageRanks} from "./ranks.js";
import {requireFinite, type Sample} from "./sample.js";

export interface SignedRanks {
  /** Differences that are not zero. */
  readonly n: number;
  readonly nZero: number;
  /** Sum of the ranks of |d| over d > 0, and over d < 0. They add up to n(n + 1)/2. */
  readonly wPlus: number;
  readonly wMinus: number;
  /** Σ(t³ − t) over tied groups of |d|. */
  readonly tieTerm: number;
}

/** Wilcoxon's signed ranks: zeros dropped, average ranks. @throws RangeError when a difference is not finite. */
export function signedRanks(differences: Sample): SignedRanks {
  requireFinite(differences, "differences");
  const kept = Array.from(differences).filter((d) => d !== 0);
  const {ranks, tieTerm} = averageRanks(kept.map(Math.abs));
  let wPlus = 0;
  let wMinus = 0;
  kept.forEach((d, i) => {
    if (d > 0) wPlus += ranks[i];
    else wMinus += ranks[i];
  });
  return {n: kept.length, nZero: differences.length - kept.length, wPlus, wMinus, tieTerm};
}
