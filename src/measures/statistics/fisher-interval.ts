import {normalQuantile} from "./normal.js";

export type FisherInterval = readonly [low: number, high: number];

/**
 * The interval of a correlation by Fisher's z: tanh(atanh r ± z·√(inflation/(n − 3))).
 * @throws RangeError when r is not in [−1, 1] or n is below 4.
 */
export function fisherInterval(
  r: number,
  n: number,
  {level = 0.95, inflation = 1}: {level?: number; inflation?: number} = {}
): FisherInterval {
  if (!(r >= -1 && r <= 1)) throw new RangeError(`invalid r: ${r}; a correlation is from -1 to 1`);
  if (!(n >= 4)) throw new RangeError(`invalid n: ${n}; Fisher's interval needs at least 4 points`);
  const half = normalQuantile(0.5 + level / 2) * Math.sqrt(inflation / (n - 3));
  return [Math.tanh(Math.atanh(r) - half), Math.tanh(Math.atanh(r) + half)];
}
