import type {Alternative} from "./alternative.js";
import {type BootstrapResult, bootstrapMean} from "./bootstrap.js";
import {cohensD} from "./cohens-d.js";
import {cohensDz} from "./cohens-dz.js";
import {mean, standardDeviation} from "./descriptive.js";
import {type Clustering, intraclassCorrelation} from "./intraclass-correlation.js";
import {patientMeans} from "./patients.js";
import {rankBiserial} from "./rank-biserial.js";
import {differences, type Sample} from "./sample.js";
import {type TostResult, tost} from "./tost.js";
import {type WilcoxonResult, wilcoxonSignedRank} from "./wilcoxon.js";

export interface PairedComparison {
  /** What one difference stands for: the patient wherever patient ids exist. */
  readonly level: "image" | "patient";
  readonly nImages: number;
  readonly nPatients: number | null;
  readonly side: Alternative;
  /** Means over the units of that level. */
  readonly meanA: number | null;
  readonly meanB: number | null;
  readonly meanDifference: number | null;
  readonly sdDifference: number | null;
  readonly wilcoxon: WilcoxonResult;
  /** The normal approximation beside an exact p, as the published study gives it. */
  readonly wilcoxonAsymptotic: WilcoxonResult;
  readonly cohensD: number | null;
  readonly cohensDz: number | null;
  readonly rankBiserial: number | null;
  /** Interval of the mean difference over images, resampling patients where they are known. */
  readonly bootstrap: BootstrapResult;
  /** Of the differences over images; null without patients. */
  readonly clustering: Clustering | null;
  /** With a margin only. */
  readonly tost: TostResult | null;
  readonly reason: string | null;
}

export interface PairedComparisonOptions {
  /** One id an image: tests then run on patients' means. */
  readonly patients?: readonly string[];
  readonly alternative?: Alternative;
  readonly margin?: number;
  readonly resamples?: number;
  readonly seed?: number;
}

/**
 * Everything that is asked of two arms measured on the same images: Wilcoxon, d, d_z, rank-biserial, bootstrap interval,
 * clustering, equivalence. @throws RangeError when lengths differ or a value is not finite.
 */
export function comparePaired(
  a: Sample,
  b: Sample,
  {patients, alternative = "two-sided", margin, resamples, seed}: PairedComparisonOptions = {}
): PairedComparison {
  const byImage = differences(a, b);
  const unitsA = patients === undefined ? a : patientMeans(a, patients).values;
  const unitsB = patients === undefined ? b : patientMeans(b, patients).values;
  const d = patients === undefined ? byImage : differences(unitsA, unitsB);
  const exactOrNot = wilcoxonSignedRank(d, {alternative});
  return {
    level: patients === undefined ? "image" : "patient",
    nImages: a.length,
    nPatients: patients === undefined ? null : d.length,
    side: alternative,
    meanA: mean(unitsA) ?? null,
    meanB: mean(unitsB) ?? null,
    meanDifference: mean(d) ?? null,
    sdDifference: standardDeviation(d) ?? null,
    wilcoxon: exactOrNot,
    wilcoxonAsymptotic: wilcoxonSignedRank(d, {alternative, method: "asymptotic"}),
    cohensD: cohensD(unitsA, unitsB) ?? null,
    cohensDz: cohensDz(d) ?? null,
    rankBiserial: rankBiserial(d) ?? null,
    bootstrap: bootstrapMean(byImage, {clusters: patients, resamples, seed}),
    clustering: patients === undefined ? null : intraclassCorrelation(byImage, patients),
    tost: margin === undefined ? null : tost(d, margin),
    reason: exactOrNot.reason ?? (d.length === 1 ? `one ${patients === undefined ? "pair" : "patient"} only` : null)
  };
}
