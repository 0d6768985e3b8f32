import {expect, test} from "vitest";
import {mixOf, parseMix} from "../../src/components/band-mixer.js";
import {bandCells} from "../../src/components/band-view.js";
import {bands} from "../../src/components/bands-data.js";
import {bandImage} from "../../src/measures/bands.js";
import {haar} from "../../src/measures/dwt.js";
import {mse} from "../../src/measures/fidelity.js";
import type {Plane} from "../../src/measures/image.js";
import {random} from "../../src/measures/random.js";

const source = random("mixer", 1);
const noise = (): Plane => ({
  data: Float64Array.from({length: 32 * 32}, () => source.uniform()),
  width: 32,
  height: 32
});
const [hr, output] = [noise(), noise()];
const [a, b] = [haar(hr), haar(output)];

test("with no band or all bands of the output the mixture is HR or the output", () => {
  expect(mse(hr, mixOf(a, b, new Set()))).toBeLessThan(1e-28);
  expect(mse(output, mixOf(a, b, new Set(bands)))).toBeLessThan(1e-28);
});

test("the error of a mixture is the sum of what its bands contribute alone", () => {
  const chosen = ["LL3", "HL2", "HH1"];
  const alone = chosen.map((band) => mse(hr, mixOf(a, b, new Set([band]))));
  expect(mse(hr, mixOf(a, b, new Set(chosen)))).toBeCloseTo(alone[0] + alone[1] + alone[2], 12);
});

test("an address keeps a choice", () => {
  expect([...parseMix("1000000001")]).toEqual(["LL3", "HH1"]);
  expect(parseMix("nonsense").size).toBe(10);
});

test("a cell of a band is as large as what the band adds to, or takes from, each of its pixels", () => {
  for (const band of bands) {
    const [part, cells] = [bandImage(a, band), bandCells(a, band)];
    const side = 2 ** Number(band.slice(2));
    expect([cells.width, cells.height]).toEqual([32 / side, 32 / side]);
    for (let y = 0; y < 32; y++) {
      for (let x = 0; x < 32; x++) {
        const cell = cells.data[Math.floor(y / side) * cells.width + Math.floor(x / side)];
        expect(Math.abs(part.data[y * 32 + x])).toBeCloseTo(Math.abs(cell), 5);
      }
    }
  }
});

test("a cell is above zero where its first half is the brighter: upper, left, the diagonal from the upper left", () => {
  const picture = (bright: (x: number, y: number) => boolean): Plane => ({
    data: Float64Array.from({length: 64}, (_, i) => (bright(i % 8, i >> 3) ? 1 : 0)),
    width: 8,
    height: 8
  });
  const cellsOf = (band: "LH3" | "HL3" | "HH3", bright: (x: number, y: number) => boolean) =>
    bandCells(haar(picture(bright)), band).data[0];
  expect(cellsOf("LH3", (_, y) => y < 4)).toBeCloseTo(0.5, 6);
  expect(cellsOf("HL3", (x) => x < 4)).toBeCloseTo(0.5, 6);
  expect(cellsOf("HH3", (x, y) => x < 4 === y < 4)).toBeCloseTo(0.5, 6);
});
