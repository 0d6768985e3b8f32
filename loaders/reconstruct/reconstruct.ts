import * as tf from "@tensorflow/tfjs-core";
import type {Autoencoder} from "../../models/autoencoders/autoencoder.js";
import {InputError} from "../../models/errors.js";
import type {Image} from "../../src/measures/image.js";
import {crop, padToMultiple} from "./reflect.js";

/** What an autoencoder makes of an image. */
export interface Reconstruction {
  readonly image: Image;
  /** Decoded from the posterior mean, grey by the channel mean, clamped to [0, 1], the image's own size. */
  readonly output: Image;
  /** The posterior mean, channels × height × width, of the padded image. */
  readonly latent: {readonly data: Float32Array; readonly shape: readonly [number, number, number]};
  /** The image's sides were not multiples of the autoencoder's factor: it was padded by reflection and cropped back. */
  readonly padded: boolean;
}

/**
 * Encodes and decodes images one batch at a time, in their order; holds one batch of pixels and no tensors between
 * batches. Consecutive images of one size share a batch of at most `batch`.
 *
 * @throws InputError when the network gives NaN or infinity for an image.
 */
export async function* reconstruct(
  images: AsyncIterable<Image> | Iterable<Image>,
  autoencoder: Autoencoder,
  {batch}: {batch?: number} = {}
): AsyncGenerator<Reconstruction> {
  let waiting: Image[] = [];
  for await (const image of images) {
    const [first] = waiting;
    if (first && (first.width !== image.width || first.height !== image.height)) {
      yield* await run(waiting, autoencoder);
      waiting = [];
    }
    waiting.push(image);
    if (waiting.length >= (batch ?? batchFor(image.width, image.height))) {
      yield* await run(waiting, autoencoder);
      waiting = [];
    }
  }
  if (waiting.length > 0) yield* await run(waiting, autoencoder);
}

/**
 * How many images of a size go into one batch: their widest activations (128 channels at full size, some six alive at
 * once) should stay under about half a gigabyte. On a CPU a larger batch is not faster.
 */
export function batchFor(width: number, height: number): number {
  return Math.max(1, Math.min(8, Math.floor(512e6 / (width * height * 128 * 6 * 4))));
}

async function run(images: readonly Image[], autoencoder: Autoencoder): Promise<Reconstruction[]> {
  const {factor} = autoencoder.geometry;
  const inputs = images.map((image) => padToMultiple(image, factor));
  const {width, height} = inputs[0];
  const [latents, greys] = tf.tidy(() => {
    const grey = tf.concat(inputs.map(({data}) => tf.tensor4d(Float32Array.from(data), [1, height, width, 1])));
    const x = (
      autoencoder.imageChannels === 1 ? grey : tf.tile(grey, [1, 1, 1, autoencoder.imageChannels])
    ) as tf.Tensor4D;
    const latents = autoencoder.encode(x);
    return [tf.transpose(latents, [0, 3, 1, 2]) as tf.Tensor4D, tf.mean(autoencoder.decode(latents), 3)];
  });
  const shape = latents.shape.slice(1) as [number, number, number];
  // `data`, not `dataSync`: WebGPU has only the former
  const [latentValues, greyValues] = (await Promise.all([latents.data(), greys.data()])) as [
    Float32Array,
    Float32Array
  ];
  tf.dispose([latents, greys]);
  const latentSize = shape[0] * shape[1] * shape[2];
  return images.map((image, i) => {
    const values = greyValues.slice(i * width * height, (i + 1) * width * height);
    for (let k = 0; k < values.length; k++) {
      const v = values[k];
      if (!Number.isFinite(v)) {
        throw new InputError(
          `the autoencoder gives ${v} for the image ${image.id}: its weights do not fit or are damaged`
        );
      }
      values[k] = Math.min(1, Math.max(0, v));
    }
    const padded = inputs[i] !== image;
    const whole = {data: values, width, height};
    return {
      image,
      output: {id: image.id, ...(padded ? crop(whole, image.width, image.height) : whole)},
      latent: {data: latentValues.slice(i * latentSize, (i + 1) * latentSize), shape},
      padded
    };
  });
}
