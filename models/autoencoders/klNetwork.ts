import * as tf from "@tensorflow/tfjs-core";
import {
  attention,
  convLayer,
  convParameters,
  linearLayer,
  linearParameters,
  normLayer,
  normParameters,
  type Parameter,
  sequence,
  upsampleNearest2x,
  type Weights
} from "../ops/index.js";
import type {Geometry} from "./autoencoder.js";

/**
 * AutoencoderKL (Rombach et al. 2022; CompVis latent-diffusion, diffusers): the encoder's levels halve the image, the
 * decoder's double it. Every level has residual blocks, some have attention after each block; between the two halves
 * stand 1×1 convolutions to and from the latent.
 */
export interface KlArchitecture {
  /** Of the image: 3, or 1. */
  readonly imageChannels: number;
  /** Of the latent. */
  readonly latentChannels: number;
  /** Of the encoder's output (half of it) and the decoder's input; as many as the latent's in all known models. */
  readonly innerChannels: number;
  /** Of each level, shallowest first; the factor is 2^(levels - 1). */
  readonly channels: readonly number[];
  /** Residual blocks in an encoder's level; a decoder's has one more. */
  readonly resBlocks: number;
  /** Groups of the normalisations. */
  readonly normGroups: number;
  /** Which levels have attention, shallowest first. */
  readonly encoderAttention: readonly boolean[];
  readonly decoderAttention: readonly boolean[];
  /** Attention between the two middle blocks. */
  readonly middleAttention: boolean;
  readonly quantConv: boolean;
  readonly postQuantConv: boolean;
  /** MedVAE's projection of the latent (`channel_ds`, `channel_proj`), with the width of its hidden layers. */
  readonly projection?: {readonly width: number; readonly outputs: number};
}

const epsilon = 1e-6;

/** Of its latents. */
export function klGeometry({channels, latentChannels}: KlArchitecture): Geometry {
  return {channels: latentChannels, factor: 2 ** (channels.length - 1)};
}

/** All tensors of the network, under diffusers' names, in the order of use. */
export function klParameters(architecture: KlArchitecture): Parameter[] {
  const {channels, latentChannels, innerChannels, projection} = architecture;
  const deepest = channels[channels.length - 1];
  const list: Parameter[] = [...convParameters("encoder.conv_in", architecture.imageChannels, channels[0], 3)];
  let inputs = channels[0];
  for (const [i, outputs] of channels.entries()) {
    const level = `encoder.down_blocks.${i}`;
    for (let j = 0; j < architecture.resBlocks; j++) {
      list.push(...resBlockParameters(`${level}.resnets.${j}`, inputs, outputs));
      if (architecture.encoderAttention[i]) list.push(...attentionParameters(`${level}.attentions.${j}`, outputs));
      inputs = outputs;
    }
    if (i < channels.length - 1) list.push(...convParameters(`${level}.downsamplers.0.conv`, outputs, outputs, 3));
  }
  list.push(
    ...middleParameters("encoder", deepest, architecture.middleAttention),
    ...normParameters("encoder.conv_norm_out", deepest),
    ...convParameters("encoder.conv_out", deepest, 2 * innerChannels, 3)
  );
  if (architecture.quantConv) list.push(...convParameters("quant_conv", 2 * innerChannels, 2 * latentChannels, 1));
  if (projection) {
    list.push(
      ...convParameters("channel_ds.0", latentChannels, projection.width, 1),
      ...convParameters("channel_ds.2", projection.width, projection.width, 3),
      ...convParameters("channel_ds.4", projection.width, latentChannels, 1),
      ...convParameters("channel_proj", latentChannels, projection.outputs, 1)
    );
  }
  if (architecture.postQuantConv) list.push(...convParameters("post_quant_conv", latentChannels, innerChannels, 1));
  list.push(
    ...convParameters("decoder.conv_in", innerChannels, deepest, 3),
    ...middleParameters("decoder", deepest, architecture.middleAttention)
  );
  inputs = deepest;
  for (let i = channels.length - 1; i >= 0; i--) {
    const level = `decoder.up_blocks.${channels.length - 1 - i}`;
    const outputs = channels[i];
    for (let j = 0; j <= architecture.resBlocks; j++) {
      list.push(...resBlockParameters(`${level}.resnets.${j}`, inputs, outputs));
      if (architecture.decoderAttention[i]) list.push(...attentionParameters(`${level}.attentions.${j}`, outputs));
      inputs = outputs;
    }
    if (i > 0) list.push(...convParameters(`${level}.upsamplers.0.conv`, outputs, outputs, 3));
  }
  list.push(
    ...normParameters("decoder.conv_norm_out", channels[0]),
    ...convParameters("decoder.conv_out", channels[0], architecture.imageChannels, 3)
  );
  return list;
}

function resBlockParameters(name: string, inputs: number, outputs: number): Parameter[] {
  return [
    ...normParameters(`${name}.norm1`, inputs),
    ...convParameters(`${name}.conv1`, inputs, outputs, 3),
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

function middleParameters(side: string, channels: number, withAttention: boolean): Parameter[] {
  return [
    ...resBlockParameters(`${side}.mid_block.resnets.0`, channels, channels),
    ...(withAttention ? attentionParameters(`${side}.mid_block.attentions.0`, channels) : []),
    ...resBlockParameters(`${side}.mid_block.resnets.1`, channels, channels)
  ];
}

/**
 * The posterior's moments: mean and log-variance, concatenated over the channels (log-variance as the network gives it,
 * not clamped). Differentiable in the image and in the weights, which may be variables.
 * @param x [n, h, w, imageChannels] in [-1, 1]; h and w must be multiples of the factor
 * @returns [n, h / factor, w / factor, 2·latentChannels]
 */
export function klMoments(weights: Weights, architecture: KlArchitecture, x: tf.Tensor4D): tf.Tensor4D {
  const {channels, normGroups} = architecture;
  const steps: Step[] = [(h) => convLayer(weights, "encoder.conv_in", h)];
  for (let i = 0; i < channels.length; i++) {
    const level = `encoder.down_blocks.${i}`;
    for (let j = 0; j < architecture.resBlocks; j++) {
      steps.push((h) => resBlock(weights, `${level}.resnets.${j}`, h, normGroups));
      if (architecture.encoderAttention[i]) {
        steps.push((h) => attentionBlock(weights, `${level}.attentions.${j}`, h, normGroups));
      }
    }
    if (i < channels.length - 1) {
      // PyTorch pads below and on the right only here
      steps.push((h) => convLayer(weights, `${level}.downsamplers.0.conv`, h, {stride: 2, padding: [0, 1, 0, 1]}));
    }
  }
  steps.push(...middle(weights, "encoder", architecture), ...output(weights, "encoder", normGroups));
  if (architecture.quantConv) steps.push((h) => convLayer(weights, "quant_conv", h));
  return sequence(x, steps);
}

/**
 * The decoder: latents to images in [-1, 1], not clamped. Differentiable like `klMoments`.
 * @param z [n, h, w, latentChannels]
 * @returns [n, h·factor, w·factor, imageChannels]
 */
export function klDecode(weights: Weights, architecture: KlArchitecture, z: tf.Tensor4D): tf.Tensor4D {
  const {channels, normGroups} = architecture;
  const steps: Step[] = [];
  if (architecture.postQuantConv) steps.push((h) => convLayer(weights, "post_quant_conv", h));
  steps.push((h) => convLayer(weights, "decoder.conv_in", h), ...middle(weights, "decoder", architecture));
  for (let i = channels.length - 1; i >= 0; i--) {
    const level = `decoder.up_blocks.${channels.length - 1 - i}`;
    for (let j = 0; j <= architecture.resBlocks; j++) {
      steps.push((h) => resBlock(weights, `${level}.resnets.${j}`, h, normGroups));
      if (architecture.decoderAttention[i]) {
        steps.push((h) => attentionBlock(weights, `${level}.attentions.${j}`, h, normGroups));
      }
    }
    if (i > 0) steps.push((h) => convLayer(weights, `${level}.upsamplers.0.conv`, upsampleNearest2x(h)));
  }
  steps.push(...output(weights, "decoder", normGroups));
  return sequence(z, steps);
}

/** MedVAE's latent for downstream tasks: channel_proj(channel_ds(mean) + mean). */
export function klProject(weights: Weights, mean: tf.Tensor4D): tf.Tensor4D {
  const residual = sequence(mean, [
    (h) => tf.relu(convLayer(weights, "channel_ds.0", h)),
    (h) => tf.relu(convLayer(weights, "channel_ds.2", h)),
    (h) => convLayer(weights, "channel_ds.4", h)
  ]);
  return convLayer(weights, "channel_proj", tf.add(residual, mean));
}

type Step = (h: tf.Tensor4D) => tf.Tensor4D;

function middle(weights: Weights, side: string, {normGroups, middleAttention}: KlArchitecture): Step[] {
  const block = `${side}.mid_block`;
  return [
    (h) => resBlock(weights, `${block}.resnets.0`, h, normGroups),
    ...(middleAttention ? [(h: tf.Tensor4D) => attentionBlock(weights, `${block}.attentions.0`, h, normGroups)] : []),
    (h) => resBlock(weights, `${block}.resnets.1`, h, normGroups)
  ];
}

function output(weights: Weights, side: string, groups: number): Step[] {
  return [
    (h) => normLayer(weights, `${side}.conv_norm_out`, h, {groups, epsilon, activation: "silu"}),
    (h) => convLayer(weights, `${side}.conv_out`, h)
  ];
}

function resBlock(weights: Weights, name: string, x: tf.Tensor4D, groups: number): tf.Tensor4D {
  const shortcut = `${name}.conv_shortcut`;
  const residual = `${shortcut}.weight` in weights ? convLayer(weights, shortcut, x) : x;
  return sequence(x, [
    (t) => normLayer(weights, `${name}.norm1`, t, {groups, epsilon, activation: "silu"}),
    (t) => convLayer(weights, `${name}.conv1`, t),
    (t) => normLayer(weights, `${name}.norm2`, t, {groups, epsilon, activation: "silu"}),
    (t) => convLayer(weights, `${name}.conv2`, t, {residual})
  ]);
}

/** Attention over the pixels with a single head. */
function attentionBlock(weights: Weights, name: string, x: tf.Tensor4D, groups: number): tf.Tensor4D {
  const [n, height, width, c] = x.shape;
  const rows = tf.reshape(normLayer(weights, `${name}.group_norm`, x, {groups, epsilon}), [n, height * width, c]);
  const part = (key: string) => linearLayer(weights, `${name}.${key}`, rows as tf.Tensor3D);
  const mixed = attention(part("to_q"), part("to_k"), part("to_v"));
  return linearLayer(weights, `${name}.to_out.0`, mixed, x);
}
