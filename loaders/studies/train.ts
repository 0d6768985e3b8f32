import {writeFileSync} from "node:fs";
import {join} from "node:path";
import type {Json} from "../store/canonical.js";
import type {Artefact} from "../store/store.js";
import type {Trained, TrainingContext, TrainingReporter} from "../training/index.js";
import type {AutoencoderTask, GeneratorTask} from "./step.js";
import {engineText, type StepContext, Stopped, startPlanned} from "./stepContext.js";
import type {WorkFolder} from "./work.js";

type Facts = {readonly [key: string]: Json};

/** Trains an autoencoder from nothing, or goes on; leaves `weights.safetensors` and `record.json`. @throws Stopped */
export async function makeAutoencoder(
  {recipe}: AutoencoderTask,
  folder: string,
  work: WorkFolder,
  context: StepContext
): Promise<Facts> {
  const training = await trainingContext(work, recipe.training.steps, context);
  const {trainAutoencoder} = await import("../training/autoencoder.js");
  return keep(await trainAutoencoder(recipe, training), folder, training);
}

/** Likewise a generator in the latents of an autoencoder. @throws Stopped */
export async function makeGenerator(
  {recipe}: GeneratorTask,
  weights: readonly string[],
  folder: string,
  work: WorkFolder,
  context: StepContext
): Promise<Facts> {
  const training = await trainingContext(work, recipe.training.steps, context);
  const {trainGenerator} = await import("../training/generator.js");
  return keep(await trainGenerator(recipe, {...training, weights}), folder, training);
}

/** The weights' file of a training's artefact. */
export function trainedFiles(artefact: Artefact): readonly string[] {
  return [artefact.path("weights.safetensors")];
}

async function trainingContext(work: WorkFolder, steps: number, context: StepContext): Promise<TrainingContext> {
  return {
    work: work.folder,
    engine: await startPlanned(context),
    interrupted: context.stopped,
    reporter: reporter(steps, context)
  };
}

/** Only the steps count as progress: simulating images before them is short. */
function reporter(steps: number, {onProgress}: StepContext): TrainingReporter {
  return {
    note() {},
    progress(label, total) {
      // a resumed training has fewer to take
      let done = label === "train" ? steps - total : 0;
      return {
        advance(n = 1) {
          if (label !== "train") return;
          done += n;
          onProgress?.(done / steps);
        },
        finish() {}
      };
    }
  };
}

function keep(
  trained: Trained<{readonly training: {readonly seconds: number}}> | undefined,
  folder: string,
  {engine}: TrainingContext
): Facts {
  if (trained === undefined) throw new Stopped();
  writeFileSync(join(folder, "weights.safetensors"), trained.bytes);
  writeFileSync(join(folder, "record.json"), `${JSON.stringify(trained.record, null, 1)}\n`);
  return {engine: engineText(engine), seconds: trained.record.training.seconds, summary: trained.summary};
}
