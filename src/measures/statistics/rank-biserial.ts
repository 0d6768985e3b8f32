import type {Sample} from "./sample.js";
import {signedRanks} from "./signed-ranks.js";

/**
 * The matched-pairs rank-biserial correlation (W⁺ − W⁻)/(W⁺ + W⁻) (Kerby 2014): 1 when every difference is positive.
 * `undefined` when no difference is other than zero. @throws RangeError when a difference is not finite.
 */
export function rankBiserial(differences: Sample): number | undefined {
  const {n, wPlus, wMinus} = signedRanks(differences);
  return n === 0 ? undefined : (wPlus - wMinus) / (wPlus + wMinus);
}
