import * as tf from "@tensorflow/tfjs-core";
import type {Checkpoint} from "../checkpoints/checkpoint.js";
import {TensorReader} from "../checkpoints/tensor-reader.js";
import {
  checkShape,
  convLayer,
  convParameters,
  disposeWeights,
  loadWeights,
  type Parameter,
  pass,
  sequence,
  type TensorSource,
  type Weights
} from "../ops/index.js";
import type {Baseline} from "./baseline.js";
import {grouped, shuffled} from "./shapes.js";
import {type SpatialAttention, spatialAttention, spatialAttentionParameters} from "./spatialAttention.js";

type Step = (x: tf.Tensor4D) => tf.Tensor4D;

const leaky = (x: tf.Tensor4D): tf.Tensor4D => tf.leakyRelu(x, 0.05);

/** RLFN (Kong et al. 2022, winner of NTIRE 2022's runtime track): blocks of three convolutions and spatial attention. */
export function buildRlfn(checkpoint: Checkpoint): Baseline {
  const reader = new TensorReader(checkpoint, "RLFN");
  const [features, imageChannels] = reader.shape("conv_1.weight", 4);
  const [middle] = reader.shape("block_1.c1_r.weight", 4);
  const [width] = reader.shape("block_1.esa.conv1.weight", 4);
  const scale = Math.sqrt(reader.shape("upsampler.0.weight", 4)[0] / imageChannels);
  const blocks = counted(checkpoint, /^block_(\d+)\./).map((n) => `block_${n}`);
  const attention = (block: string): SpatialAttention => ({
    name: `${block}.esa`,
    channels: features,
    width,
    form: "rlfn"
  });
  const parameters = [
    ...convParameters("conv_1", imageChannels, features, 3),
    ...blocks.flatMap((block) => [
      ...convParameters(`${block}.c1_r`, features, middle, 3),
      ...convParameters(`${block}.c2_r`, middle, middle, 3),
      ...convParameters(`${block}.c3_r`, middle, features, 3),
      ...convParameters(`${block}.c5`, features, features, 1),
      ...spatialAttentionParameters(attention(block))
    ]),
    ...convParameters("conv_2", features, features, 3),
    ...convParameters("upsampler.0", features, imageChannels * scale ** 2, 3)
  ];
  return baseline(
    checkpoint,
    {kind: "rlfn", model: "RLFN", scale, imageChannels, parameters, white: 255},
    (weights) => {
      const conv = (name: string, x: tf.Tensor4D) => convLayer(weights, name, x);
      const body = blocks.map(
        (block): Step =>
          (x) => {
            const h = sequence(
              x,
              ["c1_r", "c2_r", "c3_r"].map(
                (name): Step =>
                  (t) =>
                    leaky(conv(`${block}.${name}`, t))
              )
            );
            return spatialAttention(weights, attention(block), conv(`${block}.c5`, tf.add<tf.Tensor4D>(h, x)));
          }
      );
      return (images) => {
        const first = conv("conv_1", images);
        const low = tf.add<tf.Tensor4D>(conv("conv_2", sequence(first, body)), first);
        return tf.depthToSpace(conv("upsampler.0", low), scale);
      };
    }
  );
}

/** RFDN (Liu et al. 2020, winner of AIM 2020): features are distilled in each block and fused at its end. */
export function buildRfdn(checkpoint: Checkpoint): Baseline {
  const reader = new TensorReader(checkpoint, "RFDN");
  const [features, imageChannels] = reader.shape("fea_conv.weight", 4);
  const [distilled] = reader.shape("B1.c1_d.weight", 4);
  const [width] = reader.shape("B1.esa.conv1.weight", 4);
  const scale = Math.sqrt(reader.shape("upsampler.0.weight", 4)[0] / imageChannels);
  const blocks = counted(checkpoint, /^B(\d+)\./).map((n) => `B${n}`);
  const stages = ["c1", "c2", "c3"];
  const attention = (block: string): SpatialAttention => ({
    name: `${block}.esa`,
    channels: features,
    width,
    form: "rfdn"
  });
  const parameters = [
    ...convParameters("fea_conv", imageChannels, features, 3),
    ...blocks.flatMap((block) => [
      ...stages.flatMap((stage) => [
        ...convParameters(`${block}.${stage}_d`, features, distilled, 1),
        ...convParameters(`${block}.${stage}_r`, features, features, 3)
      ]),
      ...convParameters(`${block}.c4`, features, distilled, 3),
      ...convParameters(`${block}.c5`, 4 * distilled, features, 1),
      ...spatialAttentionParameters(attention(block))
    ]),
    ...convParameters("c.0", blocks.length * features, features, 1),
    ...convParameters("LR_conv", features, features, 3),
    ...convParameters("upsampler.0", features, imageChannels * scale ** 2, 3)
  ];
  return baseline(
    checkpoint,
    {kind: "rfdn", model: "RFDN", scale, imageChannels, parameters, white: 255},
    (weights) => {
      const conv = (name: string, x: tf.Tensor4D) => convLayer(weights, name, x);
      const block = (name: string, x: tf.Tensor4D) =>
        tf.tidy(() => {
          const kept: tf.Tensor4D[] = [];
          let h = x;
          for (const stage of stages) {
            kept.push(leaky(conv(`${name}.${stage}_d`, h)));
            h = leaky(tf.add(conv(`${name}.${stage}_r`, h), h));
          }
          kept.push(leaky(conv(`${name}.c4`, h)));
          return spatialAttention(weights, attention(name), conv(`${name}.c5`, tf.concat(kept, 3)));
        });
      return (images) => {
        const first = conv("fea_conv", images);
        const outputs: tf.Tensor4D[] = [];
        for (const name of blocks) outputs.push(block(name, outputs.at(-1) ?? first));
        const low = tf.add<tf.Tensor4D>(conv("LR_conv", leaky(conv("c.0", tf.concat(outputs, 3)))), first);
        return tf.depthToSpace(conv("upsampler.0", low), scale);
      };
    }
  );
}

/**
 * CARN-M ×4 (Ahn et al. 2018): cascades of efficient residual blocks, whose convolutions are grouped; its file also holds
 * the ×2 and ×3 tails, which are left alone.
 */
export function buildCarn(checkpoint: Checkpoint): Baseline {
  const reader = new TensorReader(checkpoint, "CARN-M");
  const [features, imageChannels] = reader.shape("entry.weight", 4);
  const groups = features / reader.shape("b1.b1.body.0.weight", 4)[1];
  const stages = [1, 2, 3];
  const parameters = [
    ...convParameters("sub_mean.shifter", imageChannels, imageChannels, 1),
    ...convParameters("entry", imageChannels, features, 3),
    ...stages.flatMap((b) => [
      ...convParameters(`b${b}.b1.body.0`, features, features, 3),
      ...convParameters(`b${b}.b1.body.2`, features, features, 3),
      ...convParameters(`b${b}.b1.body.4`, features, features, 1),
      ...stages.flatMap((c) => convParameters(`b${b}.c${c}.body.0`, (c + 1) * features, features, 1))
    ]),
    ...stages.flatMap((c) => convParameters(`c${c}.body.0`, (c + 1) * features, features, 1)),
    ...convParameters("upsample.up4.body.0", features, 4 * features, 3),
    ...convParameters("upsample.up4.body.3", features, 4 * features, 3),
    ...convParameters("exit", features, imageChannels, 3),
    ...convParameters("add_mean.shifter", imageChannels, imageChannels, 1)
  ];
  const source = (parameter: Parameter): string | TensorSource => {
    const {name, shape} = parameter;
    const stored = shape.length === 4 ? [shape[0], shape[1] / groups, shape[2], shape[3]] : shape;
    if (name.startsWith("upsample.")) return shuffled(parameter, name, 2, stored);
    return /\.b1\.body\.[02]\.weight$/.test(name) ? grouped(parameter, name, stored) : name;
  };
  const description = {kind: "carn", model: "CARN-M", scale: 4, imageChannels, parameters, source} as const;
  return baseline(checkpoint, {...description, ignore: (key) => /^upsample\.up[23]\./.test(key)}, (weights) => {
    const conv = (name: string, x: tf.Tensor4D) => convLayer(weights, name, x);
    const rectified = (name: string, x: tf.Tensor4D) => convLayer(weights, name, x, {activation: "relu"});
    const residual = (name: string, x: tf.Tensor4D) =>
      tf.relu(tf.add<tf.Tensor4D>(conv(`${name}.4`, rectified(`${name}.2`, rectified(`${name}.0`, x))), x));
    const cascade = (prefix: string, x: tf.Tensor4D, block: (stage: number, h: tf.Tensor4D) => tf.Tensor4D) =>
      tf.tidy(() => {
        let all = x;
        let h = x;
        for (const stage of stages) {
          all = tf.concat([all, block(stage, h)], 3);
          h = rectified(`${prefix}c${stage}.body.0`, all);
        }
        return h;
      });
    return (images) => {
      const entry = conv("entry", conv("sub_mean.shifter", images));
      const features = cascade("", entry, (b, h) => cascade(`b${b}.`, h, (_, t) => residual(`b${b}.b1.body`, t)));
      return sequence(features, [
        (h) => tf.depthToSpace(rectified("upsample.up4.body.0", h), 2),
        (h) => tf.depthToSpace(rectified("upsample.up4.body.3", h), 2),
        (h) => conv("add_mean.shifter", conv("exit", h))
      ]);
    };
  });
}

/** VDSR (Kim et al. 2016): twenty convolutions that add the missing detail to an image that bicubic has enlarged. */
export function buildVdsr(checkpoint: Checkpoint): Baseline {
  const reader = new TensorReader(checkpoint, "VDSR");
  const [features, imageChannels] = reader.shape("input.weight", 4);
  const layers = Array.from({length: 18}, (_, n) => `residual_layer.${n}.conv`);
  const parameters = [
    ...convParameters("input", imageChannels, features, 3, false),
    ...layers.flatMap((layer) => convParameters(layer, features, features, 3, false)),
    ...convParameters("output", features, imageChannels, 3, false)
  ];
  return baseline(
    checkpoint,
    {kind: "vdsr", model: "VDSR", scale: 1, imageChannels, parameters},
    (weights) => (images) => {
      const steps = ["input", ...layers].map(
        (layer): Step =>
          (x) =>
            convLayer(weights, layer, x, {activation: "relu"})
      );
      return tf.add(sequence(images, [...steps, (x) => convLayer(weights, "output", x)]), images);
    }
  );
}

interface Description {
  readonly kind: Baseline["kind"];
  readonly model: string;
  readonly scale: number;
  readonly imageChannels: number;
  readonly parameters: readonly Parameter[];
  /** White in the range that the network was trained on; by default 1. */
  readonly white?: number;
  readonly source?: (parameter: Parameter) => string | TensorSource;
  readonly ignore?: (key: string) => boolean;
}

function baseline(
  checkpoint: Checkpoint,
  {kind, model, scale, imageChannels, parameters, white = 1, source, ignore}: Description,
  forward: (weights: Weights) => Step
): Baseline {
  const from =
    source ??
    ((parameter: Parameter) =>
      parameter.name.startsWith("upsampler.") ? shuffled(parameter, parameter.name, scale) : parameter.name);
  const weights = loadWeights(checkpoint, parameters, {model, ignore, source: from});
  const run = forward(weights);
  const network = pass(weights, ([images]) =>
    white === 1 ? run(images as tf.Tensor4D) : tf.div(run(tf.mul(images as tf.Tensor4D, white)), white)
  );
  return {
    kind,
    scale,
    imageChannels,
    parameters: parameters.reduce((sum, parameter) => sum + storedValues(parameter, from(parameter)), 0),
    enlarge(images) {
      checkShape(images, "images", imageChannels);
      return network.run([images]);
    },
    accelerate: network.accelerate,
    dispose() {
      network.accelerate(undefined);
      disposeWeights(weights);
    }
  };
}

/** How many values a parameter has in the file: a grouped convolution fewer than the dense one made of it. */
function storedValues({shape}: Parameter, from: string | TensorSource): number {
  const parts = typeof from === "string" ? [{shape}] : from.parts;
  return parts.reduce((sum, part) => sum + part.shape.reduce((a, b) => a * b, 1), 0);
}

/** The numbers that a pattern finds in the names, in order, from the first one to the highest. */
function counted({tensors}: Checkpoint, pattern: RegExp): number[] {
  const found = [...tensors.keys()].map((key) => pattern.exec(key)?.[1]).filter((n) => n !== undefined);
  const numbers = found.map(Number);
  const lowest = Math.min(...numbers);
  // a hostile number is cut to what the file could hold
  const highest = Math.min(Math.max(...numbers), lowest + tensors.size);
  return Array.from({length: highest - lowest + 1}, (_, i) => lowest + i);
}
