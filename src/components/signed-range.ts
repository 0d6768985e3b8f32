import {signed} from "./format.js";

/** `+0.61 to +0.88`: signs at both ends, as the number itself has one. */
export function signedRange(low: number, high: number, digits: number): string {
  return `${signed(low, digits)} to ${signed(high, digits)}`;
}
