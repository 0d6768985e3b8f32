import {type BandName, bandLabel, bandNames} from "../measures/bands.js";
import type {MeasureRow, SetSummary, SiteDetail} from "./site-data.js";

export {type BandName, bandLabel};
export const bands: readonly BandName[] = bandNames(3);

/** A measure of a band in an arm: its mean over images, its spread, and its value for the image in view. */
export interface BandStatistic {
  readonly band: BandName;
  readonly arm: string;
  readonly mean: number;
  readonly sd: number | null;
  readonly n: number;
  /** Of the image in view; null without one. */
  readonly here: number | null;
}

/** `measure` (band_psnr, band_mse) by arm and band over the rows' images. */
export function bandStatistics(rows: readonly MeasureRow[], measure: string, image: string | null): BandStatistic[] {
  const groups = new Map<string, MeasureRow[]>();
  for (const row of rows) {
    if (row.measure !== measure) continue;
    const key = `${row.arm} ${row.band}`;
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return [...groups.values()].map((group) => ({
    band: group[0].band as BandName,
    arm: group[0].arm,
    ...momentsOf(group.map((row) => row.value)),
    here: group.find((row) => row.image === image)?.value ?? null
  }));
}

/** Mean and SD (n − 1) of at least one value. */
export function momentsOf(values: readonly number[]): {mean: number; sd: number | null; n: number} {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {mean, sd: n > 1 ? Math.sqrt(squares / (n - 1)) : null, n};
}

/** The same of a set whose statistics the site has ready, for some arms, with an image of it. */
export function setStatistics(
  {bands: summary}: Pick<SetSummary, "bands">,
  measure: string,
  arms: readonly string[],
  {measures}: Pick<SiteDetail, "measures">
): BandStatistic[] {
  return arms.flatMap((arm) =>
    (summary[measure]?.[arm] ?? []).map(({band, ...moments}) => ({
      band: band as BandName,
      arm,
      ...moments,
      here: measures[arm][`${measure} ${band}`] ?? null
    }))
  );
}
