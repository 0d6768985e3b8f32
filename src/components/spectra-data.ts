import {bootstrapMean} from "../measures/statistics/index.js";
import type {SpectrumPoint} from "./radial-spectrum.js";
import type {SetCurve, SetSummary, SiteArm, SiteDetail} from "./site-data.js";

type Named = Pick<SiteArm, "id" | "label">;
type Curve = readonly (number | null)[];

/** Log power of HR and of some arms' outputs for one image. */
export function powerOf(
  frequencies: readonly number[],
  {spectra}: Pick<SiteDetail, "spectra">,
  arms: readonly Named[]
): SpectrumPoint[] {
  return [{id: "hr", label: "HR"}, ...arms].flatMap(({id, label}) =>
    frequencies.map((frequency, i) => ({series: id, label, frequency, value: spectra[id][i]}))
  );
}

/**
 * A set's means by frequency with their 95 % intervals, patients resampled: output power over HR power in dB (`ratio`), or Fourier
 * ring correlation with HR.
 */
export function meansOfSet(
  {frequencies, ...summary}: Pick<SetSummary, "frequencies" | "ratio" | "correlation">,
  what: "ratio" | "correlation",
  arms: readonly Named[]
): SpectrumPoint[] {
  return arms.flatMap(({id, label}) => {
    const {value, low, high} = summary[what][id];
    return frequencies.map((frequency, i) => ({
      series: id,
      label,
      frequency,
      value: value[i],
      low: low[i],
      high: high[i]
    }));
  });
}

/** Enough for a band that is read off a chart. */
const resamples = 400;

/**
 * The mean over images at each frequency, and its 95 % interval, clusters (one label an image) resampled; null where no image has a
 * value.
 */
export function curveMeans(curves: readonly Curve[], clusters: readonly string[]): SetCurve {
  const round = (number: number | undefined) => (number === undefined ? null : Math.round(number * 1e3) / 1e3);
  const points = Array.from({length: curves[0]?.length ?? 0}, (_, i) => {
    const values: number[] = [];
    const own: string[] = [];
    curves.forEach((curve, k) => {
      const number = curve[i];
      if (number === null) return;
      values.push(number);
      own.push(clusters[k]);
    });
    if (values.length === 0) return [null, null, null];
    const {estimate, percentile} = bootstrapMean(values, {clusters: own, resamples, seed: 1});
    return [round(estimate!), round(percentile?.[0]), round(percentile?.[1])];
  });
  return {value: points.map(([x]) => x), low: points.map(([, x]) => x), high: points.map(([, , x]) => x)};
}

/** Output power over HR power, dB, from log10 powers. */
export function powerRatio(output: Curve, hr: Curve): (number | null)[] {
  return output.map((value, i) => {
    const own = hr[i];
    return value === null || own === null ? null : 10 * (value - own);
  });
}
