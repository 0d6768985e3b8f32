import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {mae, meanPsnr, mse, nrmse, psnr, rmse, sse} from "../../src/measures/fidelity.js";
import {random} from "../../src/measures/random.js";
import {filled, map, noise, picture, plane} from "./reference.js";

const a = plane([
  [0, 0.5],
  [1, 0.25]
]);
const b = plane([
  [0.5, 0.5],
  [1, 0]
]);

test("SSE, MSE, MAE, RMSE and PSNR of four pixels by hand", () => {
  expect(sse(a, b)).toBe(0.3125);
  expect(mse(a, b)).toBe(0.078125);
  expect(mae(a, b)).toBe(0.1875);
  expect(rmse(a, b)).toBe(Math.sqrt(0.078125));
  expect(psnr(a, b)).toBeCloseTo(11.0721, 4);
});

test("NRMSE in its three normalisations, absent where there is nothing to divide by", () => {
  const energy = Math.sqrt((0.25 + 1 + 0.0625) / 4);
  expect(nrmse(a, b)).toBeCloseTo(rmse(a, b) / energy, 12);
  expect(nrmse(a, b, "min-max")).toBeCloseTo(rmse(a, b), 12);
  expect(nrmse(a, b, "mean")).toBeCloseTo(rmse(a, b) / 0.4375, 12);
  expect(nrmse(filled(2, 2), b)).toBeNull();
  expect(nrmse(filled(2, 2, 0.3), b, "min-max")).toBeNull();
  expect(() => nrmse(a, b, "median" as "mean")).toThrow("invalid normalization: median");
});

test("PSNR is symmetric", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer(), (s, t) => {
      const x = noise(9, 7, s);
      const y = noise(9, 7, t, "other");
      expect(psnr(x, y)).toBe(psnr(y, x));
    }),
    {seed: 7}
  );
});

test("PSNR falls as noise grows", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const x = map(picture(24, 24, seed), (v) => 0.4 + 0.2 * v);
      const generator = random("monotone", seed);
      const e = Float64Array.from(x.data, () => generator.normal());
      const values = [0.001, 0.003, 0.01, 0.03, 0.1].map((sd) =>
        psnr(
          x,
          map(x, (v, i) => v + sd * e[i])
        )
      );
      expect(values).toEqual(values.toSorted((p, q) => q - p));
    }),
    {seed: 8}
  );
});

test("PSNR clamps to [0, 1] first, and is infinite for equal images", () => {
  expect(psnr(filled(3, 3, 1), filled(3, 3, 7))).toBe(Infinity);
  expect(psnr(filled(3, 3, 0), filled(3, 3, -2))).toBe(Infinity);
  expect(psnr(a, a)).toBe(Infinity);
  expect(psnr(filled(1, 1, 0), filled(1, 1, 1))).toBeCloseTo(0, 12);
});

test("a mean of PSNRs leaves infinite ones out, and says how many", () => {
  expect(meanPsnr([30, Infinity, 20])).toEqual({mean: 25, n: 2, infinite: 1});
  expect(meanPsnr([Infinity])).toEqual({mean: null, n: 0, infinite: 1});
  expect(meanPsnr([])).toEqual({mean: null, n: 0, infinite: 0});
});

describe("what cannot be compared is refused by name", () => {
  test.each([
    [Number.NaN, "hr must hold finite numbers only, not NaN (row 1, column 0)"],
    [Infinity, "hr must hold finite numbers only, not Infinity (row 1, column 0)"]
  ])("%s in an image", (value, message) => {
    const bad = plane([
      [0, 1],
      [value, 0]
    ]);
    for (const measure of [mse, mae, psnr, sse]) expect(() => measure(bad, a)).toThrow(new RangeError(message));
    expect(() => psnr(a, bad)).toThrow("sr must hold finite");
  });

  test("sizes that differ, no pixels, data that does not fill the image", () => {
    expect(() => mse(a, filled(2, 3))).toThrow("hr and sr must have one size, not 2×2 and 2×3");
    expect(() => mse(filled(0, 0), filled(0, 0))).toThrow("hr must have at least one row and one column, not 0×0");
    expect(() => mse({...a, width: 3}, a)).toThrow("hr must have 6 values for 3×2 pixels, not 4");
  });
});
