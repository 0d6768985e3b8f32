import type {MeasureRow} from "../../src/components/site-data.js";
import {bandNames} from "../../src/measures/bands.js";
import {bandErrorSplit} from "../../src/measures/error-split.js";
import {clampUnit, psnr} from "../../src/measures/fidelity.js";
import {ringCorrelation} from "../../src/measures/frc.js";
import type {Plane} from "../../src/measures/image.js";
import {maskedFidelity} from "../../src/measures/masked.js";
import {measureImage} from "../../src/measures/measure-image.js";
import {Degradation, nullSpaceMeasures} from "../../src/measures/nullspace.js";
import {radialSpectrum} from "../../src/measures/radial.js";
import {lowestCrossing, scanRingCorrelation} from "../../src/measures/sfrc.js";

/** A measure without the image and arm that it is of. */
export type Measurement = Pick<MeasureRow, "measure" | "band" | "flavour" | "value" | "unit">;

/** What the pages show of a pair: tidy rows, the output's radial spectrum (log10 power) and its ring correlation with HR; null where there is none. */
export interface PairMeasures {
  readonly rows: readonly Measurement[];
  readonly spectrum: readonly (number | null)[];
  readonly correlation: readonly (number | null)[];
}

/** What an output is measured against, beside HR. */
export interface Beside {
  /** What the output was made from. */
  readonly lr?: Plane;
  /** The autoencoder's own reconstruction, of a generator's output. */
  readonly ae?: Plane;
  /** Of a lesion. */
  readonly mask?: Plane;
}

/** The measures of an output against its HR image. Absent ones (SSIM of a tiny image, infinite PSNR) have no row. */
export function measurePair(hr: Plane, output: Plane, {lr, ae, mask}: Beside = {}): PairMeasures {
  const m = measureImage(hr, output, ae);
  const rows: Measurement[] = [];
  const add = (measure: string, value: number | null, unit: string, flavour = "default", band = "") => {
    if (value !== null && Number.isFinite(value)) rows.push({measure, band, flavour, value, unit});
  };
  const n = hr.data.length;
  add("psnr", m.psnr, "dB");
  add("ssim", m.ssim, "", "wang");
  add("ssim_skimage", m.ssim_skimage, "", "skimage");
  add("ms_ssim", m.ms_ssim, "");
  add("mse", m.mse, "");
  add("mae", m.mae, "");
  add("frc_half", m.frc.half?.frequency ?? null, "cycles/pixel");
  if (lr !== undefined) {
    const degradation = new Degradation(hr.width, hr.height, lr.width, lr.height);
    const parts = nullSpaceMeasures(degradation, clampUnit(hr), clampUnit(output), lr);
    add("measurement_consistency", parts.consistency, "grey levels");
    add("invented_mse", parts.invented_sse / n, "");
    add("invented_energy_ratio", parts.invented_energy_ratio, "");
  }
  const scan = scanRingCorrelation(clampUnit(hr), clampUnit(output), {size: 32, stride: 16});
  add("sfrc_lowest", scan === null ? null : lowestCrossing(scan), "cycles/pixel");
  if (mask !== undefined) add("lesion_psnr", maskedFidelity(hr, output, mask)?.psnr ?? null, "dB");
  if (ae !== undefined) {
    add("self_psnr", psnr(ae, output), "dB", "published");
    const rates = m.threshold_rates!;
    add("rate_absolute", rates.absolute.rate, "share of pixels");
    add("rate_brighter", rates.brighter.rate, "share of pixels");
    add("rate_darker", rates.darker.rate, "share of pixels");
    const split = bandErrorSplit(clampUnit(hr), clampUnit(output), clampUnit(ae));
    for (const band of bandNames()) {
      const {autoencoder, generator, cross} = split[band];
      add("split_autoencoder", autoencoder / n, "", "default", band);
      add("split_generator", generator / n, "", "default", band);
      add("split_cross", cross / n, "", "default", band);
    }
  }
  for (const band of bandNames()) {
    const own = m.bands[band];
    add("band_psnr", own.psnr, "dB", "published", band);
    add("band_mse", own.sse / n, "", "default", band);
    add("band_share", own.share, "share of the MSE", "default", band);
  }
  return {rows, spectrum: spectrumOf(output), correlation: correlationOf(hr, output)};
}

/** Radial log10 power of an image, default flavour. */
export function spectrumOf(image: Plane): (number | null)[] {
  return Array.from(radialSpectrum(clampUnit(image)).logPower, (value) => (Number.isFinite(value) ? value : null));
}

let frequencies: readonly number[] | undefined;

/** The centres of the rings in cycles per pixel, the same for every image. */
export function spectrumFrequencies(): readonly number[] {
  frequencies ??= Array.from(radialSpectrum({data: new Float64Array(64 * 64), width: 64, height: 64}).frequency);
  return frequencies;
}

/** Fourier ring correlation under a Hann window, averaged over the rings that lie in each interval of `spectrumFrequencies`. */
export function correlationOf(hr: Plane, output: Plane): (number | null)[] {
  const {frequency, correlation, count} = ringCorrelation(clampUnit(hr), clampUnit(output), {window: "hann"});
  const bins = spectrumFrequencies().length;
  const sums = new Float64Array(bins);
  const weights = new Float64Array(bins);
  for (let ring = 1; ring < correlation.length; ring++) {
    if (Number.isNaN(correlation[ring])) continue;
    const bin = Math.min(bins - 1, Math.floor(frequency[ring] * 2 * bins));
    sums[bin] += count[ring] * correlation[ring];
    weights[bin] += count[ring];
  }
  return Array.from(sums, (sum, bin) => (weights[bin] > 0 ? sum / weights[bin] : null));
}
