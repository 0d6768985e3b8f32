import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {calibrate, lesionMap, scores} from "../../src/measures/calibrate.js";
import type {Image} from "../../src/measures/image.js";
import {random} from "../../src/measures/random.js";
import {roc} from "../../src/measures/roc.js";
import {filled, picture} from "./reference.js";

describe("roc", () => {
  test("the area is the share of pairs in which the positive scores higher, ties half", () => {
    const list = fc.array(fc.integer({min: 0, max: 6}), {minLength: 1, maxLength: 12});
    fc.assert(
      fc.property(list, list, (negatives, positives) => {
        const {auc, points} = roc(negatives, positives)!;
        let wins = 0;
        for (const p of positives) for (const n of negatives) wins += p > n ? 1 : p === n ? 0.5 : 0;
        expect(auc).toBeCloseTo(wins / (negatives.length * positives.length), 12);
        expect(points[0]).toMatchObject({falsePositive: 0, truePositive: 0});
        expect(points.at(-1)).toMatchObject({falsePositive: 1, truePositive: 1});
      }),
      {seed: 17}
    );
  });

  test("an empty class is absent, NaN refused, infinities ranked", () => {
    expect(roc([], [1])).toBeNull();
    expect(roc([1], [])).toBeNull();
    expect(() => roc([Number.NaN], [1])).toThrow("scores must be numbers, not NaN");
    expect(roc([-Infinity, 3], [Infinity])!.auc).toBe(1);
  });
});

describe("null calibration", () => {
  const images: Image[] = Array.from({length: 4}, (_, i) => ({id: `p${i}`, ...picture(64, 64, "calibrate", i)}));
  const only = ["PSNR", "local error", "MS-SSIM", "measurement consistency"];

  test("PSNR does not tell a lesion from noise, a local error does; MS-SSIM is absent at 64 pixels", () => {
    const result = calibrate(images, {only, noise: 0.05});
    const by = Object.fromEntries(result.map((row) => [row.score, row]));
    expect(by.PSNR.against!.auc).toBeLessThan(0.5);
    expect(by["local error"].inNoise!.auc).toBe(1);
    expect(by["MS-SSIM"].against).toBeNull();
    expect(by["MS-SSIM"].values.noise).toEqual([null, null, null, null]);
    expect(by.PSNR.values.noise).toHaveLength(4);
  });

  test("the same seed gives the same numbers, another seed others", () => {
    expect(calibrate(images, {only, seed: 3})).toEqual(calibrate(images, {only, seed: 3}));
    expect(calibrate(images, {only, seed: 3})).not.toEqual(calibrate(images, {only, seed: 4}));
  });

  test("a lesion has its contrast in the middle and half of it at its radius", () => {
    const {data} = lesionMap(filled(65, 65, 0.5), {contrast: -0.3, diameter: 10}, random("lesion"));
    const centre = data.indexOf(Math.min(...data));
    expect(data[centre]).toBeCloseTo(-0.3, 12);
    expect(data[centre + 5]).toBeCloseTo(-0.15, 12);
    expect(centre % 65 >= 10 && centre % 65 < 55).toBe(true);
  });

  test("every score has an answer for every odd image", () => {
    const odd: Image[] = [
      {id: "flat", ...filled(32, 32, 0.5)},
      {id: "tiny", ...picture(9, 5, "tiny")},
      {id: "wide", ...picture(40, 17, "wide")}
    ];
    const result = calibrate(odd);
    expect(result.map(({score}) => score)).toEqual(Object.keys(scores));
    for (const {values} of result) {
      for (const list of Object.values(values)) for (const v of list) expect(v === null || !Number.isNaN(v)).toBe(true);
    }
  });

  test("a constant image whose mean is rounded upwards takes a lesion too", () => {
    for (const value of [0.1, 0.3, 0.7]) {
      for (const side of [64, 100, 256]) {
        const {data} = lesionMap(filled(side, side, value), {contrast: 0.2, diameter: 10}, random("lesion"));
        expect(Math.max(...data)).toBeCloseTo(0.2, 12);
      }
    }
  });

  test("no images, no such score, no such lesion", () => {
    expect(() => calibrate([])).toThrow("images must not be empty");
    expect(() => calibrate(images, {only: ["beauty"]})).toThrow("invalid score: beauty");
    expect(() => calibrate(images, {lesion: {contrast: Number.NaN, diameter: 5}})).toThrow(
      "contrast must be a finite number"
    );
    expect(() => calibrate(images, {lesion: {contrast: 1, diameter: 0}})).toThrow(
      "diameter must be a finite number of at least 1"
    );
  });
});
