import {readFileSync} from "node:fs";
import type {KlConfig} from "../../models/autoencoders/init.js";
import {InputError} from "../../models/errors.js";
import type {AutoencoderTrainingOptions} from "../../models/training/autoencoder.js";
import type {PhantomKind} from "../datasets/phantoms/index.js";

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

/** A training, as a JSON file describes it. Everything that determines the weights stands here. */
export interface TrainingRecipe {
  readonly id: string;
  /** `natural` or `medical`: what the images show. */
  readonly domain: string;
  readonly licence: string;
  readonly pool: PhantomPool;
  /** Side of the random crops, and how many make a batch. */
  readonly crop: number;
  readonly batch: number;
  readonly architecture: KlConfig;
  readonly training: AutoencoderTrainingOptions;
}

const members = ["id", "domain", "licence", "pool", "crop", "batch", "architecture", "training"] as const;

/** Reads a recipe. @throws InputError naming the first member that is missing, unknown or out of range */
export function readRecipe(path: string): TrainingRecipe {
  let value: Partial<Record<string, unknown>>;
  try {
    value = JSON.parse(readFileSync(path, "utf8")) as Partial<Record<string, unknown>>;
  } catch (error) {
    if (error instanceof SyntaxError) throw new InputError(`${path} is not JSON: ${error.message}`);
    throw error;
  }
  for (const key of members) if (!(key in value)) throw new InputError(`${path}: ${JSON.stringify(key)} is missing`);
  for (const key of Object.keys(value)) {
    if (!(members as readonly string[]).includes(key))
      throw new InputError(`${path}: there is no ${JSON.stringify(key)} in a recipe`);
  }
  const recipe = value as unknown as TrainingRecipe;
  if (!/^[a-z0-9][a-z0-9.-]*$/.test(recipe.id)) {
    throw new InputError(
      `${path}: the id ${JSON.stringify(recipe.id)} must be lower-case letters, digits, dots and dashes`
    );
  }
  const numbers: [string, unknown, number][] = [
    ["crop", recipe.crop, 8],
    ["batch", recipe.batch, 1],
    ["pool.patients", recipe.pool.patients, 1],
    ["pool.slicesPerPatient", recipe.pool.slicesPerPatient, 1],
    ["training.steps", recipe.training.steps, 1]
  ];
  for (const [name, number, least] of numbers) {
    if (!(Number.isInteger(number) && (number as number) >= least)) {
      throw new InputError(`${path}: ${name} must be a whole number from ${least}, not ${JSON.stringify(number)}`);
    }
  }
  const factor = 2 ** (recipe.architecture.multipliers.length - 1);
  if (recipe.crop % factor !== 0)
    throw new InputError(`${path}: the crop ${recipe.crop} must be a multiple of the factor ${factor}`);
  for (const size of recipe.pool.sizes) {
    if (!(size >= recipe.crop))
      throw new InputError(`${path}: images of side ${size} are too small for crops of ${recipe.crop}`);
  }
  return recipe;
}
