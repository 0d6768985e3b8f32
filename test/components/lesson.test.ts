import {describe, expect, test} from "vitest";
import {lessonAddress, parseLesson} from "../../src/components/lesson.js";
import {parsePercents, roundedToHundred} from "../../src/components/lesson-prediction.js";
import {
  blurredTo,
  contrastByScale,
  errorByScale,
  moved,
  twinOf,
  withoutLevels,
  withSpot
} from "../../src/components/lesson-truth.js";
import {mse, psnr} from "../../src/measures/fidelity.js";
import type {Plane} from "../../src/measures/image.js";
import {random} from "../../src/measures/random.js";
import {resize} from "../../src/measures/resize.js";

function scene(name: string, side = 64): Plane {
  const source = random(name, 1);
  const data = Float64Array.from({length: side * side}, (_, i) => {
    const [x, y] = [i % side, Math.floor(i / side)];
    return 0.5 + 0.3 * Math.sin(x / 9 + y / 13) + 0.1 * (source.uniform() - 0.5);
  });
  return {data, width: side, height: side};
}

const [hr, other] = [scene("a"), scene("b")];

describe("what the lesson measures", () => {
  test("the shares of contrast add up to 1, and what is taken away is the share", () => {
    const shares = contrastByScale(hr);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    const values = Array.from(hr.data);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const contrast = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const without = withoutLevels(hr, new Set([1]));
    expect((mse(hr, without) * hr.data.length) / contrast).toBeCloseTo(shares[3], 10);
    expect(mse(hr, withoutLevels(hr, new Set()))).toBeLessThan(1e-28);
  });

  test("an error in one scale is charged to that scale alone", () => {
    const shares = errorByScale(hr, withoutLevels(hr, new Set([2])));
    expect(shares[2]).toBeCloseTo(1, 10);
  });

  test("a twin has the same low-resolution image and is another picture", () => {
    const twin = twinOf(hr, other);
    expect(twin.lowDifference).toBeLessThan(1e-12);
    expect(twin.psnr).toBeLessThan(60);
    // the same by the plain resampling, too
    const [a, b] = [hr, twin.plane].map((plane) => resize(plane, 16, 16));
    expect(mse(a, b)).toBeLessThan(1e-24);
    expect(twin.undetermined).toBeGreaterThan(0);
    expect(twin.undetermined).toBeLessThan(1);
    expect(twinOf(hr, hr).psnr).toBeGreaterThan(200);
  });

  test("a spot depends on the image's name alone, and a blur meets its PSNR", () => {
    const options = {contrast: 0.3, diameter: 6};
    expect(withSpot(hr, "x", options)).toEqual(withSpot(hr, "x", options));
    expect(withSpot(hr, "x", options)).not.toEqual(withSpot(hr, "y", options));
    const target = psnr(hr, withSpot(hr, "x", options));
    expect(Math.abs(blurredTo(hr, target).psnr - target)).toBeLessThan(0.02);
  });

  test("the distance of two divisions is what has to be moved", () => {
    expect(moved([1, 0, 0, 0], [0, 0, 0, 1])).toBe(1);
    expect(moved([0.4, 0.3, 0.2, 0.1], [0.3, 0.3, 0.2, 0.2])).toBeCloseTo(0.1, 12);
  });
});

describe("what the lesson keeps in its address", () => {
  test("is read back as it was written", () => {
    const state = {step: 3, answers: ["30", "40-30-20-10", "not", null, "-0.5"]};
    const address = lessonAddress(state);
    expect(parseLesson((name) => address[name] ?? null)).toEqual(state);
  });

  test("nonsense is as if it were not there", () => {
    const address: Record<string, string> = {step: "9", a1: "<b>", a2: "1-2", a3: "C"};
    expect(parseLesson((name) => address[name] ?? null)).toEqual({step: 1, answers: [null, null, null, null, null]});
  });

  test("bars are whole percents that add up to 100", () => {
    expect(roundedToHundred([33.4, 33.3, 33.3]).reduce((a, b) => a + b)).toBe(100);
    expect(parsePercents("40-30-20-10", 4)).toEqual([40, 30, 20, 10]);
    expect(parsePercents("40-30-20-20", 4)).toBe(null);
    expect(parsePercents(null, 4)).toBe(null);
  });
});
