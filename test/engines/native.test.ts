import * as tf from "@tensorflow/tfjs-core";
import {beforeAll, describe, expect, it} from "vitest";
import {startEngine} from "../../models/engines/index.js";
import {readManifest} from "../../models/engines/native/folder.js";
import {cases, evaluate, largestError} from "./cases.js";

const provided = readManifest();

describe.skipIf(!provided)("the native engine", () => {
  const expected: Record<string, Float32Array[]> = {};

  beforeAll(async () => {
    await startEngine("cpu");
    for (const [name, test] of Object.entries(cases)) expected[name] = await evaluate(test);
    const engine = await startEngine("tfjs-node");
    expect(engine).toMatchObject({name: "tfjs-node", backend: "tensorflow"});
    expect(engine.version).toContain(`TensorFlow ${provided?.tensorflow}`);
  });

  it.each(Object.keys(cases))("computes %s, and its gradients, as the cpu engine does", async (name) => {
    expect(tf.getBackend()).toBe("tensorflow");
    const before = tf.memory().numTensors;
    const values = await evaluate(cases[name]);
    expect(tf.memory().numTensors).toBe(before);
    expect(values.length).toBe(expected[name].length);
    for (let i = 0; i < values.length; ++i) expect(largestError(values[i], expected[name][i])).toBeLessThan(2e-6);
  });
});
