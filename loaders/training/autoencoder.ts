import * as tf from "@tensorflow/tfjs-core";
import {initKl, klArchitecture, klCheckpoint, klVariables} from "../../models/autoencoders/init.js";
import {klAutoencoder} from "../../models/autoencoders/kl.js";
import {encodeSafetensors} from "../../models/checkpoints/encode-safetensors.js";
import {nativeSteppers} from "../../models/engines/index.js";
import {AutoencoderTrainer, type TrainingStep} from "../../models/training/autoencoder.js";
import {psnr} from "../../src/measures/fidelity.js";
import type {Plane} from "../../src/measures/image.js";
import {sha256} from "../files.js";
import {reconstruct} from "../reconstruct/reconstruct.js";
import {allImages, batchOf, trainingPool, validationPool} from "./pool.js";
import {checkRecipe, type TrainingRecipe} from "./recipe.js";
import {gitCommit, mean, round, type Trained, type TrainingFacts, thin, trainingFacts, whoseImages} from "./record.js";
import {Interrupted, type TrainingContext, TrainingSession} from "./session.js";

/** What models/weights/<id>.json says of an autoencoder that was trained here. */
export interface AutoencoderRecord {
  readonly id: string;
  readonly trained: true;
  readonly domain: string;
  readonly licence: string;
  readonly sha256: string;
  readonly dtype: "F16";
  readonly geometry: {readonly channels: number; readonly factor: number};
  readonly imageChannels: number;
  readonly parameters: number;
  readonly recipe: TrainingRecipe;
  readonly training: TrainingFacts & {
    readonly validation: {readonly psnrDb: number; readonly images: number; readonly images_are: string};
    readonly loss: readonly {readonly step: number; readonly l1: number; readonly kl: number}[];
  };
}

/**
 * Trains an autoencoder, or goes on with it. Call after the engine has started.
 * @returns undefined when it was interrupted; the same call goes on
 * @throws InputError
 */
export async function trainAutoencoder(
  recipe: TrainingRecipe,
  context: TrainingContext
): Promise<Trained<AutoencoderRecord> | undefined> {
  checkRecipe(recipe as unknown as Record<string, unknown>, recipe.id);
  const architecture = klArchitecture(recipe.architecture);
  const variables = klVariables(initKl(recipe.architecture, recipe.training.seed), architecture);
  const trainer = new AutoencoderTrainer(variables, architecture, recipe.training);
  trainer.accelerate(nativeSteppers(context.engine.threads));
  let session: TrainingSession<TrainingStep> | undefined;
  try {
    const autoencoder = klAutoencoder(trainer.weights(), architecture);
    const {engine, reporter} = context;
    reporter?.note(
      `${recipe.id}: ${autoencoder.parameters.toLocaleString("en")} parameters, ${recipe.training.steps} steps; engine ${engine.name} (${engine.version})`
    );
    session = new TrainingSession<TrainingStep>(trainer, recipe, context);

    // the simulated images are what the code makes them: a record must say which code
    const commit = gitCommit();
    const pool = trainingPool(recipe.pool);
    const validation = validationPool(recipe.pool);
    const making = session.reporter.progress(pool.simulated ? "simulate" : "read", pool.count, "images");
    const images = await allImages(pool, () => {
      making.advance();
      return session?.pause();
    }).finally(() => making.finish());

    const {steps, seed} = recipe.training;
    const step = async () => {
      const batch = batchOf(images, seed, trainer.steps, recipe.batch, recipe.crop);
      try {
        return await trainer.step(batch);
      } finally {
        batch.dispose();
      }
    };
    if (!(await session.run(steps, step, ({l1}) => `L1 ${l1.toFixed(4)}`))) return undefined;

    const psnrs = await psnrsOf(await allImages(validation), autoencoder);
    const weights = await klCheckpoint(trainer.weights(), architecture);
    const bytes = encodeSafetensors(
      [...weights.tensors.values()].map(({name, shape}) => ({name, shape, values: weights.read(name)})),
      {dtype: "F16", metadata: {norm_num_groups: String(recipe.architecture.normGroups), id: recipe.id}}
    );
    const {id, domain, licence} = recipe;
    const {
      geometry: {channels, factor},
      imageChannels,
      parameters
    } = autoencoder;
    const record: AutoencoderRecord = {
      id,
      trained: true,
      domain,
      licence,
      sha256: sha256(bytes),
      dtype: "F16",
      geometry: {channels, factor},
      imageChannels,
      parameters,
      recipe,
      training: {
        ...trainingFacts(recipe.training, engine, session.parts, session.seconds, commit, pool.description),
        validation: {psnrDb: round(mean(psnrs), 3), images: psnrs.length, images_are: whoseImages(validation)},
        loss: thin<"l1" | "kl">(session.losses(), 200, {l1: 5, kl: 4})
      }
    };
    const what = validation.simulated ? "simulated images" : "images";
    return {
      record,
      bytes,
      summary: `${recipe.id}: ${steps} steps, mean PSNR ${mean(psnrs).toFixed(2)} dB on ${psnrs.length} ${what} of other patients`
    };
  } catch (error) {
    if (error instanceof Interrupted) return undefined;
    throw error;
  } finally {
    session?.close();
    trainer.dispose();
    tf.dispose(variables);
  }
}

async function psnrsOf(planes: readonly Plane[], autoencoder: ReturnType<typeof klAutoencoder>): Promise<number[]> {
  const values: number[] = [];
  const images = planes.map((plane, i) => ({...plane, id: String(i)}));
  for await (const {image, output} of reconstruct(images, autoencoder)) values.push(psnr(image, output));
  return values;
}
