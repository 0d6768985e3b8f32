import {describe, expect, it} from "vitest";
import {random} from "../../../src/measures/random.js";
import {blandAltman, intraclassCorrelation} from "../../../src/measures/statistics/index.js";
import {expectRelative} from "./close.js";

/** Two-level normal values: between-patient SD `between`, within-patient SD `within`. */
function clusteredSample(seed: number, patients: number, slices: number, between: number, within: number) {
  const source = random("clustered", seed);
  const values: number[] = [];
  const labels: string[] = [];
  for (let p = 0; p < patients; p++) {
    const level = between * source.normal();
    for (let s = 0; s < slices; s++) {
      values.push(level + within * source.normal());
      labels.push(`p${p}`);
    }
  }
  return {values, labels};
}

describe("intraclassCorrelation(values, clusters)", () => {
  it("is worked out by hand on a small example", () => {
    // means 2 and 6, SSB = 2·2·2² = 16 (1 df), SSW = 4·1 = 4 (2 df): MSB 16, MSW 2, ICC (16 − 2)/(16 + 2)
    const result = intraclassCorrelation([1, 3, 5, 7], ["a", "a", "b", "b"]);
    expect(result).toMatchObject({n: 4, nClusters: 2, clusterSize: 2, msBetween: 16, msWithin: 2, reason: null});
    expectRelative(result.icc, 14 / 18);
    expectRelative(result.designEffect, 1 + 14 / 18);
    expectRelative(result.effectiveN, 4 / (1 + 14 / 18));
  });

  it("finds the ICC that the values were made with", () => {
    const {values, labels} = clusteredSample(1, 4000, 6, 2, 1);
    expect(Math.abs(intraclassCorrelation(values, labels).icc! - 0.8)).toBeLessThan(0.0125);
  });

  it("never takes clustering for a gain: a negative ICC has the design effect 1", () => {
    const result = intraclassCorrelation([1, 9, 2, 8], ["a", "a", "b", "b"]);
    expect(result.icc!).toBeLessThan(0);
    expect(result.designEffect).toBe(1);
  });

  it("says what is missing", () => {
    expect(intraclassCorrelation([], [])).toMatchObject({icc: null, reason: "there are no values"});
    expect(intraclassCorrelation([1, 2], ["a", "a"])).toMatchObject({icc: null, reason: "one patient only"});
    expect(intraclassCorrelation([1, 2], ["a", "b"])).toMatchObject({
      icc: null,
      designEffect: 1,
      effectiveN: 2,
      reason: "every patient has one image"
    });
    expect(intraclassCorrelation([1, 1, 1], ["a", "a", "b"])).toMatchObject({
      icc: null,
      reason: "the values do not vary"
    });
    expect(() => intraclassCorrelation([1], [])).toThrow("one label a value: 1, not 0");
  });
});

describe("blandAltman(a, b)", () => {
  it("has the bias and bias ± 1.96 SD with ddof 1", () => {
    const result = blandAltman([3, 5, 7, 9], [2, 5, 5, 8]);
    expect(result.bias).toBe(1);
    const sd = Math.sqrt(2 / 3);
    expectRelative(result.independent?.sd, sd);
    expectRelative(result.independent?.lower, 1 - 1.96 * sd);
    expectRelative(result.independent?.upper, 1 + 1.96 * sd);
    // t(0.975, 3) = 3.182446…; SE of a limit √(1/n + 1.96²/(2(n − 1)))·SD
    const half = 3.182446305284263 * sd * Math.sqrt(1 / 4 + 1.96 ** 2 / 6);
    expectRelative(result.independent?.upperInterval[1], 1 + 1.96 * sd + half, 1e-11);
    expect(result.clusteredReason).toBe("no patient ids");
  });

  it("widens the bias's interval when the slices of a patient go together", () => {
    const {values, labels} = clusteredSample(2, 30, 8, 1, 0.3);
    const zeros = values.map(() => 0);
    const result = blandAltman(values, zeros, {patients: labels, resamples: 1000});
    const width = ([low, high]: readonly [number, number]) => high - low;
    expect(width(result.clustered!.biasInterval)).toBeGreaterThan(1.8 * width(result.independent!.biasInterval));
    expect(width(result.clustered!.upperInterval)).toBeGreaterThan(1.3 * width(result.independent!.upperInterval));
  });

  it("covers the true limits with patients resampled", () => {
    let covered = 0;
    const trials = 150;
    const limit = 1.96 * Math.sqrt(1 + 0.25);
    for (let trial = 0; trial < trials; trial++) {
      const {values, labels} = clusteredSample(100 + trial, 60, 4, 1, 0.5);
      const {clustered} = blandAltman(values, new Float64Array(values.length), {patients: labels, resamples: 200});
      if (clustered!.upperInterval[0] <= limit && limit <= clustered!.upperInterval[1]) covered++;
    }
    expect(covered / trials).toBeGreaterThan(0.86);
  });

  it("says what is missing", () => {
    expect(blandAltman([], [])).toMatchObject({bias: null, independent: null, reason: "there are no pairs"});
    expect(blandAltman([2], [1])).toMatchObject({bias: 1, independent: null, reason: "one pair only"});
    expect(blandAltman([2, 3], [1, 1], {patients: ["p", "p"]})).toMatchObject({
      clustered: null,
      clusteredReason: "one patient only"
    });
    expect(blandAltman([2, 3], [1, 2]).independent).toMatchObject({sd: 0, lower: 1, upper: 1});
    expect(() => blandAltman([Number.NaN], [1])).toThrow("a[0] must be a finite number, not NaN");
  });
});
