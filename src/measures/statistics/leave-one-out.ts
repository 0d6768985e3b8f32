import {pearson} from "./correlation.js";
import {groupRows} from "./patients.js";
import {leastSquares} from "./regression.js";
import {requireFinite, requireSameLength, type Sample} from "./sample.js";

export interface LeftOutGroup {
  readonly group: string;
  readonly n: number;
  /** Pearson's r inside this group alone. */
  readonly within: {readonly r: number | null; readonly slope: number | null; readonly reason: string | null};
  /** The line through all other groups. */
  readonly slope: number | null;
  readonly intercept: number | null;
  readonly r2: number | null;
  /** Root mean square error of that line on this group, in units of y. */
  readonly rmse: number | null;
  /** 1 − SSE/Σ(y − mean of the other groups)²: below 0 the line predicts worse than that mean. */
  readonly q2: number | null;
  readonly reason: string | null;
}

/**
 * Leaves out one group (dataset) at a time, fits y on x through the others, predicts it. Pooled points confound the
 * group with x; this and the within-group correlation show how much of a pooled R² survives.
 * @throws RangeError when lengths differ or a value is not finite.
 */
export function leaveOneGroupOut(x: Sample, y: Sample, groups: readonly string[]): LeftOutGroup[] {
  requireSameLength(x, y, "x and y");
  requireFinite(x, "x");
  requireFinite(y, "y");
  if (groups.length !== x.length) {
    throw new RangeError(`groups must have one label a point: ${x.length}, not ${groups.length}`);
  }
  return Array.from(groupRows(groups), ([group, rows]) => {
    const pick = (values: Sample, keep: (i: number) => boolean) =>
      groups.flatMap((_, i) => (keep(i) ? [values[i]] : []));
    const inside = (i: number) => groups[i] === group;
    const outside = (i: number) => groups[i] !== group;
    const [xi, yi, xo, yo] = [pick(x, inside), pick(y, inside), pick(x, outside), pick(y, outside)];
    const own = pearson(xi, yi);
    const within = {r: own.r, slope: leastSquares(xi, yi).slope, reason: own.reason};
    const fit = leastSquares(xo, yo);
    const common = {group, n: rows.length, within, slope: fit.slope, intercept: fit.intercept, r2: fit.r2};
    if (fit.slope === null) {
      const reason = xo.length === 0 ? "there is one group only" : `the other groups: ${fit.reason}`;
      return {...common, rmse: null, q2: null, reason};
    }
    const centre = yo.reduce((s, v) => s + v, 0) / yo.length;
    let sse = 0;
    let total = 0;
    yi.forEach((v, i) => {
      sse += (v - fit.at(xi[i]).fit) ** 2;
      total += (v - centre) ** 2;
    });
    return {...common, rmse: Math.sqrt(sse / yi.length), q2: total > 0 ? 1 - sse / total : null, reason: null};
  });
}
