import {describe, expect, it} from "vitest";
import {random} from "../../../src/measures/random.js";
import {bootstrap, bootstrapMean} from "../../../src/measures/statistics/index.js";

describe("bootstrapMean(values)", () => {
  it("covers a known mean in 93 to 97 of 100 cases, percentile and BCa", () => {
    const source = random("coverage", 1);
    let percentile = 0;
    let bca = 0;
    const trials = 1000;
    for (let trial = 0; trial < trials; trial++) {
      const values = Float64Array.from({length: 80}, () => source.normal(3, 2));
      const result = bootstrapMean(values, {resamples: 1000, seed: trial});
      const covers = (interval: readonly [number, number] | null) => interval![0] <= 3 && 3 <= interval![1];
      if (covers(result.percentile)) percentile++;
      if (covers(result.bca)) bca++;
    }
    expect(percentile / trials).toBeGreaterThan(0.93);
    expect(percentile / trials).toBeLessThan(0.97);
    expect(bca / trials).toBeGreaterThan(0.93);
    expect(bca / trials).toBeLessThan(0.97);
  });

  it("covers the mean of clustered values only when it resamples the clusters", () => {
    const source = random("clustered coverage", 1);
    let clustered = 0;
    let naive = 0;
    const trials = 300;
    for (let trial = 0; trial < trials; trial++) {
      const values: number[] = [];
      const clusters: string[] = [];
      for (let patient = 0; patient < 60; patient++) {
        const level = source.normal();
        for (let slice = 0; slice < 5; slice++) {
          values.push(level + 0.3 * source.normal());
          clusters.push(`p${patient}`);
        }
      }
      const covers = ({percentile}: {percentile: readonly [number, number] | null}) =>
        percentile![0] <= 0 && 0 <= percentile![1];
      if (covers(bootstrapMean(values, {clusters, resamples: 500, seed: trial}))) clustered++;
      if (covers(bootstrapMean(values, {resamples: 500, seed: trial}))) naive++;
    }
    expect(clustered / trials).toBeGreaterThan(0.91);
    expect(naive / trials).toBeLessThan(0.75);
  });

  it("gives the same interval for the same seed, another for another", () => {
    const values = [1, 4, 2, 8, 5, 7];
    const once = bootstrapMean(values, {seed: 5, resamples: 500});
    expect(bootstrapMean(values, {seed: 5, resamples: 500})).toEqual(once);
    expect(bootstrapMean(values, {seed: 6, resamples: 500}).percentile).not.toEqual(once.percentile);
  });

  it("resamples each cluster whole", () => {
    const clusters = ["a", "b", "a", "c"];
    bootstrap(
      4,
      (rows) => {
        const has = (row: number) => rows.filter((r) => r === row).length;
        expect(has(0)).toBe(has(2));
        return rows.length;
      },
      {clusters, resamples: 50}
    );
  });

  it("has the same BCa interval as the general bootstrap, which leaves units out one by one", () => {
    const values = [1, 4, 2, 8, 5, 7, 1, 3];
    const clusters = ["a", "a", "b", "c", "c", "c", "d", "e"];
    const mean = (rows: Int32Array) => rows.reduce((s, row) => s + values[row], 0) / rows.length;
    for (const options of [{seed: 3}, {seed: 3, clusters}]) {
      const [quick, general] = [bootstrapMean(values, options), bootstrap(values.length, mean, options)];
      expect(quick.bca![0]).toBeCloseTo(general.bca![0], 12);
      expect(quick.bca![1]).toBeCloseTo(general.bca![1], 12);
    }
  });

  it("says why an interval is absent", () => {
    expect(bootstrapMean([])).toMatchObject({estimate: null, percentile: null, reason: "there are no values"});
    expect(bootstrapMean([4])).toMatchObject({
      estimate: 4,
      percentile: null,
      reason: "one value only: nothing to resample"
    });
    expect(bootstrapMean([4, 5], {clusters: ["p", "p"]})).toMatchObject({
      estimate: 4.5,
      bca: null,
      reason: "one patient only: nothing to resample"
    });
    const constant = bootstrapMean([2, 2, 2], {resamples: 20});
    expect(constant.percentile).toEqual([2, 2]);
    expect(constant).toMatchObject({bca: null, reason: "every resample gives the same value: BCa is undefined"});
  });

  it("refuses values and options out of range", () => {
    expect(() => bootstrapMean([1, Infinity])).toThrow("values[1] must be a finite number, not Infinity");
    expect(() => bootstrapMean([1, 2], {resamples: 0})).toThrow("invalid resamples: 0");
    expect(() => bootstrapMean([1, 2], {level: 1})).toThrow("invalid level: 1");
    expect(() => bootstrapMean([1, 2], {clusters: ["a"]})).toThrow("one label a row: 2, not 1");
  });
});
