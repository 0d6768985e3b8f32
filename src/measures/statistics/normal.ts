/** log √(2π) */
const LOG_SQRT_2PI = 0.9189385332046727;
const SERIES_BELOW = 2;

/** φ(z), the standard normal density. */
export function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z - LOG_SQRT_2PI);
}

/** P(Z > z) of the standard normal distribution. Relative error below 1e-14 until it underflows (z about 38). */
export function normalSf(z: number): number {
  if (Number.isNaN(z)) return Number.NaN;
  if (z < 0) return 1 - normalSf(-z);
  if (z < SERIES_BELOW) return 0.5 - normalDensity(z) * oddFactorialSeries(z);
  return normalDensity(z) * millsRatio(z);
}

/** P(Z ≤ z) of the standard normal distribution. */
export function normalCdf(z: number): number {
  return normalSf(-z);
}

/**
 * log P(Z > z), right where P itself underflows: log φ(z) + log of Mills' ratio by its continued fraction. At z = 40,
 * −804.608…; `1 − cdf` would be 0 from z = 8.3 on.
 */
export function normalLogSf(z: number): number {
  if (z < SERIES_BELOW) return z < -1 ? Math.log1p(-normalSf(-z)) : Math.log(normalSf(z));
  if (z === Infinity) return -Infinity;
  return -0.5 * z * z - LOG_SQRT_2PI + Math.log(millsRatio(z));
}

/** The z with P(Z ≤ z) = p. ±Infinity at 0 and 1. @throws RangeError when p is not in [0, 1]. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`invalid p: ${p}; it must be from 0 to 1`);
  if (p === 0.5) return 0;
  return p < 0.5 ? -upperQuantile(Math.log(p)) : upperQuantile(Math.log1p(-p));
}

/** The z ≥ 0 with log P(Z > z) = logP ≤ log ½. Newton on a concave function from its right: never overshoots. */
function upperQuantile(logP: number): number {
  if (logP === -Infinity) return Infinity;
  let z = Math.sqrt(Math.max(0, -2 * (logP + Math.LN2)));
  for (let i = 0; i < 60; i++) {
    const logSf = normalLogSf(z);
    const hazard = Math.exp(-0.5 * z * z - LOG_SQRT_2PI - logSf);
    const step = (logSf - logP) / hazard;
    z += step;
    if (Math.abs(step) <= 1e-15 * Math.max(1, z)) break;
  }
  return Math.max(0, z);
}

/** Σ z^(2k+1) / (2k+1)!!: Φ(z) − ½ = φ(z) times this. All terms are positive, so nothing cancels. */
function oddFactorialSeries(z: number): number {
  let term = z;
  let total = z;
  for (let k = 3; term > total * 1e-17; k += 2) {
    term *= (z * z) / k;
    total += term;
  }
  return total;
}

/** P(Z > z) / φ(z) = 1/(z + 1/(z + 2/(z + 3/(z + …)))) (Laplace), evaluated from the inside; z ≥ 2. */
function millsRatio(z: number): number {
  const terms = Math.ceil(30 + 1000 / (z * z));
  let tail = z;
  for (let k = terms; k > 0; k--) tail = z + k / tail;
  return 1 / tail;
}
