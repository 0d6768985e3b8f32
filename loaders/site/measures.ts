import type {MeasureRow} from "../../src/components/site-data.js";
import {bandNames} from "../../src/measures/bands.js";
import {clampUnit} from "../../src/measures/fidelity.js";
import type {Plane} from "../../src/measures/image.js";
import {measureImage} from "../../src/measures/measure-image.js";
import {radialSpectrum} from "../../src/measures/radial.js";

/** A measure without the image and arm that it is of. */
export type Measurement = Pick<MeasureRow, "measure" | "band" | "flavour" | "value" | "unit">;

/** What the pages show of a pair: tidy rows and the output's radial spectrum (log10 power, null where there is none). */
export interface PairMeasures {
  readonly rows: readonly Measurement[];
  readonly spectrum: readonly (number | null)[];
}

/** The measures of an output against its HR image. Absent ones (SSIM of a tiny image, infinite PSNR) have no row. */
export function measurePair(hr: Plane, output: Plane): PairMeasures {
  const m = measureImage(hr, output);
  const rows: Measurement[] = [];
  const add = (measure: string, value: number | null, unit: string, flavour = "default", band = "") => {
    if (value !== null && Number.isFinite(value)) rows.push({measure, band, flavour, value, unit});
  };
  add("psnr", m.psnr, "dB");
  add("ssim", m.ssim, "", "wang");
  add("ms_ssim", m.ms_ssim, "");
  add("mse", m.mse, "");
  add("mae", m.mae, "");
  for (const band of bandNames()) {
    const {psnr, sse, share} = m.bands[band];
    add("band_psnr", psnr, "dB", "published", band);
    add("band_mse", sse / hr.data.length, "", "default", band);
    add("band_share", share, "share of the MSE", "default", band);
  }
  return {rows, spectrum: spectrumOf(output)};
}

/** Radial log10 power of an image, default flavour. */
export function spectrumOf(image: Plane): (number | null)[] {
  return Array.from(radialSpectrum(clampUnit(image)).logPower, (value) => (Number.isFinite(value) ? value : null));
}

/** The centres of the rings in cycles per pixel. */
export function spectrumFrequencies(): number[] {
  return Array.from(radialSpectrum({data: new Float64Array(64 * 64), width: 64, height: 64}).frequency);
}
