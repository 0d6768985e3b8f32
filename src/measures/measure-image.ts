import {type BandMeasures, type BandName, bandMeasures} from "./bands.js";
import {checkPair} from "./check.js";
import {fft2Pair} from "./fft.js";
import {clampUnit, mae, nrmse, psnrFromMse, sumSquaredDifference} from "./fidelity.js";
import {type Crossing, crossing, meanCorrelation, ringCorrelationOf} from "./frc.js";
import {type PublishedHallucination, publishedNames, type ThresholdRates, thresholdRates} from "./hallucination.js";
import type {Plane} from "./image.js";
import {msSsimFrom, msSsimMinimumSide} from "./ms-ssim.js";
import {radialLogPowerOf} from "./radial.js";
import {ssim, ssimMinimumSide, structureMeans} from "./ssim.js";

/** The measures of one pair. Numbers are per image; null is absent, and `absent` says why. */
export interface ImageMeasures {
  readonly mse: number;
  readonly mae: number;
  readonly rmse: number;
  readonly nrmse: number | null;
  /** dB; Infinity where the images are equal. */
  readonly psnr: number;
  /** Against decode(encode(HR)) instead of HR, as the published study had it first; null without an autoencoder's image. */
  readonly self_psnr: number | null;
  /** Wang's. */
  readonly ssim: number | null;
  readonly ssim_skimage: number | null;
  readonly ssim_torchmetrics: number | null;
  readonly ms_ssim: number | null;
  /** Three-level Haar: published band PSNR, SSE, and share of the summed SSE. */
  readonly bands: BandMeasures["bands"];
  /** Whether the bands' SSE add up to the image's exactly (sides divisible by 8). */
  readonly bands_exact: boolean;
  /** Of SR, published flavour, ten rings. */
  readonly radial_log_power: (number | null)[];
  /** Fourier ring correlation: where it falls below 1/2 and 1/7 (cycles/pixel), and its mean. */
  readonly frc: {readonly half: Crossing | null; readonly seventh: Crossing | null; readonly mean: number | null};
  /** Published flavour; null without an autoencoder's image. */
  readonly hallucination: PublishedHallucination | null;
  /** Default flavour; null without an autoencoder's image. */
  readonly threshold_rates: ThresholdRates | null;
  /** Why a field is null, by its name. */
  readonly absent: Readonly<Record<string, string>>;
}

export type {BandName};

/**
 * Everything that one pair (and the autoencoder's own reconstruction of HR) gives. All images are clamped to [0, 1] first, so
 * that every measure speaks of the same pixels. @throws RangeError on differing sizes, NaN or infinities.
 */
export function measureImage(hr: Plane, sr: Plane, ae?: Plane): ImageMeasures {
  checkPair(hr, sr);
  if (ae !== undefined) checkPair(hr, ae, "hr", "ae");
  const x = widen(clampUnit(hr));
  const y = widen(clampUnit(sr));
  const z = ae === undefined ? undefined : widen(clampUnit(ae));
  const absent: Record<string, string> = {};
  const side = Math.min(x.width, x.height);
  const size = `${x.width}×${x.height}`;
  const needs = (name: string, least: number): boolean => {
    if (side >= least) return true;
    absent[name] = `needs a side of at least ${least} pixels, the image has ${size}`;
    return false;
  };

  const mse = sumSquaredDifference(x.data, y.data) / x.data.length;
  const structure = side >= ssimMinimumSide.torchmetrics ? structureMeans(x, y) : null;
  const wang = needs("ssim", ssimMinimumSide.wang) ? structure!.insideSsim : null;
  const torch = needs("ssim_torchmetrics", ssimMinimumSide.torchmetrics) ? structure!.ssim : null;
  const skimage = needs("ssim_skimage", ssimMinimumSide.skimage) ? ssim(x, y, "skimage") : null;
  const multiScale = needs("ms_ssim", msSsimMinimumSide) ? msSsimFrom(structure!, x, y) : null;

  const relative = nrmse(x, y);
  if (relative === null) absent.nrmse = "HR is zero everywhere";

  const {bands, exact} = bandMeasures(x, y);
  const [spectrumX, spectrumY] = fft2Pair(x, y);
  const radial = radialLogPowerOf(spectrumY);
  if (radial.includes(null)) absent.radial_log_power = `an image of ${size} has no frequency in some rings`;
  const rings = ringCorrelationOf(spectrumX, spectrumY);
  const frc = {half: crossing(rings, 1 / 2), seventh: crossing(rings, 1 / 7), mean: meanCorrelation(rings)};
  if (frc.half === null) {
    absent.frc = side < 3 ? `an image of ${size} has no ring` : "HR or SR is constant: there is nothing to correlate";
  }
  const rates = z === undefined ? null : thresholdRates(x, y, z);
  const selfMse = z === undefined ? null : sumSquaredDifference(z.data, y.data) / y.data.length;
  if (z === undefined) {
    absent.self_psnr = absent.hallucination = absent.threshold_rates = "needs the autoencoder's image";
  }

  return {
    mse,
    mae: mae(x, y),
    rmse: Math.sqrt(mse),
    nrmse: relative,
    psnr: psnrFromMse(mse),
    self_psnr: selfMse === null ? null : psnrFromMse(selfMse),
    ssim: wang,
    ssim_skimage: skimage,
    ssim_torchmetrics: torch,
    ms_ssim: multiScale,
    bands,
    bands_exact: exact,
    radial_log_power: radial,
    frc,
    hallucination: rates === null ? null : publishedNames(rates),
    threshold_rates: rates,
    absent
  };
}

/** One kind of array keeps the engine's compiled code for one kind. */
function widen(plane: Plane): Plane {
  return plane.data instanceof Float64Array ? plane : {...plane, data: Float64Array.from(plane.data)};
}
