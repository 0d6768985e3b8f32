import {InputError} from "../../models/errors.js";
import {fractionOf} from "../../src/measures/random.js";
import type {Split} from "./sample.js";

export const SPLITS: readonly Split[] = ["train", "valid", "test"];

/** How patients are shared out. */
export interface SplitRule {
  readonly seed: string | number;
  /** Expected shares of the patients; they add up to 1. */
  readonly train: number;
  readonly valid: number;
  readonly test: number;
}

export const DEFAULT_SPLIT: SplitRule = {seed: 0, train: 0.8, valid: 0.1, test: 0.1};

/**
 * The split of a patient: a hash of the seed and the patient's id against the shares. It depends on nothing else, so adding or
 * removing patients or images moves no one; the shares hold on average, not to the image.
 */
export function splitOf(patient: string, rule: SplitRule = DEFAULT_SPLIT): Split {
  const fraction = fractionOf(`split\u0000${rule.seed}\u0000${patient}`);
  if (fraction < rule.train) return "train";
  return fraction < rule.train + rule.valid ? "valid" : "test";
}

/** Completes and checks a rule from a definition file. @throws InputError */
export function splitRule(given: Partial<SplitRule> | undefined, source: string): SplitRule {
  const rule = {...DEFAULT_SPLIT, ...given};
  const shares = [rule.train, rule.valid, rule.test];
  if (
    !shares.every((share) => typeof share === "number" && share >= 0 && share <= 1) ||
    Math.abs(shares.reduce((a, b) => a + b) - 1) > 1e-9
  )
    throw new InputError(
      `${source}: the shares train, valid and test must be from 0 to 1 and add up to 1, not ${shares.join(" + ")}`
    );
  return rule;
}

/** Reads "train", "valid", "val", "validation", "dev", "test"; undefined for anything else. */
export function parseSplit(text: string): Split | undefined {
  const name = text.trim().toLowerCase();
  if (name === "train" || name === "training") return "train";
  if (name === "valid" || name === "val" || name === "validate" || name === "validation" || name === "dev")
    return "valid";
  if (name === "test" || name === "testing") return "test";
  return undefined;
}
