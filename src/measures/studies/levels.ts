import {type Alternative, cohensH, comparePaired, type PairedComparison, patientMeans} from "../statistics/index.js";

/**
 * What one observation is. `image`: every image for itself, as the published study did. `patient`: a patient's mean over
 * its images. `cluster`: the mean over images, but the bootstrap draws whole patients, with all their images.
 */
export type Level = "image" | "patient" | "cluster";

export const levels: readonly Level[] = ["image", "patient", "cluster"];

/** One image in both arms. */
export interface ValuePair {
  readonly image: string;
  /** Null where patients are not known. */
  readonly patient: string | null;
  readonly a: number;
  readonly b: number;
}

export interface LevelComparison extends Omit<PairedComparison, "level"> {
  /** The level asked for; `image` where a patient is not known. */
  readonly level: Level;
  /** Estimate, B − A: over images (image, cluster) or over patients' means (patient). */
  readonly difference: number | null;
  /** Of rates: Cohen's h of the two mean rates, B against A; null for values outside [0, 1] or other measures. */
  readonly cohensH: number | null;
}

export interface LevelOptions {
  readonly alternative?: Alternative;
  readonly margin?: number;
  readonly resamples?: number;
  readonly seed?: number;
  /** The measure is a proportion: Cohen's h is wanted. */
  readonly proportion?: boolean;
}

/**
 * Arm B against arm A, differences B − A, with the unit that `level` names. Wilcoxon, d, d_z and TOST use images at level
 * `image` and patients' means otherwise. Pairs with a value that is not finite must be left out beforehand.
 * @throws RangeError when a value is not finite.
 */
export function compareAtLevel(
  pairs: readonly ValuePair[],
  level: Level,
  {proportion = false, ...options}: LevelOptions = {}
): LevelComparison {
  const known = pairs.length > 0 && pairs.every(({patient}) => patient !== null);
  const used = known ? level : "image";
  const patients = known ? pairs.map(({patient}) => patient!) : undefined;
  const b = pairs.map((pair) => pair.b);
  const a = pairs.map((pair) => pair.a);
  const nPatients = patients === undefined ? null : new Set(patients).size;
  const compared =
    used === "image"
      ? comparePaired(b, a, options)
      : used === "patient"
        ? comparePaired(patientMeans(b, patients!).values, patientMeans(a, patients!).values, options)
        : comparePaired(b, a, {...options, patients});
  // comparePaired subtracts its second sample, so its "A" is our B
  const {meanA: meanB, meanB: meanA, ...rest} = compared;
  const h =
    proportion && meanA !== null && meanB !== null && [meanA, meanB].every((rate) => rate >= 0 && rate <= 1)
      ? cohensH(meanB, meanA)
      : null;
  return {
    ...rest,
    level: used,
    nImages: pairs.length,
    nPatients,
    meanA,
    meanB,
    difference: compared.bootstrap.estimate,
    cohensH: h
  };
}
