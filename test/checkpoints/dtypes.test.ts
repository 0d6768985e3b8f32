import fc from "fast-check";
import {describe, expect, it} from "vitest";
import {widen} from "../../models/checkpoints/dtypes.js";

/** IEEE 754-2008, binary16, written down directly. */
function halfValue(h: number): number {
  const sign = h & 0x8000 ? -1 : 1;
  const exponent = (h >> 10) & 31;
  const fraction = h & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

const everyHalf = Uint16Array.from({length: 65536}, (_, h) => h);

describe("widen(dtype, bytes, out)", () => {
  it("gives the exact value of every one of the 65,536 float16 patterns", () => {
    const out = new Float32Array(65536);
    widen("F16", new Uint8Array(everyHalf.buffer), out);
    for (let h = 0; h < 65536; h++) expect(Object.is(out[h], halfValue(h)), `pattern ${h}: ${out[h]}`).toBe(true);
  });

  it("gives bfloat16 as the upper half of a float32", () => {
    fc.assert(
      fc.property(fc.float({noNaN: true}), (value) => {
        const bits = new Uint32Array(Float32Array.of(value).buffer)[0];
        const out = new Float32Array(1);
        widen("BF16", new Uint8Array(Uint16Array.of(bits >>> 16).buffer), out);
        expect(new Uint32Array(out.buffer)[0]).toBe((bits & 0xffff0000) >>> 0);
      }),
      {seed: 3}
    );
  });

  it("rounds 64-bit integers to the nearest float32", () => {
    fc.assert(
      fc.property(fc.bigInt({min: -(2n ** 63n), max: 2n ** 63n - 1n}), (value) => {
        const out = new Float32Array(1);
        widen("I64", new Uint8Array(BigInt64Array.of(value).buffer), out);
        expect(out[0]).toBe(Math.fround(Number(value)));
        if (value < 0n) return;
        widen("U64", new Uint8Array(BigUint64Array.of(value).buffer), out);
        expect(out[0]).toBe(Math.fround(Number(value)));
      }),
      {seed: 4}
    );
  });

  it("reads the smaller integers, float64 and booleans", () => {
    const cases = [
      ["F64", Float64Array.of(0.1, -2), [Math.fround(0.1), -2]],
      ["I32", Int32Array.of(-5, 7), [-5, 7]],
      ["U32", Uint32Array.of(2 ** 31, 7), [2 ** 31, 7]],
      ["I16", Int16Array.of(-5, 7), [-5, 7]],
      ["U16", Uint16Array.of(65535, 7), [65535, 7]],
      ["I8", Int8Array.of(-5, 7), [-5, 7]],
      ["U8", Uint8Array.of(255, 7), [255, 7]],
      ["BOOL", Uint8Array.of(0, 2), [0, 1]]
    ] as const;
    for (const [dtype, values, expected] of cases) {
      const out = new Float32Array(2);
      widen(dtype, new Uint8Array(values.buffer), out);
      expect([...out], dtype).toEqual(expected);
    }
  });
});
