import * as tf from "@tensorflow/tfjs-core";
import {beforeAll, describe, expect, it} from "vitest";
import {startEngine} from "../../models/engines/index.js";
import {type Case, cases, conv, evaluate, largestError} from "./cases.js";

describe("the wasm engine", () => {
  const expected: Record<string, Float32Array[]> = {};

  beforeAll(async () => {
    await startEngine("cpu");
    for (const [name, test] of Object.entries(cases)) expected[name] = await evaluate(test);
    await startEngine("wasm");
  });

  it.each(Object.keys(cases))("computes %s, and its gradients, as the cpu engine does", async (name) => {
    expect(tf.getBackend()).toBe("wasm");
    const before = tf.memory().numTensors;
    const values = await evaluate(cases[name]);
    expect(tf.memory().numTensors).toBe(before);
    expect(values.length).toBe(expected[name].length);
    for (let i = 0; i < values.length; ++i) expect(largestError(values[i], expected[name][i])).toBeLessThan(2e-6);
  });

  it("computes a gradient by the filter of an image larger than one piece of its matrix product", async () => {
    const test: Case = [
      [
        [1, 90, 90, 2],
        [3, 3, 2, 3]
      ],
      conv(1, "same")
    ];
    await startEngine("cpu");
    const reference = await evaluate(test);
    await startEngine("wasm");
    const values = await evaluate(test);
    for (let i = 0; i < values.length; ++i) expect(largestError(values[i], reference[i])).toBeLessThan(1e-5);
  });
});
