import * as tf from "@tensorflow/tfjs-core";
import type {Checkpoint} from "../checkpoints/checkpoint.js";
import {TensorReader} from "../checkpoints/tensor-reader.js";
import {InputError} from "../errors.js";
import {
  type Accelerator,
  checkShape,
  countParameters,
  disposeWeights,
  loadWeights,
  pass,
  type Weights
} from "../ops/index.js";
import {embedTimesteps, type UNetArchitecture, unetForward, unetParameters} from "./network.js";

/** A trained U-Net that predicts something (noise, image, velocity: the generator knows) from a noisy latent and its time. */
export interface UNet {
  readonly architecture: UNetArchitecture;
  readonly parameters: number;
  /**
   * @param x [n, h, w, inputChannels]: the noisy latent, and what it is conditioned on behind it
   * @param timesteps one for all images, or one each
   * @returns [n, h, w, outputChannels]
   */
  predict(x: tf.Tensor4D, timesteps: number | ArrayLike<number>): tf.Tensor4D;
  /** Lets something else compute, for as long as the weights do not change and no gradient is asked for; undefined ends it. */
  accelerate(accelerator: Accelerator | undefined): void;
  dispose(): void;
}

const model = "UNet2DModel";

/**
 * A diffusers `UNet2DModel`, from its own file (metadata: config.json's entries, where there is one) or from a Lightning
 * checkpoint of the study (`model.*`). Where the study kept a moving average of the weights and says `use_ema`, that is
 * what is read, as its own sampler does. Browser-safe.
 * @throws InputError naming the first tensor, or entry of the configuration, that does not fit
 */
export function buildUNet(checkpoint: Checkpoint): UNet {
  const architecture = inferUNet(checkpoint);
  const names = naming(checkpoint);
  const averaged = usesAverage(checkpoint);
  const weights = loadWeights(checkpoint, unetParameters(architecture), {
    model,
    source: ({name}) => (averaged ? averageKey(name) : fileKey(names, name)),
    // the schedule, and the weights of the two that are not used
    ignore: (key) => key === "alphas" || key.startsWith("model_ema.") || (averaged && key.startsWith(names.prefix))
  });
  return unet(weights, architecture);
}

/** The U-Net around weights at hand; `dispose` disposes them. Changing a weight changes what it predicts. */
export function unet(weights: Weights, architecture: UNetArchitecture): UNet {
  const network = pass(weights, ([x, time]) =>
    unetForward(weights, architecture, x as tf.Tensor4D, time as tf.Tensor2D)
  );
  return {
    architecture,
    parameters: countParameters(unetParameters(architecture)),
    predict(x, timesteps) {
      const steps = typeof timesteps === "number" ? new Array<number>(x.shape[0]).fill(timesteps) : timesteps;
      if (steps.length !== x.shape[0])
        throw new RangeError(`invalid timesteps: ${steps.length} for ${x.shape[0]} images`);
      checkShape(x, "latents", architecture.inputChannels, 2 ** (architecture.channels.length - 1));
      return tf.tidy(() => network.run([x, embedTimesteps(architecture, steps)]));
    },
    accelerate: network.accelerate,
    dispose() {
      network.accelerate(undefined);
      disposeWeights(weights);
    }
  };
}

/** Whether the names are those of a UNet2DModel, the study's or diffusers'. */
export function isUNet(checkpoint: Checkpoint): boolean {
  return checkpoint.tensors.has(`${naming(checkpoint).prefix}time_embedding.linear_1.weight`);
}

/**
 * The architecture, read off names and shapes; what leaves no trace in them (groups, head size, …) from the metadata, else
 * diffusers' defaults.
 */
export function inferUNet(checkpoint: Checkpoint): UNetArchitecture {
  const reader = new TensorReader(checkpoint, model);
  const names = naming(checkpoint);
  const {prefix} = names;
  const keys = [...checkpoint.tensors.keys()];
  const shape = (name: string, rank = 4) => reader.shape(fileKey(names, name), rank);
  const highest = (pattern: string) => {
    const expression = new RegExp(`^${prefix.replace(".", "\\.")}${pattern}`);
    const found = keys.reduce((most, key) => Math.max(most, Number(expression.exec(key)?.[1] ?? -1)), -1);
    // a hostile number is cut to what the file could hold
    return Math.min(found, keys.length);
  };
  const has = (name: string) => keys.some((key) => key.startsWith(`${prefix}${name}`));
  const levels = 1 + highest("down_blocks\\.(\\d+)\\.");
  if (levels === 0) throw reader.missing(`${prefix}down_blocks.0.resnets.0.conv1.weight`);
  const channels = Array.from({length: levels}, (_, i) => shape(`down_blocks.${i}.resnets.0.conv1.weight`)[0]);
  const config = configuration(checkpoint);
  const architecture: UNetArchitecture = {
    inputChannels: shape("conv_in.weight")[1],
    outputChannels: shape("conv_out.weight")[0],
    channels,
    resBlocks: 1 + highest("down_blocks\\.\\d+\\.resnets\\.(\\d+)\\."),
    downAttention: channels.map((_, i) => has(`down_blocks.${i}.attentions.`)),
    upAttention: channels.map((_, i) => has(`up_blocks.${levels - 1 - i}.attentions.`)),
    middleAttention: has("mid_block.attentions."),
    timeWidth: shape("time_embedding.linear_1.weight", 2)[0],
    ...config
  };
  const odd = channels.findIndex((count) => count % architecture.normGroups !== 0);
  if (odd >= 0) {
    throw reader.misfit(
      fileKey(names, `down_blocks.${odd}.resnets.0.conv1.weight`),
      `has ${channels[odd]} outputs, expected a multiple of the ${architecture.normGroups} normalisation groups (another number belongs in the metadata or config.json as norm_num_groups)`
    );
  }
  return architecture;
}

/** Entries of diffusers' config.json whose other values would need another network. */
const onlyKnown: Record<string, readonly unknown[]> = {
  time_embedding_type: ["positional"],
  resnet_time_scale_shift: ["default"],
  downsample_type: ["conv"],
  upsample_type: ["conv"],
  act_fn: ["silu", "swish"],
  class_embed_type: [null],
  num_class_embeds: [null],
  attn_norm_num_groups: [null],
  mid_block_scale_factor: [1],
  center_input_sample: [false],
  dropout: [0]
};

function configuration({metadata, source}: Checkpoint) {
  for (const [name, values] of Object.entries(onlyKnown)) {
    if (name in metadata && !values.includes(metadata[name])) {
      throw new InputError(
        `${source}: the configuration has ${name} ${JSON.stringify(metadata[name])}; only ${values.map((value) => JSON.stringify(value)).join(" or ")} is supported`
      );
    }
  }
  for (const list of [metadata.down_block_types, metadata.up_block_types]) {
    const unknown = Array.isArray(list) && list.find((type) => !/^(Attn)?(Down|Up)Block2D$/.test(String(type)));
    if (unknown) {
      throw new InputError(
        `${source}: the configuration has a block of type ${unknown}; only DownBlock2D, UpBlock2D and their Attn kin are supported`
      );
    }
  }
  const number = (name: string, byDefault: number): number => {
    const value = Number(metadata[name] ?? byDefault);
    if (Number.isFinite(value) && value >= 0) return value;
    throw new InputError(`${source}: ${name} must be a number, not ${JSON.stringify(metadata[name])}`);
  };
  const head = metadata.attention_head_dim;
  return {
    headChannels: head === null || head === "null" ? undefined : number("attention_head_dim", 8),
    normGroups: number("norm_num_groups", 32),
    epsilon: number("norm_eps", 1e-5),
    downPadding: number("downsample_padding", 1),
    flipSinToCos: String(metadata.flip_sin_to_cos ?? true) === "true",
    freqShift: number("freq_shift", 0)
  };
}

/** How the file's names differ from diffusers' present ones. */
interface Naming {
  readonly prefix: string;
  /** The attention's parts have their older names. */
  readonly older: boolean;
}

function naming({tensors}: Checkpoint): Naming {
  let prefix = "";
  let older = false;
  for (const key of tensors.keys()) {
    if (key.startsWith("model.")) prefix = "model.";
    if (/attentions\.\d+\.(query|key|value|proj_attn)\./.test(key)) older = true;
  }
  return {prefix, older};
}

const olderAttention: Record<string, string> = {to_q: "query", to_k: "key", to_v: "value", "to_out.0": "proj_attn"};

function fileKey({prefix, older}: Naming, name: string): string {
  const key = older ? name.replace(/(to_[qkv]|to_out\.0)(?=\.(weight|bias)$)/, (part) => olderAttention[part]) : name;
  return `${prefix}${key}`;
}

function usesAverage({tensors, metadata}: Checkpoint): boolean {
  const parameters = metadata.hyper_parameters as Record<string, unknown> | undefined;
  return parameters?.use_ema === true && tensors.has(averageKey("conv_in.weight"));
}

/** CompVis' `LitEma` takes the dots out of the names. */
function averageKey(name: string): string {
  return `model_ema.${name.replaceAll(".", "")}`;
}
