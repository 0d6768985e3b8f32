import type * as tf from "@tensorflow/tfjs-core";

/**
 * Whether a batch is what a network takes; without this, a wrong size shows up layers later as a puzzle.
 * @param what for the message: "images"
 * @param multiple what height and width must be multiples of
 * @throws RangeError
 */
export function checkShape({shape}: tf.Tensor4D, what: string, channels: number, multiple = 1): void {
  const [, height, width, found] = shape;
  if (shape.length !== 4 || found !== channels) {
    throw new RangeError(`invalid ${what}: shape [${shape}] where [n, height, width, ${channels}] was expected`);
  }
  if (height === 0 || width === 0 || height % multiple !== 0 || width % multiple !== 0) {
    throw new RangeError(`invalid ${what}: ${height}×${width}, whose sides must be multiples of ${multiple}`);
  }
}
