import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {
  exceedanceMask,
  exceedances,
  noiseFloor,
  publishedHallucination,
  thresholdRates
} from "../../src/measures/hallucination.js";
import {measureImage} from "../../src/measures/measure-image.js";
import {random} from "../../src/measures/random.js";
import {seedSpread} from "../../src/measures/seed-spread.js";
import {filled, map, noise, picture, plane} from "./reference.js";

test("an invented dark spot counts as loss as published, and by direction in the default flavour", () => {
  const hr = filled(10, 10, 0.5);
  const ae = map(hr, (v, i) => v + (i % 2 ? 0.01 : -0.01));
  const sr = map(hr, (v, i) => (i < 5 ? v - 0.3 : i === 50 ? v + 0.1 : v));
  expect(noiseFloor(hr, ae).threshold).toBeCloseTo(0.01, 12);
  const published = publishedHallucination(hr, sr, ae);
  expect(published).toMatchObject({hallu_rate: 0.01, loss_rate: 0.05});
  expect(published.loss_magnitude).toBeCloseTo(0.3, 12);
  const rates = thresholdRates(hr, sr, ae, 3);
  expect(rates.absolute.rate).toBeCloseTo(0.06, 12);
  expect(rates.absolute.magnitude).toBeCloseTo((5 * 0.3 + 0.1) / 6, 12);
  expect(rates.k).toBe(3);
  expect([...exceedanceMask(hr, sr, 0.2)].filter((v) => v !== 0)).toEqual([-1, -1, -1, -1, -1]);
});

test("nothing beyond the threshold: magnitudes are 0 as published, absent in the default flavour", () => {
  const hr = picture(12, 12, "none");
  expect(publishedHallucination(hr, hr, hr)).toEqual({
    threshold: 0,
    hallu_rate: 0,
    loss_rate: 0,
    hallu_magnitude: 0,
    loss_magnitude: 0
  });
  expect(exceedances(hr, hr, 0).absolute).toEqual({rate: 0, magnitude: null});
});

test("rates fall as k grows, and the union is the sum of the directions", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const [hr, sr, ae] = ["h", "s", "a"].map((name) => noise(20, 15, seed, name));
      const rates = [0, 1, 2, 3].map((k) => thresholdRates(hr, sr, ae, k));
      for (const {absolute, brighter, darker} of rates)
        expect(absolute.rate).toBeCloseTo(brighter.rate + darker.rate, 12);
      const values = rates.map(({absolute}) => absolute.rate);
      expect(values).toEqual(values.toSorted((a, b) => b - a));
    }),
    {seed: 16, numRuns: 30}
  );
  expect(() => thresholdRates(noise(3, 3), noise(3, 3), noise(3, 3), -1)).toThrow(
    "k must be a finite number of at least 0"
  );
});

describe("all measures of an odd pair", () => {
  test("one pixel: what is defined is there, the rest is absent with its reason", () => {
    const one = measureImage(filled(1, 1, 0.5), filled(1, 1, 0.25), filled(1, 1, 0.5));
    expect(one).toMatchObject({mse: 0.0625, ssim: null, ssim_skimage: null, ssim_torchmetrics: null, ms_ssim: null});
    expect(one.psnr).toBeCloseTo(12.0412, 4);
    expect(one.frc).toEqual({half: null, seventh: null, mean: null});
    expect(one.radial_log_power).toEqual(Array(10).fill(null));
    expect(one.absent).toMatchObject({
      ssim: "needs a side of at least 11 pixels, the image has 1×1",
      ms_ssim: "needs a side of at least 176 pixels, the image has 1×1",
      frc: "an image of 1×1 has no ring",
      radial_log_power: "an image of 1×1 has no frequency in some rings"
    });
  });

  test("constant and equal images", () => {
    const flat = measureImage(filled(32, 32, 0), filled(32, 32, 0));
    expect(flat).toMatchObject({mse: 0, psnr: Infinity, nrmse: null, hallucination: null, threshold_rates: null});
    expect(flat.ssim).toBeCloseTo(1, 12);
    expect(flat.absent).toMatchObject({
      nrmse: "HR is zero everywhere",
      frc: "HR or SR is constant: there is nothing to correlate",
      hallucination: "needs the autoencoder's image"
    });
    expect(flat.bands.HH1).toEqual({psnr: 100, sse: 0, share: null});
  });

  test("not square, and values beyond [0, 1], which are clamped for every measure", () => {
    const hr = picture(50, 23, "odd");
    const wild = map(hr, (v) => (v > 0.5 ? 3 : v));
    const tame = map(hr, (v) => (v > 0.5 ? 1 : v));
    expect(measureImage(hr, wild)).toEqual(measureImage(hr, tame));
    expect(measureImage(hr, wild).bands_exact).toBe(false);
  });

  test("NaN, infinities and differing sizes are refused by name", () => {
    const hr = picture(16, 16, "bad");
    const nan = plane([[0, Number.NaN]]);
    expect(() =>
      measureImage(
        hr,
        map(hr, () => Number.NaN)
      )
    ).toThrow("sr must hold finite numbers only, not NaN");
    expect(() =>
      measureImage(
        hr,
        hr,
        map(hr, () => -Infinity)
      )
    ).toThrow("ae must hold finite numbers only, not -Infinity");
    expect(() => measureImage(nan, nan)).toThrow("hr must hold finite numbers only, not NaN (row 0, column 1)");
    expect(() => measureImage(hr, hr, filled(8, 8))).toThrow("hr and ae must have one size, not 16×16 and 8×8");
  });
});

describe("seed spread", () => {
  // a posterior: truth and samples are drawn alike around a common mean, wider on the right
  const side = 48;
  const centre = map(filled(side, side, 0.5), (v) => v);
  const spread = (i: number) => 0.01 + (0.08 * (i % side)) / side;
  const draw = (seed: number) => {
    const generator = random("posterior", seed);
    return map(centre, (v, i) => v + spread(i) * generator.normal());
  };

  test("a perfect posterior sampler gains what theory says, and knows where it errs", () => {
    const k = 8;
    const result = seedSpread(
      draw(0),
      Array.from({length: k}, (_, s) => draw(s + 1))
    );
    expect(result.posteriorGain).toBeCloseTo(10 * Math.log10(16 / 9), 12);
    expect(Math.abs(result.gain! - result.posteriorGain)).toBeLessThan(0.3);
    expect(result.calibration).toBeGreaterThan(0.35);
    expect(result.meanSd).toBeCloseTo(0.0492, 2);
  });

  test("σ is that of a sample, ddof 1", () => {
    const {sd, mean} = seedSpread(plane([[0.5, 0.5]]), [plane([[0.2, 0.6]]), plane([[0.4, 0.6]])]);
    expect(sd.data[0]).toBeCloseTo(Math.SQRT2 / 10, 12);
    expect([...mean.data].map((v) => v.toFixed(12))).toEqual(["0.300000000000", "0.600000000000"]);
    expect(sd.data[1]).toBe(0);
  });

  test("one answer whatever the seed: no spread, no calibration, no gain", () => {
    const sample = draw(5);
    const result = seedSpread(draw(0), [sample, sample, sample, sample]);
    expect(result).toMatchObject({meanSd: 0, calibration: null});
    expect(result.gain).toBeCloseTo(0, 10);
    expect(seedSpread(sample, [sample, sample])).toMatchObject({psnrOfMean: Infinity, meanPsnr: null, gain: null});
  });

  test("fewer than two samples, or a sample of another size, are refused", () => {
    expect(() => seedSpread(draw(0), [draw(1)])).toThrow("samples must be at least 2, not 1");
    expect(() => seedSpread(draw(0), [draw(1), filled(3, 3)])).toThrow("hr and sample 1 must have one size");
  });
});
