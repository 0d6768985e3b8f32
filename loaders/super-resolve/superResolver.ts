import type {Image, Plane} from "../../src/measures/image.js";
import type {Json} from "../store/canonical.js";

/** How many times the images are enlarged; the study's, and that of all the baselines. */
export const scale = 4;

/** What a network makes of an LR image. */
export interface SuperResolved {
  readonly image: Image;
  /** Grey by the channel mean, clamped to [0, 1]. */
  readonly output: Plane;
  /** The image had to be padded by reflection for the network; the output is cropped back. */
  readonly padded: boolean;
}

/** A way to enlarge images, ready to run. */
export interface SuperResolver {
  /** One line for people: what it is and how large. */
  readonly description: string;
  /** What determines the pixels, apart from the images and the seed. */
  readonly settings: {readonly [key: string]: Json};
  /** Whether the seed changes anything. */
  readonly seeded: boolean;
  /** Calls of `onStep` for one batch. */
  readonly steps: number;
  /** Width and height of the output for an image. @throws InputError when it can't take the image */
  outputSize(image: Image): {width: number; height: number};
  /** Images of one size; each one's result depends on the seed and its id, not on the batch. @throws InputError */
  run(images: readonly Image[], seed: number, onStep?: () => void): Promise<SuperResolved[]>;
  dispose(): void;
}
