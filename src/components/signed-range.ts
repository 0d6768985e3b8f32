import {signed} from "./format.js";

/** `+0.61`, `−0.20`, and `0.00` of what rounds to nothing: a zero has no sign. */
export function signedNumber(value: number, digits: number): string {
  return signed(Number(value.toFixed(digits)) || 0, digits);
}

/** `+0.61 to +0.88`: signs at both ends, as the number itself has one. */
export function signedRange(low: number, high: number, digits: number): string {
  return `${signedNumber(low, digits)} to ${signedNumber(high, digits)}`;
}
