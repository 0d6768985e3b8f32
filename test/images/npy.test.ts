import {readFileSync} from "node:fs";
import fc from "fast-check";
import {describe, expect, it} from "vitest";
import {decodeImage, decodeNpy, encodeNpy} from "../../loaders/images/index.js";
import {hasShared, shared} from "../support/shared.js";

/** A `.npy` as NumPy would write it, with the header given as text. */
function npy(header: string, data: ArrayBufferView, version = 1): Uint8Array {
  const text = new TextEncoder().encode(`${header}\n`);
  const start = version === 1 ? 10 : 12;
  const bytes = new Uint8Array(start + text.length + data.byteLength);
  bytes.set([0x93, 78, 85, 77, 80, 89, version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, text.length, true);
  else view.setUint32(8, text.length, true);
  bytes.set(text, start);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start + text.length);
  return bytes;
}
const header = (descr: string, shape: string, fortran = false) =>
  `{'descr': '${descr}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': ${shape}, }`;
const swapped = (bytes: Uint8Array, size: number) => {
  const result = bytes.slice();
  for (let i = 0; i < result.length; i += size) result.subarray(i, i + size).reverse();
  return result;
};

describe("decodeNpy(bytes)", () => {
  it.each([
    ["u1", Uint8Array.of(0, 1, 254, 255)],
    ["i1", Int8Array.of(-128, 0, 1, 127)],
    ["u2", Uint16Array.of(0, 1, 256, 65535)],
    ["i2", Int16Array.of(-32768, -1, 1, 32767)],
    ["u4", Uint32Array.of(0, 1, 65536, 2 ** 32 - 1)],
    ["i4", Int32Array.of(-(2 ** 31), -1, 1, 2 ** 31 - 1)],
    ["f4", Float32Array.of(0, -1.5, 1e30, Number.NaN)],
    ["f8", Float64Array.of(0, -1.5, 1e300, 1 / 3)]
  ])("reads %s in both byte orders and all format versions", (type, values) => {
    const size = values.BYTES_PER_ELEMENT;
    for (const version of [1, 2, 3]) {
      const little = decodeNpy(npy(header(`${size === 1 ? "|" : "<"}${type}`, "(2, 2)"), values, version), "x");
      expect(little.data).toEqual(values);
      expect(little.shape).toEqual([2, 2]);
      const big = decodeNpy(
        npy(header(`>${type}`, "(4,)"), swapped(new Uint8Array(values.buffer), size), version),
        "x"
      );
      expect(big.data).toEqual(values);
      expect(big.shape).toEqual([4]);
    }
  });

  it("reads 64-bit integers, halves and booleans", () => {
    expect(decodeNpy(npy(header("<i8", "(2,)"), BigInt64Array.of(-5n, 7n)), "x").data).toEqual(Float64Array.of(-5, 7));
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7c00, 0x3555);
    expect(decodeNpy(npy(header("<f2", "(5,)"), halves), "x").data).toEqual(
      Float32Array.of(1, -2, 2 ** -24, Infinity, 0.333251953125)
    );
    expect(decodeNpy(npy(header("|b1", "(2,)"), Uint8Array.of(0, 1)), "x")).toMatchObject({dtype: "bool", shape: [2]});
  });

  it("turns Fortran order into C order, in any number of dimensions", () => {
    const f = npy(header("<i2", "(2, 3)", true), Int16Array.of(0, 3, 1, 4, 2, 5));
    expect(decodeNpy(f, "x").data).toEqual(Int16Array.of(0, 1, 2, 3, 4, 5));
    fc.assert(
      fc.property(fc.array(fc.integer({min: 1, max: 4}), {minLength: 0, maxLength: 4}), (shape) => {
        const count = shape.reduce((product, n) => product * n, 1);
        // the value at (i, j, …) is its row-major position
        const values = new Int32Array(count);
        for (let position = 0; position < count; position++) {
          let rest = position;
          let offset = 0;
          for (let axis = shape.length - 1; axis >= 0; axis--) {
            const index = rest % shape[axis];
            rest = (rest - index) / shape[axis];
            offset += index * shape.slice(0, axis).reduce((product, n) => product * n, 1);
          }
          values[offset] = position;
        }
        const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
        const decoded = decodeNpy(npy(header("<i4", tuple, true), values), "x");
        expect(Array.from(decoded.data)).toEqual(Array.from({length: count}, (_, i) => i));
      }),
      {seed: 3}
    );
  });

  it("returns what encodeNpy wrote, and the data begin at a multiple of 64", () => {
    fc.assert(
      fc.property(fc.float32Array({minLength: 1, maxLength: 50}), (data) => {
        const bytes = encodeNpy(data, [data.length, 1]);
        expect((bytes.length - data.byteLength) % 64).toBe(0);
        expect(decodeNpy(bytes, "x")).toEqual({data, shape: [data.length, 1], dtype: "float32"});
      }),
      {seed: 4}
    );
    expect(() => encodeNpy(new Float32Array(5), [2, 3])).toThrow(RangeError);
  });

  it.each([
    [
      "a structured array",
      header("x", "()").replace("'x'", "[('a', '<f4')]"),
      "it holds a structured array, not numbers"
    ],
    ["objects", header("|O8", "(1,)"), "its type O8 isn't a real number of 1 to 8 bytes"],
    ["complex numbers", header("<c8", "(1,)"), "its type c8 isn't"],
    ["a malformed header", "{'shape'}", "its header is malformed"],
    [
      "a shape that the data can't fill",
      header("<f4", "(100000, 100000)"),
      "needs 40000000000 bytes of data, and it holds 8"
    ]
  ])("refuses %s", (_, text, message) => {
    expect(() => decodeNpy(npy(text, new Float32Array(2)), "a.npy")).toThrow(message);
    expect(() => decodeNpy(npy(text, new Float32Array(2)), "a.npy")).toThrow(
      /^a\.npy is not a readable \.npy file: [^\n]*$/
    );
  });

  it.skipIf(!hasShared)("reads what NumPy wrote", () => {
    const {data, shape} = decodeNpy(new Uint8Array(readFileSync(shared("golden/metrics/pair0_hr.npy"))), "x");
    expect(shape).toEqual([256, 256]);
    expect([data[3 * 256 + 7], data[100 * 256 + 200]]).toEqual([0.7406985759735107, 0.4539977014064789]);
    expect((data as Float32Array).reduce((sum, value) => sum + value, 0)).toBeCloseTo(32858.65832019411, 8);
  });
});

describe("a .npy as an image", () => {
  it.each([
    ["uint8", npy(header("|u1", "(1, 2)"), Uint8Array.of(0, 51)), [0, 0.2]],
    ["uint16", npy(header("<u2", "(2, 1)"), Uint16Array.of(65535, 13107)), [1, 0.2]],
    ["bool", npy(header("|b1", "(1, 2)"), Uint8Array.of(1, 0)), [1, 0]],
    ["float64 with a channel axis", npy(header("<f8", "(1, 2, 1)"), Float64Array.of(0.5, 0.25)), [0.5, 0.25]]
  ])("reads %s into [0, 1]", async (_, bytes, expected) => {
    expect(Array.from((await decodeImage(bytes, "x")).data)).toEqual(expected.map(Math.fround));
  });

  it.each([
    [
      npy(header("<i4", "(1, 2)"), Int32Array.of(0, 1)),
      "x.npy holds int32, whose white is unknown; save float in [0, 1], uint8 or uint16"
    ],
    [npy(header("<f4", "(2,)"), Float32Array.of(0, 1)), "x.npy has shape (2); a grey image has (height, width)"],
    [npy(header("<f4", "(0, 4)"), new Float32Array(0)), "x.npy has shape (0, 4); a grey image has (height, width)"]
  ])("refuses what has no grey value", async (bytes, message) => {
    await expect(decodeImage(bytes, "x.npy")).rejects.toThrow(message);
  });
});
