import {copyFileSync, mkdirSync, readFileSync} from "node:fs";
import {join} from "node:path";
import {afterAll, beforeAll, describe, expect, it} from "vitest";
import {analyse} from "../../loaders/analyse/analyse.js";
import type {ImageRecord} from "../../src/measures/tables/record.js";
import {hasShared, shared} from "../support/shared.js";
import {temporaryFolder} from "./sample-set.js";

interface GoldenCase {
  shape: [number, number];
  psnr: number;
  ssim_wang_skimage: number;
  ssim_skimage_default: number;
  ssim_torchmetrics: number;
  ms_ssim_torchmetrics: number;
  hallucination: Record<string, number>;
  radial_power_10?: number[];
  subband_psnr: Record<string, number>;
}

describe.skipIf(!hasShared)("analyse on the golden pairs", () => {
  const folder = temporaryFolder();
  let golden: GoldenCase[];
  let records: readonly ImageRecord[];
  beforeAll(async () => {
    golden = JSON.parse(readFileSync(shared("golden/metrics/image_metrics.json"), "utf8")).cases;
    for (const kind of ["hr", "sr", "ae"]) {
      mkdirSync(join(folder.path, kind));
      golden.forEach((_, i) => {
        copyFileSync(shared(`golden/metrics/pair${i}_${kind}.npy`), join(folder.path, kind, `pair${i}.npy`));
      });
    }
    const path = (kind: string) => join(folder.path, kind);
    const inputs = {hr: path("hr"), sr: [{name: "sr", path: path("sr")}], ae: [{name: null, path: path("ae")}]};
    records = (await analyse(inputs, {workers: () => 0})).images;
  });
  afterAll(folder.remove);

  it("gives every value that the JSON must have, to 1e-6 (SSIM 1e-5)", () => {
    expect(records.map(({id}) => id)).toEqual(["pair0", "pair1", "pair2", "pair3"]);
    const near = (actual: number | null, expected: number, tolerance = 1e-6) =>
      expect(Math.abs(actual! / expected - 1)).toBeLessThanOrEqual(tolerance);
    golden.forEach((expected, i) => {
      const record = records[i];
      expect([record.height, record.width]).toEqual(expected.shape);
      near(record.psnr, expected.psnr);
      near(record.mse, 10 ** (-expected.psnr / 10));
      near(record.ssim, expected.ssim_wang_skimage, 1e-5);
      near(record.ssim_skimage, expected.ssim_skimage_default, 1e-5);
      near(record.ssim_torchmetrics, expected.ssim_torchmetrics, 1e-5);
      near(record.ms_ssim, expected.ms_ssim_torchmetrics, 1e-5);
      for (const [band, psnr] of Object.entries(expected.subband_psnr)) {
        near(record.bands[band as "HH1"].psnr, psnr);
      }
      for (const [name, value] of Object.entries(expected.hallucination)) {
        near(record.hallucination![name as "threshold"], value);
      }
      expected.radial_power_10?.forEach((value, ring) => {
        near(record.radial_log_power[ring], value);
      });
    });
  });

  it("splits the error, and the parts add up to it", () => {
    for (const {mse, width, height, error_split} of records) {
      const {autoencoder, generator, cross} = error_split!;
      expect((autoencoder + generator + cross) / (mse * width * height)).toBeCloseTo(1, 9);
    }
  });
});
