import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import {beforeAll, describe, expect, it} from "vitest";
import {AdamW, clipFactor, cosineRate, squareSum} from "../../models/training/adamw.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

// torch 2.13: p = tensor([1., -2., 3.]); AdamW(lr=0.1, weight_decay=0.01); gradients [0.5, -1, 0], [0.1, 2, -3], [0, 0, 1]
const torch = [
  [0.8990000486373901, -1.8980000019073486, 2.996999979019165],
  [0.8177969455718994, -1.932712435722351, 3.0684168338775635],
  [0.7549038529396057, -1.959079623222351, 3.099705696105957]
];

describe("AdamW", () => {
  it("takes the same steps as torch.optim.AdamW, and leaks no tensor", () => {
    const p = tf.variable(tf.tensor1d([1, -2, 3]), true, "p");
    const optimizer = new AdamW({weightDecay: 0.01});
    const steps = [
      [0.5, -1, 0],
      [0.1, 2, -3],
      [0, 0, 1]
    ].map((gradient) => {
      tf.tidy(() => optimizer.step({p}, {p: tf.tensor1d(gradient)}, 0.1));
      return [...p.dataSync()];
    });
    steps.forEach((values, i) => {
      values.forEach((v, j) => {
        expect(v).toBeCloseTo(torch[i][j], 5);
      });
    });
    const before = tf.memory().numTensors;
    tf.tidy(() => optimizer.step({p}, {p: tf.tensor1d([1, 1, 1])}, 0.1));
    expect(tf.memory().numTensors).toBe(before);
    optimizer.dispose();
    p.dispose();
  });

  it("goes on from a restored state exactly as if it had not stopped", () => {
    const run = (stop: boolean) => {
      let p = tf.variable(tf.tensor1d([1, -2, 3]), true);
      let optimizer = new AdamW();
      for (let i = 0; i < 6; i++) {
        if (stop && i === 3) {
          const saved = Object.fromEntries(
            Object.entries(optimizer.state()).map(([k, t]) => [k, Float32Array.from(t.dataSync())])
          );
          const next = new AdamW();
          next.restore(optimizer.steps, (name) => saved[name], {p: [3]});
          optimizer.dispose();
          optimizer = next;
          const q = tf.variable(tf.tensor1d(p.dataSync() as Float32Array), true);
          p.dispose();
          p = q;
        }
        tf.tidy(() => optimizer.step({p}, {p: tf.tensor1d([Math.sin(i), Math.cos(i), i])}, 0.05));
      }
      return [...p.dataSync()];
    };
    expect(run(true)).toEqual(run(false));
  });
});

describe("clipFactor", () => {
  it("scales to the limit only when the joint norm is above it", () => {
    const norm = Math.sqrt(squareSum([tf.tensor1d([3]), tf.tensor2d([[4, 0]])]).dataSync()[0]);
    expect(norm).toBeCloseTo(5, 6);
    expect(3 * clipFactor(norm, 1)).toBeCloseTo(0.6, 5);
    expect(clipFactor(norm, 10)).toBe(1);
  });
});

describe("cosineRate", () => {
  it("warms up linearly, starts at the peak and ends at the floor", () => {
    expect(cosineRate(0, 100, 1, 10)).toBeCloseTo(0.1, 12);
    expect(cosineRate(10, 100, 1, 10)).toBe(1);
    expect(cosineRate(100, 100, 1, 10, 0.1)).toBeCloseTo(0.1, 12);
    expect(cosineRate(55, 100, 1, 10)).toBeCloseTo(0.5, 12);
  });
});
