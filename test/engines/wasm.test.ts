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
});
