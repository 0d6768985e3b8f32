import {expect, test} from "vitest";
import {mixOf, parseMix} from "../../src/components/band-mixer.js";
import {bands} from "../../src/components/bands-data.js";
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
