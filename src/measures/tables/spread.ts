import type {SeedSpread} from "../seed-spread.js";
import {mean, standardDeviation} from "../statistics/descriptive.js";
import {armAndSeed, type ImageRecord} from "./record.js";

/** The spread of one image's outputs over the seeds of an arm, without its planes. */
export interface SeedSpreadRecord extends Omit<SeedSpread, "mean" | "sd"> {
  readonly id: string;
  /** Without the seed. */
  readonly arm: string;
}

/** One number over the images that have it; `n` counts them. */
export interface SpreadStatistic {
  readonly n: number;
  readonly mean: number | null;
  /** ddof 1 */
  readonly sd: number | null;
}

/** How an arm's outputs differ from seed to seed, over the images that have all K of them. */
export interface SeedSpreadSummary {
  /** Number of seeds K. */
  readonly k: number;
  readonly images: number;
  /** Images that lack the output of some seed. */
  readonly leftOut: number;
  /** σ over the seeds (ddof 1), mean over an image's pixels, grey levels. */
  readonly meanSd: SpreadStatistic;
  /** Spearman's ρ of σ and |mean image − HR| over an image's pixels. */
  readonly calibration: SpreadStatistic;
  /** PSNR of the mean image, and mean PSNR of the single ones, dB. Infinite ones are left out. */
  readonly psnrOfMean: SpreadStatistic;
  readonly meanPsnr: SpreadStatistic;
  /** Their difference, dB. */
  readonly gain: SpreadStatistic;
  /** The gain of K draws of a perfect posterior sampler, 10·log₁₀(2K/(K+1)) dB. */
  readonly posteriorGain: number;
}

/** The seeds' arms by the name without seed, where there are two or more: `a@1`, `a@2`, `b@1` → a: [a@1, a@2]. */
export function seededArms(arms: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const name of arms) {
    const {arm, seed} = armAndSeed(name);
    if (seed !== null) groups.set(arm, [...(groups.get(arm) ?? []), name]);
  }
  for (const [arm, names] of groups) if (names.length < 2) groups.delete(arm);
  return groups;
}

/**
 * @param spreads of the images with two outputs or more
 * @param arms all arms, with their seeds; K is how many an arm has
 * @param records tell which images have any output of the arm
 */
export function summariseSpread(
  spreads: readonly SeedSpreadRecord[],
  arms: readonly string[],
  records: readonly Pick<ImageRecord, "id" | "arm">[]
): Record<string, SeedSpreadSummary> {
  return Object.fromEntries(
    Array.from(seededArms(arms), ([arm, names]) => {
      const k = names.length;
      const whole = spreads.filter((spread) => spread.arm === arm && spread.k === k);
      const images = new Set(records.filter((record) => names.includes(record.arm)).map(({id}) => id)).size;
      const over = (read: (record: SeedSpreadRecord) => number | null): SpreadStatistic => {
        const values = whole.map(read).filter((value) => value !== null && Number.isFinite(value)) as number[];
        return {n: values.length, mean: mean(values) ?? null, sd: standardDeviation(values) ?? null};
      };
      return [
        arm,
        {
          k,
          images: whole.length,
          leftOut: images - whole.length,
          meanSd: over((r) => r.meanSd),
          calibration: over((r) => r.calibration),
          psnrOfMean: over((r) => r.psnrOfMean),
          meanPsnr: over((r) => r.meanPsnr),
          gain: over((r) => r.gain),
          posteriorGain: 10 * Math.log10((2 * k) / (k + 1))
        }
      ];
    })
  );
}
