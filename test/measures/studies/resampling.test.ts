import fc from "fast-check";
import {describe, expect, it} from "vitest";
import {bootstrapMean} from "../../../src/measures/statistics/bootstrap.js";
import {meanInterval, studyResampling} from "../../../src/measures/studies/index.js";

describe("meanInterval", () => {
  it("is to the bit the percentile interval of bootstrapMean, whatever the values, the seed and the number of resamples", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({min: -3200, max: 3200}), {minLength: 2, maxLength: 40}),
        fc.integer({min: 1, max: 300}),
        fc.integer({min: 1, max: 5}),
        (whole, resamples, seed) => {
          const values = whole.map((value) => value / 64.1);
          expect(meanInterval(values, {resamples, seed})).toEqual(bootstrapMean(values, {resamples, seed}).percentile);
        }
      ),
      {numRuns: 200}
    );
  });

  it("is so with ties, with the resampling that every page has, and with more units than draws are kept for", () => {
    for (const values of [
      [1, 1, 1, 2],
      [3, 3],
      Array.from({length: 24}, (_, i) => Math.sin(7 * i)),
      Array.from({length: 150}, (_, i) => Math.cos(3 * i))
    ]) {
      expect(meanInterval(values)).toEqual(bootstrapMean(values, studyResampling).percentile);
    }
  });

  it("keeps no draws of another seed or size", () => {
    const values = [1, 4, 9, 16, 25];
    const [first, other, again] = [1, 2, 1].map((seed) => meanInterval(values, {resamples: 99, seed}));
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it("is null for one unit, and refuses what bootstrapMean refuses", () => {
    expect(meanInterval([])).toBeNull();
    expect(meanInterval([3])).toBeNull();
    expect(() => meanInterval([1, Number.NaN])).toThrow(RangeError);
    expect(() => meanInterval([1, 2], {resamples: 0})).toThrow(RangeError);
  });
});
