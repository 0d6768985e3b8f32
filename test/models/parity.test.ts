import * as tf from "@tensorflow/tfjs-core";
import {beforeAll, describe, expect, it} from "vitest";
import {hasShared} from "../support/shared.js";
import {parityEngines, startTestEngine} from "./support/engine.js";
import {parityCases} from "./support/parity.js";

describe.skipIf(!hasShared).each(hasShared ? await parityEngines() : (["wasm"] as const))(
  "parity with PyTorch on %s",
  (engine) => {
    beforeAll(() => startTestEngine(engine));

    it.each(parityCases)(
      "$name",
      ({tensors, run, limits}) => {
        const before = tf.memory().numTensors;
        const deviations = run();
        expect(Object.keys(deviations)).toEqual(expect.arrayContaining([...tensors]));
        for (const [tensor, {absolute, relative}] of Object.entries(deviations)) {
          expect(relative, `${tensor}, relative to its largest value`).toBeLessThan(limits.relative);
          expect(absolute, `${tensor}, absolute`).toBeLessThan(limits.absolute ?? Number.POSITIVE_INFINITY);
        }
        expect(tf.memory().numTensors).toBe(before);
      },
      300_000
    );
  }
);
