import type {UNetConfig} from "../../models/unet/init.js";
import type {Role} from "../../src/measures/studies/roles.js";
import type {DegradationSpec} from "../datasets/degradations/index.js";
import type {GeneratorRecipe} from "../training/generator-recipe.js";

/** A controlled experiment, as a JSON file describes it (data/schemas/study.schema.json). Relative paths count from the file. */
export interface Study {
  readonly id: string;
  readonly title: string;
  readonly datasets: readonly StudyDataset[];
  readonly degradation: DegradationSpec;
  readonly autoencoders: readonly StudyAutoencoderSpec[];
  /** Each is trained in the latents of every autoencoder that an arm names it with. */
  readonly generators: readonly GeneratorSpec[];
  readonly samplers: readonly SamplerSpec[];
  readonly arms: readonly ArmSpec[];
  /** Of the samplers' noise. */
  readonly seeds: readonly number[];
  /** Both where the study shows what the mispairing does. */
  readonly pairing: readonly ("correct" | "published-bug")[];
  readonly comparisons: readonly ComparisonSpec[];
  readonly notes?: readonly string[];
}

export interface StudyDataset {
  readonly id: string;
  readonly label: string;
  readonly anatomy: string;
  /**
   * What `openDataset` takes: a definition's name, a folder, `simulated:brain,patients=24,…`; or several of them. `$NAME` stands
   * for an environment variable.
   */
  readonly dataset: string | readonly string[];
  readonly split?: "train" | "valid" | "test";
  /** At most so many (of each of several), first one of every patient; absent: all. */
  readonly images?: number | readonly number[];
  /** Side to which images are fitted. */
  readonly size: number;
}

/** One of: `train`, a recipe file (its weights in models/weights are used if their record's recipe is this one); `weights`, files; `known`, an id of `bandscope import`. */
export interface StudyAutoencoderSpec {
  readonly id: string;
  readonly label?: string;
  readonly domain?: "natural" | "medical";
  /** Whose part it plays of the published study's autoencoders; if any says so, those that do not play none. */
  readonly role?: Role;
  readonly train?: string;
  readonly weights?: readonly string[];
  readonly known?: string;
}

/**
 * All that determines a generator but the autoencoder: what `GeneratorRecipe` says without its id and autoencoder. In a file it may
 * be `{"id": "x0", "train": "../training/*.x0.json"}` instead: the recipe files of the autoencoders, which must say the same; with
 * `"seed": 2` the same but for the training's seed.
 */
export type GeneratorSpec = Omit<GeneratorRecipe, "id" | "autoencoder" | "licence"> & {readonly id: string};

export interface SamplerSpec {
  /** `ddim-20` */
  readonly id: string;
  readonly sampler: "published" | "ddim" | "ddpm" | "euler" | "heun";
  readonly steps: number;
}

export type ArmSpec =
  | {readonly kind: "bicubic"}
  | {readonly kind: "ae"; readonly autoencoders: readonly string[] | "all"}
  | {
      readonly kind: "sr";
      readonly autoencoders: readonly string[] | "all";
      readonly generators: readonly string[];
      readonly samplers: readonly string[];
      /** Fewer seeds than the study's, for a costly ablation. */
      readonly seeds?: readonly number[];
      /** Fewer pairings than the study's, likewise. */
      readonly pairing?: readonly ("correct" | "published-bug")[];
      /** On these only, where each dataset has generators of its own. */
      readonly datasets?: readonly string[];
    }
  | {readonly kind: "regression"; readonly name: string; readonly weights: string}
  /** Files named by the images' ids, in `folder/<dataset's id>/` or, of a study with one dataset, in `folder`. */
  | {readonly kind: "external"; readonly name: string; readonly folder: string};

export interface ComparisonSpec {
  readonly title: string;
  /** Ids of arms. */
  readonly a: string;
  readonly b: string;
  /** Keys of measures; by default PSNR, SSIM, and the rates. */
  readonly measures?: readonly string[];
  /** Equivalence margin of PSNR in dB. */
  readonly margin?: number;
}

export type {UNetConfig};
