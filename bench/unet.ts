import * as tf from "@tensorflow/tfjs-core";
import {startEngine} from "../models/engines/index.js";
import {initUNet} from "../models/unet/init.js";
import {buildUNet} from "../models/unet/unet.js";
import {timePairs} from "./support/pairs.js";
import {Torch} from "./support/torch.js";

export const name = "unet";

/** One step of the study's U-Net on a latent of 64×64×3 with its condition, random weights, beside the same in PyTorch. */
export async function run(): Promise<Record<string, unknown>> {
  const engine = await startEngine();
  const torch = await Torch.open(engine.threads);
  await torch?.build("unet");
  const config = {
    inputChannels: 6,
    outputChannels: 3,
    channels: 128,
    multipliers: [1, 2, 4, 4],
    resBlocks: 2,
    // at 16², the third level
    attention: [false, false, true, false]
  };
  const unet = buildUNet(initUNet(config, 1));
  const x = tf.randomNormal<tf.Rank.R4>([1, 64, 64, 6], 0, 1, "float32", 1);
  const step = async () => {
    const y = unet.predict(x, 500);
    await y.data();
    y.dispose();
  };
  const timing = await timePairs(step, torch);
  const {parameters} = unet;
  const torchParameters = torch?.parameters;
  torch?.close();
  return {engine, pytorch: torch?.version ?? null, step: timing, parameters, torchParameters};
}
