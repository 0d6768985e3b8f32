import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {fft, fft2, fft2Pair, frequencyIndex, inverseFft, inverseFft2} from "../../src/measures/fft.js";
import {crossing, meanCorrelation, ringCorrelation} from "../../src/measures/frc.js";
import {gaussianBlur} from "../../src/measures/moments.js";
import {radialComparison, radialLogPower, radialSpectrum} from "../../src/measures/radial.js";
import {flaggedShare, flaggedTiles, lowestCrossing, scanRingCorrelation} from "../../src/measures/sfrc.js";
import {errorSpectrum, logPowerSpectrum} from "../../src/measures/spectrum2d.js";
import {filled, map, maxAbsDifference, noise, picture} from "./reference.js";

describe("the Fourier transform", () => {
  test("agrees with the definition at every length", () => {
    for (let n = 1; n <= 64; n++) {
      const x = noise(n, 2, "fft", n).data;
      const re = Float64Array.from(x.subarray(0, n));
      const im = Float64Array.from(x.subarray(n));
      const [wantRe, wantIm] = dft(re, im);
      fft(re, im, n);
      expect(maxAbsDifference(re, wantRe)).toBeLessThan(1e-12 * n);
      expect(maxAbsDifference(im, wantIm)).toBeLessThan(1e-12 * n);
    }
  });

  test("comes back, at lengths with large primes too", () => {
    fc.assert(
      fc.property(fc.integer({min: 1, max: 700}), fc.integer({min: 1, max: 5}), fc.integer(), (n, batch, seed) => {
        const x = noise(n * batch, 2, seed).data;
        const re = Float64Array.from(x.subarray(0, n * batch));
        const im = Float64Array.from(x.subarray(n * batch));
        fft(re, im, n, batch);
        inverseFft(re, im, n, batch);
        expect(maxAbsDifference(re, x.subarray(0, n * batch))).toBeLessThan(1e-12);
        expect(maxAbsDifference(im, x.subarray(n * batch))).toBeLessThan(1e-12);
      }),
      {seed: 13, numRuns: 60}
    );
  });

  test("two planes at once are as good as one by one; Parseval; and back", () => {
    fc.assert(
      fc.property(fc.integer({min: 1, max: 40}), fc.integer({min: 1, max: 40}), fc.integer(), (w, h, seed) => {
        const [a, b] = [noise(w, h, seed, "a"), noise(w, h, seed, "b")];
        const [fa, fb] = fft2Pair(a, b);
        for (const [pair, alone] of [
          [fa, fft2(a)],
          [fb, fft2(b)]
        ]) {
          expect(maxAbsDifference(pair.re, alone.re)).toBeLessThan(1e-10);
          expect(maxAbsDifference(pair.im, alone.im)).toBeLessThan(1e-10);
        }
        const power = fa.re.reduce((s, v, i) => s + v * v + fa.im[i] * fa.im[i], 0);
        let energy = 0;
        for (const v of a.data) energy += v * v;
        expect(power / (w * h)).toBeCloseTo(energy, 8);
        expect(maxAbsDifference(inverseFft2(fb).data, b.data)).toBeLessThan(1e-12);
      }),
      {seed: 14, numRuns: 40}
    );
  });

  test("refuses lengths that do not fit", () => {
    expect(() => fft(new Float64Array(4), new Float64Array(4), 3)).toThrow("re and im must have 3 values, not 4 and 4");
    expect(() => fft(new Float64Array(0), new Float64Array(0), 0)).toThrow("n must be a whole number of at least 1");
    expect(() => fft2(filled(2, 2, Infinity))).toThrow("not Infinity (row 0, column 0)");
  });

  test("counts frequencies as numpy does", () => {
    expect([0, 1, 2, 3].map((k) => frequencyIndex(k, 4))).toEqual([0, 1, -2, -1]);
    expect([0, 1, 2, 3, 4].map((k) => frequencyIndex(k, 5))).toEqual([0, 1, 2, -2, -1]);
  });
});

describe("radial power", () => {
  test("published: tiny images have empty rings, which are absent", () => {
    expect(radialLogPower(filled(1, 1, 0.5))).toEqual(Array(10).fill(null));
    const rings = radialLogPower(noise(4, 4, "tiny"));
    expect(rings).toContain(null);
    expect(rings[0]).not.toBeNull();
  });

  test("published: a constant image is at the floor of 1e-12 but for ring 0", () => {
    const rings = radialLogPower(filled(64, 64, 0.5));
    expect(rings[0]).toBeGreaterThan(-12);
    for (const value of rings.slice(1)) expect(value).toBeCloseTo(-12, 6);
  });

  test("default: white noise of variance σ² has power σ² in every ring", () => {
    const {power, count, frequency} = radialSpectrum(
      map(noise(256, 256, "white"), (v) => (v - 0.5) * 0.2),
      16
    );
    for (let ring = 1; ring < 16; ring++) {
      expect(Math.abs(power[ring] / (0.04 / 12) - 1)).toBeLessThan(6 / Math.sqrt(count[ring] / 2));
    }
    expect(frequency[0]).toBe(1 / 64);
    expect(frequency[15]).toBe(31 / 64);
  });

  test("default: blur takes away high frequencies, and the ratio says so in dB", () => {
    const hr = noise(128, 96, "blur");
    const {ratio, errorRatio, frequency} = radialComparison(hr, gaussianBlur(hr, 1));
    for (let ring = 2; ring < frequency.length; ring++) {
      const expected = 20 * Math.log10(Math.exp(-2 * (Math.PI * frequency[ring]) ** 2));
      if (frequency[ring] < 0.3) expect(ratio[ring]).toBeCloseTo(expected, 0);
    }
    expect(ratio[20]).toBeLessThan(ratio[4]);
    expect(errorRatio[20]).toBeGreaterThan(errorRatio[4]);
  });
});

describe("Fourier ring correlation", () => {
  test("of an image with itself is 1 in every ring, at every size", () => {
    fc.assert(
      fc.property(fc.integer({min: 3, max: 40}), fc.integer({min: 3, max: 40}), fc.integer(), (w, h, seed) => {
        const x = noise(w, h, seed);
        const frc = ringCorrelation(x, x);
        frc.correlation.forEach((value, ring) => {
          if (frc.count[ring] > 0) expect(value).toBeCloseTo(1, 12);
        });
        expect(frc.correlation).toHaveLength(Math.ceil(Math.min(w, h) / 2));
        expect(crossing(frc, 0.5)).toMatchObject({crossed: false});
      }),
      {seed: 15, numRuns: 50}
    );
  });

  test("sees phase, which power spectra do not: a shifted image correlates no more", () => {
    const x = noise(64, 64, "shift");
    const shifted = map(x, (_, i) => x.data[(Math.floor(i / 64) * 64 + ((i + 9) % 64)) % 4096]);
    expect(maxAbsDifference(logPowerSpectrum(x).data, logPowerSpectrum(shifted).data)).toBeLessThan(1e-6);
    expect(meanCorrelation(ringCorrelation(x, shifted))).toBeLessThan(0.1);
  });

  test("falls below a threshold where noise takes over, between two rings", () => {
    const hr = picture(128, 128, "noise");
    const e = noise(128, 128, "frc");
    const frc = ringCorrelation(
      hr,
      map(hr, (v, i) => v + 0.5 * (e.data[i] - 0.5))
    );
    const half = crossing(frc, 1 / 2)!;
    const seventh = crossing(frc, 1 / 7)!;
    expect(half.crossed && seventh.crossed).toBe(true);
    expect(half.frequency).toBeLessThan(seventh.frequency);
    const ring = half.frequency * 128;
    expect(frc.correlation[Math.floor(ring)]).toBeGreaterThanOrEqual(0.5);
    expect(frc.correlation[Math.ceil(ring)]).toBeLessThan(0.5);
  });

  test("of a constant image is absent, not 0", () => {
    const frc = ringCorrelation(filled(32, 32, 0.5), noise(32, 32, "flat"));
    expect(crossing(frc, 0.5)).toBeNull();
    expect(meanCorrelation(frc)).toBeNull();
    expect([...frc.correlation.slice(1)].every(Number.isNaN)).toBe(true);
    for (const black of [
      ringCorrelation(filled(32, 32), noise(32, 32)),
      ringCorrelation(noise(32, 32), filled(32, 32))
    ]) {
      expect(crossing(black, 0.5)).toBeNull();
    }
    expect(crossing(ringCorrelation(filled(1, 1, 1), filled(1, 1, 1)), 0.5)).toBeNull();
    expect(() => crossing(frc, 2)).toThrow("threshold must lie between -1 and 1, not 2");
  });
});

describe("scanning FRC", () => {
  const hr = map(picture(128, 128, "sfrc"), (v, i) => v + 0.1 * noise(128, 128, "texture").data[i]);

  test("flags the tile in which something was made up, and no other", () => {
    const other = noise(128, 128, "made up");
    const inside = (i: number) => i % 128 >= 70 && i % 128 < 120 && i >= 70 * 128 && i < 120 * 128;
    const sr = map(hr, (v, i) => (inside(i) ? v + 0.6 * (other.data[i] - 0.5) : v));
    const scan = scanRingCorrelation(hr, sr, {size: 32})!;
    const flagged = flaggedTiles(scan, 0.3);
    expect(flagged.length).toBeGreaterThan(0);
    for (const {x, y} of flagged) expect(x + 32 > 70 && y + 32 > 70).toBe(true);
    expect(scan.tiles).toHaveLength(49);
    expect(lowestCrossing(scan)).toBeLessThan(0.3);
    expect(flaggedShare(scan, 0.3)).toBeCloseTo(flagged.length / 49, 12);
    expect(flaggedShare(scanRingCorrelation(hr, hr, {size: 32})!, 0.3)).toBe(0);
  });

  test("structure where HR is flat counts, flat against flat does not", () => {
    const flat = filled(64, 64, 0.3);
    expect(scanRingCorrelation(flat, noise(64, 64), {size: 32})!.tiles.every(({frequency}) => frequency === 0)).toBe(
      true
    );
    const nothing = scanRingCorrelation(flat, flat, {size: 32})!;
    expect(nothing.tiles.every(({frequency}) => frequency === null)).toBe(true);
    expect(flaggedShare(nothing, 0.3)).toBeNull();
    expect(lowestCrossing(nothing)).toBeNull();
    expect(scanRingCorrelation(filled(20, 80), filled(20, 80))).toBeNull();
    expect(() => scanRingCorrelation(hr, hr, {size: 2})).toThrow("size must be a whole number of at least 4, not 2");
  });
});

test("the error spectrum has its zero frequency in the middle", () => {
  const {data} = errorSpectrum(filled(9, 6), filled(9, 6, 0.5));
  const brightest = data.indexOf(Math.max(...data));
  expect([brightest % 9, Math.floor(brightest / 9)]).toEqual([4, 3]);
  expect(() => errorSpectrum(filled(9, 6), filled(6, 9))).toThrow("one size");
});

function dft(re: Float64Array, im: Float64Array): [Float64Array, Float64Array] {
  const n = re.length;
  const outRe = new Float64Array(n);
  const outIm = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    for (let j = 0; j < n; j++) {
      const angle = (-2 * Math.PI * ((j * k) % n)) / n;
      outRe[k] += re[j] * Math.cos(angle) - im[j] * Math.sin(angle);
      outIm[k] += re[j] * Math.sin(angle) + im[j] * Math.cos(angle);
    }
  }
  return [outRe, outIm];
}
