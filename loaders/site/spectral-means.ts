import type {SetCurve} from "../../src/components/site-data.js";
import {curveMeans, powerRatio} from "../../src/components/spectra-data.js";

type Curve = readonly (number | null)[];

/** Curves of a set's images in one arm. */
export interface MeansTask {
  readonly kind: "means";
  /** Log10 powers, an image each. */
  readonly hr: readonly Curve[];
  readonly output: readonly Curve[];
  readonly correlation: readonly Curve[];
  /** Patients, or images where those are not known. */
  readonly clusters: readonly string[];
}

export interface MeansTaskResult {
  readonly ratio: SetCurve;
  readonly correlation: SetCurve;
}

/** What the page of bands draws of them: computed here, since it takes a browser seconds and every image's curves. */
export async function spectralMeans({hr, output, correlation, clusters}: MeansTask): Promise<MeansTaskResult> {
  return {
    ratio: curveMeans(
      output.map((curve, i) => powerRatio(curve, hr[i])),
      clusters
    ),
    correlation: curveMeans(correlation, clusters)
  };
}
