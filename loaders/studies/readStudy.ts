import {existsSync, readFileSync} from "node:fs";
import {dirname, resolve} from "node:path";
import {InputError} from "../../models/errors.js";
import {checkSampler, type Process, samplerNames} from "../../models/generators/generator.js";
import {publishedAutoencoders} from "../../src/measures/studies/roles.js";
import {measureOf} from "../../src/measures/tables/measures.js";
import {Degrader} from "../datasets/degradations/index.js";
import {SPLITS} from "../datasets/splits.js";
import {canonicalJson, type Json, recipeHash} from "../store/canonical.js";
import {scale} from "../super-resolve/superResolver.js";
import {checkGeneratorRecipe, type GeneratorRecipe} from "../training/generator-recipe.js";
import {readRecipe, readRecipeJson, type TrainingRecipe} from "../training/recipe.js";
import {armsOf} from "./arms.js";
import type {GeneratorSpec, Study, StudyAutoencoderSpec} from "./study.js";

/** A study file as it was read. */
export interface StudyFile {
  readonly path: string;
  /** From which its relative paths count. */
  readonly folder: string;
  readonly study: Study;
  /** SHA-256 of the study's canonical JSON. */
  readonly sha256: string;
  /** The recipes of the autoencoders that are to be trained, by id. */
  readonly recipes: ReadonlyMap<string, TrainingRecipe>;
}

/** Reads a study. @throws InputError in one sentence that names the file, the place and what would be right */
export function readStudy(path: string): StudyFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    throw new InputError(code === "ENOENT" ? `there is no study ${path}` : `the study ${path} can't be read (${code})`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${path} is not JSON: ${(error as Error).message}`);
  }
  return checkStudy(value, path);
}

/** @param path of the file that it stands in, for messages and relative paths */
export function checkStudy(value: unknown, path: string): StudyFile {
  const check = new Checker(path);
  const {$schema: _schema, ...rest} = check.object(value, "a study");
  check.members(rest, "a study", studyMembers, ["notes"]);
  const folder = dirname(resolve(path));
  const study = {...rest, generators: check.list(rest.generators as never[], "generators", 0)} as unknown as Study;
  study.generators.forEach((spec, i) => {
    check.object(spec, `generators[${i}]`);
  });
  check.id(study.id, "id");
  check.text(study.title, "title");
  for (const [i, note] of check.list(study.notes ?? [], "notes", 0).entries()) check.text(note, `notes[${i}]`);
  checkDatasets(check, study);
  checkDegradation(check, study);
  const recipes = checkAutoencoders(check, study, folder);
  (study as {generators: readonly GeneratorSpec[]}).generators = checkGenerators(check, study, folder);
  checkSamplers(check, study);
  check.distinct(
    check.list(study.seeds, "seeds").map((seed, i) => check.whole(seed, `seeds[${i}]`, 0)),
    "seeds"
  );
  checkPairing(check, study.pairing, "pairing");
  checkArms(check, study);
  checkComparisons(check, study);
  return {path, folder, study, sha256: recipeHash(study as unknown as Json), recipes};
}

const studyMembers = [
  ...["id", "title", "datasets", "degradation", "autoencoders", "generators", "samplers", "arms", "seeds"],
  ...["pairing", "comparisons"]
];
const pairings = ["correct", "published-bug"];

function checkDatasets(check: Checker, study: Study): void {
  for (const [i, dataset] of check.list(study.datasets, "datasets").entries()) {
    const at = `datasets[${i}]`;
    check.members(dataset, at, ["id", "label", "anatomy", "dataset", "size"], ["split", "images"]);
    check.id(dataset.id, `${at}.id`);
    check.text(dataset.label, `${at}.label`);
    check.text(dataset.anatomy, `${at}.anatomy`);
    const parts = Array.isArray(dataset.dataset) ? dataset.dataset : [dataset.dataset];
    check.list(parts, `${at}.dataset`);
    for (const part of parts) check.text(part, `${at}.dataset`);
    if (dataset.split !== undefined) check.oneOf(dataset.split, `${at}.split`, SPLITS);
    check.whole(dataset.size, `${at}.size`, 16, 4096);
    if (dataset.images !== undefined) {
      const counts = Array.isArray(dataset.images) ? dataset.images : [dataset.images];
      for (const count of counts) check.whole(count, `${at}.images`, 1);
      if (Array.isArray(dataset.images) && counts.length !== parts.length)
        check.fail(`${at}.images has ${counts.length} numbers for ${parts.length} datasets; it must be one or as many`);
    }
  }
  check.distinct(
    study.datasets.map(({id}) => id),
    "datasets"
  );
}

function checkDegradation(check: Checker, study: Study): void {
  const {degradation} = study;
  check.members(degradation, "degradation", ["kind", "factor"], ["bits", "sigma", "noise", "seed"]);
  check.within("degradation", () => new Degrader(degradation));
  for (const [i, {id, size}] of study.datasets.entries()) {
    if (size % degradation.factor !== 0)
      check.fail(
        `datasets[${i}].size of ${id} must be a multiple of the degradation's factor ${degradation.factor}, not ${size}`
      );
  }
}

function checkAutoencoders(check: Checker, study: Study, folder: string): Map<string, TrainingRecipe> {
  const recipes = new Map<string, TrainingRecipe>();
  const sources = ["train", "weights", "known"] as const;
  for (const [i, spec] of check.list(study.autoencoders, "autoencoders", 0).entries()) {
    const at = `autoencoders[${i}]`;
    check.members(spec, at, ["id"], ["label", "domain", "role", ...sources]);
    check.id(spec.id, `${at}.id`);
    if (spec.label !== undefined) check.text(spec.label, `${at}.label`);
    if (spec.domain !== undefined) check.oneOf(spec.domain, `${at}.domain`, ["natural", "medical"]);
    if (spec.role !== undefined) check.oneOf(spec.role, `${at}.role`, Object.keys(publishedAutoencoders));
    const given = sources.filter((name) => spec[name] !== undefined);
    if (given.length !== 1)
      check.fail(
        `${at} (${spec.id}) must have one of train, weights and known, not ${given.length === 0 ? "none" : given.join(" and ")}`
      );
    if (spec.train !== undefined) recipes.set(spec.id, recipeOf(check, spec, at, folder));
    if (spec.weights !== undefined)
      for (const [k, file] of check.list(spec.weights, `${at}.weights`).entries())
        check.text(file, `${at}.weights[${k}]`);
    if (spec.known !== undefined) check.text(spec.known, `${at}.known`);
  }
  check.distinct(
    study.autoencoders.map(({id}) => id),
    "autoencoders"
  );
  check.distinct(
    study.autoencoders.flatMap(({role}) => role ?? []),
    "the autoencoders' roles"
  );
  return recipes;
}

function recipeOf(check: Checker, spec: StudyAutoencoderSpec, at: string, folder: string): TrainingRecipe {
  check.text(spec.train, `${at}.train`);
  const path = resolve(folder, spec.train!);
  if (!existsSync(path))
    check.fail(`${at}.train names ${spec.train}, which is not there (paths count from the study file)`);
  const recipe = readRecipe(path);
  if (recipe.id !== spec.id)
    check.fail(`${at} is called ${spec.id}, but ${spec.train} trains ${recipe.id}; the ids must agree`);
  return recipe;
}

/** The generators, those that recipe files describe spelled out. */
function checkGenerators(check: Checker, study: Study, folder: string): GeneratorSpec[] {
  const specs = study.generators.map((given, i) => {
    const at = `generators[${i}]`;
    check.id(given.id, `${at}.id`);
    const spec = "train" in given ? fromRecipes(check, given, at, study, folder) : given;
    // the recipe's own checks, with what a study leaves out filled in
    checkGeneratorRecipe({...spec, id: `a.${spec.id}`, autoencoder: "a", licence: "-"}, `${check.path}: ${at}`);
    return spec;
  });
  check.distinct(
    specs.map(({id}) => id),
    "generators"
  );
  return specs;
}

/** What the recipe files of the study's autoencoders say of a generator, but for the seed; all that there are must say the same. */
function fromRecipes(check: Checker, given: GeneratorSpec, at: string, study: Study, folder: string): GeneratorSpec {
  check.members(given, at, ["id", "train"], ["seed"]);
  const {train, seed} = given as unknown as {train: string; seed?: number};
  if (seed !== undefined) check.whole(seed, `${at}.seed`, 0);
  check.text(train, `${at}.train`);
  if (!train.includes("*"))
    check.fail(`${at}.train must have a * where an autoencoder's id stands, not ${JSON.stringify(train)}`);
  let first: {path: string; spec: GeneratorSpec} | undefined;
  for (const {id} of study.autoencoders) {
    const name = train.replace("*", id);
    const path = resolve(folder, name);
    if (!existsSync(path)) continue;
    const recipe = checkGeneratorRecipe(readRecipeJson(path), path);
    const {id: _id, autoencoder, licence: _licence, ...spec} = recipe;
    if (autoencoder !== id) check.fail(`${at}: ${name} is for the autoencoder ${autoencoder}, not ${id}`);
    if (first === undefined) first = {path: name, spec: {...spec, id: given.id}};
    else {
      const other = first.spec as unknown as Record<string, Json>;
      const changed = Object.entries(spec).find(
        ([key, value]) => canonicalJson(value as Json) !== canonicalJson(other[key])
      );
      if (changed)
        check.fail(
          `${at}: ${name} and ${first.path} differ in ${changed[0]}; only the autoencoder may differ in a controlled experiment`
        );
    }
  }
  if (first === undefined)
    check.fail(`${at}.train names ${train}, and there is no such file for any autoencoder of the study`);
  const {spec} = first!;
  return seed === undefined ? spec : {...spec, training: {...spec.training, seed}};
}

function checkSamplers(check: Checker, study: Study): void {
  for (const [i, sampler] of check.list(study.samplers, "samplers", 0).entries()) {
    const at = `samplers[${i}]`;
    check.members(sampler, at, ["id", "sampler", "steps"]);
    check.id(sampler.id, `${at}.id`);
    check.oneOf(sampler.sampler, `${at}.sampler`, samplerNames);
    check.whole(sampler.steps, `${at}.steps`, 1);
  }
  check.distinct(
    study.samplers.map(({id}) => id),
    "samplers"
  );
}

function checkArms(check: Checker, study: Study): void {
  const kinds = ["bicubic", "ae", "sr", "regression", "external"];
  for (const [i, arm] of check.list(study.arms, "arms").entries()) {
    const at = `arms[${i}]`;
    check.object(arm, at);
    check.oneOf(arm.kind, `${at}.kind`, kinds);
    if (arm.kind === "bicubic") check.members(arm, at, ["kind"]);
    else if (arm.kind === "ae") {
      check.members(arm, at, ["kind", "autoencoders"]);
      checkNames(check, arm.autoencoders, `${at}.autoencoders`, study.autoencoders, "autoencoders");
    } else if (arm.kind === "sr") {
      check.members(arm, at, ["kind", "autoencoders", "generators", "samplers"], ["seeds", "pairing", "datasets"]);
      checkNames(check, arm.autoencoders, `${at}.autoencoders`, study.autoencoders, "autoencoders");
      checkNames(check, arm.generators, `${at}.generators`, study.generators, "generators");
      checkNames(check, arm.samplers, `${at}.samplers`, study.samplers, "samplers");
      for (const [k, seed] of check.list(arm.seeds ?? study.seeds, `${at}.seeds`).entries()) {
        if (!study.seeds.includes(seed))
          check.fail(`${at}.seeds[${k}] is ${seed}, which is not among the study's seeds ${study.seeds.join(", ")}`);
      }
      if (arm.datasets !== undefined) checkNames(check, arm.datasets, `${at}.datasets`, study.datasets, "datasets");
      if (arm.pairing !== undefined) checkPairing(check, arm.pairing, `${at}.pairing`, study.pairing);
      for (const generator of arm.generators)
        for (const sampler of arm.samplers) checkFit(check, study, at, generator, sampler);
    } else if (arm.kind === "regression") {
      check.members(arm, at, ["kind", "name", "weights"]);
      check.id(arm.name, `${at}.name`);
      check.text(arm.weights, `${at}.weights`);
    } else {
      check.members(arm, at, ["kind", "name", "folder"]);
      check.id(arm.name, `${at}.name`);
      check.text(arm.folder, `${at}.folder`);
    }
    if ((arm.kind === "sr" || arm.kind === "regression") && study.degradation.factor !== scale)
      check.fail(`${at} enlarges ${scale} times, but the degradation's factor is ${study.degradation.factor}`);
  }
}

/** Whether the sampler can draw from the generator. */
function checkFit(check: Checker, study: Study, at: string, generatorId: string, samplerId: string): void {
  const {process, id} = study.generators.find((other) => other.id === generatorId)!;
  const {sampler, steps} = study.samplers.find((other) => other.id === samplerId)!;
  const described: Process =
    process.kind === "flow" ? process : {kind: "diffusion", target: process.target, alphas: [], zlrInit: false};
  check.within(`${at} (generator ${id})`, () => checkSampler(described, sampler));
  if (process.kind === "diffusion" && steps > process.timesteps)
    check.fail(`${at}: ${samplerId} takes ${steps} steps, but the generator ${id} has ${process.timesteps}`);
}

function checkNames(
  check: Checker,
  names: readonly string[] | "all",
  at: string,
  known: readonly {readonly id: string}[],
  what: string
): void {
  if (names === "all" && what === "autoencoders") return;
  if (!Array.isArray(names) || names.length === 0)
    check.fail(
      `${at} must be a list of ids of ${what}${what === "autoencoders" ? ' or "all"' : ""}, not ${JSON.stringify(names)}`
    );
  for (const name of names) {
    if (known.some(({id}) => id === name)) continue;
    check.fail(
      `${at} names ${JSON.stringify(name)}, which is not among the ${what}: ${known.map(({id}) => id).join(", ") || "there are none"}`
    );
  }
}

function checkPairing(check: Checker, ways: readonly string[], at: string, among: readonly string[] = pairings): void {
  for (const [i, way] of check.list(ways, at).entries()) check.oneOf(way, `${at}[${i}]`, among);
  check.distinct(ways, at);
}

function checkComparisons(check: Checker, study: Study): void {
  const arms = armsOf(study).map(({id}) => id);
  for (const [i, comparison] of check.list(study.comparisons, "comparisons", 0).entries()) {
    const at = `comparisons[${i}]`;
    check.members(comparison, at, ["title", "a", "b"], ["measures", "margin"]);
    check.text(comparison.title, `${at}.title`);
    for (const side of ["a", "b"] as const) {
      const arm = comparison[side];
      if (arms.includes(arm)) continue;
      const near = arms.filter((id) => id.split(":")[1] === String(arm).split(":")[1]).slice(0, 4);
      const hint = near.length > 0 ? `; arms like it: ${near.join(", ")}` : "";
      check.fail(`${at}.${side} names ${JSON.stringify(arm)}, which is not among the study's arms${hint}`);
    }
    if (comparison.a === comparison.b) check.fail(`${at} compares ${comparison.a} with itself`);
    for (const key of comparison.measures ?? []) {
      if (key !== "self_psnr") check.within(`${at}.measures`, () => measureOf(key));
    }
    if (comparison.margin !== undefined && !(comparison.margin > 0))
      check.fail(`${at}.margin must be a number of dB above 0, not ${JSON.stringify(comparison.margin)}`);
  }
}

/** The recipe's members of a study's generator in the latents of an autoencoder, but for the licence. */
export function generatorRecipe(spec: GeneratorSpec, autoencoder: string): Omit<GeneratorRecipe, "licence"> {
  return {...spec, id: `${autoencoder}.${spec.id}`, autoencoder};
}

/** Checks that say where in the file something is wrong. */
class Checker {
  constructor(readonly path: string) {}

  fail(what: string): never {
    throw new InputError(`${this.path}: ${what}`);
  }

  within(at: string, act: () => unknown): void {
    try {
      act();
    } catch (error) {
      if (error instanceof InputError || error instanceof RangeError) this.fail(`${at}: ${error.message}`);
      throw error;
    }
  }

  object(value: unknown, at: string): Record<string, unknown> {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      this.fail(`${at} must be an object in braces, not ${JSON.stringify(value)?.slice(0, 40)}`);
    return value as Record<string, unknown>;
  }

  members(value: unknown, at: string, required: readonly string[], optional: readonly string[] = []): void {
    const object = this.object(value, at);
    for (const key of required) if (object[key] === undefined) this.fail(`${JSON.stringify(key)} is missing in ${at}`);
    for (const key of Object.keys(object)) {
      if (!required.includes(key) && !optional.includes(key))
        this.fail(`there is no ${JSON.stringify(key)} in ${at}; it has ${[...required, ...optional].join(", ")}`);
    }
  }

  list<T>(value: readonly T[], at: string, least = 1): readonly T[] {
    if (!Array.isArray(value)) this.fail(`${at} must be a list, not ${JSON.stringify(value)?.slice(0, 40)}`);
    if (value.length < least) this.fail(`${at} must not be empty`);
    return value;
  }

  text(value: unknown, at: string): void {
    if (typeof value !== "string" || value.trim() === "")
      this.fail(`${at} must be a text, not ${JSON.stringify(value)}`);
  }

  id(value: unknown, at: string): void {
    if (typeof value !== "string" || !/^[a-z0-9][a-z0-9.-]*$/.test(value))
      this.fail(`${at} must be lower-case letters, digits, dots and dashes, not ${JSON.stringify(value)}`);
  }

  whole(value: unknown, at: string, least: number, most = Infinity): number {
    if (!(Number.isInteger(value) && (value as number) >= least && (value as number) <= most))
      this.fail(
        `${at} must be a whole number from ${least}${most < Infinity ? ` to ${most}` : ""}, not ${JSON.stringify(value)}`
      );
    return value as number;
  }

  oneOf(value: unknown, at: string, values: readonly string[]): void {
    if (!values.includes(value as string))
      this.fail(`${at} must be ${values.join(" or ")}, not ${JSON.stringify(value)}`);
  }

  distinct(values: readonly (string | number)[], at: string): void {
    const twice = values.find((value, i) => values.indexOf(value) !== i);
    if (twice !== undefined) this.fail(`${at} has ${JSON.stringify(twice)} twice`);
  }
}
