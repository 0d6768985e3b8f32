import {InputError} from "../../models/errors.js";
import type {GeneratorDescription} from "../../models/generators/file.js";
import {type Target, targetNames} from "../../models/generators/targets.js";
import {type UNetConfig, unetArchitecture} from "../../models/unet/init.js";
import {scale} from "../super-resolve/superResolver.js";
import {checkId, checkMembers, checkPool, checkWhole, type PhantomPool, type Pool} from "./recipe.js";

/** A generator's training, as a JSON file describes it. Everything that determines the weights stands here. */
export interface GeneratorRecipe {
  /** `medical-f4c3.x0`: the autoencoder's id, a dot, the generator's. */
  readonly id: string;
  readonly kind: "generator";
  readonly licence: string;
  /** The id of an autoencoder in models/weights, in whose latents it works. */
  readonly autoencoder: string;
  /** What it learns to super-resolve: simulated images, or the training split of a dataset (what `openDataset` takes). */
  readonly pool: PhantomPool | {readonly datasets: readonly string[]; readonly size: number};
  /** Side of the square crops of HR, in pixels, and how many make a batch. */
  readonly crop: number;
  readonly batch: number;
  readonly process:
    | {
        readonly kind: "diffusion";
        readonly target: Target;
        /** As the study defines them: its cosine begins at pure noise. */
        readonly schedule: "cosine" | "linear";
        readonly timesteps: number;
      }
    | {readonly kind: "flow"; readonly timesteps: number};
  /** Latents as they are, or divided by the standard deviation of the training latents (with their mean taken away). */
  readonly scaling: "raw" | "unit-variance";
  readonly latent: "mean" | "sampled";
  /** The channels follow from the autoencoder. */
  readonly architecture: Omit<UNetConfig, "inputChannels" | "outputChannels">;
  readonly training: {
    readonly loss: "l1" | "l2";
    readonly steps: number;
    readonly learningRate: number;
    readonly warmup: number;
    readonly weightDecay: number;
    readonly clip: number;
    readonly ema: number;
    readonly seed: number;
  };
}

const members = [
  ...["id", "kind", "licence", "autoencoder", "pool", "crop", "batch", "process", "scaling", "latent"],
  ...["architecture", "training"]
];

/** @param source for messages: the file, or the study. @throws InputError naming the first member that does not fit */
export function checkGeneratorRecipe(value: Readonly<Record<string, unknown>>, source: string): GeneratorRecipe {
  checkMembers(value, members, source);
  const recipe = value as unknown as GeneratorRecipe;
  checkId(recipe.id, source);
  checkId(recipe.autoencoder, source);
  const oneOf = (name: string, given: unknown, values: readonly string[]) => {
    if (!values.includes(given as string))
      throw new InputError(`${source}: ${name} must be ${values.join(" or ")}, not ${JSON.stringify(given)}`);
  };
  oneOf("kind", recipe.kind, ["generator"]);
  oneOf("scaling", recipe.scaling, ["raw", "unit-variance"]);
  oneOf("latent", recipe.latent, ["mean", "sampled"]);
  checkMembers(
    recipe.training,
    ["loss", "steps", "learningRate", "warmup", "weightDecay", "clip", "ema", "seed"],
    source,
    "training"
  );
  oneOf("training.loss", recipe.training.loss, ["l1", "l2"]);
  const {process} = recipe;
  oneOf("process.kind", process.kind, ["diffusion", "flow"]);
  if (process.kind === "diffusion") {
    checkMembers(process, ["kind", "target", "schedule", "timesteps"], source, "a diffusion process");
    oneOf("process.target", process.target, targetNames);
    oneOf("process.schedule", process.schedule, ["cosine", "linear"]);
  } else checkMembers(process, ["kind", "timesteps"], source, "a flow process");
  checkWhole(
    [
      ["crop", recipe.crop, 8],
      ["batch", recipe.batch, 1],
      ["process.timesteps", process.timesteps, 1],
      ["training.steps", recipe.training.steps, 1]
    ],
    source
  );
  const {learningRate, ema} = recipe.training;
  if (!(learningRate > 0))
    throw new InputError(`${source}: training.learningRate must be above 0, not ${learningRate}`);
  if (!(ema >= 0 && ema < 1)) throw new InputError(`${source}: training.ema must be from 0 to below 1, not ${ema}`);
  if (recipe.crop % scale !== 0)
    throw new InputError(
      `${source}: the crop ${recipe.crop} must be a multiple of ${scale}, as LR crops are ${scale} times smaller`
    );
  checkPool(poolOf(recipe), recipe.crop, source);
  try {
    unetArchitecture({...recipe.architecture, inputChannels: 2, outputChannels: 1});
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`${source}: architecture: ${error.message}`);
    throw error;
  }
  return recipe;
}

/** The recipe's images in the form that autoencoders' recipes have. */
export function poolOf({pool}: Pick<GeneratorRecipe, "pool">): Pool {
  return "datasets" in pool ? {datasets: pool.datasets, sizes: [pool.size]} : pool;
}

/** The recipe's process under the names that a generator's file has: the study's schedules. */
export function describedProcess({process}: Pick<GeneratorRecipe, "process">): GeneratorDescription["process"] {
  return process.kind === "flow" ? process : {...process, schedule: `published-${process.schedule}`};
}
