import type {ValuePair} from "./levels.js";
import {type ImageValue, imageValues, type Pairing, type ResultRow} from "./rows.js";

/** An image in both arms, and its dataset. */
export interface SetPair extends ValuePair {
  readonly set: string;
}

export interface ArmPairs {
  readonly pairs: readonly SetPair[];
  /** Images that one arm has and the other lacks, or whose value is absent or infinite in one of them. */
  readonly leftOut: number;
}

export interface ArmPairSelection {
  readonly sets: readonly string[];
  readonly a: string;
  readonly b: string;
  readonly measure: string;
  /** One seed of the arms that have seeds; the mean over all unless said. */
  readonly seed?: number;
  readonly pairing?: Pairing;
}

/**
 * Two arms' values of one measure, image by image over several datasets: paired by dataset and image, never by position. A
 * patient's name is made unique over datasets. An arm without seeds, or without rows in the pairing asked for (nothing can be
 * mispaired in an arm that was not saved by position), stands in with what it has.
 */
export function pairArms(rows: readonly ResultRow[], selection: ArmPairSelection): ArmPairs {
  const pairs: SetPair[] = [];
  let leftOut = 0;
  for (const set of selection.sets) {
    const [valuesA, valuesB] = [selection.a, selection.b].map((arm) => valuesOf(rows, set, arm, selection));
    const others = new Map(valuesB.map((one) => [one.image, one.value]));
    let met = 0;
    for (const {image, patient, value} of valuesA) {
      const other = others.get(image);
      if (other !== undefined) met++;
      if (value === null || other === undefined || other === null || !Number.isFinite(value + other)) leftOut++;
      else pairs.push({set, image, patient: patient === null ? null : `${set} ${patient}`, a: value, b: other});
    }
    leftOut += valuesB.length - met;
  }
  return {pairs, leftOut};
}

function valuesOf(
  rows: readonly ResultRow[],
  set: string,
  arm: string,
  {measure, seed, pairing = "correct"}: ArmPairSelection
): ImageValue[] {
  const asked = imageValues(rows, {set, arm, measure, pairing, seed});
  if (asked.length > 0) return asked;
  const anySeed = imageValues(rows, {set, arm, measure, pairing});
  // with a seed that the arm lacks, an arm of other seeds must not slip in
  if (anySeed.length > 0) return seed !== undefined && anySeed.some(({seeds}) => seeds > 1) ? [] : anySeed;
  return pairing === "correct" ? [] : valuesOf(rows, set, arm, {measure, seed, sets: [], a: "", b: ""});
}
