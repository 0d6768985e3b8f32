import {describe, expect, test} from "vitest";
import {bandEnergy, bandMeasures} from "../../src/measures/bands.js";
import {haar} from "../../src/measures/dwt.js";
import {psnr} from "../../src/measures/fidelity.js";
import {publishedHallucination} from "../../src/measures/hallucination.js";
import {measureImage} from "../../src/measures/measure-image.js";
import {msSsim} from "../../src/measures/ms-ssim.js";
import {radialLogPower} from "../../src/measures/radial.js";
import {ssim} from "../../src/measures/ssim.js";
import {hasShared} from "../support/shared.js";
import {plane, readReference, referencePlane} from "./reference.js";

// what the references themselves computed in float32 carries float32's rounding: their tolerance is 1e-6
const FLOAT64 = 1e-9;
const FLOAT32 = 1e-6;
const SSIM = 1e-5;

function expectClose(actual: number | null, expected: number, relative: number): void {
  expect(Math.abs(actual! - expected), `${actual} against ${expected}`).toBeLessThanOrEqual(
    relative * Math.abs(expected)
  );
}

describe.skipIf(!hasShared)("against the reference values", () => {
  const reference = hasShared ? readReference() : undefined;
  const pairs = (reference?.cases ?? []).map((expected, i) => ({
    expected,
    name: `pair ${i} (${expected.shape.join("×")})`,
    hr: referencePlane(`pair${i}_hr.npy`),
    sr: referencePlane(`pair${i}_sr.npy`),
    ae: referencePlane(`pair${i}_ae.npy`)
  }));

  test.each(pairs)("$name: PSNR", ({hr, sr, expected}) => {
    expectClose(psnr(hr, sr), expected.psnr, FLOAT64);
  });

  test.each(pairs)("$name: three SSIMs and MS-SSIM", ({hr, sr, expected}) => {
    expectClose(ssim(hr, sr, "wang"), expected.ssim_wang_skimage, SSIM);
    expectClose(ssim(hr, sr, "skimage"), expected.ssim_skimage_default, SSIM);
    expectClose(ssim(hr, sr, "torchmetrics"), expected.ssim_torchmetrics, SSIM);
    expectClose(msSsim(hr, sr), expected.ms_ssim_torchmetrics, SSIM);
  });

  test.each(pairs)("$name: energy of HR in each Haar band", ({hr, expected}) => {
    const energy = bandEnergy(haar(hr, 3)) as Record<string, number>;
    const published: Record<string, string> = {LL: "LL", LH: "cH", HL: "cV", HH: "cD"};
    for (const [name, value] of Object.entries(energy)) {
      expectClose(value, expected.haar_energy[published[name.slice(0, 2)] + name.slice(2)], FLOAT64);
    }
    expect(Object.keys(energy)).toHaveLength(10);
  });

  test.each(pairs)("$name: band PSNR", ({hr, sr, expected}) => {
    const {bands} = bandMeasures(hr, sr);
    expect(Object.keys(bands)).toEqual(Object.keys(expected.subband_psnr));
    for (const [name, value] of Object.entries(expected.subband_psnr)) {
      expectClose(bands[name as "LL3"].psnr, value, FLOAT32);
    }
  });

  test.each(pairs.filter(({expected}) => expected.radial_power_10))("$name: radial log power", ({sr, expected}) => {
    const power = radialLogPower(sr);
    expected.radial_power_10!.forEach((value, ring) => {
      expectClose(power[ring], value, FLOAT32);
    });
    expect(power).toHaveLength(10);
  });

  test.each(pairs)("$name: published threshold rates", ({hr, sr, ae, expected}) => {
    const actual = publishedHallucination(hr, sr, ae);
    expect(actual.hallu_rate).toBe(expected.hallucination.hallu_rate);
    expect(actual.loss_rate).toBe(expected.hallucination.loss_rate);
    for (const key of ["threshold", "hallu_magnitude", "loss_magnitude"] as const) {
      expectClose(actual[key], expected.hallucination[key], FLOAT32);
    }
  });

  test.each(pairs)("$name: measureImage gives the same numbers", ({hr, sr, ae}) => {
    const all = measureImage(hr, sr, ae);
    expectClose(all.psnr, psnr(hr, sr), 1e-12);
    expectClose(all.ssim, ssim(hr, sr)!, 1e-12);
    expectClose(all.ssim_skimage, ssim(hr, sr, "skimage")!, 1e-12);
    expectClose(all.ssim_torchmetrics, ssim(hr, sr, "torchmetrics")!, 1e-12);
    expectClose(all.ms_ssim, msSsim(hr, sr)!, 1e-12);
    expect(all.hallucination).toEqual(publishedHallucination(hr, sr, ae));
    expect(all.bands).toEqual(bandMeasures(hr, sr).bands);
    const radial = radialLogPower(sr);
    all.radial_log_power.forEach((value, ring) => {
      expectClose(value, radial[ring]!, 1e-9);
    });
    expect(all.absent).toEqual({});
  });

  test.each(["haar_2x2", "haar_5x5_symmetric"] as const)("%s: coefficients", (name) => {
    const {input, cA, cH, cV, cD} = reference![name];
    const {ll, details} = haar(plane(input), 1);
    const [{lh, hl, hh}] = details;
    for (const [actual, expected] of [
      [ll, cA],
      [lh, cH],
      [hl, cV],
      [hh, cD]
    ] as const) {
      expect([actual.height, actual.width]).toEqual([expected.length, expected[0].length]);
      expected.flat().forEach((value, i) => {
        expect(actual.data[i]).toBeCloseTo(value, 12);
      });
    }
  });
});
