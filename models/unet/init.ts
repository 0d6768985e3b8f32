import * as tf from "@tensorflow/tfjs-core";
import type {Checkpoint} from "../checkpoints/checkpoint.js";
import {InputError} from "../errors.js";
import {disposeWeights, freshCheckpoint, loadWeights, type Weights, weightsCheckpoint} from "../ops/index.js";
import {type UNetArchitecture, unetParameters} from "./network.js";

/** What a U-Net is made from. The study's: 128 channels, multipliers 1, 2, 4, 4, two blocks, attention at the third level. */
export interface UNetConfig {
  /** The noisy latent's and the condition's channels together. */
  readonly inputChannels: number;
  readonly outputChannels: number;
  /** Of the shallowest level; even. */
  readonly channels: number;
  readonly multipliers: readonly number[];
  /** Residual blocks of a level on the way down. */
  readonly resBlocks: number;
  /** Which levels have attention, shallowest first; the middle always has. */
  readonly attention: readonly boolean[];
  /** Channels of an attention head, by default 8 as in diffusers. */
  readonly headChannels?: number;
  /** By default 32; must divide every level's channels. */
  readonly normGroups?: number;
}

/** @throws InputError */
export function unetArchitecture(config: UNetConfig): UNetArchitecture {
  const {headChannels = 8, normGroups = 32, attention} = config;
  const channels = config.multipliers.map((multiplier) => config.channels * multiplier);
  for (const name of ["inputChannels", "outputChannels", "channels", "resBlocks"] as const) {
    if (!(Number.isInteger(config[name]) && config[name] > 0)) {
      throw new InputError(`${name} must be a whole number above 0, not ${config[name]}`);
    }
  }
  if (
    channels.length === 0 ||
    !channels.every((count) => Number.isInteger(count) && count > 0 && count % normGroups === 0)
  ) {
    throw new InputError(
      `multipliers [${config.multipliers}] of ${config.channels} channels must be whole numbers that ${normGroups} groups divide`
    );
  }
  if (config.channels % 2 !== 0) throw new InputError(`channels must be even, not ${config.channels}`);
  if (attention.length !== channels.length) {
    throw new InputError(
      `attention must say yes or no to each of the ${channels.length} levels, not to ${attention.length}`
    );
  }
  return {
    inputChannels: config.inputChannels,
    outputChannels: config.outputChannels,
    channels,
    resBlocks: config.resBlocks,
    downAttention: attention,
    upAttention: attention,
    middleAttention: true,
    headChannels,
    normGroups,
    epsilon: 1e-5,
    downPadding: 1,
    timeWidth: 4 * config.channels,
    flipSinToCos: true,
    freqShift: 0
  };
}

/** A fresh U-Net as a checkpoint in diffusers' naming, from a seeded generator; `buildUNet` takes it as it takes a file. */
export function initUNet(config: UNetConfig, seed: number | string): Checkpoint {
  const architecture = unetArchitecture(config);
  return freshCheckpoint(unetParameters(architecture), seed, metadataOf(architecture));
}

/** Variables to train, in diffusers' naming: pass them to `unetForward` inside `tf.variableGrads`. Dispose them with `disposeWeights`. */
export function unetVariables(checkpoint: Checkpoint, architecture: UNetArchitecture): Record<string, tf.Variable> {
  const weights = loadWeights(checkpoint, unetParameters(architecture), {model: "UNet2DModel"});
  const variables: Record<string, tf.Variable> = {};
  for (const [name, value] of Object.entries(weights)) variables[name] = tf.variable(value, true);
  disposeWeights(weights);
  return variables;
}

/** The weights' present values as a checkpoint, in diffusers' naming and PyTorch's layouts. */
export function unetCheckpoint(weights: Weights, architecture: UNetArchitecture): Promise<Checkpoint> {
  return weightsCheckpoint(weights, unetParameters(architecture), metadataOf(architecture));
}

/** What the tensors do not show, under the names of diffusers' config.json; text, as safetensors wants it. */
function metadataOf({normGroups, headChannels, epsilon}: UNetArchitecture): Record<string, string> {
  return {
    norm_num_groups: String(normGroups),
    attention_head_dim: headChannels === undefined ? "null" : String(headChannels),
    norm_eps: String(epsilon)
  };
}
