import {basename} from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import type {Autoencoder} from "../../models/autoencoders/autoencoder.js";
import {sampling} from "../../models/autoencoders/kl.js";
import {weightFiles} from "../../models/autoencoders/weightFiles.js";
import {batchAccelerator} from "../../models/engines/index.js";
import {InputError} from "../../models/errors.js";
import {checkSampler, type Generator, generator, type SamplerName} from "../../models/generators/generator.js";
import {loadGenerator} from "../../models/generators/load.js";
import type {Image, Plane} from "../../src/measures/image.js";
import {sha256, sha256File} from "../files.js";
import {clampOutput, greyTensor} from "../reconstruct/batches.js";
import {crop, padToMultiple} from "../reconstruct/reflect.js";
import {openWeights} from "../reconstruct/weights.js";
import {type SuperResolver, scale} from "./superResolver.js";

export interface LatentOptions {
  /** By default what the checkpoint was trained for: Euler for a flow, DDIM for a diffusion model. */
  readonly sampler?: SamplerName;
  /** By default 20, or all that the schedule has. */
  readonly steps?: number;
  /** Start from the LR latent in place of noise. By default as the checkpoint says. */
  readonly zlrInit?: boolean;
  /** Height and width of the HR latent, where it is not to follow from the LR image. */
  readonly latentSize?: readonly [height: number, width: number];
}

const defaultSteps = 20;

/**
 * The study's pipeline: the autoencoder's encoder (the mean, or a draw where the generator was trained on draws) on the LR
 * image, that latent resized bilinearly to the size of the HR latent, the U-Net with it as condition, a sampler, the
 * autoencoder's decoder. Call after the engine has started.
 * @throws InputError when the files can't be read, or don't fit each other or the options
 */
export async function openLatent(
  weights: readonly string[],
  generatorPath: string,
  options: LatentOptions = {}
): Promise<SuperResolver> {
  const {autoencoder, name, sha256: hash} = await openWeights(weights);
  let model: Generator | undefined;
  try {
    model = loadGenerator(generatorPath);
    const generatorHash = await sha256Files(weightFiles([generatorPath]).files);
    requireChannels(model, generatorPath, autoencoder, name);
    requireAutoencoder(model, generatorPath, name, hash);
    for (const network of [autoencoder, model.unet]) network.accelerate(batchAccelerator());
    const {sampler, steps} = plan(model, generatorPath, options);
    const zlrInit = model.process.kind === "diffusion" && (options.zlrInit || model.process.zlrInit);
    const {channels, factor} = autoencoder.geometry;
    return {
      description:
        `${name}: ${autoencoder.kind} autoencoder, ${channels} channels at 1/${factor}; ${basename(generatorPath)}: ` +
        `${model.process.kind} model, ${model.unet.parameters.toLocaleString("en")} parameters; ` +
        `sampler ${sampler}, ${steps} ${steps === 1 ? "step" : "steps"}${zlrInit ? " from the LR latent" : ""}` +
        `${model.use.scale ? "; latents scaled to unit variance" : ""}${model.use.latent === "sampled" ? "; latents sampled" : ""}`,
      settings: {
        weights: hash,
        generator: generatorHash,
        sampler,
        steps,
        zlr_init: zlrInit,
        latent_size: options.latentSize ? [...options.latentSize] : "LR×4"
      },
      seeded: !zlrInit || sampler === "ddpm" || model.use.latent === "sampled",
      steps,
      ...pipeline(autoencoder, model, {sampler, steps, zlrInit, latentSize: options.latentSize})
    };
  } catch (error) {
    autoencoder.dispose();
    model?.dispose();
    throw error;
  }
}

function requireChannels({unet}: Generator, path: string, {geometry: {channels}}: Autoencoder, name: string): void {
  const {inputChannels, outputChannels} = unet.architecture;
  const condition = inputChannels - outputChannels;
  if (outputChannels === channels && condition === channels) return;
  const makes =
    condition === outputChannels
      ? `latents of ${outputChannels} channels`
      : `latents of ${outputChannels} channels from ones of ${condition}`;
  throw new InputError(
    `${path} makes ${makes}, but the autoencoder ${name} has ${channels}: give the autoencoder that it was trained with`
  );
}

/** A generator of ours says in whose latents it works: others of the same shape mean something else. */
function requireAutoencoder({use}: Generator, path: string, name: string, sha256: string): void {
  if (!use.autoencoder || use.autoencoder.sha256 === sha256) return;
  throw new InputError(
    `${path} was trained in the latents of ${use.autoencoder.id} (SHA-256 ${use.autoencoder.sha256.slice(0, 12)}…), not of ${name} (${sha256.slice(0, 12)}…)`
  );
}

async function sha256Files(files: readonly string[]): Promise<string> {
  const hashes = await Promise.all(files.map(sha256File));
  return hashes.length === 1 ? hashes[0] : sha256(hashes.sort().join("\n"));
}

function plan({process}: Generator, path: string, options: LatentOptions): {sampler: SamplerName; steps: number} {
  const most = process.kind === "diffusion" ? process.alphas.length : Number.POSITIVE_INFINITY;
  const {sampler = process.kind === "flow" ? "euler" : "ddim", steps = Math.min(defaultSteps, most)} = options;
  checkSampler(process, sampler);
  if (process.kind === "flow" && options.zlrInit) {
    throw new InputError(`--zlr-init needs a diffusion model; ${path} is a flow model, which starts from noise`);
  }
  if (steps > most) {
    throw new InputError(`--steps ${steps} is more than the ${most} time steps that ${path} was trained with`);
  }
  return {sampler, steps};
}

type Plan = {sampler: SamplerName; steps: number; zlrInit: boolean; latentSize?: readonly [number, number]};

function pipeline(
  autoencoder: Autoencoder,
  {unet, process, use}: Generator,
  {sampler, steps, zlrInit, latentSize}: Plan
): Pick<SuperResolver, "outputSize" | "run" | "dispose"> {
  const model = generator(unet, process.kind === "diffusion" ? {...process, zlrInit} : process, use);
  const posterior = use.latent === "sampled" ? sampling(autoencoder) : undefined;
  const {factor} = autoencoder.geometry;
  const halvings = 2 ** (unet.architecture.channels.length - 1);
  // the U-Net halves the HR latent, whose sides are scale/factor times those of the LR image
  const multiple = latentSize ? factor : factor * Math.max(1, halvings / scale);
  const latentOf = (padded: Plane): readonly [number, number] =>
    latentSize ?? [(padded.height * scale) / factor, (padded.width * scale) / factor];
  if (latentSize?.some((side) => side % halvings !== 0)) {
    throw new InputError(
      `--latent-size ${latentSize.join("x")} does not fit: the U-Net needs sides that are multiples of ${halvings}`
    );
  }
  return {
    outputSize(image) {
      if (!latentSize) return {width: scale * image.width, height: scale * image.height};
      if (image.width % factor !== 0 || image.height % factor !== 0) {
        throw new InputError(
          `${image.id} is ${image.width}×${image.height}; with --latent-size the sides must be multiples of ${factor}`
        );
      }
      return {width: latentSize[1] * factor, height: latentSize[0] * factor};
    },
    async run(images: readonly Image[], seed, onStep) {
      const inputs = images.map((image) => padToMultiple(image, multiple));
      const size = latentOf(inputs[0]);
      const grey = tf.tidy(() => {
        const ids = images.map(({id}) => id);
        const lr = tf.tidy(() => {
          const input = greyTensor(inputs, autoencoder.imageChannels);
          return posterior ? posterior.sample(input, seed, ids) : autoencoder.encode(input);
        });
        const hr = model.sample(lr, {sampler, steps, seed, images: ids, size, onStep});
        return tf.mean(autoencoder.decode(hr), 3);
      });
      const values = (await grey.data()) as Float32Array;
      grey.dispose();
      const [height, width] = size.map((side) => side * factor);
      return images.map((image, i) => {
        const data = values.slice(i * width * height, (i + 1) * width * height);
        const whole = {data: clampOutput(data, "the generator or its autoencoder", image.id), width, height};
        const padded = inputs[i] !== image;
        return {image, output: padded ? crop(whole, scale * image.width, scale * image.height) : whole, padded};
      });
    },
    dispose() {
      autoencoder.dispose();
      model.dispose();
    }
  };
}
