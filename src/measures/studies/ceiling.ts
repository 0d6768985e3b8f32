import {tailSignificance} from "../statistics/alternative.js";
import {type CorrelationResult, pearson} from "../statistics/correlation.js";
import {fisherInterval} from "../statistics/fisher-interval.js";
import {type LeftOutGroup, leaveOneGroupOut} from "../statistics/leave-one-out.js";
import {type LinearFit, leastSquares} from "../statistics/regression.js";
import {studentTLogSf, studentTQuantile} from "../statistics/student-t.js";
import {armMean} from "./means.js";
import {referenceOn} from "./on-set.js";
import {type PublishedValue, publishedValue} from "./published.js";
import {aeArm, type Configuration, publishedAutoencoders, type StudyLayout, srArm} from "./roles.js";
import type {Pairing, ResultRow} from "./rows.js";

/** An autoencoder on a data set: what it keeps by itself, and what super-resolution in its latents reaches. */
export interface CeilingPoint {
  /** The study's set, or the published data set. */
  readonly set: string;
  readonly autoencoder: string;
  /** Mean PSNR of decode(encode(HR)) against HR, dB. */
  readonly ceiling: number;
  /** Mean PSNR of the SR output, dB. */
  readonly sr: number;
}

export interface CeilingOptions {
  /** Each set's reference unless given. */
  readonly configuration?: Configuration;
  /** What the SR output is compared with: HR (`psnr`), or the same autoencoder's reconstruction (`self_psnr`). */
  readonly measure?: "psnr" | "self_psnr";
  /** These only. */
  readonly autoencoders?: readonly string[];
  readonly sets?: readonly string[];
  readonly pairing?: Pairing;
}

/** One point for each set and autoencoder that has both arms. Means are over patients, and seeds before. */
export function ceilingPoints(
  study: StudyLayout,
  rows: readonly ResultRow[],
  {configuration, measure = "psnr", autoencoders, sets, pairing}: CeilingOptions = {}
): CeilingPoint[] {
  const points: CeilingPoint[] = [];
  for (const {id: set} of study.sets) {
    if (sets !== undefined && !sets.includes(set)) continue;
    const reference = configuration ?? referenceOn(study, rows, set);
    if (reference === null) continue;
    for (const {id: autoencoder} of study.autoencoders) {
      if (autoencoders !== undefined && !autoencoders.includes(autoencoder)) continue;
      const alone = aeArm(study, autoencoder);
      const generated = srArm(study, autoencoder, reference);
      if (alone === undefined || generated === undefined) continue;
      const few = {resamples: 1}; // only the mean is looked at
      const ceiling = armMean(rows, {set, arm: alone.id, measure: "psnr"}, few).mean;
      const sr = armMean(rows, {set, arm: generated.id, measure, pairing}, few).mean;
      if (ceiling !== null && sr !== null) points.push({set, autoencoder, ceiling, sr});
    }
  }
  return points;
}

/** The published study's points: SD-VAE and MedVAE on three data sets, self-referential SR. */
export function publishedCeilingPoints(values: readonly PublishedValue[]): CeilingPoint[] {
  const datasets = [...new Set(values.flatMap(({dataset}) => (dataset === undefined ? [] : [dataset])))];
  return datasets.flatMap((dataset) =>
    Object.keys(publishedAutoencoders).flatMap((autoencoder) => {
      const of = (arm: string) =>
        publishedValue(values, {dataset, arm: `${arm}:${autoencoder}`, measure: "psnr"})?.value;
      const [ceiling, sr] = [of("ae"), of("sr")];
      return ceiling === undefined || sr === undefined ? [] : [{set: dataset, autoencoder, ceiling, sr}];
    })
  );
}

/** Does the autoencoder's ceiling predict SR? Pooled, within each set, and on a set that the line has not seen. */
export interface CeilingFit {
  readonly points: readonly CeilingPoint[];
  /** Over all points. Sets that differ in level make it look better than it is. */
  readonly pooled: {readonly correlation: CorrelationResult; readonly line: LinearFit};
  readonly within: readonly {
    readonly set: string;
    readonly correlation: CorrelationResult;
    readonly line: LinearFit;
  }[];
  /**
   * Points minus their set's means: what is left of the pooled r when the sets' levels are taken away. This is the partial
   * correlation given the set; its tests and intervals have k − 1 degrees of freedom less for k sets (`withoutLevels`).
   */
  readonly centred: {readonly correlation: CorrelationResult; readonly line: LinearFit};
  readonly leaveOneOut: readonly LeftOutGroup[];
}

/** @throws RangeError when a point is not finite. */
export function ceilingFit(points: readonly CeilingPoint[], level = 0.95): CeilingFit {
  const regress = (own: readonly {ceiling: number; sr: number}[]) => {
    const [x, y] = [own.map(({ceiling}) => ceiling), own.map(({sr}) => sr)];
    return {correlation: pearson(x, y, {level}), line: leastSquares(x, y, {level})};
  };
  const sets = [...new Set(points.map(({set}) => set))];
  const bySet = sets.map((set) => points.filter((point) => point.set === set));
  const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const centred = bySet.flatMap((own) => {
    const [cx, cy] = [average(own.map(({ceiling}) => ceiling)), average(own.map(({sr}) => sr))];
    return own.map(({ceiling, sr}) => ({ceiling: ceiling - cx, sr: sr - cy}));
  });
  return {
    points,
    pooled: regress(points),
    within: bySet.map((own, i) => ({set: sets[i], ...regress(own)})),
    centred: withoutLevels(regress(centred), sets.length, level),
    leaveOneOut: leaveOneGroupOut(
      points.map(({ceiling}) => ceiling),
      points.map(({sr}) => sr),
      points.map(({set}) => set)
    )
  };
}

/**
 * The regression of points whose k sets' means were taken away. Taking k means away is to partial out k − 1 indicators, so r is
 * tested, and its Fisher interval made, as if from n − (k − 1) points: SE of z = 1/√(n − (k − 1) − 3) (Fisher, The distribution
 * of the partial correlation coefficient, Metron 3, 1924); the slope has n − k − 1 degrees of freedom. Both are null where these
 * run out. The line goes through 0 by construction, and predicts no new point.
 */
function withoutLevels(
  {correlation, line}: {readonly correlation: CorrelationResult; readonly line: LinearFit},
  k: number,
  level: number
): {correlation: CorrelationResult; line: LinearFit} {
  const {n, r} = correlation;
  const effective = n - (k - 1);
  const df = n - k - 1;
  const tested = r !== null && df >= 1;
  // 1 − r² as in `pearson`: a perfect line has p = 0
  const t = tested ? r * Math.sqrt(df / ((1 - r) * (1 + r))) : Number.NaN;
  const tail = tested ? tailSignificance(t, "two-sided", (v) => studentTLogSf(v, df)) : {p: null, log10p: null};
  const interval = r === null || effective < 4 ? null : fisherInterval(r, effective, {level});
  // the residuals are those of `line`; only what they are divided by changes
  const residualSd = line.residualSd === null || df < 1 ? null : line.residualSd * Math.sqrt((n - 2) / df);
  const half =
    residualSd === null || line.slopeInterval === null
      ? null
      : ((line.slopeInterval[1] - line.slopeInterval[0]) / 2) *
        ((studentTQuantile(0.5 + level / 2, df) / studentTQuantile(0.5 + level / 2, n - 2)) * Math.sqrt((n - 2) / df));
  return {
    correlation: {
      ...correlation,
      ...tail,
      interval,
      reason: correlation.reason ?? (interval === null ? "too few points for their number of sets: no interval" : null)
    },
    line: {
      ...line,
      residualSd,
      slopeInterval: half === null || line.slope === null ? null : [line.slope - half, line.slope + half],
      interceptInterval: null,
      reason: line.reason ?? (half === null ? "too few points for their number of sets: no interval" : null),
      at: (x) => ({...line.at(x), confidence: null, prediction: null})
    }
  };
}
