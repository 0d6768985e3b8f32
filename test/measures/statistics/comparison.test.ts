import fc from "fast-check";
import {describe, expect, it} from "vitest";
import {random} from "../../../src/measures/random.js";
import {
  cohensD,
  cohensDz,
  cohensH,
  comparePaired,
  holm,
  mean,
  pairedT,
  patientMeans,
  quantileSorted,
  tost,
  twoProportionZ,
  variance
} from "../../../src/measures/statistics/index.js";
import {expectRelative} from "./close.js";

describe("holm(log10ps)", () => {
  it("adjusts a textbook example", () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005].map(Math.log10)).map((v) => 10 ** v!);
    [0.03, 0.06, 0.06, 0.02].forEach((p, i) => {
      expectRelative(adjusted[i], p, 1e-12);
    });
  });

  it("never makes a p smaller, keeps the order, stays at most 1", () => {
    fc.assert(
      fc.property(fc.array(fc.double({min: -500, max: 0, noNaN: true}), {minLength: 1, maxLength: 20}), (logs) => {
        const adjusted = holm(logs);
        logs.forEach((log, i) => {
          expect(adjusted[i]!).toBeGreaterThanOrEqual(log);
          expect(adjusted[i]!).toBeLessThanOrEqual(Math.min(0, log + Math.log10(logs.length)) + 1e-12);
          logs.forEach((other, j) => {
            if (log < other) expect(adjusted[i]!).toBeLessThanOrEqual(adjusted[j]!);
          });
        });
      }),
      {seed: 1}
    );
  });

  it("leaves absent tests absent and does not count them", () => {
    expect(holm([null, -2, null])).toEqual([null, -2, null]);
    expect(holm([])).toEqual([]);
    expect(() => holm([0.5])).toThrow("log10p[0] must be at most 0, not 0.5");
  });
});

describe("tost(differences, margin)", () => {
  it("calls arms equivalent when the 90 % interval lies inside the margin, and only then", () => {
    const anyDifferences = fc.array(fc.integer({min: -100, max: 100}), {minLength: 3, maxLength: 20});
    fc.assert(
      fc.property(anyDifferences, fc.integer({min: 1, max: 80}), (d, margin) => {
        const result = tost(d, margin);
        fc.pre(result.interval !== null);
        const [low, high] = result.interval!;
        fc.pre(Math.abs(low + margin) > 1e-9 && Math.abs(high - margin) > 1e-9);
        expect(result.equivalent).toBe(-margin < low && high < margin);
      }),
      {seed: 2}
    );
  });

  it("says what is missing, and refuses a margin that is none", () => {
    expect(tost([1], 1)).toMatchObject({p: null, equivalent: null, reason: "one pair only"});
    expect(tost([0, 0, 0], 1)).toMatchObject({p: null, reason: "the differences do not vary"});
    expect(() => tost([1, 2], 0)).toThrow("invalid margin: 0");
    expect(() => tost([1, Infinity], 1)).toThrow("differences[1] must be a finite number, not Infinity");
  });
});

describe("two samples", () => {
  it("have d, d_z and t, absent where nothing varies", () => {
    expect(cohensD([1, 2, 3], [2, 3, 4])).toBe(-1);
    expect(cohensDz([1, 2, 3])).toBe(2);
    expect([cohensD([1], [2]), cohensD([1, 1], [2, 2]), cohensDz([1]), cohensDz([2, 2])]).toEqual(
      Array(4).fill(undefined)
    );
    expect(pairedT([])).toMatchObject({t: null, reason: "there are no pairs"});
    expect(pairedT([4, 4])).toMatchObject({t: null, meanDifference: 4, reason: "the differences do not vary"});
    expect(() => cohensD([Number.NaN, 1], [1, 2])).toThrow("a[0] must be a finite number, not NaN");
    expect(() => cohensH(1.2, 0)).toThrow("invalid p1: 1.2");
  });

  it("have a z test of proportions, absent where there is nothing to compare", () => {
    expect(twoProportionZ(0, 0, 1, 2)).toMatchObject({z: null, reason: "a sample is empty"});
    expect(twoProportionZ(0, 5, 0, 9)).toMatchObject({z: null, reason: "both proportions are 0, or both are 1"});
    const [one, other] = [twoProportionZ(30, 100, 20, 100), twoProportionZ(20, 100, 30, 100)];
    expectRelative(one.z, -other.z!);
    // pooled 0.25: 0.1/√(0.25·0.75·0.02)
    expectRelative(one.z, 0.1 / Math.sqrt(0.00375));
    expect(() => twoProportionZ(6, 5, 1, 2)).toThrow("invalid count1: 6 of 5");
  });
});

describe("patientMeans(values, patients)", () => {
  it("gives one mean a patient, in the order of their first image", () => {
    const means = patientMeans([1, 10, 3, 30, 5], ["b", "a", "b", "a", "b"]);
    expect(means.patients).toEqual(["b", "a"]);
    expect([...means.values]).toEqual([3, 20]);
    expect(means.sizes).toEqual([3, 2]);
    expect(() => patientMeans([1], [])).toThrow("one label an image: 1, not 0");
  });
});

describe("comparePaired(a, b)", () => {
  const source = random("compare", 1);
  const patients = Array.from({length: 60}, (_, i) => `p${Math.floor(i / 5)}`);
  const a = patients.map(() => 25 + source.normal());
  const b = a.map((v) => v - 0.4 + 0.5 * source.normal());

  it("tests images without patient ids, patients with them, and says how many of each", () => {
    const images = comparePaired(a, b, {resamples: 200});
    expect(images).toMatchObject({
      level: "image",
      nImages: 60,
      nPatients: null,
      side: "two-sided",
      clustering: null,
      tost: null
    });
    expect(images.wilcoxon.n).toBe(60);
    const byPatient = comparePaired(a, b, {patients, alternative: "greater", margin: 1, resamples: 200});
    expect(byPatient).toMatchObject({level: "patient", nImages: 60, nPatients: 12, side: "greater"});
    expect(byPatient.wilcoxon).toMatchObject({n: 12, method: "exact", alternative: "greater"});
    expect(byPatient.wilcoxonAsymptotic.method).toBe("asymptotic");
    expect(byPatient.bootstrap).toMatchObject({unit: "cluster", nUnits: 12, n: 60});
    expect(byPatient.clustering?.nClusters).toBe(12);
    expect(byPatient.tost).toMatchObject({margin: 1, n: 12});
    expectRelative(byPatient.meanDifference, mean(a.map((v, i) => v - b[i]))!, 1e-9);
  });

  it("has a defined answer for one pair, one patient and no difference", () => {
    expect(comparePaired([2], [1])).toMatchObject({meanDifference: 1, cohensDz: null, reason: "one pair only"});
    const one = comparePaired([2, 3], [1, 1], {patients: ["p", "p"]});
    expect(one).toMatchObject({nImages: 2, nPatients: 1, reason: "one patient only", sdDifference: null});
    expect(one.bootstrap.reason).toBe("one patient only: nothing to resample");
    expect(comparePaired([1, 2], [1, 2])).toMatchObject({rankBiserial: null, reason: "all differences are zero"});
    expect(comparePaired([], [])).toMatchObject({meanDifference: null, reason: "there are no pairs"});
    expect(() => comparePaired([1, Number.NaN], [1, 2])).toThrow("a[1] must be a finite number, not NaN");
  });
});

describe("descriptive statistics", () => {
  it("keep their digits", () => {
    expect(mean([1e16, 1, -1e16])).toBeCloseTo(1 / 3, 15);
    expectRelative(variance([1e9 + 1, 1e9 + 2, 1e9 + 3]), 1);
    expect([mean([]), variance([1]), variance([3], 0)]).toEqual([undefined, undefined, 0]);
  });

  it("have numpy's linear quantiles", () => {
    expect([0, 0.25, 0.5, 1].map((p) => quantileSorted([1, 2, 4, 8], p))).toEqual([1, 1.75, 3, 8]);
    expect(quantileSorted([], 0.5)).toBeUndefined();
    expect(() => quantileSorted([1], 2)).toThrow("invalid p: 2");
  });
});
