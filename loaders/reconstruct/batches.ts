import * as tf from "@tensorflow/tfjs-core";
import {InputError} from "../../models/errors.js";
import type {Image, Plane} from "../../src/measures/image.js";

/** Images in their order, consecutive ones of one size together, at most `size(image)` of them. */
export async function* batches(
  images: AsyncIterable<Image> | Iterable<Image>,
  size: (image: Image) => number
): AsyncGenerator<Image[]> {
  let waiting: Image[] = [];
  for await (const image of images) {
    const [first] = waiting;
    if (first && (first.width !== image.width || first.height !== image.height)) {
      yield waiting;
      waiting = [];
    }
    waiting.push(image);
    if (waiting.length >= size(image)) {
      yield waiting;
      waiting = [];
    }
  }
  if (waiting.length > 0) yield waiting;
}

/**
 * How many images of a size go into one batch: their widest activations (128 channels at full size, some six alive at
 * once) should stay under about half a gigabyte. On a CPU a larger batch is not faster.
 */
export function batchFor(width: number, height: number): number {
  return Math.max(1, Math.min(8, Math.floor(512e6 / (width * height * 128 * 6 * 4))));
}

/** Grey planes of one size as [n, height, width, channels], each repeated over the channels. */
export function greyTensor(planes: readonly Plane[], channels: number): tf.Tensor4D {
  return tf.tidy(() => {
    const grey = tf.concat(
      planes.map(({data, width, height}) => tf.tensor4d(Float32Array.from(data), [1, height, width, 1]))
    );
    return (channels === 1 ? grey : tf.tile(grey, [1, 1, 1, channels])) as tf.Tensor4D;
  });
}

/**
 * Clamps a network's values to [0, 1], in place.
 * @param network for the message: "the autoencoder"
 * @throws InputError when one is NaN or infinite.
 */
export function clampOutput(values: Float32Array, network: string, id: string): Float32Array {
  for (let k = 0; k < values.length; k++) {
    const v = values[k];
    if (!Number.isFinite(v)) {
      throw new InputError(`${network} gives ${v} for the image ${id}: its weights do not fit or are damaged`);
    }
    values[k] = Math.min(1, Math.max(0, v));
  }
  return values;
}
