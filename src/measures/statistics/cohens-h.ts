/**
 * Cohen's h: 2·asin √p₁ − 2·asin √p₂, the difference of two proportions on the variance-stabilised scale. A small h is
 * not equivalence: `tost` tests that. @throws RangeError when a proportion is not in [0, 1].
 */
export function cohensH(p1: number, p2: number): number {
  for (const [name, p] of [
    ["p1", p1],
    ["p2", p2]
  ] as const) {
    if (!(p >= 0 && p <= 1)) throw new RangeError(`invalid ${name}: ${p}; a proportion is from 0 to 1`);
  }
  return 2 * Math.asin(Math.sqrt(p1)) - 2 * Math.asin(Math.sqrt(p2));
}
