import {describe, expect, it} from "vitest";
import {bandErrorSplit, errorSplit} from "../../../src/measures/error-split.js";
import {psnr} from "../../../src/measures/fidelity.js";
import {measureImage} from "../../../src/measures/measure-image.js";
import {random} from "../../../src/measures/random.js";
import {blandAltman} from "../../../src/measures/statistics/bland-altman.js";
import {
  armAndSeed,
  bandOf,
  csvLine,
  escapeLatex,
  type ImageRecord,
  latexP,
  measureOf,
  measures,
  pivotArms,
  type SeedSpreadRecord,
  seededArms,
  summarise,
  summariseSpread,
  summaryLatex,
  tidyColumns,
  tidyCsv,
  tidyRows
} from "../../../src/measures/tables/index.js";

function plane(seed: string, width = 24, height = 16) {
  const source = random("tables", seed);
  return {width, height, data: Float64Array.from({length: width * height}, () => source.uniform())};
}

function record(id: string, arm: string, more: Partial<ImageRecord> = {}): ImageRecord {
  const [hr, sr, ae] = [plane(id), plane(id + arm), plane(`${id} ae`)];
  const split = {...errorSplit(hr, sr, ae), bands: bandErrorSplit(hr, sr, ae)};
  const rest = {null_space: null, measurement_consistency: null, error_split: split, patient: null};
  const none = {mean_hr: 0.5, mean_sr: 0.5, region: null, sfrc: null, lpips: null};
  return {id, arm, width: hr.width, height: hr.height, ...measureImage(hr, sr, ae), ...rest, ...none, ...more};
}

describe("measures", () => {
  it("have keys, and measure with flavour, of their own", () => {
    expect(new Set(measures.map(({key}) => key)).size).toBe(measures.length);
    expect(new Set(measures.map(({measure, flavour}) => `${measure} ${flavour}`)).size).toBe(measures.length);
    expect(bandOf("band_sse_HH1")).toBe("HH1");
    expect(bandOf("psnr")).toBeNull();
    expect(() => measureOf("beauty")).toThrow("invalid measure: beauty");
  });

  it("have self_psnr: PSNR against the autoencoder's image instead of HR", () => {
    const [hr, sr, ae] = [plane("hr"), plane("sr"), plane("ae")];
    const own = measureImage(hr, sr, ae);
    expect(own.self_psnr).toBe(psnr(ae, sr));
    expect(own.self_psnr).not.toBe(own.psnr);
    expect(measureOf("self_psnr").value(record("i", "x"))).toBe(psnr(plane("i ae"), plane("ix")));
    expect(measureImage(hr, ae, ae).self_psnr).toBe(Infinity);
    const without = measureImage(hr, sr);
    expect(without.self_psnr).toBeNull();
    expect(without.absent.self_psnr).toContain("autoencoder");
  });
});

describe("tidyRows(records)", () => {
  it("has one row for each number that is there, with unit and flavour", () => {
    const rows = [...tidyRows([record("img1", "sr:medvae@3", {patient: "p1"})])];
    const of = (measure: string) => rows.filter((row) => row.measure === measure);
    expect(of("ssim").map(({flavour}) => flavour)).toEqual(["wang", "skimage", "torchmetrics"]);
    expect(of("psnr")).toMatchObject([{image: "img1", patient: "p1", arm: "sr:medvae", seed: 3, unit: "dB"}]);
    expect(of("band_psnr_LL3")).toMatchObject([{flavour: "published", unit: "dB"}]);
    // 16 pixels are too few for MS-SSIM, and there was no LR image
    expect(of("ms_ssim")).toEqual([]);
    expect(of("invented_sse")).toEqual([]);
    expect(rows.every(({value}) => typeof value === "number" && !Number.isNaN(value))).toBe(true);
  });

  it("keeps an infinite PSNR", () => {
    const rows = [...tidyRows([record("a", "x", {psnr: Infinity})])];
    expect(rows.find(({measure}) => measure === "psnr")?.value).toBe(Infinity);
    expect(tidyCsv(rows)).toContain("a,,x,,psnr,default,Infinity,dB");
  });

  it("turns into columns and into image × arm", () => {
    const rows = [...tidyRows([record("a", "x"), record("a", "y@1"), record("b", "x")])];
    const columns = tidyColumns(rows);
    expect(columns.value).toBeInstanceOf(Float64Array);
    expect(columns.image).toHaveLength(rows.length);
    const pivot = pivotArms(rows, "psnr");
    expect(pivot.map(({image, values}) => [image, [...values.keys()]])).toEqual([
      ["a", ["x", "y@1"]],
      ["b", ["x"]]
    ]);
  });
});

describe("armAndSeed(name)", () => {
  it("reads the seed from the end of an arm's name", () => {
    expect(armAndSeed("sr:a@12")).toEqual({arm: "sr:a", seed: 12});
    expect(armAndSeed("me@home")).toEqual({arm: "me@home", seed: null});
    expect(armAndSeed("@3")).toEqual({arm: "@3", seed: null});
  });
});

describe("csvLine(fields)", () => {
  it("quotes what needs it, leaves null empty and numbers whole", () => {
    expect(csvLine(["a,b", 'say "x"', "line\nbreak", null, 0.1 + 0.2, -1e-300])).toBe(
      '"a,b","say ""x""","line\nbreak",,0.30000000000000004,-1e-300'
    );
  });
});

describe("summarise(records, arms)", () => {
  const records = ["a", "b", "c", "d"].flatMap((id) => [record(id, "x"), record(id, "y")]);

  it("pairs arms by id whatever the order of the records", () => {
    const options = {compared: ["psnr", "mae"], resamples: 50};
    const once = summarise(records, ["x", "y"], options);
    const {comparisons} = summarise([...records].reverse(), ["x", "y"], options);
    expect(comparisons.map((c) => c.wilcoxon)).toEqual(once.comparisons.map((c) => c.wilcoxon));
    expect(once.comparisons.map(({measure, nImages}) => [measure, nImages])).toEqual([
      ["psnr", 4],
      ["mae", 4]
    ]);
    expect(once.holmFamily).toBe(2);
  });

  it("leaves out images that one arm lacks", () => {
    const {comparisons} = summarise(records.slice(0, -1), ["x", "y"], {compared: ["psnr"], resamples: 50});
    expect(comparisons[0]).toMatchObject({nImages: 3, leftOut: 0});
  });

  it("has no comparison of a measure that no image has, and none of one arm", () => {
    expect(summarise(records, ["x", "y"], {compared: ["ms_ssim"]}).comparisons).toEqual([]);
    expect(summarise(records, ["x"]).comparisons).toEqual([]);
    expect(summarise([], ["x"]).arms.x).toMatchObject({images: 0, patients: null, measures: {}});
  });
});

describe("the agreement of mean grey levels", () => {
  it("is Bland–Altman of SR against HR, clustered where every image has a patient", () => {
    const means = [0.5, 0.52, 0.4, 0.44, 0.6, 0.61];
    const records = means.map((mean_sr, i) =>
      record(`i${i}`, "x", {mean_hr: 0.45 + 0.01 * i, mean_sr, patient: `p${i >> 1}`})
    );
    const hr = records.map(({mean_hr}) => mean_hr);
    const patients = records.map(({patient}) => patient!);
    const options = {resamples: 50, seed: 3};
    const {meanAgreement} = summarise(records, ["x"], options).arms.x;
    expect(meanAgreement).toEqual(blandAltman(means, hr, {...options, patients}));
    expect(meanAgreement.bias).toBeCloseTo(0.512 - 0.475 - 0.0003333, 6);
    expect(meanAgreement.clustered!.lower).toBeLessThan(meanAgreement.bias!);
    const unknown = records.map((r) => ({...r, patient: null}));
    expect(summarise(unknown, ["x"], options).arms.x.meanAgreement).toMatchObject({
      clustered: null,
      clusteredReason: "no patient ids",
      independent: meanAgreement.independent
    });
  });
});

describe("summariseSpread(spreads, arms, records)", () => {
  const spread = (id: string, k: number, more: Partial<SeedSpreadRecord> = {}): SeedSpreadRecord => ({
    ...{id, arm: "a", k, meanSd: 0.1, calibration: 0.5, psnrOfMean: 30, meanPsnr: 29, gain: 1, posteriorGain: 1},
    ...more
  });

  it("finds the arms that have several seeds", () => {
    const arms = ["a@1", "b", "a@2", "c@1", "b@5", "b@6", "b@7"];
    expect([...seededArms(arms)]).toEqual([
      ["a", ["a@1", "a@2"]],
      ["b", ["b@5", "b@6", "b@7"]]
    ]);
  });

  it("averages over images that have every seed, and leaves out what is absent or infinite", () => {
    const spreads = [
      spread("i", 3),
      spread("j", 3, {calibration: null, meanSd: 0.3}),
      spread("k", 3, {psnrOfMean: Infinity, gain: null}),
      spread("l", 2, {meanSd: 9})
    ];
    const records = ["i", "j", "k", "l", "m"].map((id) => ({id, arm: "a@1"}));
    const summary = summariseSpread(spreads, ["a@1", "a@2", "a@3"], records).a;
    expect(summary).toMatchObject({k: 3, images: 3, leftOut: 2, calibration: {n: 2, mean: 0.5, sd: 0}});
    expect(summary.meanSd.mean).toBeCloseTo(0.5 / 3, 12);
    expect(summary.psnrOfMean).toEqual({n: 2, mean: 30, sd: 0});
    expect(summary.gain.n).toBe(2);
    expect(summary.posteriorGain).toBeCloseTo(10 * Math.log10(1.5), 12);
  });

  it("says nothing of arms without seeds", () => {
    expect(summariseSpread([], ["a", "b@1"], [])).toEqual({});
  });
});

describe("summaryLatex(summary)", () => {
  it("escapes what people call their arms", () => {
    expect(escapeLatex("a_b & 50% of #1 ~ {x}\\y^2")).toBe(
      "a\\_b \\& 50\\% of \\#1 \\textasciitilde{} \\{x\\}\\textbackslash{}y\\textasciicircum{}2"
    );
    expect(escapeLatex("x₀ → ε, −0.5 ± 1 | h < 2")).toBe(
      "x$_0$ $\\to$ $\\varepsilon$, $-$0.5 $\\pm$ 1 \\textbar{} h $<$ 2"
    );
    const records = ["i", "j", "k"].flatMap((id) => [record(id, "sr_1%"), record(id, "sr&2")]);
    const latex = summaryLatex(summarise(records, ["sr_1%", "sr&2"], {resamples: 50}));
    expect(latex).toContain("sr\\_1\\% & 3 & ");
    // each line of a table has as many cells as the table has columns
    for (const table of latex.split("\\begin{tabular}").slice(1)) {
      const columns = /^\{([lr]+)\}/.exec(table)![1].length;
      const rows = table.split("\n").filter((line) => line.endsWith("\\\\"));
      expect(rows.length).toBeGreaterThan(1);
      for (const row of rows) expect(row.replaceAll("\\&", "").split("&")).toHaveLength(columns);
    }
  });

  it("writes p-values that no double can hold", () => {
    expect([latexP(null), latexP(0), latexP(Math.log10(0.02)), latexP(-400.2)]).toEqual([
      "--",
      "1.000",
      "0.020",
      "$6.3\\times10^{-401}$"
    ]);
    expect(latexP(-5.00001)).toBe("$1.0\\times10^{-5}$");
  });
});
