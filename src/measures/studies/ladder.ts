import {type Gap, gap} from "./gaps.js";
import type {Resampling} from "./means.js";
import {referenceOn} from "./on-set.js";
import {type PublishedDifference, type PublishedValue, publishedCeilingGain, publishedValue} from "./published.js";
import {
  aeArm,
  autoencoderRoles,
  type Configuration,
  publishedDataset,
  type Role,
  type StudyLayout,
  srArm
} from "./roles.js";
import type {Pairing, ResultRow} from "./rows.js";

/** A change of one thing from one autoencoder to another. */
export interface LadderStep {
  readonly id: string;
  readonly kind: "resolution" | "capacity" | "domain" | "geometry" | "total";
  readonly label: string;
  readonly from: Role;
  readonly to: Role;
  /** What the revised study calls its number: of the autoencoders alone, and of SR. */
  readonly published: {readonly ae?: string; readonly sr?: string};
}

/**
 * What separates the generic baseline (natural, f8c4) from the main method (medical, f4c3), one thing at a time. Two ways lead
 * there: domain-f8 → resolution → capacity, and geometry → domain-f4; each adds up to `total`.
 */
export const ladderSteps: readonly LadderStep[] = [
  step("domain-f8", "domain", "natural → medical at f8c4", "sdvae", "medvae-8-4", {sr: "capacity_domain"}),
  step("resolution", "resolution", "f8c4 → f4c1, medical, as many values", "medvae-8-4", "medvae-4-1", {
    sr: "capacity_resolution"
  }),
  step("capacity", "capacity", "f4c1 → f4c3, medical", "medvae-4-1", "medvae-4-3", {sr: "capacity_capacity"}),
  step("geometry", "geometry", "f8c4 → f4c3, natural", "sdvae", "kl-f4", {
    ae: "geometry_AE_gain_SDVAE_to_KLf4",
    sr: "geometry_SR_gain"
  }),
  step("domain-f4", "domain", "natural → medical at f4c3", "kl-f4", "medvae-4-3", {
    ae: "domain_at_64sq",
    sr: "pretraining_SR_gain"
  }),
  step("capacity-f8", "capacity", "f8c1 → f8c4, medical", "medvae-8-1", "medvae-8-4", {}),
  step("capacity-f4", "capacity", "f4c3 → f4c4, medical", "medvae-4-3", "medvae-4-4", {}),
  step("total", "total", "natural f8c4 → medical f4c3", "sdvae", "medvae-4-3", {sr: "psnr_gap"})
];

function step(
  id: string,
  kind: LadderStep["kind"],
  label: string,
  from: Role,
  to: Role,
  published: LadderStep["published"]
): LadderStep {
  return {id, kind, label, from, to, published};
}

/** The steps that add up from the baseline to the main method, along either way. */
export const ladderPaths: Readonly<Record<"by-resolution" | "by-geometry", readonly string[]>> = {
  "by-resolution": ["domain-f8", "resolution", "capacity"],
  "by-geometry": ["geometry", "domain-f4"]
};

/** What a step is worth on one set. */
export interface LadderRow {
  readonly step: LadderStep;
  readonly set: string;
  /** `ae`: of the autoencoders alone; `sr`: of super-resolution in their latents. */
  readonly stage: "ae" | "sr";
  /** The study's arms; null where it lacks one. */
  readonly from: string | null;
  readonly to: string | null;
  /** PSNR gain in dB; null where an arm is missing. */
  readonly gain: Gap | null;
  /** In the same convention, on the data set of the same anatomy. */
  readonly published: PublishedValue | null;
  /** Where `published` was not printed, but is the difference of two numbers that were: these. */
  readonly computedFrom: Pick<PublishedDifference, "minuend" | "subtrahend"> | null;
}

export interface LadderOptions extends Resampling {
  readonly configuration?: Configuration;
  readonly measure?: "psnr" | "self_psnr";
  readonly pairing?: Pairing;
  readonly published?: readonly PublishedValue[];
}

/** Every step on every set, at both stages. */
export function ladder(
  study: StudyLayout,
  rows: readonly ResultRow[],
  {configuration, measure = "psnr", pairing, published = [], ...resampling}: LadderOptions = {}
): LadderRow[] {
  const roles = autoencoderRoles(study);
  const armOf = (set: string, stage: "ae" | "sr", role: Role): string | null => {
    const own = roles[role];
    if (own === undefined) return null;
    if (stage === "ae") return aeArm(study, own)?.id ?? null;
    const reference = configuration ?? referenceOn(study, rows, set);
    return reference === null ? null : (srArm(study, own, reference)?.id ?? null);
  };
  return ladderSteps.flatMap((step) =>
    study.sets.flatMap(({id: set, anatomy}) =>
      (["ae", "sr"] as const).map((stage): LadderRow => {
        const [from, to] = [armOf(set, stage, step.from), armOf(set, stage, step.to)];
        const dataset = publishedDataset(anatomy);
        const name = step.published[stage];
        const convention = stage === "sr" && measure === "self_psnr" ? "self-referential" : "true-HR";
        // an autoencoder alone has no self-referential PSNR
        // the study prints the whole step of SR only; of the autoencoders alone it prints both ends
        const derived =
          step.kind === "total" && stage === "ae" && dataset !== null
            ? publishedCeilingGain(published, dataset)
            : undefined;
        const own = {measure: stage === "ae" ? "psnr" : measure, pairing: stage === "ae" ? undefined : pairing};
        return {
          step,
          set,
          stage,
          from,
          to,
          gain: from === null || to === null ? null : gap(rows, {set, a: from, b: to, ...own}, resampling),
          published:
            derived?.value ??
            (dataset === null || name === undefined
              ? null
              : (publishedValue(published, {measure: name, dataset, convention}) ?? null)),
          computedFrom: derived ?? null
        };
      })
    )
  );
}
