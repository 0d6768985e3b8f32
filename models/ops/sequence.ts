import * as tf from "@tensorflow/tfjs-core";

/**
 * Runs the steps one after the other, each in a scope of its own, and lets go of every intermediate as soon as the next
 * is there: the peak is one step's, not the network's. The first argument is left alone. Under a gradient the tape holds
 * what it needs.
 */
export function sequence(x: tf.Tensor4D, steps: Iterable<(h: tf.Tensor4D) => tf.Tensor4D>): tf.Tensor4D {
  let h = x;
  for (const step of steps) {
    const next = tf.tidy(() => step(h));
    if (h !== x && next !== h) h.dispose();
    h = next;
  }
  return h;
}
