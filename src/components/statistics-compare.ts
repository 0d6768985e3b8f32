import type {Level} from "../measures/studies/levels.js";
import {compareAtLevel, type LevelComparison} from "../measures/studies/levels.js";
import {pairArms, type SetPair} from "../measures/studies/pairs.js";
import {publishedValue} from "../measures/studies/published.js";
import {autoencoderRoles, publishedDataset, type Role} from "../measures/studies/roles.js";
import type {ResultRow} from "../measures/studies/rows.js";
import type {Published} from "./site-data.js";
import type {StatisticsMeasure} from "./statistics-measures.js";
import type {StudyResults} from "./study-data.js";

/** Two arms on one dataset, or on all of them. */
export interface DatasetComparison {
  /** `pooled` for all. */
  readonly id: string;
  readonly label: string;
  readonly sets: readonly string[];
  readonly pairs: readonly SetPair[];
  readonly leftOut: number;
  readonly comparison: LevelComparison;
}

export interface CompareOptions {
  readonly a: string;
  readonly b: string;
  readonly measure: StatisticsMeasure;
  readonly level: Level;
  readonly alternative: "greater" | "two-sided";
  readonly margin: number | null;
  readonly seed?: number;
  readonly resamples?: number;
}

/** B against A on each dataset that has both, then on all images together where there are several. */
export function compareEverywhere(
  results: StudyResults,
  rows: readonly ResultRow[],
  {a, b, measure, level, alternative, margin, seed, resamples}: CompareOptions
): DatasetComparison[] {
  const compare = (id: string, label: string, sets: readonly string[]): DatasetComparison => {
    const {pairs, leftOut} = pairArms(rows, {sets, a, b, measure: measure.key, seed});
    const comparison = compareAtLevel(pairs, level, {
      // one-sided: that B is better, which for an error is that it is lower
      alternative: alternative === "greater" && measure.better === "lower" ? "less" : alternative,
      margin: margin ?? undefined,
      proportion: measure.proportion,
      resamples
    });
    return {id, label, sets, pairs, leftOut, comparison};
  };
  const each = results.sets.map(({id, label}) => compare(id, label, [id])).filter(({pairs}) => pairs.length > 0);
  if (each.length < 2) return each;
  const pooled = compare(
    "pooled",
    "",
    each.map(({id}) => id)
  );
  // what counts once is what is pooled; where patients are not known, images are, whatever was asked for
  const what = pooled.comparison.level === "patient" ? "patients" : "images";
  return [...each, {...pooled, label: `All ${what} pooled`}];
}

/**
 * What the study reports for this comparison on a dataset of this anatomy: only of the arms that play SD-VAE's and MedVAE's
 * part, in PSNR. Null otherwise.
 */
export function publishedGap(
  results: StudyResults,
  published: Published,
  {set, a, b, measure}: {set: string; a: string; b: string; measure: string}
): {value: number; label: string} | null {
  const anatomy = results.sets.find(({id}) => id === set)?.anatomy;
  const dataset = anatomy === undefined ? null : publishedDataset(anatomy);
  const convention = {psnr: "true-HR", self_psnr: "self-referential"}[measure];
  if (dataset === null || convention === undefined) return null;
  const roles = autoencoderRoles(results);
  const autoencoderOf = (arm: string) => {
    const found = results.arms.find(({id}) => id === arm);
    return found?.kind === "sr" ? found.autoencoder : undefined;
  };
  const [from, to] = [autoencoderOf(a), autoencoderOf(b)];
  if (from === undefined || to === undefined) return null;
  const forward = from === roles.sdvae && to === roles["medvae-4-3"];
  const backward = to === roles.sdvae && from === roles["medvae-4-3"];
  if (!forward && !backward) return null;
  const found = publishedValue(published.values, {measure: "psnr_gap", dataset, convention});
  if (found === undefined) return null;
  return {value: forward ? found.value : -found.value, label: published.datasets[dataset].label};
}

/** Mean grey level of HR and of an arm's output, image by image. */
export function brightness(
  rows: readonly ResultRow[],
  {arm, sets, seed}: {arm: string; sets: readonly string[]; seed?: number}
): {set: string; image: string; patient: string | null; first: number; second: number}[] {
  const of = (measure: string) => pairArms(rows, {sets, a: arm, b: arm, measure, seed}).pairs;
  const outputs = new Map(of("mean_sr").map((pair) => [`${pair.set} ${pair.image}`, pair.a]));
  return of("mean_hr").flatMap(({set, image, patient, a}) => {
    const second = outputs.get(`${set} ${image}`);
    return second === undefined ? [] : [{set, image, patient, first: a, second}];
  });
}

/** The study's Bland–Altman biases of the arm whose part this one plays, on datasets of the same anatomy. */
export function publishedBiases(
  results: StudyResults,
  published: Published,
  {arm, sets}: {arm: string; sets: readonly string[]}
): {value: number; label: string}[] {
  const found = results.arms.find(({id}) => id === arm);
  const roles = autoencoderRoles(results);
  const role = (Object.keys(roles) as Role[]).find((name) => roles[name] === found?.autoencoder);
  const name = found?.kind === "sr" && role !== undefined ? `sr:${role}` : arm;
  return sets.flatMap((set) => {
    const dataset = publishedDataset(results.sets.find(({id}) => id === set)?.anatomy ?? "");
    if (dataset === null) return [];
    const row = publishedValue(published.values, {measure: "bland_altman_bias", arm: name, dataset});
    return row === undefined ? [] : [{value: row.value, label: published.datasets[dataset].label}];
  });
}
