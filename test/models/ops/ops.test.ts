import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import {beforeAll, describe, expect, it} from "vitest";
import {
  attention,
  conv2d,
  groupNorm,
  hwioToOihw,
  linear,
  oihwToHwio,
  sequence,
  silu,
  transpose,
  upsampleNearest2x
} from "../../../models/ops/index.js";
import {random} from "../../../src/measures/random.js";
import {startTestEngine} from "../support/engine.js";

beforeAll(async () => {
  await startTestEngine();
});

function values(length: number, seed: string): Float32Array {
  const generator = random(seed);
  return Float32Array.from({length}, () => generator.normal());
}

function tensor4d(shape: [number, number, number, number], seed: string): tf.Tensor4D {
  return tf.tensor4d(
    values(
      shape.reduce((a, b) => a * b),
      seed
    ),
    shape
  );
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
}

/** PyTorch's definition, in double precision: x [h, w, in], weight [out, in, kh, kw], padding [top, bottom, left, right]. */
function naiveConv(
  x: tf.Tensor4D,
  weight: Float32Array,
  [outputs, inputs, kh, kw]: number[],
  bias: Float32Array,
  stride: number,
  [top, bottom, left, right]: number[]
): number[] {
  const [n, h, w] = x.shape;
  const data = x.dataSync();
  const result: number[] = [];
  for (let b = 0; b < n; b++) {
    for (let i = -top; i + kh <= h + bottom; i += stride) {
      for (let j = -left; j + kw <= w + right; j += stride) {
        for (let o = 0; o < outputs; o++) {
          let sum = bias[o];
          for (let c = 0; c < inputs; c++) {
            for (let p = 0; p < kh; p++) {
              for (let q = 0; q < kw; q++) {
                if (i + p < 0 || i + p >= h || j + q < 0 || j + q >= w) continue;
                const pixel = data[((b * h + i + p) * w + j + q) * inputs + c];
                sum += pixel * weight[((o * inputs + c) * kh + p) * kw + q];
              }
            }
          }
          result.push(sum);
        }
      }
    }
  }
  return result;
}

describe("conv2d(x, weight, bias)", () => {
  it.each([
    {size: 3, stride: 1, padding: undefined, pads: [1, 1, 1, 1]},
    {size: 3, stride: 2, padding: 1, pads: [1, 1, 1, 1]},
    {size: 3, stride: 2, padding: [0, 1, 0, 1] as const, pads: [0, 1, 0, 1]},
    {size: 1, stride: 1, padding: undefined, pads: [0, 0, 0, 0]},
    {size: 3, stride: 3, padding: 0, pads: [0, 0, 0, 0]}
  ])("is PyTorch's for a filter of $size, stride $stride, padding $padding", ({size, stride, padding, pads}) => {
    tf.tidy(() => {
      const shape = [5, 4, size, size];
      const weight = values(20 * size * size, "weight");
      const bias = values(5, "bias");
      for (const [h, w] of [
        [8, 6],
        [7, 9]
      ]) {
        const x = tensor4d([2, h, w, 4], "x");
        const filter = tf.tensor4d(oihwToHwio(weight, shape), [size, size, 4, 5]);
        const expected = naiveConv(x, weight, shape, bias, stride, pads);
        const y = conv2d(x, filter, tf.tensor1d(bias), {stride, padding});
        expect(largestDifference(y.dataSync(), expected)).toBeLessThan(1e-5);
        const rectified = conv2d(x, filter, tf.tensor1d(bias), {stride, padding, activation: "relu"});
        const positive = expected.map((value) => Math.max(0, value));
        expect(largestDifference(rectified.dataSync(), positive)).toBeLessThan(1e-5);
      }
    });
  });
});

describe("groupNorm(x, gamma, beta)", () => {
  const reference = (x: tf.Tensor4D, gamma: Float32Array, beta: Float32Array, groups: number, epsilon: number) => {
    const [n, h, w, c] = x.shape;
    const data = Float64Array.from(x.dataSync());
    const result = new Float64Array(data.length);
    const size = c / groups;
    for (let b = 0; b < n; b++) {
      for (let g = 0; g < groups; g++) {
        const indices: number[] = [];
        for (let p = 0; p < h * w; p++) for (let k = 0; k < size; k++) indices.push((b * h * w + p) * c + g * size + k);
        const mean = indices.reduce((sum, i) => sum + data[i], 0) / indices.length;
        const variance = indices.reduce((sum, i) => sum + (data[i] - mean) ** 2, 0) / indices.length;
        for (const i of indices)
          result[i] = ((data[i] - mean) / Math.sqrt(variance + epsilon)) * gamma[i % c] + beta[i % c];
      }
    }
    return result;
  };

  it("is the definition, for any groups and batch, with a large mean too", () => {
    for (const [n, groups, offset] of [
      [1, 1, 0],
      [2, 4, 0],
      [3, 12, 0],
      [2, 3, 1000]
    ]) {
      tf.tidy(() => {
        const x = tf.add<tf.Tensor4D>(tensor4d([n, 9, 7, 12], "x"), offset);
        const [gamma, beta] = [values(12, "gamma"), values(12, "beta")];
        const y = groupNorm(x, tf.tensor1d(gamma), tf.tensor1d(beta), {groups, epsilon: 1e-6});
        // float32 holds 1000 ± 1 to 6e-5
        const tolerance = offset ? 1e-3 : 1e-5;
        expect(largestDifference(y.dataSync(), reference(x, gamma, beta, groups, 1e-6))).toBeLessThan(tolerance);
      });
    }
  });

  it("maps a flat image to beta", () => {
    tf.tidy(() => {
      const y = groupNorm(tf.fill([1, 4, 4, 8], 0.7), tf.ones([8]), tf.fill([8], 0.25), {groups: 2, epsilon: 1e-5});
      expect(largestDifference(y.dataSync(), new Array(128).fill(0.25))).toBeLessThan(1e-3);
    });
  });

  it("applies SiLU where asked", () => {
    tf.tidy(() => {
      const x = tensor4d([1, 4, 4, 8], "x");
      const one = tf.ones([8]) as tf.Tensor1D;
      const plain = groupNorm(x, one, one, {groups: 2, epsilon: 1e-5});
      const both = groupNorm(x, one, one, {groups: 2, epsilon: 1e-5, activation: "silu"});
      expect(largestDifference(both.dataSync(), silu(plain).dataSync())).toBeLessThan(1e-6);
    });
  });

  it("refuses groups that do not divide the channels", () => {
    const x = tf.zeros([1, 2, 2, 6]) as tf.Tensor4D;
    const one = tf.ones([6]) as tf.Tensor1D;
    expect(() => groupNorm(x, one, one, {groups: 4, epsilon: 1e-5})).toThrow(/invalid groups: 4/);
    tf.dispose([x, one]);
  });
});

describe("attention(q, k, v, heads)", () => {
  it.each([1, 2, 4])("is softmax(q·kᵀ/√d)·v in each of %d heads", (heads) => {
    const [n, length, c] = [2, 5, 8];
    const [q, k, v] = ["q", "k", "v"].map((name) => values(n * length * c, name));
    const d = c / heads;
    const expected = new Float64Array(n * length * c);
    for (let b = 0; b < n; b++) {
      for (let head = 0; head < heads; head++) {
        const at = (i: number, e: number) => (b * length + i) * c + head * d + e;
        for (let i = 0; i < length; i++) {
          const scores = Array.from({length}, (_, j) => {
            let sum = 0;
            for (let e = 0; e < d; e++) sum += q[at(i, e)] * k[at(j, e)];
            return Math.exp(sum / Math.sqrt(d));
          });
          const total = scores.reduce((a, s) => a + s);
          for (let e = 0; e < d; e++) expected[at(i, e)] = scores.reduce((a, s, j) => a + (s / total) * v[at(j, e)], 0);
        }
      }
    }
    tf.tidy(() => {
      const tensor = (data: Float32Array) => tf.tensor3d(data, [n, length, c]);
      const y = attention(tensor(q), tensor(k), tensor(v), heads);
      expect(largestDifference(y.dataSync(), expected)).toBeLessThan(1e-6);
      // a query at a time, and two
      for (const most of [1, 2 * 2 * heads * length]) {
        const inParts = attention(tensor(q), tensor(k), tensor(v), heads, most);
        expect(inParts.shape).toEqual([n, length, c]);
        expect(largestDifference(inParts.dataSync(), expected)).toBeLessThan(1e-6);
      }
    });
  });
});

describe("linear(x, weight, bias)", () => {
  it("maps the last axis, whatever stands before it", () => {
    tf.tidy(() => {
      const x = tf.tensor3d([1, 2, 3, 4], [2, 1, 2]);
      const y = linear(x, tf.tensor2d([1, 0, 2, 0, 1, 3], [2, 3]), tf.tensor1d([10, 20, 30]));
      expect(y.shape).toEqual([2, 1, 3]);
      expect([...y.dataSync()]).toEqual([11, 22, 38, 13, 24, 48]);
    });
  });
});

describe("upsampleNearest2x(x)", () => {
  it("repeats each pixel, and its gradient sums them again, for a batch too", () => {
    tf.tidy(() => {
      const x = tensor4d([2, 2, 3, 2], "x");
      const y = upsampleNearest2x(x);
      expect(y.shape).toEqual([2, 4, 6, 2]);
      expect([...tf.slice(y, [1, 2, 4, 0], [1, 2, 2, 2]).dataSync()]).toEqual(
        [0, 1, 2, 3].flatMap(() => [...tf.slice(x, [1, 1, 2, 0], [1, 1, 1, 2]).dataSync()])
      );
      const dy = tensor4d([2, 4, 6, 2], "dy");
      const gradient = tf.grad((t) => tf.sum(tf.mul(upsampleNearest2x(t as tf.Tensor4D), dy)))(x);
      const expected = tf.mul(tf.avgPool(dy, 2, 2, "valid"), 4);
      expect(largestDifference(gradient.dataSync(), expected.dataSync())).toBeLessThan(1e-6);
    });
  });
});

describe("the gradients", () => {
  /** Directional derivative against a central difference. */
  const check = (f: (x: tf.Tensor4D) => tf.Tensor, x: tf.Tensor4D) => {
    tf.tidy(() => {
      const direction = tensor4d(x.shape, "direction");
      const cotangent = tf.tensor(values(f(x).size, "cotangent"), f(x).shape);
      const loss = (t: tf.Tensor4D): tf.Scalar => tf.sum(tf.mul(f(t), cotangent));
      const exact = tf.sum(tf.mul(tf.grad(loss as (t: tf.Tensor) => tf.Tensor)(x), direction)).dataSync()[0];
      const step = 1e-2;
      const at = (sign: number) => loss(tf.add(x, tf.mul(direction, sign * step))).dataSync()[0];
      expect((at(1) - at(-1)) / (2 * step)).toBeCloseTo(exact, 1);
    });
  };

  it.each([1, 2])("of convolution, normalisation, attention and SiLU are derivatives (batch of %d)", (n) => {
    tf.tidy(() => {
      const x = tensor4d([n, 6, 6, 4], "x");
      const weight = tf.tensor4d(values(144, "weight"), [3, 3, 4, 4]);
      const bias = tf.tensor1d(values(4, "bias"));
      check((t) => conv2d(t, weight, bias), x);
      check((t) => conv2d(t, weight, bias, {stride: 2, padding: [0, 1, 0, 1]}), x);
      check((t) => conv2d(t, weight, bias, {stride: 2, padding: 1}), x);
      check((t) => groupNorm(t, bias, bias, {groups: 2, epsilon: 1e-5, activation: "silu"}), x);
      check((t) => {
        const rows = tf.reshape(t, [n, 36, 4]) as tf.Tensor3D;
        return attention(rows, rows, rows, 2);
      }, x);
    });
  });
});

describe("sequence(x, steps)", () => {
  it("lets go of every intermediate and leaves the argument", () => {
    const x = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
    const before = tf.memory().numTensors;
    const peaks: number[] = [];
    const add = (h: tf.Tensor4D) => {
      peaks.push(tf.memory().numTensors);
      return tf.add<tf.Tensor4D>(h, tf.mul(h, 2));
    };
    const y = sequence(x, [add, add, add]);
    expect([...y.dataSync()]).toEqual([27, 54, 81, 108]);
    expect(peaks).toEqual([before, before + 1, before + 1]);
    expect(tf.memory().numTensors).toBe(before + 1);
    tf.dispose([x, y]);
  });
});

describe("layouts", () => {
  it("go there and back", () => {
    const side = fc.integer({min: 1, max: 4});
    fc.assert(
      fc.property(side, side, side, side, (o, i, h, w) => {
        const data = values(o * i * h * w, "layout");
        const there = oihwToHwio(data, [o, i, h, w]);
        expect(hwioToOihw(there, [o, i, h, w])).toEqual(data);
        expect(transpose(transpose(data, o, i * h * w), i * h * w, o)).toEqual(data);
      }),
      {seed: 1, numRuns: 50}
    );
    // [out 2, in 1, 1, 2] → [1, 2, 1, 2]
    expect([...oihwToHwio(Float32Array.of(1, 2, 3, 4), [2, 1, 1, 2])]).toEqual([1, 3, 2, 4]);
  });
});
