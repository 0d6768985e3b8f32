import {describe, expect, test} from "vitest";
import {conventions, measureFor, type Quantity, testFor, valueIn} from "../../src/components/convention.js";
import {studyTables} from "../../src/components/study-data.js";
import {bandNames} from "../../src/measures/bands.js";
import {measureOf} from "../../src/measures/tables/measures.js";

const quantities: readonly Quantity[] = ["psnr", "ssim", "band", "rate", "rate_brighter", "rate_darker"];
const inTables = new Set<string>(Object.values(studyTables).flat());

describe("measureFor", () => {
  test("names measures that a study's tables have, in either convention", () => {
    for (const convention of conventions) {
      for (const quantity of quantities) {
        for (const band of quantity === "band" ? bandNames() : [undefined]) {
          const {key} = measureFor(quantity, convention, {kind: "sr", band});
          expect(inTables.has(key) || key.startsWith("band_share_"), key).toBe(true);
          if (key !== "self_psnr") expect(measureOf(key).key).toBe(key);
        }
      }
    }
  });

  test("answers every quantity differently in the two conventions", () => {
    for (const quantity of quantities) {
      const [a, b] = conventions.map((convention) => measureFor(quantity, convention, {kind: "sr", band: "HH1"}));
      expect(a.key).not.toBe(b.key);
      expect(a.meaning).not.toBe(b.meaning);
    }
    expect(testFor("published")).not.toEqual(testFor("default"));
  });

  test("takes the PSNR of what has no generator against HR in both", () => {
    for (const kind of ["ae", "bicubic", "regression", "external"]) {
      for (const convention of conventions) expect(measureFor("psnr", convention, {kind}).key).toBe("psnr");
    }
    expect(measureFor("psnr", "published", {kind: "sr"}).key).toBe("self_psnr");
  });

  test("refuses a band that there is not", () => {
    expect(() => measureFor("band", "default")).toThrow(RangeError);
    expect(() => measureFor("band", "default", {band: "HH4"})).toThrow("HH4");
  });
});

describe("valueIn", () => {
  const row = Object.fromEntries(bandNames().map((band, i) => [`band_sse_${band}`, i + 1]));

  test("makes shares of the bands' squared errors, which add up to 1", () => {
    const shares = bandNames().map((band) => valueIn(row, `band_share_${band}`)!);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(valueIn(row, `band_share_${bandNames()[3]}`)).toBeCloseTo(4 / 55, 12);
  });

  test("is null where the row lacks the measure, or a share's parts", () => {
    expect(valueIn(row, "psnr")).toBeNull();
    expect(valueIn({...row, band_sse_HH1: null}, "band_share_LL3")).toBeNull();
    expect(valueIn({psnr: Number.POSITIVE_INFINITY}, "psnr")).toBe(Number.POSITIVE_INFINITY);
  });
});
