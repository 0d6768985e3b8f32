import {mean, standardDeviation} from "./descriptive.js";
import {requireFinite, type Sample} from "./sample.js";

/**
 * Cohen's d_z: mean / SD (ddof 1) of paired differences. `undefined` when there are fewer than two or they do not
 * vary. @throws RangeError when a difference is not finite.
 */
export function cohensDz(differences: Sample): number | undefined {
  requireFinite(differences, "differences");
  const sd = standardDeviation(differences);
  return sd === undefined || sd === 0 ? undefined : mean(differences)! / sd;
}
