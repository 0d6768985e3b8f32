import type {TensorInfo} from "@tensorflow/tfjs-core";
import {exponential} from "./exponential.js";
import type {KernelCall} from "./replace.js";

interface Attributes {
  groups: number;
  epsilon: number;
  silu: boolean;
}

interface Shape {
  images: number;
  pixels: number;
  channels: number;
}

/**
 * Group normalisation with SiLU over the wasm heap: two passes in JavaScript, where the composed one takes nine passes
 * of the backend's, each with an array of its own. What `models/ops/groupNorm.ts` uses where an engine has it.
 * @returns y, and each channel's mean and 1/deviation, [n, c]
 */
export function groupNorm({inputs, attrs, backend}: KernelCall<Attributes>): TensorInfo[] {
  const {x, gamma, beta} = inputs;
  const shape = shapeOf(x);
  const {images, pixels, channels} = shape;
  const outputs = [x.shape, [images, channels], [images, channels]].map((sides) =>
    backend.makeOutput(sides, "float32")
  );
  // views only now: an allocation may move the heap
  const view = (info: TensorInfo): Float32Array => backend.typedArrayFromHeap(info);
  const [from, scale, shift] = [x, gamma, beta].map(view);
  const [y, means, rstds] = outputs.map(view);
  for (let image = 0; image < images; ++image) {
    const moments = channelMoments(from, image, shape);
    const perGroup = channels / attrs.groups;
    for (let first = 0; first < channels; first += perGroup) {
      let mean = 0;
      let variance = 0;
      for (let c = first; c < first + perGroup; ++c) mean += moments[c] / perGroup;
      for (let c = first; c < first + perGroup; ++c) {
        variance += (moments[channels + c] + (moments[c] - mean) ** 2) / perGroup;
      }
      means.fill(mean, image * channels + first, image * channels + first + perGroup);
      const rstd = 1 / Math.sqrt(Math.max(0, variance) + attrs.epsilon);
      rstds.fill(rstd, image * channels + first, image * channels + first + perGroup);
    }
    const a = new Float64Array(channels);
    const b = new Float64Array(channels);
    for (let c = 0; c < channels; ++c) {
      a[c] = rstds[image * channels + c] * scale[c];
      b[c] = shift[c] - means[image * channels + c] * a[c];
    }
    const start = image * pixels * channels;
    if (attrs.silu) normaliseSilu(from, y, start, a, b, pixels, channels);
    else normalise(from, y, start, a, b, pixels, channels);
  }
  return outputs;
}

/** Gradients of `groupNorm` by x, γ and β. */
export function groupNormGrad({inputs, attrs, backend}: KernelCall<Attributes>): TensorInfo[] {
  const {x} = inputs;
  const shape = shapeOf(x);
  const {images, pixels, channels} = shape;
  const outputs = [x.shape, [channels], [channels]].map((sides) => backend.makeOutput(sides, "float32"));
  const view = (info: TensorInfo): Float32Array => backend.typedArrayFromHeap(info);
  const {dy, gamma, beta, mean, rstd} = Object.fromEntries(Object.entries(inputs).map(([name, t]) => [name, view(t)]));
  const from = view(x);
  const [dx, dgamma, dbeta] = outputs.map(view);
  const totals = [new Float64Array(channels), new Float64Array(channels)];
  for (let image = 0; image < images; ++image) {
    const m = Float64Array.from(mean.subarray(image * channels, (image + 1) * channels));
    const r = Float64Array.from(rstd.subarray(image * channels, (image + 1) * channels));
    const sums = new Float64Array(channels);
    const products = new Float64Array(channels);
    const start = image * pixels * channels;
    // dx holds the gradient before SiLU until the groups' means are known
    for (let p = 0, i = start; p < pixels; ++p) {
      for (let c = 0; c < channels; ++c, ++i) {
        const z = (from[i] - m[c]) * r[c];
        let g = dy[i];
        if (attrs.silu) {
          const t = z * gamma[c] + beta[c];
          const s = 1 / (1 + exponential(-t));
          g *= s * (1 + t * (1 - s));
        }
        dx[i] = g;
        sums[c] += g;
        products[c] += g * z;
      }
    }
    const a = new Float64Array(channels);
    const b = new Float64Array(channels);
    const perGroup = channels / attrs.groups;
    for (let first = 0; first < channels; first += perGroup) {
      let sum = 0;
      let product = 0;
      for (let c = first; c < first + perGroup; ++c) {
        sum += gamma[c] * sums[c];
        product += gamma[c] * products[c];
      }
      a.fill(sum / (pixels * perGroup), first, first + perGroup);
      b.fill(product / (pixels * perGroup), first, first + perGroup);
    }
    for (let p = 0, i = start; p < pixels; ++p) {
      for (let c = 0; c < channels; ++c, ++i) {
        const z = (from[i] - m[c]) * r[c];
        dx[i] = r[c] * (gamma[c] * dx[i] - a[c] - z * b[c]);
      }
    }
    for (let c = 0; c < channels; ++c) {
      totals[0][c] += products[c];
      totals[1][c] += sums[c];
    }
  }
  dgamma.set(totals[0]);
  dbeta.set(totals[1]);
  return outputs;
}

function shapeOf({shape}: TensorInfo): Shape {
  const [images, height, width, channels] = shape;
  return {images, pixels: height * width, channels};
}

/** Each channel's mean, then each channel's variance, over the pixels of one image. */
function channelMoments(x: Float32Array, image: number, {pixels, channels}: Shape): Float64Array {
  const start = image * pixels * channels;
  const moments = new Float64Array(2 * channels);
  // relative to the first pixel, so that a mean far from 0 costs no digits
  const origin = Float64Array.from(x.subarray(start, start + channels));
  for (let p = 0, i = start; p < pixels; ++p) {
    for (let c = 0; c < channels; ++c, ++i) {
      const d = x[i] - origin[c];
      moments[c] += d;
      moments[channels + c] += d * d;
    }
  }
  for (let c = 0; c < channels; ++c) {
    const mean = moments[c] / pixels;
    moments[channels + c] = moments[channels + c] / pixels - mean * mean;
    moments[c] = origin[c] + mean;
  }
  return moments;
}

function normalise(
  x: Float32Array,
  y: Float32Array,
  start: number,
  a: Float64Array,
  b: Float64Array,
  pixels: number,
  channels: number
): void {
  for (let p = 0, i = start; p < pixels; ++p) {
    for (let c = 0; c < channels; ++c, ++i) y[i] = x[i] * a[c] + b[c];
  }
}

function normaliseSilu(
  x: Float32Array,
  y: Float32Array,
  start: number,
  a: Float64Array,
  b: Float64Array,
  pixels: number,
  channels: number
): void {
  for (let p = 0, i = start; p < pixels; ++p) {
    for (let c = 0; c < channels; ++c, ++i) {
      const t = x[i] * a[c] + b[c];
      y[i] = t / (1 + exponential(-t));
    }
  }
}
