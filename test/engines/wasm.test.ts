import * as tf from "@tensorflow/tfjs-core";
import {describe, expect, it} from "vitest";
import {startEngine} from "../../models/engines/index.js";
import {type Case, conv, evaluate, largestError, testAgainstCpu} from "./cases.js";

describe("the wasm engine", () => {
  testAgainstCpu("wasm", ({backend}) => expect(backend).toBe("wasm"));

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

  it("says that its memory is full, instead of computing on with what is not there", async () => {
    await startEngine("wasm");
    const {wasm} = tf.backend() as unknown as {wasm: {_malloc(bytes: number): number; _free(place: number): void}};
    const image = tf.ones<tf.Rank.R4>([1, 256, 256, 1]);
    const filter = tf.ones<tf.Rank.R4>([3, 3, 1, 4]);
    const convolve = () => tf.conv2d(image, filter, 1, "same").dataSync();
    const full = /memory is full \(4 GiB/;
    const taken: number[] = [];
    const take = (bytes: number) => {
      try {
        taken.push(wasm._malloc(bytes));
        return true;
      } catch (error) {
        expect((error as Error).message).toMatch(full);
        return false;
      }
    };
    // room for the result, of 1 MiB, and none for what XNNPACK needs beside it
    expect(take(2 ** 20)).toBe(true);
    const room = taken.pop()!;
    for (let bytes = 2 ** 28; bytes >= 2 ** 16; bytes /= 2) while (take(bytes));
    expect(convolve).toThrow(full);
    wasm._free(room);
    expect(convolve).toThrow(full);
    expect(() => tf.fill([2 ** 30 + 1], 1).add(1)).toThrow(full);

    for (const place of taken) wasm._free(place);
    const values = convolve();
    expect([values[0], values[4], values[257 * 4]]).toEqual([4, 6, 9]);
    tf.dispose([image, filter]);
  });
});
