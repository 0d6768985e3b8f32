import * as tf from "@tensorflow/tfjs-core";
import type {Checkpoint} from "../checkpoints/checkpoint.js";
import {InputError} from "../errors.js";
import {
  type Accelerator,
  checkShape,
  convLayer,
  convParameters,
  countParameters,
  disposeWeights,
  loadWeights,
  normLayer,
  normParameters,
  type Parameter,
  pass,
  sequence,
  upsampleNearest2x,
  type Weights
} from "../ops/index.js";
import type {Autoencoder, Geometry} from "./autoencoder.js";

/**
 * The tiny autoencoders distilled by O. B. Bohan (madebyollin/taesd, MIT): TAESD, TAESDXL, TAESD3, TAEF1, TAEF2. Two
 * sequences of 3×3 convolutions and residual blocks at f8, without normalisation (TAEF2's deepest blocks excepted).
 *
 * The architecture is read off the names and shapes. In the original numbering an encoder is `0.weight`,
 * `1.conv.0.weight`, … and a decoder `1.weight`, `3.conv.0.weight`, …; in one file they stand under `encoder.` and
 * `decoder.`. The numbering of diffusers' `AutoencoderTiny`, `encoder.layers.N` and `decoder.layers.N`, counts the
 * decoder from one less, because its clamp is no layer.
 */
export interface TinyAutoencoder extends Autoencoder {
  readonly kind: "tiny";
}

type Layer =
  /** 3×3; without bias it halves (encoder) or follows a doubling (decoder). */
  | {
      readonly type: "conv";
      readonly name: string;
      readonly inputs: number;
      readonly outputs: number;
      readonly bias: boolean;
    }
  /** relu(conv³(y) + skip(y)), y = x + pool(x) where there is a pool. */
  | {
      readonly type: "block";
      readonly name: string;
      readonly inputs: number;
      readonly outputs: number;
      readonly poolWidth: number;
    };

const model = "tiny autoencoder";
const half = /^(?:taesd_)?(encoder|decoder)\.(?:layers\.)?(\d+)\.(.+)$/;

/** Whether the names are those of a tiny autoencoder that has both halves in one checkpoint. */
export function isTiny(checkpoint: Checkpoint): boolean {
  for (const key of checkpoint.tensors.keys()) if (half.test(key)) return true;
  return false;
}

/**
 * Which half of a tiny autoencoder this is, in the original numbering without a prefix (as `taesd_encoder.safetensors`);
 * undefined when it is none. The encoder begins with a convolution from the image, the decoder with a clamp.
 */
export function tinyHalf(checkpoint: Checkpoint): "encoder" | "decoder" | undefined {
  for (const key of checkpoint.tensors.keys())
    if (!/^\d+\.(weight|bias|(conv|pool|skip)\.)/.test(key)) return undefined;
  if (checkpoint.tensors.has("0.weight")) return "encoder";
  return checkpoint.tensors.has("1.weight") ? "decoder" : undefined;
}

/** From names and shapes alone. @throws InputError */
export function tinyGeometry(checkpoint: Checkpoint): Geometry {
  return geometryOf(readLayers(checkpoint, "encoder"), readLayers(checkpoint, "decoder"));
}

const geometryOf = (encoder: readonly Layer[], decoder: readonly Layer[]): Geometry => ({
  channels: encoder[encoder.length - 1].outputs,
  factor: 2 ** decoder.filter(isDoubling).length
});

/** @throws InputError naming the first tensor that is missing, extra or misshapen */
export function buildTiny(checkpoint: Checkpoint): TinyAutoencoder {
  const encoder = readLayers(checkpoint, "encoder");
  const decoder = readLayers(checkpoint, "decoder");
  const first = encoder[0];
  const geometry = geometryOf(encoder, decoder);
  const {channels} = geometry;
  if (decoder[0].inputs !== channels) {
    throw new InputError(
      `${checkpoint.source}: the encoder makes ${channels} latent channels and the decoder takes ${decoder[0].inputs}; they are not halves of one autoencoder`
    );
  }
  const parameters = [...encoder, ...decoder].flatMap(layerParameters);
  const weights = loadWeights(checkpoint, parameters, {model});
  const encoding = pass(weights, ([images]) => sequence(images as tf.Tensor4D, encoderSteps(weights, encoder)));
  const decoding = pass(weights, ([latents]) => sequence(latents as tf.Tensor4D, decoderSteps(weights, decoder)));
  const accelerate = (accelerator: Accelerator | undefined) => {
    for (const half of [encoding, decoding]) half.accelerate(accelerator);
  };
  return {
    kind: "tiny",
    geometry,
    imageChannels: first.inputs,
    parameters: countParameters(parameters),
    encode(images) {
      checkShape(images, "images", first.inputs, 2 ** encoder.filter(isDoubling).length);
      return encoding.run([images]);
    },
    decode(latents) {
      checkShape(latents, "latents", channels);
      return decoding.run([latents]);
    },
    accelerate,
    dispose() {
      accelerate(undefined);
      disposeWeights(weights);
    }
  };
}

const isDoubling = (layer: Layer): boolean => layer.type === "conv" && !layer.bias;

type Step = (x: tf.Tensor4D) => tf.Tensor4D;

function encoderSteps(weights: Weights, layers: readonly Layer[]): Step[] {
  return layers.map((layer) => {
    if (layer.type === "block") return (x) => block(weights, layer, x);
    const stride = isDoubling(layer) ? 2 : 1;
    return (x) => convLayer(weights, layer.name, x, {stride, padding: 1});
  });
}

function decoderSteps(weights: Weights, layers: readonly Layer[]): Step[] {
  return layers.map((layer, i) => {
    if (layer.type === "block") return (x) => block(weights, layer, x);
    if (isDoubling(layer)) return (x) => convLayer(weights, layer.name, upsampleNearest2x(x));
    if (i === 0) return (x) => convLayer(weights, layer.name, softClamp(x), {activation: "relu"});
    return (x) => convLayer(weights, layer.name, x);
  });
}

/** Latents are clamped softly to (-3, 3) on their way in. */
const softClamp = (x: tf.Tensor4D): tf.Tensor4D => tf.mul(tf.tanh(tf.div(x, 3)), 3);

function block(
  weights: Weights,
  {name, inputs, outputs, poolWidth}: Layer & {type: "block"},
  x: tf.Tensor4D
): tf.Tensor4D {
  const y = poolWidth > 0 ? tf.add<tf.Tensor4D>(x, pool(weights, `${name}.pool`, x)) : x;
  const h = sequence(y, [
    (t) => convLayer(weights, `${name}.conv.0`, t, {activation: "relu"}),
    (t) => convLayer(weights, `${name}.conv.2`, t, {activation: "relu"}),
    (t) => convLayer(weights, `${name}.conv.4`, t)
  ]);
  return tf.relu(tf.add(h, inputs === outputs ? y : convLayer(weights, `${name}.skip`, y)));
}

/** TAEF2: 1×1 convolution, group normalisation, ReLU, 1×1 convolution. */
function pool(weights: Weights, name: string, x: tf.Tensor4D): tf.Tensor4D {
  const wide = normLayer(weights, `${name}.1`, convLayer(weights, `${name}.0`, x), {groups: 4, epsilon: 1e-5});
  return convLayer(weights, `${name}.3`, tf.relu(wide));
}

function layerParameters(layer: Layer): Parameter[] {
  const {name, inputs, outputs} = layer;
  if (layer.type === "conv") return convParameters(name, inputs, outputs, 3, layer.bias);
  const width = layer.poolWidth;
  return [
    ...convParameters(`${name}.conv.0`, inputs, outputs, 3),
    ...convParameters(`${name}.conv.2`, outputs, outputs, 3),
    ...convParameters(`${name}.conv.4`, outputs, outputs, 3),
    ...(inputs === outputs ? [] : convParameters(`${name}.skip`, inputs, outputs, 1, false)),
    ...(width === 0
      ? []
      : [
          ...convParameters(`${name}.pool.0`, inputs, width, 1, false),
          ...normParameters(`${name}.pool.1`, width),
          ...convParameters(`${name}.pool.3`, width, inputs, 1, false)
        ])
  ];
}

/**
 * The layers of one half, in order. Each one's inputs are the outputs of the one before, so that a tensor of another
 * width is found by its shape later on.
 */
function readLayers(checkpoint: Checkpoint, side: "encoder" | "decoder"): Layer[] {
  const prefixes = new Map<number, string>();
  let widest = -1;
  for (const key of checkpoint.tensors.keys()) {
    const match = half.exec(key);
    if (match?.[1] !== side) continue;
    const n = Number(match[2]);
    prefixes.set(n, key.slice(0, key.length - match[3].length - 1));
    widest = Math.max(widest, n);
  }
  if (widest < 0)
    throw new InputError(`${checkpoint.source} has no ${side} (no tensor of a name like "${side}.0.weight")`);
  const stem = prefixes.get(widest)!.replace(/\d+$/, "");
  const shape = (key: string): readonly number[] | undefined => checkpoint.tensors.get(key)?.shape;
  const layers: Layer[] = [];
  const isBlock = (n: number) => blockKeys.some((key) => checkpoint.tensors.has(`${stem}${n}.${key}`));
  const isConv = (n: number) => shape(`${stem}${n}.weight`)?.length === 4;
  // in a decoder the clamp, the ReLU after the first convolution and the doublings have numbers but no tensors
  const start = side === "encoder" || prefixes.has(0) ? 0 : 1;
  for (let n = start; n <= widest; n++) {
    const name = `${stem}${n}`;
    const weight = shape(`${name}.weight`);
    const previous = layers[layers.length - 1];
    const silent = !prefixes.has(n) && side === "decoder" && n > start;
    if (silent && (n === start + 1 || (n + 1 < widest && isConv(n + 1)))) continue;
    // two absent in a row: a doubling and its convolution; one: a block
    const absent = !silent
      ? `${name}.weight`
      : prefixes.has(n + 1)
        ? `${name}.conv.0.weight`
        : `${stem}${n + 1}.weight`;
    if (isBlock(n)) {
      const outputs = shape(`${name}.conv.0.weight`)?.[0] ?? shape(`${name}.conv.2.weight`)?.[0] ?? 0;
      const poolWidth = shape(`${name}.pool.0.weight`)?.[0] ?? shape(`${name}.pool.1.weight`)?.[0] ?? 0;
      layers.push({type: "block", name, inputs: previous?.outputs ?? outputs, outputs, poolWidth});
    } else if (weight && isConv(n)) {
      const bias = n === start || n === widest;
      layers.push({type: "conv", name, inputs: previous?.outputs ?? weight[1], outputs: weight[0], bias});
    } else {
      throw new InputError(
        weight
          ? `${checkpoint.source}: tensor "${name}.weight" has shape [${weight.join(", ")}], expected that of a 3×3 convolution`
          : `${checkpoint.source}: tensor "${absent}" is missing, expected in a ${model}`
      );
    }
  }
  return layers;
}

const blockKeys = ["conv.0", "conv.2", "conv.4", "pool.0", "pool.1", "pool.3", "skip"].flatMap((name) => [
  `${name}.weight`,
  `${name}.bias`
]);
