import {rmSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {afterAll, beforeAll, describe, expect, it} from "vitest";
import {type AnalysisOptions, analyse} from "../../loaders/analyse/analyse.js";
import type {AnalysisInputs} from "../../loaders/analyse/plan.js";
import {reportJson} from "../../loaders/analyse/report.js";
import {encodeNpy} from "../../loaders/images/index.js";
import {parseAnalysis} from "../../src/measures/tables/analysis.js";
import {picture, temporaryFolder, writeImages, writeStudy} from "./sample-set.js";
import {schemaErrors} from "./schema.js";

const quick: AnalysisOptions = {workers: () => 0, resamples: 50};

describe("analyse", () => {
  const folder = temporaryFolder();
  let study: ReturnType<typeof writeStudy>;
  let inputs: AnalysisInputs;
  let next = 0;
  /** A new folder below the temporary one. */
  const fresh = () => join(folder.path, `case${next++}`);
  const one = (hr: string, sr: string, more: Partial<AnalysisInputs> = {}) =>
    analyse({hr, sr: [{name: "x", path: sr}], ae: [], ...more}, quick);
  beforeAll(() => {
    study = writeStudy(join(folder.path, "study"), 16);
    const sr = [
      {name: "a", path: study.a},
      {name: "b@2", path: study.b}
    ];
    inputs = {hr: study.hr, sr, ae: [{name: null, path: study.ae}], lr: study.lr, patients: "^(p\\d+)_"};
  });
  afterAll(folder.remove);

  it("gives the same report on any number of threads", async () => {
    const reports = [];
    for (const workers of [0, 2, 3]) {
      const report = await analyse(inputs, {...quick, workers: () => workers});
      reports.push(reportJson({...report, provenance: {...report.provenance, date: ""}}));
    }
    expect(reports[1]).toBe(reports[0]);
    expect(reports[2]).toBe(reports[0]);
  });

  it("writes JSON that its schema describes, in the order of ids and arms", async () => {
    const report = await analyse(inputs, {...quick, margin: 0.5});
    const text = reportJson(report);
    expect(schemaErrors(text)).toEqual([]);
    expect(parseAnalysis(text)).toEqual(JSON.parse(JSON.stringify(report)));
    expect(report.images.slice(0, 4).map(({id, arm}) => [id, arm])).toEqual([
      ["p0_s0", "a"],
      ["p0_s0", "b@2"],
      ["p0_s1", "a"],
      ["p0_s1", "b@2"]
    ]);
    expect(report.coverage).toMatchObject({images: 16, pairs: 32, patients: 8, unpaired: [], mismatchedSizes: []});
    expect(Object.keys(report.provenance.inputs)).toEqual(["hr", "sr a", "sr b@2", "ae", "lr"]);
  });

  it("fills the fields that the LR and the autoencoder's images allow, else says why not", async () => {
    const [first] = (await analyse(inputs, quick)).images;
    expect(first.absent).toEqual({
      ms_ssim: "needs a side of at least 176 pixels, the image has 64×64",
      lpips: "needs AlexNet and LPIPS' heads (--lpips-backbone, --lpips-heads)",
      region: "needs a region of interest (--masks)",
      sfrc: "was not asked for (--sfrc)"
    });
    expect(first.measurement_consistency).toBe(first.null_space!.consistency);
    expect(first.measurement_consistency!).toBeLessThan(0.05);
    const [bare] = (await one(study.hr, study.a)).images;
    expect(bare).toMatchObject({hallucination: null, null_space: null, error_split: null, patient: null});
    expect(Object.keys(bare.absent).sort()).toEqual([
      "error_split",
      "hallucination",
      "lpips",
      "measurement_consistency",
      "ms_ssim",
      "null_space",
      "region",
      "self_psnr",
      "sfrc",
      "threshold_rates"
    ]);
    const [withFactor] = (await one(study.hr, study.a, {factor: 4})).images;
    expect(withFactor.null_space!.invented_sse).toBeGreaterThan(0);
    expect(withFactor.measurement_consistency).toBeNull();
    const [odd] = (await one(study.hr, study.a, {factor: 7})).images;
    expect(odd.absent.null_space).toBe("the factor 7 does not divide 64×64");
  });

  it("compares the arms on patients' means, with Holm over all comparisons", async () => {
    const {summary} = await analyse(inputs, quick);
    expect(summary.comparisons.every(({a, b}) => a === "a" && b === "b@2")).toBe(true);
    const psnr = summary.comparisons.find(({measure}) => measure === "psnr")!;
    expect(psnr).toMatchObject({level: "patient", nImages: 16, nPatients: 8, side: "two-sided", better: "higher"});
    expect(psnr.wilcoxon).toMatchObject({method: "exact", n: 8, wMinus: 0, p: 2 ** -7});
    expect(psnr.rankBiserial).toBe(1);
    expect(summary.holmFamily).toBe(summary.comparisons.length);
    expect(psnr.holmP).toBeCloseTo(Math.min(1, summary.holmFamily * 2 ** -7), 10);
    expect(summary.arms.a.measures.psnr).toMatchObject({n: 16, infinite: 0, patients: {n: 8}});
    expect(summary.arms.a.measures.ms_ssim).toBeUndefined();
  });

  it("keeps an infinite PSNR infinite, and leaves it out of means and tests, saying so", async () => {
    const sr = fresh();
    const exact = {p0_s0: picture("p0_s0"), p0_s1: picture("p0_s1")};
    const hr = writeImages(fresh(), exact);
    writeImages(sr, {...exact, p0_s1: picture("another")});
    const report = await analyse(
      {
        hr,
        sr: [
          {name: "x", path: sr},
          {name: "hr", path: hr}
        ],
        ae: []
      },
      quick
    );
    expect(report.images[0]).toMatchObject({id: "p0_s0", psnr: Infinity, mse: 0});
    expect(report.summary.arms.x.measures.psnr).toMatchObject({n: 1, infinite: 1, sd: null});
    expect(report.summary.arms.hr.measures.psnr).toMatchObject({n: 0, infinite: 2, mean: null});
    const psnr = report.summary.comparisons.find(({measure}) => measure === "psnr")!;
    expect(psnr).toMatchObject({leftOut: 2, nImages: 0, reason: "there are no pairs"});
    const text = reportJson(report);
    expect(text).toContain('"psnr":"Infinity"');
    expect(schemaErrors(text)).toEqual([]);
    expect(parseAnalysis(text).images[0].psnr).toBe(Infinity);
  });

  it("says which ids lack a partner, the first ten and how many", async () => {
    const few = writeImages(fresh(), {p0_s0: picture("p0_s0"), stray: picture("stray")});
    await expect(one(study.hr, few)).rejects.toThrow(
      "--sr x lacks 15 images of --hr: p0_s1, p1_s0, p1_s1, p2_s0, p2_s1, p3_s0, p3_s1, p4_s0, p4_s1, p5_s0 and 5 more; " +
        "--sr x has 1 image that --hr lacks: stray"
    );
    await expect(one(study.hr, study.a, {lr: few})).rejects.toThrow("--lr lacks 15 images of --hr");
    const notes: string[] = [];
    const report = await analyse(
      {hr: study.hr, sr: [{name: "x", path: few}], ae: [], allowMissing: true},
      {...quick, onNote: (note) => notes.push(note)}
    );
    expect(report.images.map(({id}) => id)).toEqual(["p0_s0"]);
    expect(report.coverage.unpaired).toMatchObject([{input: "sr x", extra: ["stray"]}]);
    expect(report.coverage.unpaired[0].lacking).toHaveLength(15);
    expect(notes.join()).toContain("lacks 15 images");
    expect(schemaErrors(reportJson(report))).toEqual([]);
  });

  it("refuses folders without a common id, even with --allow-missing", async () => {
    const others = writeImages(fresh(), {q: picture("q")});
    await expect(one(study.hr, others, {allowMissing: true})).rejects.toThrow("have no image id in common");
  });

  it("names the pairs whose sizes differ", async () => {
    const sr = fresh();
    const hr = writeImages(fresh(), {one: picture("one"), two: picture("two")});
    writeImages(sr, {one: picture("one", 32), two: picture("2")});
    await expect(one(hr, sr)).rejects.toThrow("1 pair differs in size: one: sr x has 32×32 pixels, hr 64×64");
    const others = Object.fromEntries(
      Array.from({length: 20}, (_, i) => [`more${i}`, picture(`${i}`, i < 12 ? 32 : 64)])
    );
    const many = writeImages(fresh(), others);
    const large = writeImages(fresh(), Object.fromEntries(Object.keys(others).map((id) => [id, picture(id)])));
    for (const workers of [0, 2]) {
      const run = analyse({hr: large, sr: [{name: "x", path: many}], ae: []}, {...quick, workers: () => workers});
      await expect(run).rejects.toThrow(/^12 pairs differ in size: more0: sr x has .* and 2 more; --allow-missing/);
    }
    const report = await one(hr, sr, {allowMissing: true});
    expect(report.coverage).toMatchObject({pairs: 1, mismatchedSizes: ["one: sr x has 32×32 pixels, hr 64×64"]});
    await expect(one(hr, writeImages(fresh(), {one: picture("1", 32)}), {allowMissing: true})).rejects.toThrow(
      "no pair is left"
    );
    await expect(one(hr, hr, {lr: writeImages(fresh(), {one: picture("1", 96), two: picture("2")})})).rejects.toThrow(
      "one: lr has 96×96 pixels, hr only 64×64"
    );
  });

  it("names the first file with NaN, on threads too", async () => {
    const sr = writeImages(fresh(), {});
    for (let i = 0; i < 16; i++) {
      const {data} = picture(`p${i >> 1}_s${i & 1}`);
      const values = Float32Array.from(data);
      if (i === 5 || i === 9) values[7] = Number.NaN;
      writeFileSync(join(sr, `p${i >> 1}_s${i & 1}.npy`), encodeNpy(values, [64, 64]));
    }
    for (const workers of [0, 2]) {
      const options = {...quick, workers: () => workers};
      await expect(analyse({hr: study.hr, sr: [{name: "x", path: sr}], ae: []}, options)).rejects.toThrow(
        /p2_s1\.npy has 1 NaN or infinite pixel/
      );
    }
  });

  it("clamps what a network's output overshoots, and says so; an image in another range is refused", async () => {
    const [hr, sr, clamped, other] = [fresh(), fresh(), fresh(), fresh()].map((path) => writeImages(path, {}));
    const image = picture("overshoot");
    const values = Float32Array.from(image.data, (v, i) => (i % 7 === 0 ? v + 1.1 - v : i % 5 === 0 ? -0.2 : v));
    const write = (path: string, data: Float32Array) => writeFileSync(join(path, "i.npy"), encodeNpy(data, [64, 64]));
    write(hr, Float32Array.from(image.data));
    write(sr, values);
    write(
      clamped,
      values.map((v) => Math.min(1, Math.max(0, v)))
    );
    write(
      other,
      Float32Array.from(image.data, (v) => 2 * v - 1)
    );
    const notes: string[] = [];
    const options = {...quick, onNote: (note: string) => notes.push(note)};
    const report = await analyse({hr, sr: [{name: "x", path: sr}], ae: []}, options);
    expect(report.coverage.clamped).toEqual({files: 1, by: expect.closeTo(0.2, 6)});
    expect(notes.join()).toContain("1 SR or AE file has values outside [0, 1], by at most 0.200; they are clamped");
    expect(report.images).toEqual((await one(hr, clamped)).images);
    await expect(one(hr, other)).rejects.toThrow(/i\.npy has values from -0\.\d+ to/);
    await expect(one(sr, hr)).rejects.toThrow(
      /i\.npy has values from -0\.2\d* to 1\.1\d*; float images have values in \[0, 1\]/
    );
  });

  it("names the folder that is not there, and the file that is none", async () => {
    await expect(one(study.hr, join(folder.path, "nowhere"))).rejects.toThrow("nowhere");
    const sr = writeImages(fresh(), {p0_s0: picture("p0_s0")});
    writeFileSync(join(sr, "p0_s0.png"), "not a picture");
    await expect(one(study.hr, sr, {allowMissing: true})).rejects.toThrow("p0_s0.png is not an image");
  });

  it("takes patients from a CSV or an expression, and wants one for each image", async () => {
    const csv = join(folder.path, "patients.csv");
    writeFileSync(csv, "file,patient_id\np0_s0.png,ann\np0_s1.png,ann\n");
    const pair = writeImages(fresh(), {p0_s0: picture("p0_s0"), p0_s1: picture("p0_s1")});
    expect((await one(pair, pair, {patients: csv})).images.map(({patient}) => patient)).toEqual(["ann", "ann"]);
    expect((await one(pair, pair, {patients: "(?<patient>s\\d)$"})).images.map(({patient}) => patient)).toEqual([
      "s0",
      "s1"
    ]);
    await expect(one(study.hr, study.a, {patients: csv})).rejects.toThrow(
      "gives no patient for 14 of 16 images: p1_s0"
    );
    await expect(one(study.hr, study.a, {patients: "^p"})).rejects.toThrow("must have a group for the patient");
    await expect(one(study.hr, study.a, {patients: "(p"})).rejects.toThrow("neither a file nor a regular expression");
    await expect(one(study.hr, study.a, {patients: "gone.csv"})).rejects.toThrow("gone.csv cannot be read");
    writeFileSync(csv, "name,who\np0_s0,ann\n");
    await expect(one(pair, pair, {patients: csv})).rejects.toThrow("must have a column id, image");
    writeFileSync(csv, "id,patient\np0_s0,ann\np0_s0,bob\n");
    await expect(one(pair, pair, {patients: csv})).rejects.toThrow("two patients: ann and bob");
  });

  it("has a defined answer for one patient and one image", async () => {
    const single = writeImages(fresh(), {p0_s0: picture("p0_s0")});
    const [a, b] = [writeImages(fresh(), {p0_s0: picture("x")}), writeImages(fresh(), {p0_s0: picture("y")})];
    const sr = [
      {name: "a", path: a},
      {name: "b", path: b}
    ];
    const report = await analyse({hr: single, sr, ae: [], patients: "^(p\\d)"}, quick);
    const psnr = report.summary.comparisons.find(({measure}) => measure === "psnr")!;
    expect(psnr).toMatchObject({nImages: 1, nPatients: 1, cohensDz: null, reason: "one patient only"});
    expect(report.pairing.a.verdict).toBe("undecided");
    expect(schemaErrors(reportJson(report))).toEqual([]);
  });

  it("finds outputs that stand under each other's names", async () => {
    const ids = Array.from({length: 12}, (_, i) => `hr_${i}`);
    const lexicographic = [...ids].sort();
    const hr = writeImages(fresh(), Object.fromEntries(ids.map((id) => [id, picture(id)])));
    const sr = writeImages(fresh(), Object.fromEntries(ids.map((id, i) => [id, picture(lexicographic[i])])));
    expect((await one(hr, hr)).pairing.x.verdict).toBe("paired");
    expect((await one(hr, sr)).pairing.x).toMatchObject({verdict: "mispaired", reordering: "lexicographic"});
  });

  it("hashes what it measured: another pixel, another hash", async () => {
    const hash = async () => (await one(hr, hr)).provenance.inputs.hr.sha256;
    const hr = writeImages(fresh(), {one: picture("one"), two: picture("two")});
    const before = await hash();
    expect(await hash()).toBe(before);
    writeImages(hr, {two: picture("2")});
    expect(await hash()).not.toBe(before);
    rmSync(hr, {recursive: true});
  });
});
