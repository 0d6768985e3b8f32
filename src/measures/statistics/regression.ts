import {mean} from "./descriptive.js";
import {requireFinite, requireSameLength, type Sample} from "./sample.js";
import {studentTQuantile} from "./student-t.js";

/** The fit at one x with its two bands. */
export interface BandPoint {
  readonly x: number;
  readonly fit: number;
  /** Interval of the mean response. */
  readonly confidence: readonly [number, number] | null;
  /** Interval of one new point. */
  readonly prediction: readonly [number, number] | null;
}

export interface LinearFit {
  readonly n: number;
  readonly slope: number | null;
  readonly intercept: number | null;
  readonly r2: number | null;
  /** √(SSE/(n − 2)); null for n = 2. */
  readonly residualSd: number | null;
  readonly slopeInterval: readonly [number, number] | null;
  readonly interceptInterval: readonly [number, number] | null;
  readonly level: number;
  readonly reason: string | null;
  /** @throws RangeError when there is no line. */
  at(x: number): BandPoint;
}

/**
 * Ordinary least squares y = intercept + slope·x, with confidence and prediction bands (Student t, n − 2).
 * @throws RangeError when lengths differ or a value is not finite.
 */
export function leastSquares(x: Sample, y: Sample, {level = 0.95}: {level?: number} = {}): LinearFit {
  requireSameLength(x, y, "x and y");
  requireFinite(x, "x");
  requireFinite(y, "y");
  const n = x.length;
  const mx = mean(x) ?? 0;
  const my = mean(y) ?? 0;
  let sxx = 0;
  let sxy = 0;
  let syy = 0;
  for (let i = 0; i < n; i++) {
    sxx += (x[i] - mx) ** 2;
    sxy += (x[i] - mx) * (y[i] - my);
    syy += (y[i] - my) ** 2;
  }
  if (n < 2 || sxx === 0) {
    const reason = n < 2 ? "fewer than two points" : "x does not vary";
    const none = {slope: null, intercept: null, r2: null, residualSd: null};
    const at = () => {
      throw new RangeError(`there is no line: ${reason}`);
    };
    return {n, ...none, slopeInterval: null, interceptInterval: null, level, reason, at};
  }
  const slope = sxy / sxx;
  const intercept = my - slope * mx;
  let sse = 0;
  for (let i = 0; i < n; i++) sse += (y[i] - my - slope * (x[i] - mx)) ** 2;
  const r2 = syy === 0 ? null : 1 - sse / syy;
  const residualSd = n < 3 ? null : Math.sqrt(sse / (n - 2));
  const t = n < 3 ? Number.NaN : studentTQuantile(0.5 + level / 2, n - 2);
  const around = (centre: number, factor: number) =>
    residualSd === null ? null : ([centre - t * residualSd * factor, centre + t * residualSd * factor] as const);
  return {
    n,
    slope,
    intercept,
    r2,
    residualSd,
    slopeInterval: around(slope, 1 / Math.sqrt(sxx)),
    interceptInterval: around(intercept, Math.sqrt(1 / n + (mx * mx) / sxx)),
    level,
    reason: n < 3 ? "two points only: no bands" : syy === 0 ? "y does not vary: R² is undefined" : null,
    at(at) {
      const leverage = 1 / n + (at - mx) ** 2 / sxx;
      const fit = my + slope * (at - mx);
      const confidence = around(fit, Math.sqrt(leverage));
      return {x: at, fit, confidence, prediction: around(fit, Math.sqrt(1 + leverage))};
    }
  };
}
