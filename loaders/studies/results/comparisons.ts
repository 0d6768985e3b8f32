import type {StudyComparison, StudyPairing, StudyRow, StudySet} from "../../../src/components/study-data.js";
import {comparableWithin, compareStudyArms, withHolm} from "../../../src/measures/studies/index.js";
import type {ComparisonSpec} from "../study.js";

/** What a comparison looks at unless its study says otherwise. */
export const comparedByDefault: readonly string[] = ["psnr", "self_psnr", "ssim", "hallu_rate", "loss_rate"];

export interface ComparisonOptions {
  readonly resamples?: number;
  readonly seed?: number;
  readonly onComparison?: (total: number) => void;
}

/**
 * Every comparison that a study asks for, on each of its sets, in each pairing; what an arm lacks is left out. Holm's adjustment
 * runs over all comparisons of one pairing: the mispaired ones show an error and are no findings to correct for.
 */
export function studyComparisons(
  specs: readonly ComparisonSpec[],
  sets: readonly Pick<StudySet, "id">[],
  pairings: readonly StudyPairing[],
  rows: readonly StudyRow[],
  {onComparison, ...options}: ComparisonOptions = {}
): StudyComparison[] {
  const jobs = pairings.flatMap((pairing) =>
    specs.flatMap((spec) =>
      sets.flatMap(({id: set}) =>
        (spec.measures ?? comparedByDefault).map((measure) => ({spec, set, pairing, measure}))
      )
    )
  );
  const found = jobs.flatMap(({spec, set, pairing, measure}) => {
    const margin = measure === "psnr" || measure === "self_psnr" ? spec.margin : undefined;
    const own = compareStudyArms(
      rows,
      {set, a: spec.a, b: spec.b, measure, pairing},
      {margin, marginH: comparableWithin, ...options}
    );
    onComparison?.(jobs.length);
    return own === null ? [] : [{title: spec.title, ...own}];
  });
  return pairings.flatMap((pairing) => withHolm(found.filter((one) => one.pairing === pairing)));
}
