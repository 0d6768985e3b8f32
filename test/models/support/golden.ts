import {readFileSync} from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import {decodeNpy} from "../../../loaders/images/index.js";
import {parseSafetensors} from "../../../models/checkpoints/index.js";
import {shared} from "../../support/shared.js";

/** A reference file's tensors, NCHW ones as NHWC. The caller disposes them. */
export function goldenTensors(path: string): Record<string, tf.Tensor4D> {
  const checkpoint = parseSafetensors(readFileSync(shared(path)), path);
  const tensors: Record<string, tf.Tensor4D> = {};
  for (const {name, shape} of checkpoint.tensors.values()) {
    if (shape.length === 4) tensors[name] = fromNchw(checkpoint.read(name), shape);
  }
  return tensors;
}

/** A reference file's tensor as it stands there. */
export function goldenValues(path: string, name: string): Float32Array {
  return parseSafetensors(readFileSync(shared(path)), path).read(name);
}

export function fromNchw(values: Float32Array, [n, c, h, w]: readonly number[]): tf.Tensor4D {
  return tf.tidy(() => tf.transpose(tf.tensor4d(values, [n, c, h, w]), [0, 2, 3, 1]));
}

/** A `.npy` of shape [1, c, h, w] or [c, h, w] as [1, h, w, c]. */
export function npyTensor(path: string): tf.Tensor4D {
  const {data, shape} = decodeNpy(readFileSync(shared(path)), path);
  return fromNchw(Float32Array.from(data), shape.length === 3 ? [1, ...shape] : shape);
}

export interface Deviation {
  /** Largest absolute difference. */
  readonly absolute: number;
  /** The same relative to the reference's largest absolute value. */
  readonly relative: number;
}

export function deviation(actual: tf.Tensor, expected: tf.Tensor): Deviation {
  if (actual.shape.join() !== expected.shape.join()) {
    throw new Error(`shape [${actual.shape}] where [${expected.shape}] was expected`);
  }
  const a = actual.dataSync();
  const b = expected.dataSync();
  let absolute = 0;
  let largest = 0;
  for (let i = 0; i < b.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    // NaN must not slip through a maximum
    if (!(difference <= absolute)) absolute = difference;
    largest = Math.max(largest, Math.abs(b[i]));
  }
  return {absolute, relative: absolute / largest};
}
