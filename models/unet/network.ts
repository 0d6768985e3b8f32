import * as tf from "@tensorflow/tfjs-core";
import {
  attention,
  conv2d,
  convLayer,
  convParameters,
  linearLayer,
  linearParameters,
  normLayer,
  normParameters,
  type Parameter,
  sequence,
  silu,
  upsampleNearest2x,
  type Weights
} from "../ops/index.js";
import {type TimeEmbeddingOptions, timeEmbedding} from "./timeEmbedding.js";

/** diffusers' `UNet2DModel` (after Ho et al. 2020), from (attention) down blocks, a middle block and (attention) up blocks. */
export interface UNetArchitecture extends TimeEmbeddingOptions {
  readonly inputChannels: number;
  readonly outputChannels: number;
  /** Of each level, shallowest first. */
  readonly channels: readonly number[];
  /** Residual blocks of a level on the way down; one more on the way up. */
  readonly resBlocks: number;
  /** Which levels have attention, shallowest first. */
  readonly downAttention: readonly boolean[];
  readonly upAttention: readonly boolean[];
  readonly middleAttention: boolean;
  /** Channels of an attention head; undefined: a single head. */
  readonly headChannels: number | undefined;
  readonly normGroups: number;
  /** Added to a normalisation's variance. */
  readonly epsilon: number;
  /** Zeros around the image where a level halves it: 1, or 0 for PyTorch's (0, 1, 0, 1). */
  readonly downPadding: number;
  /** Width of the time embedding's second layer; four times the first level's channels as a rule. */
  readonly timeWidth: number;
}

/** All tensors of the network, under diffusers' names, in the order of use. */
export function unetParameters(architecture: UNetArchitecture): Parameter[] {
  const {channels, resBlocks, timeWidth} = architecture;
  const levels = channels.length;
  const resBlock = (name: string, inputs: number, outputs: number) =>
    resBlockParameters(name, inputs, outputs, timeWidth);
  const list: Parameter[] = [
    ...convParameters("conv_in", architecture.inputChannels, channels[0], 3),
    ...linearParameters("time_embedding.linear_1", channels[0], timeWidth),
    ...linearParameters("time_embedding.linear_2", timeWidth, timeWidth)
  ];
  const skips = [channels[0]];
  let inputs = channels[0];
  for (const [i, outputs] of channels.entries()) {
    const level = `down_blocks.${i}`;
    for (let j = 0; j < resBlocks; j++) {
      list.push(...resBlock(`${level}.resnets.${j}`, inputs, outputs));
      if (architecture.downAttention[i]) list.push(...attentionParameters(`${level}.attentions.${j}`, outputs));
      inputs = outputs;
      skips.push(outputs);
    }
    if (i < levels - 1) {
      list.push(...convParameters(`${level}.downsamplers.0.conv`, outputs, outputs, 3));
      skips.push(outputs);
    }
  }
  list.push(...resBlock("mid_block.resnets.0", inputs, inputs));
  if (architecture.middleAttention) list.push(...attentionParameters("mid_block.attentions.0", inputs));
  list.push(...resBlock("mid_block.resnets.1", inputs, inputs));
  for (let i = levels - 1; i >= 0; i--) {
    const level = `up_blocks.${levels - 1 - i}`;
    const outputs = channels[i];
    for (let j = 0; j <= resBlocks; j++) {
      list.push(...resBlock(`${level}.resnets.${j}`, inputs + skips.pop()!, outputs));
      if (architecture.upAttention[i]) list.push(...attentionParameters(`${level}.attentions.${j}`, outputs));
      inputs = outputs;
    }
    if (i > 0) list.push(...convParameters(`${level}.upsamplers.0.conv`, outputs, outputs, 3));
  }
  list.push(
    ...normParameters("conv_norm_out", channels[0]),
    ...convParameters("conv_out", channels[0], architecture.outputChannels, 3)
  );
  return list;
}

function resBlockParameters(name: string, inputs: number, outputs: number, timeWidth: number): Parameter[] {
  return [
    ...normParameters(`${name}.norm1`, inputs),
    ...convParameters(`${name}.conv1`, inputs, outputs, 3),
    ...linearParameters(`${name}.time_emb_proj`, timeWidth, outputs),
    ...normParameters(`${name}.norm2`, outputs),
    ...convParameters(`${name}.conv2`, outputs, outputs, 3),
    ...(inputs === outputs ? [] : convParameters(`${name}.conv_shortcut`, inputs, outputs, 1))
  ];
}

function attentionParameters(name: string, channels: number): Parameter[] {
  return [
    ...normParameters(`${name}.group_norm`, channels),
    ...["to_q", "to_k", "to_v", "to_out.0"].flatMap((part) => linearParameters(`${name}.${part}`, channels, channels))
  ];
}

/**
 * Runs the network. Differentiable in the image and in the weights, which may be variables.
 * @param x [n, h, w, inputChannels]; h and w must be multiples of 2^(levels - 1)
 * @param timesteps one for each of the n images, or what `embedTimesteps` made of them
 * @returns [n, h, w, outputChannels]
 */
export function unetForward(
  weights: Weights,
  architecture: UNetArchitecture,
  x: tf.Tensor4D,
  timesteps: ArrayLike<number> | tf.Tensor2D
): tf.Tensor4D {
  const {channels, resBlocks} = architecture;
  const levels = channels.length;
  return tf.tidy(() => {
    const time = timeVector(weights, architecture, timesteps);
    // each state is disposed by whoever used it last: the skips on the way up
    const skips: tf.Tensor4D[] = [];
    const block = (name: string, input: tf.Tensor4D, withAttention: boolean) =>
      sequence(input, [
        (h) => resBlock(weights, architecture, name, h, time),
        ...(withAttention ? [attend(name.replace(".resnets.", ".attentions."))] : [])
      ]);
    const attend = (name: string) => (h: tf.Tensor4D) => attentionBlock(weights, architecture, name, h);

    let h = convLayer(weights, "conv_in", x);
    skips.push(h);
    for (let i = 0; i < levels; i++) {
      for (let j = 0; j < resBlocks; j++) {
        h = block(`down_blocks.${i}.resnets.${j}`, h, architecture.downAttention[i]);
        skips.push(h);
      }
      if (i < levels - 1) {
        const padding = architecture.downPadding === 0 ? ([0, 1, 0, 1] as const) : architecture.downPadding;
        h = convLayer(weights, `down_blocks.${i}.downsamplers.0.conv`, h, {stride: 2, padding});
        skips.push(h);
      }
    }
    h = sequence(h, [
      (t) => resBlock(weights, architecture, "mid_block.resnets.0", t, time),
      ...(architecture.middleAttention ? [attend("mid_block.attentions.0")] : []),
      (t) => resBlock(weights, architecture, "mid_block.resnets.1", t, time)
    ]);
    for (let i = levels - 1; i >= 0; i--) {
      const level = `up_blocks.${levels - 1 - i}`;
      for (let j = 0; j <= resBlocks; j++) {
        const skip = skips.pop()!;
        const joined = tf.concat([h, skip], 3);
        tf.dispose([h, skip]);
        h = block(`${level}.resnets.${j}`, joined, architecture.upAttention[i]);
        joined.dispose();
      }
      if (i > 0) {
        const small = h;
        h = tf.tidy(() => convLayer(weights, `${level}.upsamplers.0.conv`, upsampleNearest2x(small)));
        small.dispose();
      }
    }
    const {normGroups: groups, epsilon} = architecture;
    return sequence(h, [
      (t) => normLayer(weights, "conv_norm_out", t, {groups, epsilon, activation: "silu"}),
      (t) => convLayer(weights, "conv_out", t)
    ]);
  });
}

/** The sines and cosines of each time step that the network begins with, [n, channels[0]]. */
export function embedTimesteps(architecture: UNetArchitecture, timesteps: ArrayLike<number>): tf.Tensor2D {
  const width = architecture.channels[0];
  return tf.tensor2d(timeEmbedding(timesteps, width, architecture), [timesteps.length, width]);
}

/** What every residual block is told of the time: silu of the embedded step, [n, timeWidth]. */
function timeVector(
  weights: Weights,
  architecture: UNetArchitecture,
  timesteps: ArrayLike<number> | tf.Tensor2D
): tf.Tensor2D {
  const embedded = timesteps instanceof tf.Tensor ? timesteps : embedTimesteps(architecture, timesteps);
  const hidden = silu(linearLayer(weights, "time_embedding.linear_1", embedded));
  return silu(linearLayer(weights, "time_embedding.linear_2", hidden));
}

function resBlock(
  weights: Weights,
  {normGroups: groups, epsilon}: UNetArchitecture,
  name: string,
  x: tf.Tensor4D,
  time: tf.Tensor2D
): tf.Tensor4D {
  const shortcut = `${name}.conv_shortcut`;
  const residual = `${shortcut}.weight` in weights ? convLayer(weights, shortcut, x) : x;
  return sequence(x, [
    (t) => normLayer(weights, `${name}.norm1`, t, {groups, epsilon, activation: "silu"}),
    (t) => {
      // the time's share is the convolution's bias
      const shift = tf.add(linearLayer(weights, `${name}.time_emb_proj`, time), weights[`${name}.conv1.bias`]);
      return conv2d(t, weights[`${name}.conv1.weight`] as tf.Tensor4D, shift as tf.Tensor2D);
    },
    (t) => normLayer(weights, `${name}.norm2`, t, {groups, epsilon, activation: "silu"}),
    (t) => convLayer(weights, `${name}.conv2`, t, {residual})
  ]);
}

function attentionBlock(
  weights: Weights,
  {normGroups: groups, epsilon, headChannels}: UNetArchitecture,
  name: string,
  x: tf.Tensor4D
): tf.Tensor4D {
  const [n, height, width, c] = x.shape;
  const rows = tf.reshape(normLayer(weights, `${name}.group_norm`, x, {groups, epsilon}), [n, height * width, c]);
  const part = (key: string) => linearLayer(weights, `${name}.${key}`, rows as tf.Tensor3D);
  const heads = headChannels ? Math.max(1, Math.floor(c / headChannels)) : 1;
  const mixed = attention(part("to_q"), part("to_k"), part("to_v"), heads);
  return linearLayer(weights, `${name}.to_out.0`, mixed, x);
}
