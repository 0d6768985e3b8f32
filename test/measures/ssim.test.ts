import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {invertMask, maskedFidelity, maskedSsim, publishedMaskedSsim} from "../../src/measures/masked.js";
import {msSsim} from "../../src/measures/ms-ssim.js";
import {type SsimFlavour, ssim, ssimFlavours, ssimMap} from "../../src/measures/ssim.js";
import {filled, map, noise, picture} from "./reference.js";

test.each(ssimFlavours)("%s: 1 for equal images, symmetric, below 1 for others", (flavour) => {
  fc.assert(
    fc.property(fc.integer({min: 11, max: 30}), fc.integer({min: 11, max: 30}), fc.integer(), (w, h, seed) => {
      const x = picture(w, h, seed);
      const y = noise(w, h, seed);
      expect(ssim(x, x, flavour)).toBeCloseTo(1, 12);
      expect(ssim(x, y, flavour)).toBeCloseTo(ssim(y, x, flavour)!, 12);
      expect(ssim(x, y, flavour)).toBeLessThan(1);
    }),
    {seed: 12, numRuns: 20}
  );
});

test("the three flavours differ, and each is absent where its window does not fit", () => {
  const [x, y] = [picture(40, 30, "a"), noise(40, 30, "b")];
  expect(new Set(ssimFlavours.map((flavour) => ssim(x, y, flavour))).size).toBe(3);
  const least = {wang: 11, skimage: 7, torchmetrics: 6};
  for (const flavour of ssimFlavours) {
    const n = least[flavour];
    expect(ssim(noise(n, n + 3), noise(n, n + 3), flavour)).toBeCloseTo(1, 12);
    expect(ssim(noise(n - 1, 40), noise(n - 1, 40), flavour)).toBeNull();
    expect(ssimMap(noise(40, n - 1), noise(40, n - 1), flavour)).toBeNull();
    expect(ssim(filled(1, 1), filled(1, 1), flavour)).toBeNull();
  }
  expect(() => ssim(x, y, "matlab" as SsimFlavour)).toThrow("invalid SSIM flavour: matlab (there are wang, skimage");
});

test("constant images: the luminance term alone is left", () => {
  const luminance = (2 * 0.4 * 0.6 + 1e-4) / (0.16 + 0.36 + 1e-4);
  for (const flavour of ssimFlavours) {
    expect(ssim(filled(20, 20, 0.4), filled(20, 20, 0.6), flavour)).toBeCloseTo(luminance, 10);
  }
});

test("MS-SSIM: 1 for equal images, absent under 176 pixels", () => {
  const x = picture(176, 190, "ms");
  expect(msSsim(x, x)).toBeCloseTo(1, 12);
  expect(msSsim(filled(175, 300), filled(175, 300))).toBeNull();
  const negative = map(x, (v) => 1 - v);
  expect(msSsim(x, negative)).toBe(0); // anticorrelated: clipped, not NaN
});

describe("in a region of interest", () => {
  const hr = picture(40, 32, "roi");
  const mask = map(filled(40, 32), (_, i) => (Math.hypot((i % 40) - 15, Math.floor(i / 40) - 14) < 8 ? 1 : 0));
  const damaged = (inside: boolean) => {
    const e = noise(40, 32, "roi error");
    return map(hr, (v, i) => (mask.data[i] > 0.5 === inside ? v + 0.2 * (e.data[i] - 0.5) : v));
  };

  test("what is outside does not count, not even through a window", () => {
    const outside = maskedFidelity(hr, damaged(false), mask)!;
    expect(outside).toMatchObject({mse: 0, mae: 0, psnr: Infinity});
    expect(outside.ssim).toBeCloseTo(1, 12);
    expect(publishedMaskedSsim(hr, damaged(false), mask)).toBeLessThan(0.999);
    const inside = maskedFidelity(hr, damaged(true), mask)!;
    expect(inside.psnr).toBeLessThan(30);
    expect(inside.ssim).toBeLessThan(0.99);
    expect(maskedFidelity(hr, damaged(true), invertMask(mask))!.psnr).toBe(Infinity);
    expect(inside.pixels + maskedFidelity(hr, hr, invertMask(mask))!.pixels).toBe(40 * 32);
  });

  test("the whole image as a region differs from Wang's SSIM at the border only", () => {
    const sr = damaged(true);
    const whole = maskedSsim(hr, sr, filled(40, 32, 1))!;
    const map = ssimMap(hr, sr)!;
    const inner = (x: number, y: number) => x >= 5 && y >= 5 && x < 35 && y < 27;
    const region = {...map, data: map.data.map((_, i) => (inner(i % 40, Math.floor(i / 40)) ? 1 : 0))};
    expect(ssim(hr, sr)).toBeCloseTo(mean(map.data.filter((_, i) => region.data[i] === 1)), 12);
    expect(Math.abs(whole - ssim(hr, sr)!)).toBeLessThan(0.1);
  });

  test("an empty region is absent, a mask of another size refused", () => {
    expect(maskedFidelity(hr, hr, filled(40, 32))).toBeNull();
    expect(maskedSsim(hr, hr, filled(40, 32))).toBeNull();
    expect(publishedMaskedSsim(hr, hr, filled(40, 32))).toBeNull();
    expect(() => maskedFidelity(hr, hr, filled(32, 40))).toThrow("hr and mask must have one size");
  });

  test("a region of one pixel has its luminance", () => {
    const dot = map(filled(40, 32), (_, i) => (i === 500 ? 1 : 0));
    expect(maskedSsim(hr, hr, dot)).toBeCloseTo(1, 12);
    expect(maskedFidelity(hr, hr, dot)!.pixels).toBe(1);
  });
});

function mean(values: Float32Array | Float64Array): number {
  let sum = 0;
  for (const v of values) sum += v;
  return sum / values.length;
}
