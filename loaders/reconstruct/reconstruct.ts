import * as tf from "@tensorflow/tfjs-core";
import type {Autoencoder} from "../../models/autoencoders/autoencoder.js";
import type {Image} from "../../src/measures/image.js";
import {batches, batchFor, clampOutput, greyTensor} from "./batches.js";
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
  const size = ({width, height}: Image) => batch ?? batchFor(width, height);
  for await (const together of batches(images, size)) yield* await run(together, autoencoder);
}

async function run(images: readonly Image[], autoencoder: Autoencoder): Promise<Reconstruction[]> {
  const {factor} = autoencoder.geometry;
  const inputs = images.map((image) => padToMultiple(image, factor));
  const {width, height} = inputs[0];
  const [latents, greys] = tf.tidy(() => {
    const latents = autoencoder.encode(greyTensor(inputs, autoencoder.imageChannels));
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
    const values = clampOutput(
      greyValues.slice(i * width * height, (i + 1) * width * height),
      "the autoencoder",
      image.id
    );
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
