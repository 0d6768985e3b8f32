import fc from "fast-check";
import {expect, test} from "vitest";
import {bandEnergy, bandImage, bandLabel, bandMeasures, bandNames, mixBands} from "../../src/measures/bands.js";
import {type HaarBoundary, haar, inverseHaar} from "../../src/measures/dwt.js";
import {bandErrorSplit, errorSplit} from "../../src/measures/error-split.js";
import {sse} from "../../src/measures/fidelity.js";
import type {Plane} from "../../src/measures/image.js";
import {filled, map, maxAbsDifference, noise} from "./reference.js";

const side = fc.integer({min: 1, max: 33});
const levels = fc.integer({min: 1, max: 4});
const boundaries = fc.constantFrom<HaarBoundary>("symmetric", "orthonormal");

test("reconstruction is perfect at every size, depth and boundary", () => {
  fc.assert(
    fc.property(side, side, levels, boundaries, fc.integer(), (width, height, depth, boundary, seed) => {
      const x = noise(width, height, seed);
      const back = inverseHaar(haar(x, depth, boundary));
      expect([back.width, back.height]).toEqual([width, height]);
      expect(maxAbsDifference(back.data, x.data)).toBeLessThan(1e-13);
    }),
    {seed: 9}
  );
});

test("Parseval: at each level the bands hold the image's energy", () => {
  fc.assert(
    fc.property(side, side, levels, fc.integer(), (w, h, depth, seed) => {
      const unit = 2 ** depth;
      const even = noise(w * unit, h * unit, seed);
      expect(total(bandEnergy(haar(even, depth)))).toBeCloseTo(energy(even), 8);
      const odd = noise(w, h, seed);
      expect(total(bandEnergy(haar(odd, depth, "orthonormal")))).toBeCloseTo(energy(odd), 10);
    }),
    {seed: 10, numRuns: 40}
  );
});

test("the error budget is exact where the sides are divisible, and says where it is not", () => {
  const [hr, sr] = [noise(24, 16, "hr"), noise(24, 16, "sr")];
  const even = bandMeasures(hr, sr);
  expect(even.exact).toBe(true);
  expect(even.total).toBeCloseTo(sse(hr, sr), 10);
  const shares = Object.values(even.bands).map(({share}) => share!);
  expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);

  const [x, y] = [noise(21, 13, "hr"), noise(21, 13, "sr")];
  expect(bandMeasures(x, y).exact).toBe(false);
  expect(bandMeasures(x, y, 3, "orthonormal").exact).toBe(true);
  expect(bandMeasures(x, y, 3, "orthonormal").total).toBeCloseTo(sse(x, y), 10);
});

test("published band PSNR: 100 for equal bands, 0 where HR has nothing in the band", () => {
  const flat = filled(8, 8, 0.5);
  expect(Object.values(bandMeasures(flat, flat).bands)).toEqual(Array(10).fill({psnr: 100, sse: 0, share: null}));
  const checks = map(flat, (v, i) => v + ((i + (i >> 3)) % 2 ? 0.1 : -0.1));
  const {bands} = bandMeasures(flat, checks);
  expect(bands.HH1).toMatchObject({psnr: 0, share: 1});
  expect(bands.LL3.psnr).toBe(100);
});

test("band names run from coarse to fine, and have words", () => {
  expect(bandNames(2)).toEqual(["LL2", "LH2", "HL2", "HH2", "LH1", "HL1", "HH1"]);
  expect(bandLabel("LH1")).toBe("horizontal edges, level 1");
});

test("rows that differ are in LH, columns that differ in HL", () => {
  const rows = {...filled(8, 8), data: Float64Array.from({length: 64}, (_, i) => (i >> 3) % 2)};
  const columns = {...filled(8, 8), data: Float64Array.from({length: 64}, (_, i) => i % 2)};
  expect(bandEnergy(haar(rows, 1))).toMatchObject({LH1: 16, HL1: 0, HH1: 0});
  expect(bandEnergy(haar(columns, 1))).toMatchObject({LH1: 0, HL1: 16, HH1: 0});
});

test("the mixer with all gains 1 changes nothing, and the bands' images add up to the image", () => {
  const x = noise(19, 14, "mix");
  const decomposition = haar(x, 3);
  expect(maxAbsDifference(mixBands(decomposition, {}).data, x.data)).toBeLessThan(1e-13);
  const sum = new Float64Array(x.data.length);
  for (const name of bandNames()) {
    const {data} = bandImage(decomposition, name);
    for (let i = 0; i < sum.length; i++) sum[i] += data[i];
  }
  expect(maxAbsDifference(sum, x.data)).toBeLessThan(1e-13);
  expect(maxAbsDifference(inverseHaar(decomposition).data, x.data)).toBeLessThan(1e-13);
  expect(() => bandImage(decomposition, "XX1" as "LL1")).toThrow("invalid band: XX1 (there are LL3, LH3");
});

test("the error splits into autoencoder, generator and cross term, whole and in every band", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const [hr, sr, ae] = ["hr", "sr", "ae"].map((name) => noise(16, 24, seed, name));
      const whole = errorSplit(hr, sr, ae);
      expect(whole.autoencoder + whole.generator + whole.cross).toBeCloseTo(whole.total, 9);
      expect(whole.total).toBeCloseTo(sse(hr, sr), 10);
      const bands = Object.values(bandErrorSplit(hr, sr, ae));
      for (const key of ["total", "autoencoder", "generator", "cross"] as const) {
        expect(bands.reduce((sum, band) => sum + band[key], 0)).toBeCloseTo(whole[key], 9);
      }
    }),
    {seed: 11, numRuns: 30}
  );
});

test("impossible depths and images are refused", () => {
  expect(() => haar(filled(2, 2), 0)).toThrow("levels must be a whole number of at least 1, not 0");
  expect(() => haar(filled(2, 2, Number.NaN))).toThrow(
    "plane must hold finite numbers only, not NaN (row 0, column 0)"
  );
  expect(() => bandMeasures(filled(2, 2), filled(2, 4))).toThrow("one size");
});

function energy({data}: Plane): number {
  let sum = 0;
  for (const v of data) sum += v * v;
  return sum;
}

function total(energies: Record<string, number>): number {
  return Object.values(energies).reduce((a, b) => a + b, 0);
}
