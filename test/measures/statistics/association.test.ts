import fc from "fast-check";
import {describe, expect, it} from "vitest";
import {random} from "../../../src/measures/random.js";
import {
  fisherInterval,
  leastSquares,
  leaveOneGroupOut,
  pearson,
  spearman
} from "../../../src/measures/statistics/index.js";
import {expectRelative} from "./close.js";

const x = [1, 2, 3, 4, 5, 6.5, 8];
const y = [2.1, 3.9, 6.2, 7.8, 10.5, 12.4, 17];

describe("pearson(x, y) and spearman(x, y)", () => {
  it("equal scipy", () => {
    const r = pearson(x, y);
    expectRelative(r.r, 0.9955212333396284);
    expectRelative(r.p, 2.572214101817256e-6, 1e-9);
    const rho = spearman([1, 2, 2, 4, 5, 9], [3, 1, 4, 4, 9, 8]);
    expectRelative(rho.r, 0.8088235294117647);
    expectRelative(rho.p, 0.051329063199674334, 1e-11);
  });

  it("are symmetric, and unmoved by a linear change of scale", () => {
    const values = fc.array(
      fc.tuple(fc.double({min: -9, max: 9, noNaN: true}), fc.double({min: -9, max: 9, noNaN: true})),
      {
        minLength: 5,
        maxLength: 30
      }
    );
    fc.assert(
      fc.property(values, (points) => {
        const a = points.map(([v]) => Math.round(v * 1000) / 1000);
        const b = points.map(([, v]) => Math.round(v * 1000) / 1000);
        const r = pearson(a, b).r;
        fc.pre(r !== null);
        expect(pearson(b, a).r).toBeCloseTo(r!, 10);
        expect(
          pearson(
            a.map((v) => 3 * v - 2),
            b
          ).r
        ).toBeCloseTo(r!, 10);
        expect(
          spearman(
            a.map((v) => v ** 3),
            b
          ).r
        ).toBeCloseTo(spearman(a, b).r!, 10);
      }),
      {seed: 4}
    );
  });

  it("say what is missing", () => {
    expect(pearson([1], [2])).toMatchObject({r: null, reason: "fewer than two points"});
    expect(pearson([1, 2], [3, 5])).toMatchObject({r: 1, p: null, reason: "fewer than three points: no test"});
    expect(pearson([1, 2, 4], [1, 3, 2])).toMatchObject({
      interval: null,
      reason: "fewer than four points: no interval"
    });
    expect(pearson([1, 1, 1, 1], [1, 2, 3, 4])).toMatchObject({r: null, reason: "x does not vary"});
    expect(pearson([1, 2, 3, 4], [2, 4, 6, 8])).toMatchObject({r: 1, p: 0});
    expect(() => pearson([1, 2], [1])).toThrow("x and y must have the same length, not 2 and 1");
    expect(() => spearman([1, Number.NaN], [1, 2])).toThrow("x[1] must be a finite number, not NaN");
    expect(() => fisherInterval(2, 9)).toThrow("invalid r: 2");
  });
});

describe("leastSquares(x, y)", () => {
  it("has the line and its bands (scipy.stats.linregress and the textbook formulae)", () => {
    const line = leastSquares(x, y);
    expectRelative(line.slope, 2.0678916827853002);
    expectRelative(line.intercept, -0.1575435203094795, 1e-11);
    expectRelative(line.residualSd, 0.5336799727797817, 1e-11);
    const at = line.at(7);
    expectRelative(at.fit, 14.317698259187623);
    expectRelative(at.confidence?.[0], 13.502621513637719, 1e-11);
    expectRelative(at.prediction?.[1], 15.913433836117049, 1e-11);
  });

  it("covers the true mean with its confidence band and new points with its prediction band", () => {
    const source = random("bands", 1);
    let mean = 0;
    let point = 0;
    const trials = 2000;
    for (let trial = 0; trial < trials; trial++) {
      const xs = Array.from({length: 12}, (_, i) => i);
      const {confidence, prediction} = leastSquares(
        xs,
        xs.map((v) => 1 + 2 * v + source.normal())
      ).at(9);
      if (confidence![0] <= 19 && 19 <= confidence![1]) mean++;
      const fresh = 19 + source.normal();
      if (prediction![0] <= fresh && fresh <= prediction![1]) point++;
    }
    expect(Math.abs(mean / trials - 0.95)).toBeLessThan(0.02);
    expect(Math.abs(point / trials - 0.95)).toBeLessThan(0.02);
  });

  it("says why there is no line or no band", () => {
    const none = leastSquares([2, 2], [1, 3]);
    expect(none).toMatchObject({slope: null, reason: "x does not vary"});
    expect(() => none.at(1)).toThrow("there is no line: x does not vary");
    expect(leastSquares([1, 2], [1, 3]).at(3)).toEqual({x: 3, fit: 5, confidence: null, prediction: null});
    expect(leastSquares([1, 2, 3], [4, 4, 4])).toMatchObject({
      slope: 0,
      r2: null,
      reason: "y does not vary: R² is undefined"
    });
  });
});

describe("leaveOneGroupOut(x, y, groups)", () => {
  it("sees that a pooled correlation is the groups', not the points'", () => {
    // within each dataset y falls with x; the datasets themselves rise
    const xs = [1, 2, 3, 11, 12, 13, 21, 22, 23];
    const ys = [3, 2, 1, 13, 12, 11, 23, 22, 21];
    const groups = ["a", "a", "a", "b", "b", "b", "c", "c", "c"];
    expect(pearson(xs, ys).r!).toBeGreaterThan(0.9);
    const left = leaveOneGroupOut(xs, ys, groups);
    expect(left.map(({group, n}) => [group, n])).toEqual([
      ["a", 3],
      ["b", 3],
      ["c", 3]
    ]);
    for (const {within} of left) expect(within.r).toBeCloseTo(-1, 12);
    // a and c together: the line from (2, 2) to (22, 22) predicts b's mean, not its points
    expectRelative(left[1].slope, leastSquares([1, 2, 3, 21, 22, 23], [3, 2, 1, 23, 22, 21]).slope!);
    expectRelative(
      left[1].rmse,
      Math.sqrt(
        [11, 12, 13].reduce(
          (s, v, i) => s + (24 - v - (left[1].intercept! + left[1].slope! * v)) ** 2 * (i < 3 ? 1 : 0),
          0
        ) / 3
      ),
      1e-11
    );
  });

  it("says so when there is one group only", () => {
    expect(leaveOneGroupOut([1, 2], [1, 2], ["a", "a"])[0]).toMatchObject({
      rmse: null,
      reason: "there is one group only"
    });
    expect(() => leaveOneGroupOut([1, 2], [1, 2], ["a"])).toThrow("one label a point: 2, not 1");
  });
});
