import * as tf from "@tensorflow/tfjs-core";
import type {Plane} from "../../src/measures/image.js";
import type {Checkpoint} from "../checkpoints/checkpoint.js";
import {InputError} from "../errors.js";
import {convLayer, convParameters, disposeWeights, loadWeights, type Parameter, type Weights} from "../ops/index.js";

/** AlexNet's five convolutions in torchvision's numbering: [name, inputs, outputs, size, stride, padding, pooled before]. */
const convolutions = [
  ["features.0", 3, 64, 11, 4, 2, false],
  ["features.3", 64, 192, 5, 1, 2, true],
  ["features.6", 192, 384, 3, 1, 1, true],
  ["features.8", 384, 256, 3, 1, 1, false],
  ["features.10", 256, 256, 3, 1, 1, false]
] as const;

/** LPIPS' own normalisation of an image in [−1, 1], by channel. */
const shift = [-0.03, -0.088, -0.188];
const scale = [0.458, 0.448, 0.45];

/** The least side that leaves something after both poolings. */
export const lpipsMinimumSide = 31;

/**
 * Learned perceptual image patch similarity (Zhang et al., CVPR 2018), version 0.1 on AlexNet: `lpips.LPIPS(net="alex")`. Lower is
 * more alike. It needs torchvision's AlexNet, which a person must supply: without it LPIPS is absent, never approximated.
 */
export interface Lpips {
  /**
   * The distance of two grey images in [0, 1], each taken as three equal channels. Null where a side is under 31 pixels.
   * @throws RangeError when the sizes differ.
   */
  distance(hr: Plane, sr: Plane): Promise<number | null>;
  dispose(): void;
}

/**
 * @param backbone torchvision's AlexNet (`alexnet-owt-7be5be79.pth` or the same as safetensors); its classifier is not read
 * @param heads LPIPS' linear layers, v0.1 (`lpips/weights/v0.1/alex.pth`)
 * @throws InputError when a tensor is missing or has another shape
 */
export function buildLpips(backbone: Checkpoint, heads: Checkpoint): Lpips {
  const backboneParameters = convolutions.flatMap(([name, inputs, outputs, size]) =>
    convParameters(name, inputs, outputs, size)
  );
  const headParameters: Parameter[] = convolutions.flatMap(([, , outputs], i) =>
    convParameters(headName(i), outputs, 1, 1, false)
  );
  const features = loadWeights(backbone, backboneParameters, {
    model: "AlexNet",
    ignore: (key) => key.startsWith("classifier.")
  });
  let linear: Weights;
  try {
    linear = loadWeights(heads, headParameters, {model: "LPIPS (AlexNet) head"});
  } catch (error) {
    disposeWeights(features);
    throw error;
  }
  let disposed = false;
  return {
    async distance(hr, sr) {
      if (disposed) throw new InputError("this LPIPS was disposed of");
      if (hr.width !== sr.width || hr.height !== sr.height) {
        throw new RangeError(`hr and sr must have one size, not ${hr.width}×${hr.height} and ${sr.width}×${sr.height}`);
      }
      if (Math.min(hr.width, hr.height) < lpipsMinimumSide) return null;
      const result = tf.tidy(() => {
        const a = unitFeatures(features, input(hr));
        const b = unitFeatures(features, input(sr));
        const layers = a.map((x, i) => {
          const difference = tf.square(tf.sub(x, b[i])) as tf.Tensor4D;
          return tf.mean(convLayer(linear, headName(i), difference, {padding: 0}));
        });
        return tf.addN(layers);
      });
      const [value] = await result.data();
      result.dispose();
      return value;
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      disposeWeights(features);
      disposeWeights(linear);
    }
  };
}

function headName(i: number): string {
  return `lin${i}.model.1`;
}

/** [1, h, w, 3], as the network was trained on. */
function input({data, width, height}: Plane): tf.Tensor4D {
  const grey = tf.tensor4d(Float32Array.from(data), [1, height, width, 1]);
  const channels = shift.map((s, c) => tf.div(tf.sub(tf.sub(tf.mul(grey, 2), 1), s), scale[c]));
  return tf.concat(channels, 3) as tf.Tensor4D;
}

/** The five activations, each pixel's channels scaled to length 1. */
function unitFeatures(weights: Weights, image: tf.Tensor4D): tf.Tensor4D[] {
  let x = image;
  return convolutions.map(([name, , , , stride, padding, pooled]) => {
    if (pooled) x = tf.maxPool(x, 3, 2, "valid");
    x = convLayer(weights, name, x, {stride, padding, activation: "relu"});
    const length = tf.sqrt(tf.sum(tf.square(x), 3, true));
    return tf.div(x, tf.add(length, 1e-10)) as tf.Tensor4D;
  });
}
