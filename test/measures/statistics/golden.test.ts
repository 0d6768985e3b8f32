import {readFileSync} from "node:fs";
import {beforeAll, describe, expect, it} from "vitest";
import {
  bootstrapMean,
  cohensD,
  cohensDz,
  cohensH,
  differences,
  leastSquares,
  normalLogSf,
  normalSf,
  pairedT,
  pearson,
  rankBiserial,
  spearman,
  tost,
  twoProportionZ,
  wilcoxonSignedRank
} from "../../../src/measures/statistics/index.js";
import {hasShared, shared} from "../../support/shared.js";
import {expectRelative} from "./close.js";

interface Test {
  statistic: number;
  p: number;
}

type Pair = Partial<Record<`${"exact" | "asymptotic"}_${"two-sided" | "greater" | "less"}`, Test>> & {
  a: number[];
  b: number[];
  n_zero: number;
  rank_biserial: number;
  cohens_d_pooled: number;
  cohens_dz: number;
  ttest_rel: {t: number; p: number; df: number};
  "tost_margin_0.5": {p_lower: number; p_upper: number; ci90: [number, number]};
  bootstrap_percentile_mean_diff_95_approx: [number, number];
  bootstrap_bca_mean_diff_95_approx: [number, number];
  "asymptotic_corrected_two-sided": Test;
};

interface Golden {
  far_tail: {n: number};
  paired: Pair[];
  ae_ceiling_six_points: {
    ae: number[];
    sr: number[];
    r: number;
    r2: number;
    p: number;
    fisher_ci95: [number, number];
    slope: number;
    intercept: number;
  };
  cohens_h: {p1: number; p2: number; h: number}[];
  two_proportion_z: {count1: number; count2: number; nobs: number; z: number; p: number};
  normal_sf: {z: number; sf: number; logsf: number}[];
  spearman: [number, number];
}

const sides = ["two-sided", "greater", "less"] as const;

describe.skipIf(!hasShared)("statistics equal the reference values", () => {
  let golden: Golden;
  beforeAll(() => {
    golden = JSON.parse(readFileSync(shared("golden/metrics/statistics.json"), "utf8"));
    expect(golden.paired).toHaveLength(9);
  });

  const eachPair = (check: (pair: Pair, d: Float64Array) => void) => {
    for (const pair of golden.paired) check(pair, differences(pair.a, pair.b));
  };

  it("Wilcoxon, exact and asymptotic, both corrections, all sides", () => {
    let compared = 0;
    eachPair((pair, d) => {
      for (const method of ["exact", "asymptotic"] as const) {
        for (const alternative of sides) {
          const expected = pair[`${method}_${alternative}`];
          if (expected === undefined) continue;
          const result = wilcoxonSignedRank(d, {method, alternative});
          expect(result.statistic).toBe(expected.statistic);
          // scipy's exact tail is 1 − cdf, so it gives 0 or keeps few digits for a large n: the logarithm says what it is
          if (expected.p === 0)
            expectRelative(result.log10p, (alternative === "two-sided" ? 1 - d.length : -d.length) * Math.log10(2));
          else expectRelative(result.p, expected.p, 1e-11);
          compared++;
        }
      }
      const corrected = wilcoxonSignedRank(d, {method: "asymptotic", continuity: true});
      expectRelative(corrected.p, pair["asymptotic_corrected_two-sided"].p, 1e-11);
      expect(corrected.nZero).toBe(pair.n_zero);
    });
    expect(compared).toBeGreaterThan(40);
  });

  it("effect sizes", () => {
    eachPair((pair, d) => {
      expectRelative(cohensD(pair.a, pair.b), pair.cohens_d_pooled);
      expectRelative(cohensDz(d), pair.cohens_dz);
      expectRelative(rankBiserial(d), pair.rank_biserial);
    });
    for (const {p1, p2, h} of golden.cohens_h) expect(cohensH(p1, p2)).toBeCloseTo(h, 14);
  });

  it("paired t and TOST with its 90 % interval", () => {
    eachPair((pair, d) => {
      const t = pairedT(d);
      expectRelative(t.t, pair.ttest_rel.t);
      if (pair.ttest_rel.p > 0) expectRelative(t.p, pair.ttest_rel.p, 1e-9);
      expect(t.df).toBe(pair.ttest_rel.df);
      const both = tost(d, 0.5);
      const expected = pair["tost_margin_0.5"];
      if (expected.p_lower > 0) expectRelative(both.lower?.p, expected.p_lower, 1e-9);
      expectRelative(both.upper?.p, expected.p_upper, 1e-9);
      expectRelative(both.interval?.[0], expected.ci90[0], 1e-9);
      expectRelative(both.interval?.[1], expected.ci90[1], 1e-9);
    });
  });

  it("bootstrap intervals, within three Monte-Carlo standard errors", () => {
    eachPair((pair, d) => {
      const result = bootstrapMean(d);
      // an end of the interval is the α-quantile of B replicates: SE √(α(1−α)/B)/density, for two generators √2 of it
      const z = 1.959963984540054;
      const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI) / result.standardError!;
      const tolerance = (3 * Math.SQRT2 * Math.sqrt((0.025 * 0.975) / result.resamples)) / density;
      for (const end of [0, 1]) {
        expect(Math.abs(result.percentile![end] - pair.bootstrap_percentile_mean_diff_95_approx[end])).toBeLessThan(
          tolerance
        );
        // BCa reads a quantile that is itself estimated (z₀, SE about 1.25/√B): the two errors add
        const bcaTolerance =
          tolerance + (3 * Math.SQRT2 * 2 * 1.2533 * result.standardError!) / Math.sqrt(result.resamples);
        expect(Math.abs(result.bca![end] - pair.bootstrap_bca_mean_diff_95_approx[end])).toBeLessThan(bcaTolerance);
      }
    });
  });

  it("the six published points: r, R², p, Fisher's interval, the line, Spearman", () => {
    const g = golden.ae_ceiling_six_points;
    const r = pearson(g.ae, g.sr);
    expectRelative(r.r, g.r);
    expectRelative(r.r2, g.r2);
    expectRelative(r.p, g.p, 1e-11);
    expectRelative(r.interval?.[0], g.fisher_ci95[0], 1e-11);
    expectRelative(r.interval?.[1], g.fisher_ci95[1]);
    const line = leastSquares(g.ae, g.sr);
    expectRelative(line.slope, g.slope);
    expectRelative(line.intercept, g.intercept);
    const rho = spearman(g.ae, g.sr);
    expectRelative(rho.r, golden.spearman[0]);
    expectRelative(rho.p, golden.spearman[1], 1e-11);
  });

  it("two proportions of millions of pixels: z, and a finite log p", () => {
    const {count1, count2, nobs, z} = golden.two_proportion_z;
    const result = twoProportionZ(count1, nobs, count2, nobs);
    expectRelative(result.z, z);
    expect(result.p).toBe(0);
    expectRelative(result.log10p, -701.9073312668256); // scipy: (log 2 + norm.logsf(|z|)) / log 10
  });

  it("the normal survival function", () => {
    for (const {z, sf, logsf} of golden.normal_sf) {
      if (sf > 0) expectRelative(normalSf(z), sf);
      expectRelative(normalLogSf(z), logsf);
    }
  });
});

describe("Wilcoxon's far tail", () => {
  it("has a finite and right log10 p where p is 0: 2,000 pairs that all agree", () => {
    const result = wilcoxonSignedRank(Float64Array.from({length: 2000}, (_, i) => -1 - i));
    expect(result.p).toBe(0);
    expect(result.statistic).toBe(0);
    expectRelative(result.z, -38.73467317886433);
    // scipy: (log 2 + norm.logsf(38.73…)) / log 10; and the leading terms of the asymptotic series agree
    expectRelative(result.log10p, -327.48872010141196);
    const z = result.z! ** 2;
    const series = Math.log1p(-1 / z + 3 / z ** 2 - 15 / z ** 3);
    const logP = Math.LN2 - z / 2 - 0.5 * Math.log(2 * Math.PI * z) + series;
    expectRelative(result.log10p, logP / Math.LN10, 1e-11);
  });
});
