import type {SpectrumPoint} from "./radial-spectrum.js";
import type {SiteIndex, Spectra} from "./site-data.js";

/** Log power of HR and of every arm's output for one image. */
export function powerOf({frequencies, curves}: Spectra, {arms}: SiteIndex, image: string): SpectrumPoint[] {
  return [{id: "hr", label: "HR"}, ...arms].flatMap(({id, label}) =>
    frequencies.map((frequency, i) => ({series: id, label, frequency, value: curves[image][id][i]}))
  );
}

/** Output power over HR power in dB by frequency: mean over a set's images, and one standard deviation either side. */
export function ratioOf({frequencies, curves}: Spectra, {arms, images}: SiteIndex, set: string): SpectrumPoint[] {
  const own = images.filter((image) => image.set === set);
  return arms.flatMap(({id, label}) =>
    frequencies.map((frequency, i): SpectrumPoint => {
      const ratios = own.flatMap((image) => {
        const output = curves[image.id][id][i];
        const hr = curves[image.id].hr[i];
        return output === null || hr === null ? [] : [10 * (output - hr)];
      });
      const n = ratios.length;
      if (n === 0) return {series: id, label, frequency, value: null, low: null, high: null};
      const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / n;
      const sd = n > 1 ? Math.sqrt(ratios.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0) / (n - 1)) : null;
      const round = (value: number) => Math.round(value * 1e3) / 1e3;
      return {
        series: id,
        label,
        frequency,
        value: round(mean),
        low: sd === null ? null : round(mean - sd),
        high: sd === null ? null : round(mean + sd)
      };
    })
  );
}
