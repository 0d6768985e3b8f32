import fc from "fast-check";
import {describe, expect, it} from "vitest";
import {logBeta, logGamma} from "../../../src/measures/statistics/gamma.js";
import {
  normalCdf,
  normalLogSf,
  normalQuantile,
  normalSf,
  studentTCdf,
  studentTLogSf,
  studentTQuantile,
  studentTSf
} from "../../../src/measures/statistics/index.js";
import {expectRelative} from "./close.js";

// reference values: mpmath 1.3 with 40 digits; Student quantiles: scipy 1.17
describe("normal distribution", () => {
  it.each([
    [0.5, 0.3085375387259869, -1.1759117615936185],
    [1.96, 0.024997895148220435, -3.6889636517296385],
    [2, 0.02275013194817921, -3.783184333682032],
    [3, 0.0013498980316300946, -6.607726221510349],
    [5, 2.866515718791939e-7, -15.064998393988725],
    [10, 7.619853024160525e-24, -53.23128515051247],
    [37, 5.725571222524577e-300, -689.0305855768906]
  ])("has the survival function and its logarithm at %d", (z, sf, logSf) => {
    expectRelative(normalSf(z), sf, 1e-12);
    expectRelative(normalLogSf(z), logSf, 1e-14);
    expectRelative(normalCdf(z), 1 - sf, 1e-15);
  });

  it("keeps the logarithm where the probability underflows", () => {
    expect(normalSf(40)).toBe(0);
    expectRelative(normalLogSf(40), -804.6084420137538, 1e-15);
    expectRelative(normalLogSf(100), -5005.524208694205, 1e-15);
    expect(normalLogSf(Infinity)).toBe(-Infinity);
    expect(normalLogSf(-40)).toBeCloseTo(0, 15);
  });

  it.each([
    [1e-300, -37.0470962993612],
    [1e-20, -9.262340089798407],
    [0.025, -1.9599639845400543],
    [0.3, -0.5244005127080408]
  ])("has the quantile of %d", (p, z) => expectRelative(normalQuantile(p), z, 1e-14));

  it("inverts its own distribution function", () => {
    fc.assert(
      fc.property(fc.double({min: 1e-12, max: 1 - 1e-12, noNaN: true}), (p) => {
        expectRelative(normalCdf(normalQuantile(p)), p, 1e-12);
      }),
      {seed: 1}
    );
  });

  it("has infinite quantiles at 0 and 1, and none outside", () => {
    expect([normalQuantile(0), normalQuantile(0.5), normalQuantile(1)]).toEqual([-Infinity, 0, Infinity]);
    expect(() => normalQuantile(1.1)).toThrow("invalid p: 1.1");
    expect(() => normalQuantile(Number.NaN)).toThrow("invalid p: NaN");
  });
});

describe("gamma and beta", () => {
  it("has the logarithm of factorials", () => {
    let factorial = 1;
    for (let n = 1; n <= 20; n++) {
      factorial *= n;
      expect(Math.abs(logGamma(n + 1) - Math.log(factorial))).toBeLessThan(1e-13);
    }
    expect(() => logGamma(0)).toThrow("invalid x: 0");
  });

  it.each([
    [500, 0.5, -2.5346891063280625],
    [22.5, 0.5, -0.9788376131017461],
    [3, 4, -4.0943445622221],
    [1e6, 0.5, -6.335390211057437],
    [0.5, 0.5, 1.1447298858494002]
  ])("has log B(%d, %d)", (a, b, value) => expectRelative(logBeta(a, b), value, 1e-14));
});

describe("Student's t distribution", () => {
  it.each([
    [2.5, 7, -3.8875202014416805],
    [12, 30, -28.907531385111042],
    [60, 999, -766.9066654337953],
    [94.73840838775847, 699, -922.4974286987547]
  ])("has the log survival function at t = %d, df = %d", (t, df, value) => {
    expectRelative(studentTLogSf(t, df), value, 1e-13);
  });

  it.each([
    [0.95, 7, 1.8945786050900062],
    [0.975, 1, 12.706204736174694],
    [0.975, 34, 2.0322445093177186],
    [0.975, 699, 1.9633635759209296],
    [0.01, 3, -4.5407028585681335],
    [1e-10, 12, -19.391546179047733],
    [0.6, 999, 0.2534145833303675]
  ])("has the quantile of %d at df = %d", (p, df, t) => expectRelative(studentTQuantile(p, df), t, 1e-11));

  it("is Cauchy's distribution at one degree of freedom", () => {
    fc.assert(
      fc.property(fc.double({min: -1e6, max: 1e6, noNaN: true}), (t) => {
        expect(studentTCdf(t, 1)).toBeCloseTo(0.5 + Math.atan(t) / Math.PI, 12);
      }),
      {seed: 1}
    );
  });

  it("inverts its own distribution function", () => {
    fc.assert(
      fc.property(fc.double({min: 1e-9, max: 0.999, noNaN: true}), fc.integer({min: 1, max: 2000}), (p, df) => {
        expectRelative(studentTCdf(studentTQuantile(p, df), df), p, 1e-11);
      }),
      {seed: 2}
    );
  });

  it("is symmetric, and refuses degrees of freedom that are not positive", () => {
    expect(studentTSf(-1.3, 4) + studentTSf(1.3, 4)).toBeCloseTo(1, 15);
    expectRelative(studentTSf(-1.3, 4), 0.868274201764388, 1e-14);
    expect(() => studentTSf(1, 0)).toThrow("invalid df: 0");
  });
});
