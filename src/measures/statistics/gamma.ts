const LOG_SQRT_2PI = 0.9189385332046727;

/** log Γ(x) − [(x − ½) log x − x + log √(2π)], Stirling's remainder, for x ≥ 10 (error below 1e-15). */
function stirlingRemainder(x: number): number {
  const s = 1 / (x * x);
  return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s * (1 / 1188 - (s * 691) / 360360))))) / x;
}

/** log Γ(x) for x > 0: recurrence up to 10, Stirling's series from there. @throws RangeError when x is not positive. */
export function logGamma(x: number): number {
  if (!(x > 0)) throw new RangeError(`invalid x: ${x}; logGamma needs a positive number`);
  let product = 1;
  let at = x;
  for (; at < 10; at++) product *= at;
  return (at - 0.5) * Math.log(at) - at + LOG_SQRT_2PI + stirlingRemainder(at) - Math.log(product);
}

/** log B(a, b) = log Γ(a)Γ(b)/Γ(a + b), without the cancellation that large arguments bring. */
export function logBeta(a: number, b: number): number {
  const large = Math.max(a, b);
  const small = Math.min(a, b);
  if (large < 10) return logGamma(a) + logGamma(b) - logGamma(a + b);
  return (
    logGamma(small) -
    (large - 0.5) * Math.log1p(small / large) -
    small * Math.log(large + small) +
    small +
    stirlingRemainder(large) -
    stirlingRemainder(large + small)
  );
}
