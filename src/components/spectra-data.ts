import {bootstrapMean} from "../measures/statistics/index.js";
import type {SpectrumPoint} from "./radial-spectrum.js";
import type {SiteArm, SiteImage, SiteIndex, Spectra} from "./site-data.js";

/** Log power of HR and of some arms' outputs for one image. */
export function powerOf({frequencies, curves}: Spectra, arms: readonly SiteArm[], image: string): SpectrumPoint[] {
  return [{id: "hr", label: "HR"}, ...arms].flatMap(({id, label}) =>
    frequencies.map((frequency, i) => ({series: id, label, frequency, value: curves[image][id][i]}))
  );
}

/** Output power over HR power in dB by frequency: mean over a set's images and its 95 % interval, patients resampled. */
export function ratioOf(spectra: Spectra, index: SiteIndex, arms: readonly SiteArm[], set: string): SpectrumPoint[] {
  return meansOf(spectra.frequencies, index, arms, set, (image, arm, i) => {
    const output = spectra.curves[image][arm][i];
    const hr = spectra.curves[image].hr[i];
    return output === null || hr === null ? null : 10 * (output - hr);
  });
}

/** Fourier ring correlation with HR by frequency: mean over a set's images and its 95 % interval, patients resampled. */
export function correlationOf(
  {frequencies, correlation}: Spectra,
  index: SiteIndex,
  arms: readonly SiteArm[],
  set: string
): SpectrumPoint[] {
  return meansOf(frequencies, index, arms, set, (image, arm, i) => correlation[image][arm][i]);
}

/** Enough for a band that is read off a chart. */
const resamples = 400;

function meansOf(
  frequencies: readonly number[],
  {images}: SiteIndex,
  arms: readonly SiteArm[],
  set: string,
  value: (image: string, arm: string, i: number) => number | null
): SpectrumPoint[] {
  const own = images.filter((image) => image.set === set);
  const label = (image: SiteImage) => image.patient ?? image.id;
  return arms.flatMap(({id, label: text}) =>
    frequencies.map((frequency, i): SpectrumPoint => {
      const values: number[] = [];
      const clusters: string[] = [];
      for (const image of own) {
        const number = value(image.id, id, i);
        if (number === null) continue;
        values.push(number);
        clusters.push(label(image));
      }
      if (values.length === 0) return {series: id, label: text, frequency, value: null, low: null, high: null};
      const {estimate, percentile} = bootstrapMean(values, {clusters, resamples, seed: 1});
      const round = (number: number | undefined) => (number === undefined ? null : Math.round(number * 1e3) / 1e3);
      return {
        series: id,
        label: text,
        frequency,
        value: round(estimate!),
        low: round(percentile?.[0]),
        high: round(percentile?.[1])
      };
    })
  );
}
