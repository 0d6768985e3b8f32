import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {
  type ResizeFilter,
  resize,
  resize8,
  resizeFilters,
  resizeQuantised,
  resizeRows
} from "../../src/measures/resize.js";
import {hasShared} from "../support/shared.js";
import {filled, maxAbsDifference, noise, referencePlane} from "./reference.js";

describe.skipIf(!hasShared)("against Pillow", () => {
  const bytes = (name: string) => Uint8Array.from(referencePlane(name).data);
  const large = {width: 256, height: 256};
  const small = {width: 64, height: 64};

  test.each(resizeFilters)("%s of 8-bit pixels is exact, down and up", (filter) => {
    const down = resize8(bytes("resize_in.npy"), large, small, filter);
    expect(down).toEqual(bytes(`resize_${filter}_256to64.npy`));
    const up = resize8(down, small, large, filter);
    expect(up).toEqual(bytes(`resize_${filter}_64to256.npy`));
  });

  test("bicubic of real numbers agrees to 1e-6, down and up", () => {
    const down = resize(referencePlane("resize_float_in.npy"), 64, 64);
    const expected = referencePlane("resize_float_bicubic_256to64.npy");
    expect(maxAbsDifference(down.data, expected.data)).toBeLessThan(1e-6);
    const up = resize(expected, 256, 256);
    expect(maxAbsDifference(up.data, referencePlane("resize_float_bicubic_64to256.npy").data)).toBeLessThan(1e-6);
  });
});

const filters = fc.constantFrom<ResizeFilter>(...resizeFilters);
const side = fc.integer({min: 1, max: 40});

test("every row of weights sums to 1 and stays inside", () => {
  fc.assert(
    fc.property(side, side, filters, (from, to, filter) => {
      const {start, weights} = resizeRows(from, to, filter);
      weights.forEach((w, i) => {
        expect(w.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
        expect(start[i]).toBeGreaterThanOrEqual(0);
        expect(start[i] + w.length).toBeLessThanOrEqual(from);
      });
      expect(weights).toHaveLength(to);
    }),
    {seed: 1}
  );
});

test("a constant image stays constant, and the same size changes nothing", () => {
  fc.assert(
    fc.property(side, side, side, side, filters, (w0, h0, w1, h1, filter) => {
      const {data} = resize(filled(w0, h0, 0.3), w1, h1, filter);
      expect(maxAbsDifference(data, filled(w1, h1, 0.3).data)).toBeLessThan(1e-12);
      const image = noise(w0, h0, "same");
      const pixels = Uint8Array.from(image.data, (v) => v * 255);
      expect(resize8(pixels, image, image, filter)).toEqual(pixels);
    }),
    {seed: 2}
  );
});

test("the 8-bit path agrees with the real one to a grey level", () => {
  const image = noise(50, 37, "quantised");
  const exact = resize(image, 20, 31, "bilinear");
  expect(maxAbsDifference(resizeQuantised(image, 20, 31, "bilinear").data, exact.data)).toBeLessThan(1.6 / 255);
});

test("impossible sizes and filters are refused by name", () => {
  const image = noise(4, 4, "bad");
  expect(() => resize(image, 0, 2)).toThrow("to must be a whole number of at least 1, not 0");
  expect(() => resize(image, 2, 2.5)).toThrow("not 2.5");
  expect(() => resize(image, 2, 2, "area" as ResizeFilter)).toThrow("invalid filter: area");
  expect(() => resize8(new Uint8Array(3), image, image)).toThrow("pixels must have 16 values, not 3");
});
