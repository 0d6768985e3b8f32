import * as tf from "@tensorflow/tfjs-core";
import type {Autoencoder} from "../../../models/autoencoders/autoencoder.js";
import type {Plane} from "../../../src/measures/image.js";

/** Grey image → autoencoder → grey image, the mean of the channels; not clamped. */
export function roundTrip(model: Autoencoder, {data, width, height}: Plane): Float32Array {
  return tf.tidy(() => {
    const grey = tf.tensor4d(Float32Array.from(data), [1, height, width, 1]);
    const image = model.decode(model.encode(tf.tile(grey, [1, 1, 1, model.imageChannels])));
    return tf.mean(image, 3).dataSync() as Float32Array;
  });
}

/** PSNR in dB after clamping to [0, 1]. */
export function greyPsnr(reference: ArrayLike<number>, image: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < reference.length; i++) sum += (reference[i] - Math.min(1, Math.max(0, image[i]))) ** 2;
  return -10 * Math.log10(sum / reference.length);
}
