import {describe, expect, it} from "vitest";
import {cos, exp, log, pow, sin} from "../../src/measures/elementary.js";
import {fractionOf, random} from "../../src/measures/random.js";

describe("random(…seed)", () => {
  it("gives the same numbers for the same seed, and others for another", () => {
    const a = random("x", 1);
    const b = random("x", 1);
    const c = random("x", "1");
    const first = Array.from({length: 50}, () => a.bits());
    expect(Array.from({length: 50}, () => b.bits())).toEqual(first);
    expect(Array.from({length: 50}, () => c.bits())).not.toEqual(first);
  });

  it("starts with the recorded values, on every engine", () => {
    const r = random("bandscope", 7);
    expect([r.bits(), r.bits(), r.bits()]).toMatchInlineSnapshot(`
      [
        598638572,
        3790812209,
        2839811163,
      ]
    `);
    expect(r.normal()).toMatchInlineSnapshot(`1.363360076080516`);
  });

  it("has the moments of its distributions", () => {
    const r = random("moments");
    const n = 40000;
    const u = Array.from({length: n}, () => r.uniform());
    const z = Array.from({length: n}, () => r.normal());
    const mean = (v: number[]) => v.reduce((a, b) => a + b, 0) / v.length;
    expect(Math.abs(mean(u) - 0.5)).toBeLessThan(0.01);
    expect(Math.abs(mean(u.map((x) => x * x)) - 1 / 3)).toBeLessThan(0.01);
    expect(Math.abs(mean(z))).toBeLessThan(0.02);
    expect(Math.abs(mean(z.map((x) => x * x)) - 1)).toBeLessThan(0.03);
    expect(Math.abs(mean(z.map((x) => x ** 4)) - 3)).toBeLessThan(0.2);
  });

  it("picks whole numbers without bias and refuses an empty range", () => {
    const r = random("integers");
    const counts = new Array(7).fill(0);
    for (let i = 0; i < 14000; ++i) ++counts[r.integer(7)];
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
    expect(() => r.integer(0)).toThrow(RangeError);
  });

  it("spreads neighbouring texts over [0, 1)", () => {
    const bins = new Array(10).fill(0);
    for (let i = 0; i < 10000; ++i) ++bins[Math.floor(10 * fractionOf(`patient-${i}`))];
    for (const count of bins) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe("the elementary functions", () => {
  it("agree with Math to 1e-14", () => {
    const r = random("elementary");
    for (let i = 0; i < 5000; ++i) {
      const x = r.between(-30, 30);
      expect(Math.abs(exp(x) / Math.exp(x) - 1)).toBeLessThan(1e-14);
      expect(Math.abs(sin(x) - Math.sin(x))).toBeLessThan(1e-14);
      expect(Math.abs(cos(x) - Math.cos(x))).toBeLessThan(1e-14);
      const y = Math.exp(x);
      expect(Math.abs(log(y) - Math.log(y))).toBeLessThan(1e-14 * Math.max(1, Math.abs(x)));
    }
    expect(Math.abs(pow(2, 0.5) - Math.SQRT2)).toBeLessThan(1e-15);
    expect(log(0)).toBe(-Infinity);
    expect(log(-1)).toBeNaN();
    expect(exp(-1000)).toBe(0);
    expect(exp(1000)).toBe(Infinity);
  });
});
