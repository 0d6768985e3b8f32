import * as tf from "@tensorflow/tfjs-core";
import type {Plane} from "../../src/measures/image.js";
import {random} from "../../src/measures/random.js";
import {DEFAULT_SLICES, phantom} from "../datasets/phantoms/index.js";
import type {PhantomPool} from "./recipe.js";

/** Patients from this number on are never trained on: they measure a training as it goes. */
const firstValidationPatient = 100_000;

/** The training images of a recipe, made now: about a tenth of a second an image of 256². */
export function trainingImages(pool: PhantomPool, onImage?: () => void): Plane[] {
  return images(pool, 0, pool.patients, onImage);
}

/** How many images `trainingImages` makes. */
export function poolSize({kinds, patients, slicesPerPatient, sizes}: PhantomPool): number {
  return kinds.length * patients * slicesPerPatient * sizes.length;
}

/** Images of patients that are not in the training: `patients` of each kind, at the largest size. */
export function validationImages(pool: PhantomPool, patients: number): Plane[] {
  return images({...pool, slicesPerPatient: 1, sizes: [Math.max(...pool.sizes)]}, firstValidationPatient, patients);
}

function images(pool: PhantomPool, first: number, patients: number, onImage?: () => void): Plane[] {
  const list: Plane[] = [];
  for (const kind of pool.kinds) {
    for (let patient = first; patient < first + patients; patient++) {
      for (let k = 0; k < pool.slicesPerPatient; k++) {
        // spread over the middle half of the anatomy
        const slice = Math.floor(DEFAULT_SLICES * (0.25 + (0.5 * (k + 0.5)) / pool.slicesPerPatient));
        for (const size of pool.sizes) {
          list.push(phantom(kind, {seed: pool.seed, patient: `train${patient}`, slice, size}));
          onImage?.();
        }
      }
    }
  }
  return list;
}

/**
 * The batch of a step: crops at random places of random images, flipped at random, in [-1, 1]. It depends on the seed
 * and the step alone, so that a resumed training sees what it would have seen.
 * @returns [batch, crop, crop, 1]
 */
export function batchOf(
  images: readonly Plane[],
  seed: number,
  step: number,
  batch: number,
  crop: number
): tf.Tensor4D {
  const generator = random("crops", seed, step);
  const values = new Float32Array(batch * crop * crop);
  for (let n = 0; n < batch; n++) {
    const {data, width, height} = generator.pick(images);
    const left = generator.integer(width - crop + 1);
    const top = generator.integer(height - crop + 1);
    const [mirror, upset] = [generator.uniform() < 0.5, generator.uniform() < 0.5];
    for (let y = 0; y < crop; y++) {
      const row = (top + (upset ? crop - 1 - y : y)) * width + left;
      for (let x = 0; x < crop; x++) {
        values[(n * crop + y) * crop + x] = 2 * data[row + (mirror ? crop - 1 - x : x)] - 1;
      }
    }
  }
  return tf.tensor4d(values, [batch, crop, crop, 1]);
}
