import * as tf from "@tensorflow/tfjs-core";
import type {Checkpoint} from "../checkpoints/checkpoint.js";
import {InputError} from "../errors.js";
import {freshCheckpoint, type Weights, weightsCheckpoint} from "../ops/index.js";
import {loadKlWeights} from "./klDialects.js";
import {type KlArchitecture, klParameters} from "./klNetwork.js";

/** What a small AutoencoderKL is made from. */
export interface KlConfig {
  /** 1 for grey images. */
  readonly imageChannels: number;
  /** Of the shallowest level. */
  readonly channels: number;
  /** A level each, e.g. [1, 2, 4]: two halvings, f4. */
  readonly multipliers: readonly number[];
  /** Residual blocks a level. */
  readonly resBlocks: number;
  readonly latentChannels: number;
  /** Must divide every level's channels. About four channels a group learn; one a group does not. */
  readonly normGroups: number;
}

/** The architecture of a config: attention in the middle only, as in every published model. @throws InputError */
export function klArchitecture(config: KlConfig): KlArchitecture {
  const channels = config.multipliers.map((multiplier) => config.channels * multiplier);
  for (const [name, value] of Object.entries({...config, multipliers: 1})) {
    if (!(Number.isInteger(value) && value > 0))
      throw new InputError(`${name} must be a whole number above 0, not ${value}`);
  }
  if (
    channels.length === 0 ||
    !channels.every((count) => Number.isInteger(count) && count > 0 && count % config.normGroups === 0)
  ) {
    throw new InputError(
      `multipliers [${config.multipliers}] of ${config.channels} channels must be whole numbers that ${config.normGroups} groups divide`
    );
  }
  const none = channels.map(() => false);
  return {
    imageChannels: config.imageChannels,
    latentChannels: config.latentChannels,
    innerChannels: config.latentChannels,
    channels,
    resBlocks: config.resBlocks,
    normGroups: config.normGroups,
    encoderAttention: none,
    decoderAttention: none,
    middleAttention: true,
    quantConv: true,
    postQuantConv: true
  };
}

/**
 * A fresh AutoencoderKL as a checkpoint in diffusers' naming: PyTorch's default start (uniform within ±1/√fan-in, γ = 1,
 * β = 0) from a seeded generator, a stream for each tensor. `buildAutoencoder` takes it as it takes a file.
 */
export function initKl(config: KlConfig, seed: number | string): Checkpoint {
  return freshCheckpoint(klParameters(klArchitecture(config)), seed, {norm_num_groups: String(config.normGroups)});
}

/**
 * Variables to train, from a fresh or a trained checkpoint: pass them to `klMoments` and `klDecode` inside
 * `tf.variableGrads`. Dispose them with `disposeWeights`.
 */
export function klVariables(checkpoint: Checkpoint, architecture: KlArchitecture): Record<string, tf.Variable> {
  const weights = loadKlWeights(checkpoint, architecture);
  const variables: Record<string, tf.Variable> = {};
  for (const [name, value] of Object.entries(weights)) {
    variables[name] = tf.variable(value, true);
    value.dispose();
  }
  return variables;
}

/** The weights' present values as a checkpoint, in diffusers' naming and PyTorch's layouts, for a writer or a builder. */
export function klCheckpoint(weights: Weights, architecture: KlArchitecture): Promise<Checkpoint> {
  return weightsCheckpoint(weights, klParameters(architecture), {norm_num_groups: String(architecture.normGroups)});
}
