import type {ValuePair} from "./levels.js";
import {imageValues, type Pairing, type ResultRow, rowsOf} from "./rows.js";

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
  /** One seed of the arms that have seeds; the mean over all that they share unless said. */
  readonly seed?: number;
  readonly pairing?: Pairing;
}

/**
 * Two arms' values of one measure, image by image over several datasets: paired by dataset and image, never by position. A
 * patient's name is made unique over datasets. Where the arms ran with different seeds, the seeds that both have count, so that
 * like is compared with like; an arm without seeds goes with any.
 */
export function pairArms(rows: readonly ResultRow[], selection: ArmPairSelection): ArmPairs {
  const {sets, a, b, measure, pairing = "correct", seed} = selection;
  const pairs: SetPair[] = [];
  let leftOut = 0;
  for (const set of sets) {
    const seeds = seed === undefined ? commonSeeds(rows, {set, a, b, pairing}) : [seed];
    const [valuesA, valuesB] = [a, b].map((arm) => imageValues(rows, {set, arm, measure, pairing, seeds}));
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

/** The seeds that both arms have on a dataset; undefined (all) where one has none, or they share none. */
function commonSeeds(
  rows: readonly ResultRow[],
  {set, a, b, pairing}: {set: string; a: string; b: string; pairing: Pairing}
): readonly number[] | undefined {
  const [seedsA, seedsB] = [a, b].map(
    (arm) => new Set(rowsOf(rows, {set, arm, pairing}).flatMap(({seed}) => (seed === null ? [] : [seed])))
  );
  const common = [...seedsA].filter((seed) => seedsB.has(seed));
  return common.length === 0 ? undefined : common;
}
