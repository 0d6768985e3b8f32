import {checkGeneratorRecipe, type GeneratorRecipe} from "./generator-recipe.js";
import {checkRecipe, readRecipeJson, type TrainingRecipe} from "./recipe.js";

export {type AutoencoderRecord, trainAutoencoder} from "./autoencoder.js";
export {type GeneratorContext, type GeneratorRecord, type GeneratorValidation, trainGenerator} from "./generator.js";
export {checkGeneratorRecipe, type GeneratorRecipe} from "./generator-recipe.js";
export {checkRecipe, type TrainingRecipe} from "./recipe.js";
export type {Trained, TrainingFacts} from "./record.js";
export {silentReporter, type TrainingReporter, terminalReporter} from "./reporter.js";
export type {TrainingContext} from "./session.js";

/** Reads a recipe of either kind. @throws InputError naming the first member that does not fit */
export function readTraining(path: string): TrainingRecipe | GeneratorRecipe {
  const value = readRecipeJson(path);
  return value.kind === undefined ? checkRecipe(value, path) : checkGeneratorRecipe(value, path);
}

export function isGeneratorRecipe(recipe: TrainingRecipe | GeneratorRecipe): recipe is GeneratorRecipe {
  return "kind" in recipe;
}
