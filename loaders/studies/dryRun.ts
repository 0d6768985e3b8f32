import {existsSync} from "node:fs";
import {findKnownWeights} from "../../models/checkpoints/known.js";
import {InputError} from "../../models/errors.js";
import {PHANTOM_KINDS, type PhantomKind} from "../datasets/phantoms/index.js";
import {type Json, recipeHash} from "../store/canonical.js";
import type {TrainingRecipe} from "../training/recipe.js";
import {armsOf} from "./arms.js";
import {resolvePath} from "./paths.js";
import type {StudyFile} from "./readStudy.js";
import type {ArmSpec, GeneratorSpec, Study, StudyAutoencoderSpec} from "./study.js";

const side = 64;
const images = 4;

/**
 * A study that goes the same ways in minutes: simulated images of the same anatomy, narrow autoencoders of the same geometry
 * and narrow generators of the same kind, each trained for two steps, and samplers of a few steps. Its numbers mean nothing;
 * that it runs to the end means that the study can.
 */
export function dryRun(file: StudyFile): StudyFile {
  const {study} = file;
  const recipes = new Map(study.autoencoders.map((spec, i) => [spec.id, narrowAutoencoder(spec, file, i + 1)]));
  const reduced: Study = {
    ...study,
    id: `${study.id}-dry-run`,
    title: `Dry run of: ${study.title}`,
    datasets: study.datasets.map(({split: _split, ...dataset}, i) => ({
      ...dataset,
      dataset: `simulated:${kindOf(dataset.anatomy)},patients=${images},slices=1,first=${7000 + 100 * i}`,
      images,
      size: side
    })),
    autoencoders: study.autoencoders.map(({id, label, domain, role}) => ({
      id,
      label,
      domain,
      role,
      train: `${id}.json`
    })),
    generators: study.generators.map(narrowGenerator),
    samplers: study.samplers.map((sampler) => ({...sampler, steps: fewSteps(study, sampler)})),
    arms: study.arms.filter((arm) => isHere(arm, file)),
    seeds: study.seeds.slice(0, 1),
    notes: ["A dry run: simulated images, networks of two training steps. Its numbers mean nothing."]
  };
  const arms: Study = {...reduced, arms: reduced.arms.map((arm) => withoutSeeds(arm))};
  // the ids of arms name samplers by their steps, which have changed
  const before = armsOf({...study, arms: arms.arms}).map(({id}) => id);
  const names = new Map(armsOf(arms).map(({id}, i) => [before[i], id]));
  const whole: Study = {
    ...arms,
    comparisons: study.comparisons
      .filter(({a, b}) => names.has(a) && names.has(b))
      .map((comparison) => ({...comparison, a: names.get(comparison.a)!, b: names.get(comparison.b)!}))
  };
  return {...file, study: whole, sha256: recipeHash(whole as unknown as Json), recipes};
}

/** @param seed differs, so that autoencoders of one geometry do */
function narrowAutoencoder(spec: StudyAutoencoderSpec, file: StudyFile, seed: number): TrainingRecipe {
  const {channels, factor, imageChannels} = geometryOf(spec, file);
  return {
    id: spec.id,
    domain: spec.domain ?? file.recipes.get(spec.id)?.domain ?? "natural",
    licence: "MIT",
    pool: {kinds: ["knee"], seed: 7, patients: 2, slicesPerPatient: 1, sizes: [side]},
    crop: 32,
    batch: 1,
    architecture: {
      imageChannels,
      channels: 8,
      multipliers:
        factor === 8 ? [1, 2, 2, 2] : factor === 4 ? [1, 2, 2] : [1, 2, 2, 2, 2].slice(0, Math.log2(factor) + 1),
      resBlocks: 1,
      latentChannels: channels,
      normGroups: 2
    },
    training: {
      steps: 2,
      learningRate: 0.002,
      warmup: 1,
      weightDecay: 0.01,
      kl: 1e-6,
      gradient: 0,
      clip: 1,
      ema: 0.5,
      seed
    }
  };
}

function geometryOf(
  {id, known}: StudyAutoencoderSpec,
  {recipes}: StudyFile
): {channels: number; factor: number; imageChannels: number} {
  const architecture = recipes.get(id)?.architecture;
  if (architecture) {
    const {latentChannels, multipliers} = architecture;
    return {channels: latentChannels, factor: 2 ** (multipliers.length - 1), imageChannels: 1};
  }
  if (known !== undefined) {
    const {geometry} = findKnownWeights(known);
    if (geometry === undefined) throw new InputError(`${known} is not an autoencoder`);
    // the narrow ones are trained on grey images
    return {...geometry, imageChannels: 1};
  }
  return {channels: 4, factor: 8, imageChannels: 1};
}

function narrowGenerator(spec: GeneratorSpec): GeneratorSpec {
  const {multipliers, attention} = spec.architecture;
  return {
    ...spec,
    pool: {kinds: ["knee"], seed: 7, patients: 2, slicesPerPatient: 1, sizes: [side]},
    crop: side,
    batch: 1,
    architecture: {channels: 8, multipliers, resBlocks: 1, attention, headChannels: 8, normGroups: 4},
    training: {...spec.training, steps: 2, warmup: 1}
  };
}

/** 1, 2, 3 … for a sampler's numbers of steps in their order, so that different arms stay different. */
function fewSteps({samplers}: Study, {sampler, steps}: Study["samplers"][number]): number {
  const all = [...new Set(samplers.filter((other) => other.sampler === sampler).map((other) => other.steps))];
  return 1 + all.sort((a, b) => a - b).indexOf(steps);
}

function kindOf(anatomy: string): PhantomKind {
  return PHANTOM_KINDS.includes(anatomy as PhantomKind) ? (anatomy as PhantomKind) : "natural";
}

/** Regression networks have no narrow form: they run if their file is here. Another tool's images belong to the real data. */
function isHere(arm: ArmSpec, {folder, path}: StudyFile): boolean {
  if (arm.kind === "external") return false;
  if (arm.kind !== "regression") return true;
  try {
    return existsSync(resolvePath(arm.weights, folder, path));
  } catch {
    return false;
  }
}

function withoutSeeds(arm: ArmSpec): ArmSpec {
  if (arm.kind !== "sr") return arm;
  const {seeds: _seeds, ...rest} = arm;
  return rest;
}
