import {type AblationPoint, ablations} from "./ablation.js";
import {type BandBudgetRow, bandBudget} from "./bands.js";
import {type CeilingFit, ceilingFit, ceilingPoints} from "./ceiling.js";
import {type Claim, claims} from "./claims.js";
import {type LadderRow, ladder} from "./ladder.js";
import {armMean, type Resampling, type StudyMean} from "./means.js";
import type {PublishedValue} from "./published.js";
import {type Configuration, referenceConfiguration, type StudyArmLayout, type StudyLayout} from "./roles.js";
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
  /** With which the arms of different autoencoders are compared; null without SR arms. */
  readonly configuration: Configuration | null;
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

/** The baselines, the autoencoders alone, and SR in the reference configuration: one arm an autoencoder, not every ablation. */
export function mainArms(study: StudyLayout, configuration = referenceConfiguration(study)): StudyArmLayout[] {
  return study.arms.filter(
    (arm) =>
      arm.kind !== "sr" ||
      (arm.generator === configuration?.generator &&
        arm.sampler === configuration?.sampler &&
        arm.steps === configuration?.steps)
  );
}

/** All tables of a study. `published`: `values` of data/published.json. */
export function studyReport(
  study: StudyLayout,
  rows: readonly ResultRow[],
  published: readonly PublishedValue[],
  {
    configuration: wanted,
    onPart,
    ...resampling
  }: Resampling & {
    configuration?: Configuration;
    /** After each of the parts, with how many there are. */
    onPart?: (total: number) => void;
  } = {}
): StudyReport {
  const configuration = wanted ?? referenceConfiguration(study);
  const options = {...resampling, configuration: configuration ?? undefined};
  const main = mainArms(study, configuration);
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
    configuration,
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
