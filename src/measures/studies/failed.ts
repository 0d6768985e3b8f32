import {gap} from "./gaps.js";
import type {StudyLayout} from "./roles.js";
import type {ResultRow} from "./rows.js";

/** dB. A generator that falls this far behind bicubic interpolation made no picture of the image: see `failedArm`. */
export const failedBelow = 10;

/** What is said of an arm that failed. */
export const failedWords = `failed: more than ${failedBelow} dB below bicubic`;

/**
 * Whether a generator's arm failed on a set: its mean PSNR against HR lies more than 10 dB below that of bicubic interpolation on the
 * same images, that is, its squared error is more than ten times that of doing nothing clever. A failed model's gap to another says nothing about what the two have in common. Means over patients, of the given seeds; pairs are the
 * right ones whatever is looked at. Where the study has no bicubic arm on the set, nothing fails. The 10 dB are a choice of ours:
 * what lies below bicubic by less counts, with its PSNR beside it.
 */
export function failedArm(
  {arms}: Pick<StudyLayout, "arms">,
  rows: readonly ResultRow[],
  {set, arm, seeds}: {readonly set: string; readonly arm: string; readonly seeds?: readonly number[]}
): boolean {
  const bicubic = arms.find(({kind}) => kind === "bicubic");
  if (bicubic === undefined) return false;
  const behind = gap(rows, {set, a: arm, b: bicubic.id, measure: "psnr", seeds}, {resamples: 1});
  return behind !== null && behind.mean > failedBelow;
}
