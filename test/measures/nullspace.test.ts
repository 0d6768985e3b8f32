import fc from "fast-check";
import {expect, test} from "vitest";
import {psnr, sse} from "../../src/measures/fidelity.js";
import {Degradation, nullSpaceMeasures} from "../../src/measures/nullspace.js";
import {type ResizeFilter, resize} from "../../src/measures/resize.js";
import {filled, map, maxAbsDifference, noise, picture} from "./reference.js";

const cases = fc.record({
  low: fc.tuple(fc.integer({min: 1, max: 20}), fc.integer({min: 1, max: 20})),
  factor: fc.tuple(fc.constantFrom(1, 1.5, 2, 3, 4), fc.constantFrom(1, 1.7, 2, 4)),
  filter: fc.constantFrom<ResizeFilter>("bicubic", "box", "lanczos", "nearest"),
  seed: fc.integer()
});

function degradationOf({low, factor, filter}: {low: [number, number]; factor: [number, number]; filter: ResizeFilter}) {
  return new Degradation(Math.ceil(low[0] * factor[0]), Math.ceil(low[1] * factor[1]), low[0], low[1], filter);
}

test("P is idempotent and symmetric, D·P = D, D·D⁺ = 1, to 1e-10", () => {
  fc.assert(
    fc.property(cases, ({seed, ...shape}) => {
      const d = degradationOf(shape);
      const x = noise(d.width, d.height, seed, "x");
      const y = noise(d.width, d.height, seed, "y");
      const low = noise(d.lowWidth, d.lowHeight, seed, "low");
      const measured = d.measured(x);
      expect(maxAbsDifference(d.measured(measured).data, measured.data)).toBeLessThan(1e-10);
      expect(maxAbsDifference(d.apply(measured).data, d.apply(x).data)).toBeLessThan(1e-10);
      expect(maxAbsDifference(d.apply(d.lift(low)).data, low.data)).toBeLessThan(1e-10);
      expect(maxAbsDifference(d.apply(d.invented(x)).data, new Float64Array(low.data.length))).toBeLessThan(1e-10);
      expect(dot(measured.data, y.data)).toBeCloseTo(dot(x.data, d.measured(y).data), 8);
    }),
    {seed: 3, numRuns: 60}
  );
});

test("at 256 → 64 bicubic, too, border included", () => {
  const d = new Degradation(256, 256, 64, 64);
  const x = noise(256, 256, "256");
  const measured = d.measured(x);
  expect(maxAbsDifference(d.measured(measured).data, measured.data)).toBeLessThan(1e-10);
  expect(maxAbsDifference(d.apply(measured).data, d.apply(x).data)).toBeLessThan(1e-10);
  expect(maxAbsDifference(d.apply(x).data, resize(x, 64, 64).data)).toBeLessThan(1e-12);
});

test("the worst conditioned down-sampling, by one pixel, is inverted as precisely", () => {
  const d = new Degradation(40, 40, 39, 39, "bilinear");
  const measured = d.measured(noise(40, 40, "ill"));
  expect(maxAbsDifference(d.measured(measured).data, measured.data)).toBeLessThan(1e-10);
});

test("measured and invented error add up to the whole, and projection never costs PSNR", () => {
  fc.assert(
    fc.property(fc.integer(), fc.double({min: 0.001, max: 0.5, noNaN: true}), (seed, amount) => {
      const hr = map(picture(48, 32, seed), (v) => 0.3 + 0.4 * v);
      const random = noise(48, 32, seed, "error");
      const sr = map(hr, (v, i) => v + amount * (random.data[i] - 0.5) * 0.5);
      const d = new Degradation(48, 32, 12, 8);
      const split = nullSpaceMeasures(d, hr, sr);
      const whole = sse(hr, sr);
      expect(Math.abs(split.measured_sse + split.invented_sse - whole)).toBeLessThan(1e-9 * whole);
      expect(split.invented_share).toBeCloseTo(split.invented_sse / whole, 12);
      expect(split.free_psnr).toBeGreaterThan(0);
      expect(d.consistency(d.project(sr, d.apply(hr)), d.apply(hr))).toBeLessThan(1e-10);
      expect(split.projected_psnr).toBeCloseTo(psnr(hr, d.project(sr, d.apply(hr))), 8);
      expect(sse(d.hallucinationMap(hr, sr), filled(48, 32))).toBeCloseTo(split.invented_sse, 8);
    }),
    {seed: 4, numRuns: 30}
  );
});

test("an image against itself: nothing wrong, nothing to gain", () => {
  const hr = picture(32, 32, "self");
  const same = nullSpaceMeasures(new Degradation(32, 32, 8, 8), hr, hr);
  expect(same.invented_share).toBeNull();
  expect(same.invented_energy_ratio).toBe(1);
  expect(same.consistency).toBe(0);
});

test("a constant image has no invented detail: the ratio is absent", () => {
  const flat = filled(32, 32, 0.5);
  const d = new Degradation(32, 32, 8, 8);
  const inside = d.invented(flat).data.filter((_, i) => Math.abs((i % 32) - 15.5) < 4 && Math.abs(i / 32 - 15.5) < 4);
  expect(maxAbsDifference(inside, new Float64Array(inside.length))).toBeLessThan(0.01);
  expect(nullSpaceMeasures(d, flat, picture(32, 32, "flat")).invented_energy_ratio).toBeNull();
});

test("one pixel, and sizes that do not fit", () => {
  const one = new Degradation(1, 1, 1, 1);
  expect(one.measured(filled(1, 1, 0.4)).data[0]).toBeCloseTo(0.4, 15);
  expect(() => new Degradation(16, 16, 32, 16)).toThrow("the low-resolution side must be at most 16, not 32");
  const d = new Degradation(16, 16, 4, 4);
  expect(() => d.apply(filled(8, 16))).toThrow("image must be 16×16, not 8×16");
  expect(() => d.lift(filled(16, 16))).toThrow("low must be 4×4, not 16×16");
  expect(() => d.apply(filled(16, 16, Number.NaN))).toThrow("finite");
});

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
