import fc from "fast-check";
import {describe, expect, it} from "vitest";
import {widen} from "../../models/checkpoints/dtypes.js";
import {encodeSafetensors} from "../../models/checkpoints/encode-safetensors.js";
import {roundToHalf} from "../../models/checkpoints/half.js";
import {parseSafetensors} from "../../models/checkpoints/index.js";

function fromHalf(half: number): number {
  const out = new Float32Array(1);
  widen("F16", new Uint8Array(Uint16Array.of(half).buffer), out);
  return out[0];
}

describe("roundToHalf", () => {
  it("gives back every float16 exactly", () => {
    for (let half = 0; half < 0x10000; half++) {
      const value = fromHalf(half);
      if (!Number.isNaN(value)) expect(roundToHalf(value)).toBe(half);
    }
  });
  it("takes the nearest one, ties to even", () => {
    fc.assert(
      fc.property(fc.float({min: -65000, max: 65000, noNaN: true}), (x) => {
        const half = roundToHalf(x);
        const error = Math.abs(fromHalf(half) - x);
        for (const other of [half - 1, half + 1].filter(
          (h) => (h & 0x8000) === (half & 0x8000) && (h & 0x7fff) < 0x7c00 && h >= 0
        )) {
          expect(error).toBeLessThanOrEqual(Math.abs(fromHalf(other) - x));
        }
      }),
      {seed: 3, numRuns: 2000}
    );
    expect(roundToHalf(1 + 2 ** -11)).toBe(roundToHalf(1));
    expect(roundToHalf(1 + 3 * 2 ** -11)).toBe(roundToHalf(1 + 2 ** -9));
    expect(roundToHalf(65520)).toBe(0x7c00);
    expect(roundToHalf(2 ** -25)).toBe(0);
  });
});

describe("encodeSafetensors", () => {
  const tensors = [
    {name: "b.weight", shape: [2, 1, 1, 2], values: Float32Array.of(1, -2, 0.5, 3)},
    {name: "a.bias", shape: [3], values: Float32Array.of(0, 1e-3, -7)}
  ];
  it("is read back by parseSafetensors, in either precision, whatever the order given", () => {
    for (const dtype of ["F32", "F16"] as const) {
      const bytes = encodeSafetensors(tensors, {dtype, metadata: {made: "here"}});
      expect(encodeSafetensors([...tensors].reverse(), {dtype, metadata: {made: "here"}})).toEqual(bytes);
      const read = parseSafetensors(bytes, "test");
      expect(read.metadata.made).toBe("here");
      for (const {name, shape, values} of tensors) {
        expect(read.tensors.get(name)).toMatchObject({dtype, shape});
        [...read.read(name)].forEach((v, i) => {
          expect(v).toBeCloseTo(values[i], dtype === "F32" ? 12 : 3);
        });
      }
    }
  });
  it("refuses a shape that does not fit, a name twice, and a value that float16 cannot hold", () => {
    expect(() => encodeSafetensors([{...tensors[0], shape: [5]}])).toThrow('"b.weight" has 4 values, not shape [5]');
    expect(() => encodeSafetensors([tensors[0], tensors[0]])).toThrow('two tensors are named "b.weight"');
    const large = {name: "c", shape: [1], values: Float32Array.of(1e6)};
    expect(() => encodeSafetensors([large], {dtype: "F16"})).toThrow("too large for float16");
  });
});
