import type {TostResult} from "../statistics/tost.js";
import {failedArm, failedWords} from "./failed.js";
import {type Gap, gap, gapDifference} from "./gaps.js";
import {armMean, type Resampling} from "./means.js";
import {samplerName, targetName} from "./names.js";
import {onSet} from "./on-set.js";
import {
  autoencoderRoles,
  type Configuration,
  configurations,
  referenceConfiguration,
  type StudyLayout,
  srArm
} from "./roles.js";
import type {Pairing, ResultRow} from "./rows.js";

/** The band in which the published study found the gap to stay, dB. */
export const stableWithin = 0.15;

/** What was changed, all else as in the reference. */
export type AblationFactor =
  | "reference"
  | "steps"
  | "sampler"
  | "target"
  | "generator"
  | "scaling"
  | "latent"
  | "training seed"
  | "seed";

/** What the study says its gap is stable under: inference schedules, prediction targets, generators. */
export const claimedStable: readonly AblationFactor[] = ["steps", "sampler", "target", "generator"];

/** The gap between two autoencoders under one change. */
export interface AblationPoint {
  readonly set: string;
  readonly factor: AblationFactor;
  /** `T = 50`, `ε`, `seed 2`. */
  readonly value: string;
  readonly configuration: Configuration;
  /** Of the noise; null for the mean over all seeds. */
  readonly seed: number | null;
  /** The noise's seeds of which this gap is a mean; the change is against the reference of the same seeds. */
  readonly seeds: readonly number[];
  readonly a: string;
  readonly b: string;
  /** Mean PSNR of either arm against HR, dB, of these seeds: a gap between two bad models is a gap too. */
  readonly psnrA: number | null;
  readonly psnrB: number | null;
  /** Of the arms that are compared here, the reference's among them, those that failed (`failedArm`): no evidence then. */
  readonly failed: readonly string[];
  readonly gap: Gap;
  /** This gap minus the reference's of the same seeds, patient by patient; null for the reference itself. */
  readonly change: ReturnType<typeof gapDifference>;
  /** Whether the mean change is within the band; null for the reference, and where an arm failed: that says nothing. */
  readonly within: boolean | null;
  /** Likewise, whether it is shown to be, by TOST at the band's margin: "no difference found" is not that. */
  readonly equivalent: boolean | null;
}

export interface AblationOptions extends Resampling {
  /** Autoencoders' ids; SD-VAE's part and the main method's unless said. */
  readonly a?: string;
  readonly b?: string;
  readonly configuration?: Configuration;
  readonly measure?: "psnr" | "self_psnr";
  readonly pairing?: Pairing;
  readonly margin?: number;
}

/** The gap under every change that a study has tried in both autoencoders. The reference comes first in each set. */
export function ablations(
  study: StudyLayout,
  rows: readonly ResultRow[],
  {a, b, configuration, measure = "psnr", pairing, margin = stableWithin, ...resampling}: AblationOptions = {}
): AblationPoint[] {
  const roles = autoencoderRoles(study);
  const [from, to] = [a ?? roles.sdvae, b ?? roles["medvae-4-3"]];
  if (from === undefined || to === undefined) return [];
  const points: AblationPoint[] = [];
  for (const {id: set} of study.sets) {
    const here = onSet(study, rows, set);
    const reference = configuration ?? referenceConfiguration(here);
    if (reference === null) continue;
    const at = (one: Configuration, only?: readonly number[]) => {
      const [armA, armB] = [srArm(here, from, one), srArm(here, to, one)];
      if (armA === undefined || armB === undefined) return null;
      const found = gap(rows, {set, a: armA.id, b: armB.id, measure, pairing, seeds: only}, resampling);
      if (found === null) return null;
      const seeds = only ?? armA.seeds.filter((seed) => armB.seeds.includes(seed));
      const few = {resamples: 1}; // only the mean is looked at
      const psnr = (arm: string) => armMean(rows, {set, arm, measure: "psnr", pairing, seeds: only}, few).mean;
      return {
        a: armA.id,
        b: armB.id,
        gap: found,
        seeds,
        psnrA: psnr(armA.id),
        psnrB: psnr(armB.id),
        failed: [armA.id, armB.id].filter((arm) => failedArm(here, rows, {set, arm, seeds: only}))
      };
    };
    const base = at(reference);
    if (base === null) continue;
    const add = (factor: AblationFactor, value: string, one: Configuration, seed: number | null) => {
      const found = factor === "reference" ? base : at(one, seed === null ? undefined : [seed]);
      if (found === null) return;
      // a costly ablation has fewer seeds than the reference: like is compared with like, except one seed with all of them
      const common = base.seeds.filter((other) => found.seeds.includes(other));
      const fewer = factor !== "seed" && common.length > 0 && common.length < base.seeds.length;
      const against = fewer ? at(reference, common)! : base;
      const change = factor === "reference" ? null : gapDifference(found.gap, against.gap, {margin, ...resampling});
      const failed = [...new Set([...found.failed, ...against.failed])];
      const counts = change !== null && failed.length === 0;
      points.push({
        set,
        factor,
        value,
        configuration: one,
        seed,
        ...found,
        failed,
        change,
        within: counts ? Math.abs(change.mean) <= margin : null,
        equivalent: counts ? ((change.tost as TostResult | null)?.equivalent ?? null) : null
      });
    };
    add("reference", describe(study, reference, from), reference, null);
    for (const one of configurations(here.arms)) {
      if (same(one, reference)) continue;
      const {factor, value} = changeOf(study, reference, one, from);
      add(factor, value, one, null);
    }
    if (base.seeds.length > 1) for (const seed of base.seeds) add("seed", `seed ${seed}`, reference, seed);
  }
  return points;
}

function same(a: Configuration, b: Configuration): boolean {
  return a.generator === b.generator && a.sampler === b.sampler && a.steps === b.steps;
}

type Generator = StudyLayout["generators"][number];

function generatorOf({generators}: Pick<StudyLayout, "generators">, id: string, autoencoder: string) {
  return (
    generators.find((one) => one.id === id && one.autoencoder === autoencoder) ??
    generators.find((one) => one.id === id)
  );
}

/** The most telling of the things that differ: a flow has another sampler because it is a flow. */
function changeOf(
  study: StudyLayout,
  reference: Configuration,
  one: Configuration,
  autoencoder: string
): {factor: AblationFactor; value: string} {
  const [was, is] = [reference, one].map(({generator}) => generatorOf(study, generator, autoencoder));
  const sampled = `${samplerName(one.sampler)}, T = ${one.steps}`;
  const also = one.sampler === reference.sampler && one.steps === reference.steps ? "" : ` (${sampled})`;
  if (was !== undefined && is !== undefined && one.generator !== reference.generator) {
    const named: [AblationFactor, keyof Generator, string][] = [
      ["generator", "process", is.process],
      ["target", "target", targetName(is.target)],
      ["scaling", "scaling", is.scaling],
      ["latent", "latent", `latent ${is.latent}`],
      ["training seed", "trainingSeed", `trained with seed ${is.trainingSeed}`]
    ];
    for (const [factor, key, value] of named) if (was[key] !== is[key]) return {factor, value: `${value}${also}`};
    return {factor: "generator", value: `${one.generator}${also}`};
  }
  if (one.generator !== reference.generator) return {factor: "generator", value: `${one.generator}${also}`};
  if (one.sampler !== reference.sampler) return {factor: "sampler", value: sampled};
  return {factor: "steps", value: `T = ${one.steps}`};
}

function describe(study: StudyLayout, {generator, sampler, steps}: Configuration, autoencoder: string): string {
  const own = generatorOf(study, generator, autoencoder);
  const what = own === undefined ? generator : own.process === "flow" ? "flow" : targetName(own.target);
  return `${what}, ${samplerName(sampler)}, T = ${steps}`;
}

/** Why a point is no evidence, in words; null where it is, or where nothing failed. */
export function failureOf({a, b, failed}: Pick<AblationPoint, "a" | "b" | "failed">): string | null {
  if (failed.length === 0) return null;
  return failed.includes(a) || failed.includes(b) ? failedWords : `the reference ${failedWords}`;
}

/** Changes that are evidence for or against stability: neither the reference, nor a part of its own mean, nor a failed model. */
export function evidence(points: readonly AblationPoint[]): AblationPoint[] {
  return points.filter(({factor, failed}) => factor !== "reference" && factor !== "seed" && failed.length === 0);
}
