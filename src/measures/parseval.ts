import {checkNumber} from "./check.js";

/** What an orthonormal transform makes of a published PSNR. */
export interface ParsevalCheck {
  /** The least LL PSNR in dB that the images' PSNR allows. */
  readonly bound: number;
  /** True where the published LL PSNR lies under it: the two cannot come from the same pairs. */
  readonly contradiction: boolean;
  /** By how many dB the published LL PSNR misses the bound; negative where it keeps it. */
  readonly shortfall: number;
  /** The largest p that would make both numbers possible. */
  readonly largestPossiblePeak: number;
}

/**
 * Checks a published approximation-band PSNR (peak = the band's own largest coefficient) against the PSNR of the same images. In an
 * orthonormal Haar transform of any depth the approximation's SSE is at most the whole SSE, and its largest coefficient
 * is 2^levels times p, the largest block mean of HR (8×8 blocks at 3 levels); hence PSNR_LL ≥ PSNR + 20·log₁₀ p.
 * For means over images p is the images' geometric mean; `peak` 1 is not a bound, so pass what the data have.
 *
 * @param psnr mean PSNR of the images, dB, range 1
 * @param llPsnr mean PSNR of the LL band, dB
 * @param peak p, in (0, 1]
 * @param tolerance dB that reading the numbers off a figure may cost
 * @throws RangeError when a number is not finite or `peak` lies outside (0, 1].
 */
export function parsevalCheck(psnr: number, llPsnr: number, peak: number, tolerance = 0): ParsevalCheck {
  checkNumber(psnr, "psnr");
  checkNumber(llPsnr, "llPsnr");
  checkNumber(tolerance, "tolerance", 0);
  if (!(peak > 0 && peak <= 1)) throw new RangeError(`peak must lie in (0, 1], not ${peak}`);
  const bound = psnr + 20 * Math.log10(peak);
  const shortfall = bound - llPsnr;
  return {
    bound,
    contradiction: shortfall > tolerance,
    shortfall,
    largestPossiblePeak: Math.min(1, 10 ** ((llPsnr - psnr) / 20))
  };
}
