import {join} from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import type {Autoencoder} from "../../models/autoencoders/autoencoder.js";
import {sampling} from "../../models/autoencoders/kl.js";
import {encodeSafetensors} from "../../models/checkpoints/encode-safetensors.js";
import {nativeSteppers} from "../../models/engines/index.js";
import {generatorMetadata, processOf} from "../../models/generators/file.js";
import {type Generator, generator} from "../../models/generators/generator.js";
import type {LatentRange, LatentScale, LatentUse} from "../../models/generators/latents.js";
import {GeneratorTrainer} from "../../models/training/generator.js";
import type {OptimizationStep} from "../../models/training/trainer.js";
import {initUNet, unetArchitecture, unetCheckpoint, unetVariables} from "../../models/unet/init.js";
import {unet} from "../../models/unet/unet.js";
import {psnr} from "../../src/measures/fidelity.js";
import type {Plane} from "../../src/measures/image.js";
import {resize} from "../../src/measures/resize.js";
import {Degrader} from "../datasets/degradations/index.js";
import {sha256} from "../files.js";
import {greyTensor} from "../reconstruct/batches.js";
import {openWeights} from "../reconstruct/weights.js";
import {scale} from "../super-resolve/superResolver.js";
import {checkGeneratorRecipe, describedProcess, type GeneratorRecipe, poolOf} from "./generator-recipe.js";
import {LatentPool} from "./latents.js";
import {allImages, trainingPool, validationPool} from "./pool.js";
import {gitCommit, mean, round, type Trained, type TrainingFacts, thin, trainingFacts, whoseImages} from "./record.js";
import {Interrupted, type TrainingContext, TrainingSession} from "./session.js";

/** What models/weights/<id>.json says of a generator that was trained here. */
export interface GeneratorRecord {
  readonly id: string;
  readonly trained: true;
  readonly kind: "generator";
  readonly licence: string;
  readonly sha256: string;
  readonly dtype: "F16";
  readonly parameters: number;
  readonly autoencoder: {readonly id: string; readonly sha256: string};
  readonly process: GeneratorRecipe["process"];
  readonly scaling: GeneratorRecipe["scaling"];
  /** Each channel's mean and standard deviation, where latents are scaled to unit variance. */
  readonly scale?: LatentScale;
  /** Of the training latents, where the target is ε: its samplers keep to it. */
  readonly range?: LatentRange;
  readonly latent: GeneratorRecipe["latent"];
  readonly architecture: GeneratorRecipe["architecture"];
  readonly recipe: GeneratorRecipe;
  readonly training: TrainingFacts & {
    readonly validation: GeneratorValidation;
    readonly loss: readonly {readonly step: number; readonly loss: number}[];
  };
}

/** Mean PSNR against HR on images that were not trained on. */
export interface GeneratorValidation {
  readonly sampler: string;
  readonly srPsnrDb: number;
  readonly bicubicPsnrDb: number;
  /** The autoencoder's reconstruction of HR. */
  readonly ceilingPsnrDb: number;
  readonly images: number;
  readonly images_are: string;
}

export interface GeneratorContext extends TrainingContext {
  /** The frozen autoencoder's files; models/weights/<autoencoder>.safetensors unless told. */
  readonly weights?: readonly string[];
}

/**
 * Trains a generator in the latents of a frozen autoencoder, or goes on with it. Call after the engine has started.
 * @returns undefined when it was interrupted; the same call goes on
 * @throws InputError
 */
export async function trainGenerator(
  recipe: GeneratorRecipe,
  context: GeneratorContext
): Promise<Trained<GeneratorRecord> | undefined> {
  checkGeneratorRecipe(recipe as unknown as Record<string, unknown>, recipe.id);
  const paths = context.weights ?? [join("models", "weights", `${recipe.autoencoder}.safetensors`)];
  const {autoencoder, sha256: autoencoderHash} = await openWeights(paths);
  const {channels} = autoencoder.geometry;
  const config = {...recipe.architecture, inputChannels: 2 * channels, outputChannels: channels};
  const architecture = unetArchitecture(config);
  const variables = unetVariables(initUNet(config, recipe.training.seed), architecture);
  const process = processOf(describedProcess(recipe));
  const trainer = new GeneratorTrainer(variables, architecture, process, recipe.training);
  trainer.accelerate(nativeSteppers(context.engine.threads));
  let session: TrainingSession<OptimizationStep> | undefined;
  try {
    const network = unet(trainer.weights(), architecture);
    const {engine, reporter} = context;
    reporter?.note(
      `${recipe.id}: ${network.parameters.toLocaleString("en")} parameters, ${recipe.training.steps} steps; engine ${engine.name} (${engine.version})`
    );
    // the autoencoder is part of what is trained: another one's checkpoint must not go on
    session = new TrainingSession<OptimizationStep>(trainer, {...recipe, autoencoderHash}, context);

    // the simulated images are what the code makes them: a record must say which code
    const commit = gitCommit();
    const images = trainingPool(poolOf(recipe));
    const validation = validationPool(poolOf(recipe));
    const {steps, seed, loss} = recipe.training;
    const {crop, latent} = recipe;
    const encoding = session.reporter.progress("encode", images.count, "images");
    const onImage = () => {
      encoding.advance();
      return session?.pause();
    };
    const latents = await LatentPool.open(images, autoencoder, {crop, latent, seed, onImage}).finally(() =>
      encoding.finish()
    );
    const use: LatentUse = {
      latent,
      autoencoder: {id: recipe.autoencoder, sha256: autoencoderHash},
      ...(recipe.scaling === "unit-variance" ? {scale: await latents.scale()} : {}),
      ...(predictsNoise(recipe) ? {range: await latents.range()} : {})
    };
    const step = async () => {
      const batch = await latents.batch(seed, trainer.steps, recipe.batch, use);
      try {
        return await trainer.step(batch.latent, batch.condition);
      } finally {
        tf.dispose([batch.latent, batch.condition]);
      }
    };
    const completed = await session.run(steps, step, (report) => `${loss.toUpperCase()} ${report.loss.toFixed(4)}`);
    if (!completed) return undefined;

    const weights = await unetCheckpoint(trainer.weights(), architecture);
    const bytes = encodeSafetensors(
      [...weights.tensors.values()].map(({name, shape}) => ({name, shape, values: weights.read(name)})),
      {
        dtype: "F16",
        metadata: {
          ...weights.metadata,
          ...generatorMetadata({id: recipe.id, process: describedProcess(recipe), ...use})
        }
      }
    );
    const measured = await measure(await allImages(validation), autoencoder, generator(network, process, use));
    const record: GeneratorRecord = {
      id: recipe.id,
      trained: true,
      kind: "generator",
      licence: recipe.licence,
      sha256: sha256(bytes),
      dtype: "F16",
      parameters: network.parameters,
      autoencoder: {id: recipe.autoencoder, sha256: autoencoderHash},
      process: recipe.process,
      scaling: recipe.scaling,
      ...(use.scale ? {scale: use.scale} : {}),
      ...(use.range ? {range: use.range} : {}),
      latent,
      architecture: recipe.architecture,
      recipe,
      training: {
        ...trainingFacts(recipe.training, engine, session.parts, session.seconds, commit, latents.description),
        validation: {...measured, images_are: whoseImages(validation)},
        loss: thin<"loss">(session.losses(), 200, {loss: 5})
      }
    };
    const {srPsnrDb, bicubicPsnrDb, ceilingPsnrDb, sampler} = measured;
    return {
      record,
      bytes,
      summary:
        `${recipe.id}: ${steps} steps, mean PSNR ${srPsnrDb.toFixed(2)} dB (${sampler}) on ${measured.images} images of other patients; ` +
        `bicubic ${bicubicPsnrDb.toFixed(2)} dB, autoencoder ${ceilingPsnrDb.toFixed(2)} dB`
    };
  } catch (error) {
    if (error instanceof Interrupted) return undefined;
    throw error;
  } finally {
    session?.close();
    trainer.dispose();
    tf.dispose(variables);
    autoencoder.dispose();
  }
}

function predictsNoise({process}: GeneratorRecipe): boolean {
  return process.kind === "diffusion" && process.target === "eps";
}

/** Super-resolves images of one after the other with DDIM or Euler, 20 steps, beside bicubic and the autoencoder alone. */
async function measure(
  planes: readonly Plane[],
  autoencoder: Autoencoder,
  model: Generator
): Promise<Omit<GeneratorValidation, "images_are">> {
  const degrader = new Degrader({kind: "bicubic", factor: scale});
  const steps = model.process.kind === "flow" ? 20 : Math.min(20, model.process.alphas.length);
  const sampler = model.process.kind === "flow" ? "euler" : "ddim";
  const {factor} = autoencoder.geometry;
  const db: {sr: number; bicubic: number; ceiling: number}[] = [];
  for (const [i, hr] of planes.entries()) {
    const {width, height} = hr;
    const low = degrader.apply({...hr, id: String(i)});
    const grey = tf.tidy(() => {
      const input = greyTensor([low], autoencoder.imageChannels);
      const lr = model.use.latent === "mean" ? autoencoder.encode(input) : sampling(autoencoder).sample(input, 1, [i]);
      const size = [height / factor, width / factor] as const;
      const made = model.sample(lr, {sampler, steps, seed: 1, images: [i], size});
      const ceiling = autoencoder.encode(greyTensor([hr], autoencoder.imageChannels));
      return [made, ceiling].map((z) => tf.clipByValue(tf.mean(autoencoder.decode(z), 3), 0, 1));
    });
    const outputs = await Promise.all(grey.map((t) => t.data<"float32">()));
    const [sr, ceiling] = outputs.map((data) => psnr(hr, {data, width, height}));
    tf.dispose(grey);
    const large = resize(low, width, height);
    const bicubic = psnr(hr, {...large, data: large.data.map((v) => Math.min(1, Math.max(0, v)))});
    db.push({sr, bicubic, ceiling});
    await new Promise((resolve) => setImmediate(resolve));
  }
  return {
    sampler: `${sampler}-${steps}`,
    srPsnrDb: round(mean(db.map(({sr}) => sr)), 3),
    bicubicPsnrDb: round(mean(db.map(({bicubic}) => bicubic)), 3),
    ceilingPsnrDb: round(mean(db.map(({ceiling}) => ceiling)), 3),
    images: db.length
  };
}
