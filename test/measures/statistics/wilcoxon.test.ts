import fc from "fast-check";
import {describe, expect, it} from "vitest";
import {rankBiserial, wilcoxonSignedRank} from "../../../src/measures/statistics/index.js";
import {expectRelative} from "./close.js";

const anyDifferences = fc.array(fc.integer({min: -20, max: 20}), {minLength: 1, maxLength: 80});

describe("wilcoxonSignedRank(differences)", () => {
  it("has W⁺ + W⁻ = n(n + 1)/2, with ties and zeros too", () => {
    fc.assert(
      fc.property(anyDifferences, (d) => {
        const {n, nZero, wPlus, wMinus} = wilcoxonSignedRank(d);
        expect(wPlus + wMinus).toBeCloseTo((n * (n + 1)) / 2, 9);
        expect(n + nZero).toBe(d.length);
      }),
      {seed: 1}
    );
  });

  it("swaps its sides when the differences change sign", () => {
    fc.assert(
      fc.property(anyDifferences, (d) => {
        const greater = wilcoxonSignedRank(d, {alternative: "greater"});
        const less = wilcoxonSignedRank(
          d.map((x) => -x),
          {alternative: "less"}
        );
        if (greater.p === null) expect(less.p).toBeNull();
        else expectRelative(less.p, greater.p, 1e-12);
      }),
      {seed: 2}
    );
  });

  it("is the share of all sign patterns that are as extreme, when exact", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({min: 1, max: 99}), {minLength: 1, maxLength: 9}),
        fc.nat(),
        (sizes, signs) => {
          const d = sizes.map((size, i) => ((signs >> i) & 1 ? size : -size));
          const observed = wilcoxonSignedRank(d, {alternative: "greater"});
          let extreme = 0;
          for (let pattern = 0; pattern < 2 ** d.length; pattern++) {
            const {wPlus} = wilcoxonSignedRank(sizes.map((size, i) => ((pattern >> i) & 1 ? size : -size)));
            if (wPlus >= observed.wPlus) extreme++;
          }
          expect(observed.method).toBe("exact");
          expectRelative(observed.p, extreme / 2 ** d.length, 1e-12);
        }
      ),
      {seed: 3, numRuns: 20}
    );
  });

  it("is exact up to n = 50 without ties, asymptotic beyond or with ties", () => {
    const upTo = (n: number) => Array.from({length: n}, (_, i) => (i + 1) * (i % 3 ? 1 : -1));
    expect(wilcoxonSignedRank(upTo(50)).method).toBe("exact");
    expect(wilcoxonSignedRank(upTo(51)).method).toBe("asymptotic");
    expect(wilcoxonSignedRank([1, 1, 2]).method).toBe("asymptotic");
    expect(wilcoxonSignedRank([...upTo(50), 0]).method).toBe("exact");
  });

  it("gives the exact and the asymptotic p of 35 patients who all gain, as the study's 2.48e-7 came about", () => {
    const d = Array.from({length: 35}, (_, i) => i + 1);
    expectRelative(wilcoxonSignedRank(d).p, 2 ** -34, 1e-12);
    expect(wilcoxonSignedRank(d, {method: "asymptotic"}).p).toBeCloseTo(2.477e-7, 10);
  });

  it("keeps the exact log p beyond the smallest number", () => {
    const d = Array.from({length: 1000}, (_, i) => i + 1);
    expectRelative(wilcoxonSignedRank(d, {method: "exact"}).log10p, -999 * Math.log10(2), 1e-12);
  });

  it("says why there is no p", () => {
    expect(wilcoxonSignedRank([])).toMatchObject({p: null, log10p: null, reason: "there are no pairs"});
    expect(wilcoxonSignedRank([0, 0])).toMatchObject({p: null, n: 0, nZero: 2, reason: "all differences are zero"});
    expect(wilcoxonSignedRank([3])).toMatchObject({p: 1, method: "exact", reason: null});
  });

  it("refuses what is no number, and an exact test where there is none", () => {
    expect(() => wilcoxonSignedRank([1, Number.NaN])).toThrow("differences[1] must be a finite number, not NaN");
    expect(() => wilcoxonSignedRank([1, 1], {method: "exact"})).toThrow("without ties");
    expect(() => wilcoxonSignedRank([1], {alternative: "up" as "less"})).toThrow("invalid alternative: up");
    const many = Array.from({length: 1001}, (_, i) => i + 1);
    expect(() => wilcoxonSignedRank(many, {method: "exact"})).toThrow("up to n = 1000");
  });
});

describe("rankBiserial(differences)", () => {
  it("is 1 when all gain, −1 when all lose, absent when nothing differs", () => {
    expect([rankBiserial([1, 5, 2]), rankBiserial([-1, -5]), rankBiserial([0, 0])]).toEqual([1, -1, undefined]);
  });
});
