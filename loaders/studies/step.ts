import type {StudyPairing} from "../../src/components/study-data.js";
import type {DegradationSpec} from "../datasets/degradations/index.js";
import type {Split} from "../datasets/sample.js";
import type {Recipe} from "../store/store.js";
import type {GeneratorRecipe} from "../training/generator-recipe.js";
import type {TrainingRecipe} from "../training/recipe.js";
import type {PlannedArm} from "./arms.js";

export type StepKind = "images" | "autoencoder" | "generator" | "outputs" | "measures";

/** A piece of a study's work that makes one artefact. Plain data: it travels to other processes and machines. */
export interface Step {
  /** Of the artefact: the hash of the recipe. */
  readonly id: string;
  readonly kind: StepKind;
  readonly title: string;
  readonly recipe: Recipe;
  /** Ids of the steps whose artefacts it reads. */
  readonly needs: readonly string[];
  /** Estimated, on one core of this machine's kind (a training: on all of its cores; on a GPU: there). */
  readonly seconds: number;
  readonly resources: {readonly cores: number; readonly memoryGiB: number; readonly minutes: number};
  readonly cached: boolean;
  /** What, beside the recipe, the work needs to know: where files are. */
  readonly task: StepTask;
}

/** A model's weights: files that are there, or what a training step will make. */
export type WeightsPlace = {readonly files: readonly string[]} | {readonly step: string};

export interface ImagesTask {
  readonly kind: "images";
  readonly set: string;
  /** What `openDataset` takes, paths resolved, and how many images of each. */
  readonly parts: readonly {readonly dataset: string; readonly images: number | null}[];
  readonly split: Split | null;
  readonly size: number;
  readonly degradation: DegradationSpec;
}

export interface AutoencoderTask {
  readonly kind: "autoencoder";
  readonly recipe: TrainingRecipe;
}

export interface GeneratorTask {
  readonly kind: "generator";
  readonly recipe: GeneratorRecipe;
  readonly autoencoder: WeightsPlace;
}

export interface OutputsTask {
  readonly kind: "outputs";
  readonly arm: PlannedArm;
  readonly seed: number | null;
  /** Step of the images. */
  readonly images: string;
  readonly autoencoder?: WeightsPlace;
  readonly generator?: WeightsPlace;
  /** Of `regression` and `external`. */
  readonly path?: string;
}

export interface MeasuresTask {
  readonly kind: "measures";
  readonly arm: string;
  readonly pairing: StudyPairing;
  readonly images: string;
  readonly outputs: string;
  /** Outputs of the arm's autoencoder's own ceiling; null for an arm without one. */
  readonly ceiling: string | null;
}

export type StepTask = ImagesTask | AutoencoderTask | GeneratorTask | OutputsTask | MeasuresTask;
