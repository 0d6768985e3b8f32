import {type BandName, bandNames} from "../bands.js";
import {type Gap, gap} from "./gaps.js";
import {armMean, type Resampling, type StudyMean} from "./means.js";
import type {Pairing, ResultRow} from "./rows.js";

/** One band of one arm on one set. */
export interface BandBudgetRow {
  readonly band: BandName;
  /** Sum of squared errors in the band, a mean over patients. */
  readonly sse: StudyMean;
  /** Its share of the sum over all bands; null where that is 0. */
  readonly share: number | null;
  /** Published flavour: bands are not comparable with each other. */
  readonly psnr: StudyMean;
}

/** Where in frequency an arm's error lies. Empty where the study has no such rows. */
export function bandBudget(
  rows: readonly ResultRow[],
  {set, arm, pairing}: {set: string; arm: string; pairing?: Pairing},
  resampling: Resampling = {}
): BandBudgetRow[] {
  const own = bandNames(3).map((band) => ({
    band,
    sse: armMean(rows, {set, arm, pairing, measure: `band_sse_${band}`}, resampling),
    psnr: armMean(rows, {set, arm, pairing, measure: `band_psnr_${band}`}, resampling)
  }));
  if (own.some(({sse}) => sse.mean === null)) return [];
  const total = own.reduce((sum, {sse}) => sum + sse.mean!, 0);
  return own.map((row) => ({...row, share: total > 0 ? row.sse.mean! / total : null}));
}

/** What B gains over A in one band. */
export interface BandGainRow {
  readonly band: BandName;
  /** SSE(B) − SSE(A): below 0 where B errs less. */
  readonly sse: Gap;
  /** The band's share of the whole reduction of the SSE; null where there is no change at all. */
  readonly share: number | null;
  /** Published band PSNR, B − A, dB. */
  readonly psnr: Gap;
}

/** In which bands arm B is ahead of arm A. Empty where the study has no such rows. */
export function bandGains(
  rows: readonly ResultRow[],
  selection: {set: string; a: string; b: string; pairing?: Pairing; seed?: number; seeds?: readonly number[]},
  resampling: Resampling = {}
): BandGainRow[] {
  const own = bandNames(3).map((band) => ({
    band,
    sse: gap(rows, {...selection, measure: `band_sse_${band}`}, resampling),
    psnr: gap(rows, {...selection, measure: `band_psnr_${band}`}, resampling)
  }));
  if (own.some(({sse, psnr}) => sse === null || psnr === null)) return [];
  const total = own.reduce((sum, {sse}) => sum + sse!.mean, 0);
  return own.map(({band, sse, psnr}) => ({
    band,
    sse: sse!,
    psnr: psnr!,
    share: total === 0 ? null : sse!.mean / total
  }));
}
