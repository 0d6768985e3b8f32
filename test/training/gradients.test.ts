import * as tf from "@tensorflow/tfjs-core";
import {beforeAll, describe, expect, it} from "vitest";
import {attention, conv2d, disposeWeights, groupNorm, linear, silu, upsampleNearest2x} from "../../models/ops/index.js";
import {initUNet, unetArchitecture, unetVariables} from "../../models/unet/init.js";
import {unetForward} from "../../models/unet/network.js";
import {random} from "../../src/measures/random.js";
import {parityEngines, startTestEngine} from "../models/support/engine.js";
import {smallUNet} from "../models/support/small.js";

const engines = await parityEngines();

function normal(shape: readonly number[], ...seed: (string | number)[]): Float32Array {
  const generator = random(...seed);
  return Float32Array.from({length: shape.reduce((a, b) => a * b, 1)}, () => generator.normal());
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (v, i) => v * b[i]).reduce((s, v) => s + v, 0);

type Tensors = readonly tf.Tensor[];

/**
 * The gradient of ⟨f(inputs), random⟩ in each input, against the central difference along a random direction
 * (extrapolated from two steps, the sums in double precision), relative to the gradient's own length.
 */
function deviations(f: (inputs: Tensors) => tf.Tensor, shapes: readonly (readonly number[])[]): number[] {
  return tf.tidy(() => {
    const inputs = shapes.map((shape, i) => tf.tensor(normal(shape, "input", i), [...shape]));
    const y = f(inputs);
    const cotangent = normal(y.shape, "cotangent");
    const gradients = tf.grads((...args: tf.Tensor[]) => tf.sum(tf.mul(f(args), tf.tensor(cotangent, y.shape))))(
      inputs
    );
    return inputs.map((input, i) => {
      const direction = normal(input.shape, "direction", i);
      const along = (h: number) => {
        const at = (step: number) =>
          tf.tidy(() => {
            const moved = tf.add(input, tf.mul(tf.tensor(direction, input.shape), step));
            return dot(f(inputs.map((t, j) => (j === i ? moved : t))).dataSync(), cotangent);
          });
        return (at(h) - at(-h)) / (2 * h);
      };
      const numeric = (4 * along(0.01) - along(0.02)) / 3;
      const gradient = gradients[i].dataSync();
      return Math.abs(numeric - dot(gradient, direction)) / Math.sqrt(dot(gradient, gradient));
    });
  });
}

const image = [2, 6, 6, 4] as const;
const filter = [3, 3, 4, 8] as const;
const as4d = (t: tf.Tensor) => t as tf.Tensor4D;
const as1d = (t: tf.Tensor) => t as tf.Tensor1D;
const as2d = (t: tf.Tensor) => t as tf.Tensor2D;
const as3d = (t: tf.Tensor) => t as tf.Tensor3D;

const operations: [string, (inputs: Tensors) => tf.Tensor, (readonly number[])[]][] = [
  ["a convolution", ([x, w, b]) => conv2d(as4d(x), as4d(w), as1d(b)), [image, filter, [8]]],
  [
    "a convolution that halves the image",
    ([x, w, b]) => conv2d(as4d(x), as4d(w), as1d(b), {stride: 2, padding: 1}),
    [image, filter, [8]]
  ],
  [
    "one padded at two sides only",
    ([x, w, b]) => conv2d(as4d(x), as4d(w), as1d(b), {stride: 2, padding: [0, 1, 0, 1]}),
    [image, filter, [8]]
  ],
  ["a 1×1 convolution", ([x, w, b]) => conv2d(as4d(x), as4d(w), as1d(b)), [image, [1, 1, 4, 8], [8]]],
  [
    "group normalisation",
    ([x, g, b]) => groupNorm(as4d(x), as1d(g), as1d(b), {groups: 2, epsilon: 1e-5}),
    [image, [4], [4]]
  ],
  [
    "group normalisation with SiLU",
    ([x, g, b]) => groupNorm(as4d(x), as1d(g), as1d(b), {groups: 2, epsilon: 1e-5, activation: "silu"}),
    [image, [4], [4]]
  ],
  ["a linear map", ([x, w, b]) => linear(as3d(x), as2d(w), as1d(b)), [[2, 5, 4], [4, 3], [3]]],
  [
    "attention in two heads",
    ([q, k, v]) => attention(as3d(q), as3d(k), as3d(v), 2),
    [
      [2, 9, 8],
      [2, 9, 8],
      [2, 9, 8]
    ]
  ],
  ["doubling", ([x]) => upsampleNearest2x(as4d(x)), [image]],
  ["SiLU", ([x]) => silu(x), [image]],
  ["joining channels", ([a, b]) => tf.concat([as4d(a), as4d(b)], 3), [image, [2, 6, 6, 3]]],
  ["a shift by the time", ([x, t]) => tf.add(x, tf.reshape(t, [2, 1, 1, 4])), [image, [2, 4]]],
  // far enough from 0 that no value changes its sign
  [
    "the absolute value",
    ([x]) =>
      tf.abs(
        tf.add(
          x,
          tf.tensor(
            Array.from({length: x.size}, (_, i) => (i % 3 ? 5 : -5)),
            x.shape
          )
        )
      ),
    [image]
  ],
  ["the mean square", ([x]) => tf.mean(tf.square(x)), [image]]
];

describe.each(engines)("on %s", (engine) => {
  beforeAll(() => startTestEngine(engine));

  it.each(operations)("the gradient of %s is its derivative in each argument", (_name, f, shapes) => {
    for (const deviation of deviations(f, shapes)) expect(deviation).toBeLessThan(2e-3);
  });

  it("the U-Net's gradient is its derivative in every weight and in the image", () => {
    const architecture = unetArchitecture(smallUNet);
    const variables = unetVariables(initUNet(smallUNet, 3), architecture);
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const x = tf.tensor4d(normal([2, 4, 4, 4], "x"), [2, 4, 4, 4]);
      const run = () => unetForward(variables, architecture, x, [3, 70]);
      const cotangent = normal(run().shape, "cotangent");
      const {grads} = tf.variableGrads(
        () => tf.sum(tf.mul(run(), tf.tensor(cotangent, [2, 4, 4, 2]))) as tf.Scalar,
        Object.values(variables)
      );
      const whole = Math.max(...Object.values(grads).map((g) => Math.sqrt(dot(g.dataSync(), g.dataSync()))));
      for (const [name, variable] of Object.entries(variables)) {
        const gradient = grads[variable.name].dataSync();
        const start = variable.dataSync().slice() as Float32Array;
        const direction = normal(variable.shape, name);
        // a step that moves every tensor alike, however many values it has
        const unit = 1 / Math.sqrt(start.length);
        const along = (h: number) => {
          const at = (step: number) => {
            tf.tidy(() =>
              variable.assign(
                tf.tensor(
                  start.map((v, i) => v + step * unit * direction[i]),
                  variable.shape
                )
              )
            );
            return dot(
              tf.tidy(() => run().dataSync()),
              cotangent
            );
          };
          return (at(h) - at(-h)) / (2 * h);
        };
        const numeric = (4 * along(0.05) - along(0.1)) / 3;
        tf.tidy(() => variable.assign(tf.tensor(start, variable.shape)));
        expect(Math.abs(numeric - unit * dot(gradient, direction)), name).toBeLessThan(2e-3 * whole);
      }
    });
    expect(tf.memory().numTensors).toBe(before);
    const ofImage = ([x]: Tensors) => unetForward(variables, architecture, as4d(x), [3, 70]);
    expect(deviations(ofImage, [[2, 4, 4, 4]])[0]).toBeLessThan(5e-3);
    disposeWeights(variables);
  });
});
