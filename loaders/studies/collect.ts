import {existsSync, readFileSync} from "node:fs";
import {join} from "node:path";
import {InputError} from "../../models/errors.js";
import type {StudyAutoencoder, StudyGenerator} from "../../src/components/study-data.js";
import {sha256, writeFileAtomic} from "../files.js";
import {codeHash} from "../site/code-hash.js";
import type {Json} from "../store/canonical.js";
import type {Artefact, Store} from "../store/store.js";
import type {GeneratorRecipe} from "../training/generator-recipe.js";
import type {MeasuredRun, MeasuredStudy, WriteResults} from "./measured.js";
import {readRecords} from "./measures.js";
import type {Plan, PlannedWeights} from "./plan.js";
import {type TrainingRecord, trainingOf} from "./weights.js";

/** A study whose steps are all done, for its results. @throws InputError when one is not */
export function measuredStudy(plan: Plan, store: Store): MeasuredStudy {
  const artefactOf = (id: string): Artefact => {
    const found = store.peek(id);
    if (found === undefined)
      throw new InputError(`the result ${id.slice(0, 12)} is not in ${store.folder}; run the study again`);
    return found;
  };
  const {study} = plan.file;
  const runs = plan.runs.map(({arm, set, seed, pairing, outputs, measures}): MeasuredRun => {
    const measured = artefactOf(measures);
    return {
      arm,
      set,
      seed,
      pairing,
      measures: measured,
      outputs: artefactOf(outputs),
      records: () => readRecords(measured)
    };
  });
  const engines = new Set(runs.flatMap(({outputs}) => (outputs.provenance.engine as string | undefined) ?? []));
  const unrelated = runs.filter(
    ({pairing, measures}) => pairing === "correct" && measures.provenance.verdict === "unrelated"
  );
  const notes = [
    ...(study.notes ?? []),
    ...plan.notes,
    ...(unrelated.length === 0
      ? []
      : [
          `the pairing audit finds outputs no more like their own image than like others in ${unrelated.length} runs: ${[...new Set(unrelated.map(({arm}) => arm))].join(", ")}`
        ])
  ];
  return {
    study: {...study, seeds: plan.seeds},
    sha256: plan.file.sha256,
    engine: [...engines].join("; ") || "none",
    degradation: plan.degradation,
    sets: plan.sets,
    autoencoders: plan.autoencoders.flatMap((weights) => describeAutoencoder(plan, weights, artefactOf)),
    generators: plan.generators.map((weights) => describeGenerator(weights, artefactOf)),
    arms: plan.arms.map(({pairing: _pairing, path: _path, datasets: _datasets, runs: _runs, ...arm}) => arm),
    images: plan.images,
    runs,
    notes
  };
}

/**
 * Writes a study's results folder. The results are an artefact too: as long as nothing changes they are not computed again, and
 * a folder that has them already is left alone.
 */
export async function writeStudyResults(
  plan: Plan,
  store: Store,
  folder: string,
  write: WriteResults,
  options: Parameters<WriteResults>[2] = {}
): Promise<Artefact> {
  const {study, sha256: hash} = plan.file;
  const recipe = {
    kind: "study-results",
    id: study.id,
    study: hash,
    engine: plan.engine,
    runs: plan.runs.map(({arm, set, seed, pairing, measures}): Json => [arm, set, seed, pairing, measures]),
    weights: [...plan.autoencoders, ...plan.generators].map(({id, autoencoder, key}): Json => [id, autoencoder, key]),
    notes: [...plan.notes],
    code: codeHash([
      "loaders/studies/results",
      "loaders/studies/collect.ts",
      "src/measures",
      "src/components/study-data.ts"
    ])
  };
  const results = await store.compute(recipe, async (target) => {
    await write(measuredStudy(plan, store), target, options);
    return {};
  });
  for (const [file, {sha256: wanted}] of Object.entries(results.files)) {
    const path = join(folder, file);
    if (existsSync(path) && sha256(readFileSync(path)) === wanted) continue;
    writeFileAtomic(path, results.read(file));
  }
  return results;
}

function describeAutoencoder(
  plan: Plan,
  {id, found, place}: PlannedWeights,
  artefactOf: (id: string) => Artefact
): StudyAutoencoder[] {
  const spec = plan.file.study.autoencoders.find((other) => other.id === id)!;
  const step = plan.steps.find(
    ({task}) => task.kind === "outputs" && task.arm.kind === "ae" && task.arm.autoencoder === id
  );
  if (step === undefined) return [];
  const {geometry, parameters} = artefactOf(step.id).provenance.autoencoder as unknown as Pick<
    StudyAutoencoder,
    "geometry" | "parameters"
  >;
  const own = place !== null && "step" in place ? trainedHere(artefactOf(place.step)) : null;
  const domain = spec.domain ?? plan.file.recipes.get(id)?.domain;
  return [
    {
      id,
      label: spec.label ?? id,
      domain: domain === "natural" || domain === "medical" ? domain : null,
      geometry,
      ...(spec.role ? {role: spec.role} : {}),
      parameters,
      sha256: own?.sha256 ?? found!.sha256,
      licence: own?.licence ?? found?.licence ?? null,
      training: own ? trainingOf(own) : (found?.training ?? null)
    }
  ];
}

function describeGenerator(
  {id, autoencoder, place, found, recipe}: PlannedWeights,
  artefactOf: (id: string) => Artefact
): StudyGenerator {
  const record = place !== null && "step" in place ? trainedHere(artefactOf(place.step)) : found!.record!;
  const {process, scaling, latent, training} = recipe as GeneratorRecipe;
  return {
    id,
    autoencoder: autoencoder!,
    process: process.kind,
    target: process.kind === "flow" ? "velocity" : process.target === "eps" ? "epsilon" : process.target,
    timesteps: process.timesteps,
    scaling,
    latent,
    trainingSeed: training.seed,
    parameters: record.parameters ?? 0,
    sha256: record.sha256,
    training: trainingOf(record)
  };
}

function trainedHere(artefact: Artefact): TrainingRecord {
  return JSON.parse(artefact.read("record.json").toString()) as TrainingRecord;
}
