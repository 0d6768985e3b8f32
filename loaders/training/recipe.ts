import {readFileSync} from "node:fs";
import type {KlConfig} from "../../models/autoencoders/init.js";
import {InputError} from "../../models/errors.js";
import type {AutoencoderTrainingOptions} from "../../models/training/autoencoder.js";
import {PHANTOM_KINDS, type PhantomKind} from "../datasets/phantoms/index.js";

/** Images to draw from: phantoms of some kinds, each patient at each size. */
export interface PhantomPool {
  readonly kinds: readonly PhantomKind[];
  readonly seed: number;
  /** Patients of each kind. */
  readonly patients: number;
  readonly slicesPerPatient: number;
  /** Sides of the images, in pixels. */
  readonly sizes: readonly number[];
}

/** Images to draw from: the training splits of datasets, each image fitted to squares of each size. */
export interface DatasetPool {
  /** What `openDataset` takes; a path may begin with a variable: `manifest:$BANDSCOPE_DATA,set=brain`. */
  readonly datasets: readonly string[];
  readonly sizes: readonly number[];
}

export type Pool = PhantomPool | DatasetPool;

/** A training, as a JSON file describes it. Everything that determines the weights stands here. */
export interface TrainingRecipe {
  readonly id: string;
  /** `natural` or `medical`: what the images show. */
  readonly domain: string;
  readonly licence: string;
  readonly pool: Pool;
  /** Side of the random crops, and how many make a batch. */
  readonly crop: number;
  readonly batch: number;
  readonly architecture: KlConfig;
  readonly training: AutoencoderTrainingOptions;
}

const members = ["id", "domain", "licence", "pool", "crop", "batch", "architecture", "training"] as const;

/** Reads an autoencoder's recipe. @throws InputError naming the first member that is missing, unknown or out of range */
export function readRecipe(path: string): TrainingRecipe {
  return checkRecipe(readRecipeJson(path), path);
}

/** An object as a recipe file holds it, of whatever kind. @throws InputError */
export function readRecipeJson(path: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) throw new InputError(`${path} is not JSON: ${error.message}`);
    throw error;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new InputError(`${path} must hold a recipe: a JSON object`);
  return value as Record<string, unknown>;
}

/** @param source for messages: the file, or the study */
export function checkRecipe(value: Readonly<Record<string, unknown>>, source: string): TrainingRecipe {
  checkMembers(value, members, source);
  const recipe = value as unknown as TrainingRecipe;
  checkId(recipe.id, source);
  checkWhole(
    [
      ["crop", recipe.crop, 8],
      ["batch", recipe.batch, 1],
      ["training.steps", recipe.training.steps, 1]
    ],
    source
  );
  const factor = 2 ** (recipe.architecture.multipliers.length - 1);
  if (recipe.crop % factor !== 0)
    throw new InputError(`${source}: the crop ${recipe.crop} must be a multiple of the factor ${factor}`);
  checkPool(recipe.pool, recipe.crop, source);
  return recipe;
}

/** Each member is there, and no other. */
export function checkMembers(value: object, names: readonly string[], source: string, inside = "a recipe"): void {
  for (const key of names) {
    if ((value as Record<string, unknown>)[key] === undefined)
      throw new InputError(
        `${source}: ${JSON.stringify(key)} is missing${inside === "a recipe" ? "" : ` in ${inside}`}`
      );
  }
  for (const key of Object.keys(value)) {
    if (!names.includes(key)) throw new InputError(`${source}: there is no ${JSON.stringify(key)} in ${inside}`);
  }
}

export function checkId(id: unknown, source: string): void {
  if (typeof id !== "string" || !/^[a-z0-9][a-z0-9.-]*$/.test(id)) {
    throw new InputError(`${source}: the id ${JSON.stringify(id)} must be lower-case letters, digits, dots and dashes`);
  }
}

/** Whole numbers, each from its least value. */
export function checkWhole(numbers: readonly (readonly [string, unknown, number])[], source: string): void {
  for (const [name, number, least] of numbers) {
    if (!(Number.isInteger(number) && (number as number) >= least)) {
      throw new InputError(`${source}: ${name} must be a whole number from ${least}, not ${JSON.stringify(number)}`);
    }
  }
}

export function checkPool(pool: unknown, crop: number, source: string): void {
  if (typeof pool !== "object" || pool === null)
    throw new InputError(`${source}: pool must be an object with kinds of phantoms, or with datasets`);
  const {sizes} = pool as Pool;
  if ("datasets" in pool) {
    checkMembers(pool, ["datasets", "sizes"], source, "a pool of datasets");
    const {datasets} = pool as DatasetPool;
    if (!(Array.isArray(datasets) && datasets.length > 0 && datasets.every((text) => typeof text === "string")))
      throw new InputError(`${source}: pool.datasets must name at least one dataset`);
  } else {
    checkMembers(pool, ["kinds", "seed", "patients", "slicesPerPatient", "sizes"], source, "a pool");
    const {kinds, patients, slicesPerPatient} = pool as PhantomPool;
    if (!(Array.isArray(kinds) && kinds.length > 0 && kinds.every((kind) => PHANTOM_KINDS.includes(kind))))
      throw new InputError(
        `${source}: pool.kinds must be of ${PHANTOM_KINDS.join(", ")}, not ${JSON.stringify(kinds)}`
      );
    checkWhole(
      [
        ["pool.patients", patients, 1],
        ["pool.slicesPerPatient", slicesPerPatient, 1]
      ],
      source
    );
  }
  if (!(Array.isArray(sizes) && sizes.length > 0))
    throw new InputError(`${source}: pool.sizes must be a list of sides`);
  for (const size of sizes) {
    checkWhole([["pool.sizes", size, 1]], source);
    if (!(size >= crop)) throw new InputError(`${source}: images of side ${size} are too small for crops of ${crop}`);
  }
}
