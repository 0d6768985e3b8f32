import * as tf from "@tensorflow/tfjs-core";
import type {Autoencoder} from "../models/autoencoders/autoencoder.js";
import {buildAutoencoder} from "../models/autoencoders/build.js";
import {initKl} from "../models/autoencoders/init.js";
import {startEngine} from "../models/engines/index.js";
import {convParameters, freshCheckpoint, type Parameter} from "../models/ops/index.js";
import {timePairs} from "./support/pairs.js";
import {Torch} from "./support/torch.js";

export const name = "autoencoders";

/** Round trips of one 256×256 image, random weights, beside the same networks in PyTorch. */
export async function run(): Promise<Record<string, unknown>> {
  const engine = await startEngine();
  const torch = await Torch.open(engine.threads);
  const results: Record<string, unknown> = {engine, pytorch: torch?.version ?? null};
  const networks: Record<string, () => Autoencoder> = {taesd: buildTaesd, "sd-vae": buildSdVae};
  const chosen = process.env.BENCH_NETWORKS?.split(",") ?? Object.keys(networks);
  for (const network of chosen) {
    const autoencoder = networks[network]();
    await torch?.build(network);
    const image = tf.randomUniform<tf.Rank.R4>([1, 256, 256, 3], 0, 1, "float32", 1);
    const roundTrip = async () => {
      const latent = autoencoder.encode(image);
      const output = autoencoder.decode(latent);
      await output.data();
      tf.dispose([latent, output]);
    };
    const timing = await timePairs(roundTrip, torch);
    results[network] = {
      ...timing,
      parameters: autoencoder.parameters,
      torchParameters: torch?.parameters,
      tensors: tf.memory().numTensors
    };
    results.peakMemoryOfPytorch = await torch?.peakMemory();
    autoencoder.dispose();
    image.dispose();
  }
  torch?.close();
  return results;
}

function buildSdVae(): Autoencoder {
  const config = {
    imageChannels: 3,
    channels: 128,
    multipliers: [1, 2, 4, 4],
    resBlocks: 2,
    latentChannels: 4,
    normGroups: 32
  };
  return buildAutoencoder(initKl(config, 1));
}

/** TAESD as its files have it: an encoder and a decoder numbered as in the original. */
function buildTaesd(): Autoencoder {
  const width = 64;
  const block = (name: string): Parameter[] =>
    [0, 2, 4].flatMap((i) => convParameters(`${name}.conv.${i}`, width, width, 3));
  const parameters: Parameter[] = [];
  let n = 0;
  parameters.push(...convParameters("encoder.0", 3, width, 3), ...block("encoder.1"));
  for (n = 2; n < 14; n += 4) {
    parameters.push(...convParameters(`encoder.${n}`, width, width, 3, false));
    for (const i of [1, 2, 3]) parameters.push(...block(`encoder.${n + i}`));
  }
  parameters.push(...convParameters("encoder.14", width, 4, 3));
  // 0 is the clamp, 2 a ReLU, 6, 11 and 16 the doublings
  parameters.push(...convParameters("decoder.1", 4, width, 3));
  for (n = 3; n < 18; n += 5) {
    for (const i of [0, 1, 2]) parameters.push(...block(`decoder.${n + i}`));
    parameters.push(...convParameters(`decoder.${n + 4}`, width, width, 3, false));
  }
  parameters.push(...block("decoder.18"), ...convParameters("decoder.19", width, 3, 3));
  return buildAutoencoder(freshCheckpoint(parameters, 1));
}
