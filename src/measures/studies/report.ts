import {type AblationPoint, ablations} from "./ablation.js";
import {type BandBudgetRow, bandBudget} from "./bands.js";
import {type CeilingFit, ceilingFit, ceilingPoints} from "./ceiling.js";
import {type Claim, claims} from "./claims.js";
import {type LadderRow, ladder} from "./ladder.js";
import {armMean, type Resampling, type StudyMean} from "./means.js";
import {referenceOn} from "./on-set.js";
import type {PublishedValue} from "./published.js";
import type {Configuration, StudyArmLayout, StudyLayout} from "./roles.js";
import {type Pairing, type ResultRow, rowsOf} from "./rows.js";

/** The mean of a measure of one arm on one set. */
export interface MeanRow {
  readonly arm: string;
  readonly set: string;
  readonly measure: string;
  readonly pairing: Pairing;
  readonly mean: StudyMean;
}

/** Everything that a study's tables show. */
export interface StudyReport {
  /** With which the arms of different autoencoders are compared, by set; null without SR arms. */
  readonly configurations: Readonly<Record<string, Configuration | null>>;
  /** PSNR of every arm, against HR and, where there is an autoencoder, against decode(encode(HR)). Paired correctly. */
  readonly fidelity: readonly MeanRow[];
  /** Of the main arms, both pairings. */
  readonly bands: readonly {
    readonly arm: string;
    readonly set: string;
    readonly pairing: Pairing;
    readonly budget: readonly BandBudgetRow[];
  }[];
  /** Of the main arms that are no ceiling, both pairings. */
  readonly hallucination: readonly MeanRow[];
  /** SR against HR, and self-referential. */
  readonly ceiling: readonly {readonly measure: "psnr" | "self_psnr"; readonly fit: CeilingFit}[];
  readonly ablations: readonly AblationPoint[];
  readonly ladder: readonly LadderRow[];
  readonly claims: readonly Claim[];
}

/** What the hallucination table lists. */
export const hallucinationMeasures: readonly string[] = [
  "hallu_rate",
  "loss_rate",
  "rate_absolute",
  "measurement_consistency",
  "invented_energy_ratio",
  "sfrc_lowest"
];

/**
 * The baselines, the autoencoders alone, and SR in the given configuration (each set's reference unless given): one arm an
 * autoencoder on a set, not every ablation.
 */
export function mainArms(
  study: StudyLayout,
  rows: readonly ResultRow[],
  configuration?: Configuration
): StudyArmLayout[] {
  const chosen = configuration ? [configuration] : study.sets.map(({id}) => referenceOn(study, rows, id));
  return study.arms.filter(
    (arm) =>
      arm.kind !== "sr" ||
      chosen.some((one) => arm.generator === one?.generator && arm.sampler === one?.sampler && arm.steps === one?.steps)
  );
}

/** All tables of a study. `published`: `values` of data/published.json. */
export function studyReport(
  study: StudyLayout,
  rows: readonly ResultRow[],
  published: readonly PublishedValue[],
  {
    configuration,
    onPart,
    ...resampling
  }: Resampling & {
    configuration?: Configuration;
    /** After each of the parts, with how many there are. */
    onPart?: (total: number) => void;
  } = {}
): StudyReport {
  const options = {...resampling, configuration};
  const main = mainArms(study, rows, configuration);
  const means = (arms: readonly StudyArmLayout[], measures: readonly string[], pairings: readonly Pairing[]) =>
    arms.flatMap(({id: arm}) =>
      study.sets.flatMap(({id: set}) =>
        pairings.flatMap((pairing) =>
          measures.flatMap((measure): MeanRow[] => {
            if (rowsOf(rows, {set, arm, pairing}).length === 0) return [];
            const mean = armMean(rows, {set, arm, measure, pairing}, resampling);
            return mean.mean === null && mean.infinite === 0 ? [] : [{arm, set, measure, pairing, mean}];
          })
        )
      )
    );
  const both: Pairing[] = ["correct", "published-bug"];
  const part = <T>(value: T): T => {
    onPart?.(7);
    return value;
  };
  return {
    configurations: Object.fromEntries(study.sets.map(({id}) => [id, configuration ?? referenceOn(study, rows, id)])),
    fidelity: part(means(study.arms, ["psnr", "self_psnr"], ["correct"])),
    bands: part(
      main.flatMap(({id: arm}) =>
        study.sets.flatMap(({id: set}) =>
          both.flatMap((pairing) => {
            const budget = bandBudget(rows, {set, arm, pairing}, resampling);
            return budget.length === 0 ? [] : [{arm, set, pairing, budget}];
          })
        )
      )
    ),
    hallucination: part(
      means(
        main.filter(({kind}) => kind !== "ae"),
        hallucinationMeasures,
        both
      )
    ),
    ceiling: part(
      (["psnr", "self_psnr"] as const).map((measure) => ({
        measure,
        fit: ceilingFit(ceilingPoints(study, rows, {...options, measure}))
      }))
    ),
    ablations: part(ablations(study, rows, options)),
    ladder: part(ladder(study, rows, {...options, published})),
    claims: part(claims(study, rows, published, options))
  };
}
