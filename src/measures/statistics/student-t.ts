import {logIncompleteBeta} from "./incomplete-beta.js";
import {normalQuantile} from "./normal.js";

/** log P(T > t) of Student's t with `df` degrees of freedom; finite far beyond where P underflows. */
export function studentTLogSf(t: number, df: number): number {
  requireDegreesOfFreedom(df);
  if (Number.isNaN(t)) return Number.NaN;
  const total = df + t * t;
  // both tails together: I_x(df/2, ½) at x = df/(df + t²)
  const bothTails = t * t === Infinity ? -Infinity : logIncompleteBeta(df / total, (t / total) * t, df / 2, 0.5);
  return t >= 0 ? bothTails - Math.LN2 : Math.log1p(-0.5 * Math.exp(bothTails));
}

/** P(T > t) of Student's t with `df` degrees of freedom. */
export function studentTSf(t: number, df: number): number {
  return Math.exp(studentTLogSf(t, df));
}

/** P(T ≤ t) of Student's t with `df` degrees of freedom. */
export function studentTCdf(t: number, df: number): number {
  return studentTSf(-t, df);
}

/** The t with P(T ≤ t) = p. ±Infinity at 0 and 1. @throws RangeError when p is not in [0, 1] or df is not positive. */
export function studentTQuantile(p: number, df: number): number {
  requireDegreesOfFreedom(df);
  if (!(p >= 0 && p <= 1)) throw new RangeError(`invalid p: ${p}; it must be from 0 to 1`);
  if (p === 0 || p === 1) return p === 0 ? -Infinity : Infinity;
  if (p === 0.5) return 0;
  if (p > 0.5) return upperQuantile(Math.log1p(-p), 1 - p, df);
  return -upperQuantile(Math.log(p), p, df);
}

/** The t > 0 with log P(T > t) = logP: bracketed, then the secant-safeguarded bisection of Illinois (regula falsi). */
function upperQuantile(logP: number, p: number, df: number): number {
  const f = (t: number) => studentTLogSf(t, df) - logP;
  let low = 0;
  let high = Math.max(1, -normalQuantile(Math.max(p, 1e-300)));
  let fLow = -Math.LN2 - logP;
  let fHigh = f(high);
  while (fHigh > 0) {
    low = high;
    fLow = fHigh;
    high *= 2;
    fHigh = f(high);
  }
  for (let i = 0; i < 200 && high - low > 4e-16 * high; i++) {
    const t = (low * fHigh - high * fLow) / (fHigh - fLow);
    const at = t > low && t < high ? t : (low + high) / 2;
    const value = f(at);
    if (value === 0) return at;
    if (value > 0) {
      low = at;
      fLow = value;
      fHigh /= 2;
    } else {
      high = at;
      fHigh = value;
      fLow /= 2;
    }
  }
  return (low + high) / 2;
}

function requireDegreesOfFreedom(df: number): void {
  if (!(df > 0)) throw new RangeError(`invalid df: ${df}; the degrees of freedom must be positive`);
}
