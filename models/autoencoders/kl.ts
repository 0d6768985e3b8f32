import * as tf from "@tensorflow/tfjs-core";
import {random} from "../../src/measures/random.js";
import type {Checkpoint} from "../checkpoints/checkpoint.js";
import {InputError} from "../errors.js";
import {type Accelerator, checkShape, countParameters, disposeWeights, pass, type Weights} from "../ops/index.js";
import type {Autoencoder} from "./autoencoder.js";
import {inferKl, type KlDialect, klDialect, loadKlWeights} from "./klDialects.js";
import {type KlArchitecture, klDecode, klGeometry, klMoments, klParameters, klProject} from "./klNetwork.js";

/** A Gaussian over latents: both [n, h, w, channels]. */
export interface Posterior {
  readonly mean: tf.Tensor4D;
  /** As the network gives it, not clamped. */
  readonly logvar: tf.Tensor4D;
}

/** AutoencoderKL in any of its dialects. Images are in [0, 1] here, though the network works in [-1, 1]. */
export interface KlAutoencoder extends Autoencoder {
  readonly kind: "kl";
  readonly architecture: KlArchitecture;
  /** By what names the file went. */
  readonly dialect?: KlDialect;
  /** What diffusers' config.json says latents are to be multiplied by for a generator; `encode` gives them raw. */
  readonly scalingFactor?: number;
  moments(images: tf.Tensor4D): Posterior;
  /**
   * A latent drawn from the posterior, log-variance clamped to [-30, 20] as in the reference. Every image has a stream of
   * its own from the seed and its id (its place in the batch, where no ids are given), so that an image with the same id
   * gets the same latent in any batch.
   */
  sample(images: tf.Tensor4D, seed: number | string, ids?: readonly (number | string)[]): tf.Tensor4D;
  /** MedVAE's latent for downstream tasks, channel_proj(channel_ds(mean) + mean); undefined where the file has none. */
  readonly project?: (images: tf.Tensor4D) => tf.Tensor4D;
}

/** @throws InputError naming the first tensor that is missing, extra or misshapen */
export function buildKl(checkpoint: Checkpoint): KlAutoencoder {
  const architecture = inferKl(checkpoint);
  const weights = loadKlWeights(checkpoint, architecture);
  const scaling = Number(checkpoint.metadata.scaling_factor);
  return {
    ...klAutoencoder(weights, architecture),
    dialect: klDialect(checkpoint),
    ...(scaling > 0 ? {scalingFactor: scaling} : {})
  };
}

/**
 * The autoencoder around a network whose weights are at hand; `dispose` disposes them. Changing a weight (a variable in
 * training) changes what it computes.
 */
export function klAutoencoder(weights: Weights, architecture: KlArchitecture): KlAutoencoder {
  const geometry = klGeometry(architecture);
  const encoder = pass(weights, ([images]) => klMoments(weights, architecture, toNetwork(images as tf.Tensor4D)));
  const decoder = pass(weights, ([latents]) =>
    tf.div(tf.add(klDecode(weights, architecture, latents as tf.Tensor4D), 1), 2)
  );
  const accelerate = (accelerator: Accelerator | undefined) => {
    for (const half of [encoder, decoder]) half.accelerate(accelerator);
  };
  const moments = (images: tf.Tensor4D): Posterior => {
    checkShape(images, "images", architecture.imageChannels, geometry.factor);
    return tf.tidy(() => {
      const [mean, logvar] = tf.split(encoder.run([images]), 2, 3);
      return {mean: mean as tf.Tensor4D, logvar: logvar as tf.Tensor4D} satisfies Posterior;
    });
  };
  const encode = (images: tf.Tensor4D) => tf.tidy(() => moments(images).mean);
  return {
    kind: "kl",
    architecture,
    geometry,
    imageChannels: architecture.imageChannels,
    parameters: countParameters(klParameters(architecture)),
    encode,
    decode(latents) {
      checkShape(latents, "latents", architecture.latentChannels);
      return decoder.run([latents]);
    },
    moments,
    sample: (images, seed, ids) => tf.tidy(() => samplePosterior(moments(images), seed, ids)),
    project: architecture.projection && ((images) => tf.tidy(() => klProject(weights, encode(images)))),
    accelerate,
    dispose() {
      accelerate(undefined);
      disposeWeights(weights);
    }
  };
}

/** The autoencoder as one that has a posterior. @throws InputError */
export function sampling(autoencoder: Autoencoder): KlAutoencoder {
  if (autoencoder.kind === "kl") return autoencoder as KlAutoencoder;
  throw new InputError(`a ${autoencoder.kind} autoencoder has no posterior to sample latents from: use the mean`);
}

const toNetwork = (images: tf.Tensor4D): tf.Tensor4D => tf.sub(tf.mul(images, 2), 1);

function samplePosterior(
  {mean, logvar}: Posterior,
  seed: number | string,
  ids: readonly (number | string)[] = Array.from({length: mean.shape[0]}, (_, i) => i)
): tf.Tensor4D {
  if (ids.length !== mean.shape[0]) throw new RangeError(`invalid ids: ${ids.length} for ${mean.shape[0]} images`);
  const noise = new Float32Array(mean.size);
  let i = 0;
  for (const id of ids) {
    const generator = random(seed, id, "posterior");
    for (const end = i + mean.size / ids.length; i < end; i++) noise[i] = generator.normal();
  }
  const deviation = tf.exp(tf.mul(tf.clipByValue(logvar, -30, 20), 0.5));
  return tf.add(mean, tf.mul(deviation, tf.tensor4d(noise, mean.shape)));
}
