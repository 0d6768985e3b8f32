import {mean} from "./descriptive.js";
import {groupRows} from "./patients.js";
import {requireFinite, type Sample} from "./sample.js";

export interface Clustering {
  readonly n: number;
  readonly nClusters: number;
  /** Mean number of values a cluster, m. */
  readonly clusterSize: number;
  /** Mean squares between and within clusters. */
  readonly msBetween: number | null;
  readonly msWithin: number | null;
  /** ICC(1), one-way random effects; may be negative. */
  readonly icc: number | null;
  /** 1 + (m − 1)·ICC with a negative ICC taken as 0: by how much clustering inflates the variance of a mean. */
  readonly designEffect: number | null;
  /** n / design effect. */
  readonly effectiveN: number | null;
  readonly reason: string | null;
}

/**
 * How alike the values of one cluster (patient) are: ICC(1) from the one-way analysis of variance, for clusters of
 * unequal size with m₀ = (N − Σm²/N)/(k − 1) (Donner 1986), and the design effect.
 * @throws RangeError when lengths differ or a value is not finite.
 */
export function intraclassCorrelation(values: Sample, clusters: readonly string[]): Clustering {
  if (values.length !== clusters.length) {
    throw new RangeError(`clusters must have one label a value: ${values.length}, not ${clusters.length}`);
  }
  requireFinite(values, "values");
  const groups = [...groupRows(clusters).values()];
  const n = values.length;
  const k = groups.length;
  const common = {n, nClusters: k, clusterSize: k === 0 ? 0 : n / k};
  const none = {msBetween: null, msWithin: null, icc: null, designEffect: null, effectiveN: null};
  if (k < 2) return {...common, ...none, reason: k === 0 ? "there are no values" : "one patient only"};
  if (n === k) return {...common, ...none, designEffect: 1, effectiveN: n, reason: "every patient has one image"};
  const centre = mean(values)!;
  let between = 0;
  let within = 0;
  let squaredSizes = 0;
  for (const rows of groups) {
    const own = rows.reduce((s, i) => s + values[i], 0) / rows.length;
    between += rows.length * (own - centre) ** 2;
    for (const i of rows) within += (values[i] - own) ** 2;
    squaredSizes += rows.length ** 2;
  }
  const msBetween = between / (k - 1);
  const msWithin = within / (n - k);
  const m0 = (n - squaredSizes / n) / (k - 1);
  const total = msBetween + (m0 - 1) * msWithin;
  if (!(total > 0)) return {...common, ...none, msBetween, msWithin, reason: "the values do not vary"};
  const icc = (msBetween - msWithin) / total;
  const designEffect = 1 + (common.clusterSize - 1) * Math.max(0, icc);
  return {...common, msBetween, msWithin, icc, designEffect, effectiveN: n / designEffect, reason: null};
}
