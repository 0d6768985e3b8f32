/** 2^(n - 160) */
const powers = Float64Array.from({length: 321}, (_, n) => 2 ** (n - 160));

/** eˣ to 1e-8 (relative) for float32's range, several times as fast as Math.exp: a table of powers and a polynomial. */
export function exponential(x: number): number {
  const clamped = Math.min(88, Math.max(-88, x));
  // a whole number the cheap way: the sum is above 0, so that cutting off rounds down
  const n = (clamped * Math.LOG2E + 160.5) | 0;
  const r = clamped - (n - 160) * Math.LN2;
  const p = 1 + r * (1 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r / 5040))))));
  return p * powers[n];
}
