import * as tf from "@tensorflow/tfjs-core";
import {type Random, random} from "../../src/measures/random.js";

/**
 * Standard normal noise from explicit seeds, the same to the bit on every engine: sfc32 behind a hash of the seed, and
 * Marsaglia's polar method on bit-stable functions (`src/measures/random.ts`). Every image has a stream of its own, so that
 * its noise does not depend on the batch it is in.
 */
export class NoiseSource {
  private readonly generators: readonly Random[];

  /**
   * @param seed of the run
   * @param images an id for each image of the batch
   */
  constructor(seed: number | string, images: readonly (number | string)[]) {
    this.generators = images.map((image) => random(seed, image, "noise"));
  }

  /** The next noise for all images, [n, height, width, channels]. */
  next(height: number, width: number, channels: number): tf.Tensor4D {
    const size = height * width * channels;
    const values = new Float32Array(this.generators.length * size);
    let i = 0;
    for (const generator of this.generators) {
      for (let j = 0; j < size; j++) values[i++] = generator.normal();
    }
    return tf.tensor4d(values, [this.generators.length, height, width, channels]);
  }
}
