import {type Claim, claims} from "../measures/studies/claims.js";
import {type Resampling, studyResampling} from "../measures/studies/resampling.js";
import type {StudyLayout} from "../measures/studies/roles.js";
import type {ResultRow} from "../measures/studies/rows.js";
import {type PaperRow, paperRows} from "./paper-rows.js";
import type {Overview, Published} from "./site-data.js";
import type {StudyResults} from "./study-data.js";

/** What the page Paper and us shows: every published number beside ours, and a verdict on each claim. JSON can hold it. */
export interface PaperData {
  readonly rows: readonly PaperRow[];
  readonly claims: readonly Claim[];
}

/** A study and its rows, all measures of all tables. */
export interface MeasuredStudy {
  readonly results: StudyResults;
  readonly rows: readonly ResultRow[];
}

/**
 * Nothing in it depends on what a reader chooses, so a build computes it of each study, some hundred bootstraps; without a study (null) a
 * page does, which takes none.
 */
export function paperData(
  published: Published,
  {ours, gaps}: Pick<Overview, "ours" | "gaps">,
  study: MeasuredStudy | null,
  resampling: Resampling = studyResampling
): PaperData {
  return {
    rows: paperRows(published, {study, overview: ours, gaps}, resampling),
    claims: claimsOf(published, study, resampling)
  };
}

/** The verdicts on the claims: without a study only what was published. */
export function claimsOf(
  published: Published,
  study: MeasuredStudy | null,
  resampling: Resampling = studyResampling
): Claim[] {
  const layout: StudyLayout = study === null ? nothing(published) : (study.results as StudyLayout);
  return claims(layout, study?.rows ?? [], published.values, resampling);
}

/** The published study's sets, and no arm of ours. */
function nothing({datasets}: Published): StudyLayout {
  const sets = Object.entries(datasets).map(([id, {label, anatomy}]) => ({id, label, anatomy}));
  return {sets, autoencoders: [], generators: [], arms: []};
}
