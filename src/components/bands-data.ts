import {type BandName, bandLabel, bandNames} from "../measures/bands.js";
import {fixed} from "./format.js";
import type {MeasureRow, SetSummary, SiteDetail} from "./site-data.js";

export {type BandName, bandLabel};
export const bands: readonly BandName[] = bandNames(3);

/** What a page shows before a reader chooses: edges that every image has, coarse enough for single cells to be seen. */
export const firstBand: BandName = "HL2";

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

/** What mispairing takes from the bands of a level: their least, greatest and mean loss, dB. */
export interface LevelLoss {
  /** LL3 by itself, then level 3, 2, 1. */
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly mean: number;
}

/** Band PSNR paired minus mispaired, by level, coarse to fine. Bands that one of the two lacks are left out. */
export function levelLosses(
  paired: Readonly<Record<string, number>>,
  mispaired: Readonly<Record<string, number>>
): LevelLoss[] {
  const levels = new Map<string, number[]>();
  for (const band of bands) {
    const loss = paired[band] - mispaired[band];
    if (!Number.isFinite(loss)) continue;
    const name = band.startsWith("LL") ? band : `level ${band.slice(2)}`;
    levels.set(name, [...(levels.get(name) ?? []), loss]);
  }
  return Array.from(levels, ([name, losses]) => ({
    name,
    least: Math.min(...losses),
    most: Math.max(...losses),
    mean: losses.reduce((sum, loss) => sum + loss, 0) / losses.length
  }));
}

/** The losses in a sentence, which says that the finest bands lose least only where they do. */
export function lossSentence(losses: readonly LevelLoss[]): string {
  if (losses.length === 0) return "";
  const range = ({least, most}: LevelLoss) =>
    fixed(least, 1) === fixed(most, 1) ? fixed(least, 1) : `${fixed(least, 1)} to ${fixed(most, 1)}`;
  const parts = losses.map((loss, i) => `${loss.name} loses ${range(loss)}${i === 0 ? " dB" : ""}`);
  const falling = losses.every(({mean}, i) => i === 0 || mean < losses[i - 1].mean);
  const why = falling
    ? " The coarse picture loses most, for different anatomy differs most there; the finest bands lose least."
    : "";
  return `Mispaired, ${parts.join(", ")}.${why}`;
}
