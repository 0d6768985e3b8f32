import * as tf from "@tensorflow/tfjs-core";
import {buildAutoencoder} from "../models/autoencoders/build.js";
import {initKl} from "../models/autoencoders/init.js";
import {batchAccelerator, startEngine} from "../models/engines/index.js";
import {generator} from "../models/generators/generator.js";
import {schedule} from "../models/generators/index.js";
import {initUNet} from "../models/unet/init.js";
import {buildUNet} from "../models/unet/unet.js";
import {timePairs} from "./support/pairs.js";
import {smallKl, smallUNet} from "./support/small.js";
import {round} from "./support/statistics.js";
import {Torch} from "./support/torch.js";

export const name = "super-resolution";

/** Images at once, as a study takes them. */
const batch = 8;

/**
 * What a step of the embedded study does for its images: encode 32×32, 20 steps of DDIM in latents of 32×32×3, decode 128×128,
 * with random weights, beside the same in PyTorch.
 */
export async function run(): Promise<Record<string, unknown>> {
  const engine = await startEngine();
  const torch = await Torch.open(engine.threads);
  await torch?.build("super-resolution");
  const autoencoder = buildAutoencoder(initKl(smallKl, 1));
  const unet = buildUNet(initUNet(smallUNet, 1));
  const model = generator(unet, {kind: "diffusion", target: "x0", alphas: schedule("cosine", 1000), zlrInit: false});
  for (const network of [autoencoder, unet]) network.accelerate(batchAccelerator());
  const lr = tf.randomUniform<tf.Rank.R4>([batch, 32, 32, 1], 0, 1, "float32", 1);
  const images = Array.from({length: batch}, (_, i) => i);
  const superResolve = async () => {
    const output = tf.tidy(() => {
      const latent = model.sample(autoencoder.encode(lr), {
        sampler: "ddim",
        steps: 20,
        seed: 1,
        images,
        size: [32, 32]
      });
      return autoencoder.decode(latent);
    });
    await output.data();
    output.dispose();
  };
  const timing = await timePairs(superResolve, torch);
  const perSecond = (ms: unknown) => round((1000 * batch) / (ms as number), 3);
  const theirs = timing.pytorch as {ms: number} | undefined;
  const parameters = autoencoder.parameters + unet.parameters;
  const torchParameters = torch?.parameters;
  for (const disposable of [autoencoder, model, lr]) disposable.dispose();
  torch?.close();
  return {
    engine,
    pytorch: torch?.version ?? null,
    batch,
    ...timing,
    imagesPerSecond: perSecond(timing.ms),
    pytorchImagesPerSecond: theirs && perSecond(theirs.ms),
    parameters,
    torchParameters,
    tensors: tf.memory().numTensors
  };
}
