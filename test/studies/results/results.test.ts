import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {afterAll, afterEach, beforeAll, describe, expect, it} from "vitest";
import {decodeStudyTable, encodeStudyTable} from "../../../loaders/studies/results/arrow.js";
import {isResultsFolder, readResults, resultRows} from "../../../loaders/studies/results/read.js";
import {writeResults} from "../../../loaders/studies/results/write.js";
import {type StudyRow, type StudyTable, studyTables} from "../../../src/components/study-data.js";
import {comparePaired, holm} from "../../../src/measures/statistics/index.js";
import {measureOf} from "../../../src/measures/tables/measures.js";
import {measuredStudy, recordsOf} from "./measured-study.js";

/** On a machine with much else to do. */
const slow = 180_000;
const folder = mkdtempSync(join(tmpdir(), "bandscope-results-"));
const study = measuredStudy();
const quick = {resamples: 200};
const out = join(folder, "tiny");

beforeAll(async () => {
  process.env.SOURCE_DATE_EPOCH = "1795478400";
  await writeResults(study, out, quick);
}, slow);
afterEach(() => {
  process.env.SOURCE_DATE_EPOCH = "1795478400";
});
afterAll(() => {
  delete process.env.SOURCE_DATE_EPOCH;
  rmSync(folder, {recursive: true});
});

describe("writeResults", () => {
  it("writes three tables and results.json, and nothing else", () => {
    expect(readdirSync(out).sort()).toEqual(["bands.arrow", "fidelity.arrow", "hallucination.arrow", "results.json"]);
    expect(isResultsFolder(out)).toBe(true);
  });

  it("has in its tables what the records say, to the digits that a table keeps", () => {
    const rows = resultRows(readResults(out));
    expect(rows).toHaveLength(study.runs.length * 12);
    const wide = new Set<string>(studyTables.fidelity);
    for (const {arm, set, seed, pairing} of study.runs) {
      const records = recordsOf(arm, set, seed, pairing);
      const own = rows.filter(
        (row) => row.arm === arm && row.set === set && row.seed === seed && row.pairing === pairing
      );
      expect(own.map(({image}) => image)).toEqual(records.map(({id}) => id));
      records.forEach((record, i) => {
        expect(own[i].patient).toBe(record.patient);
        for (const key of Object.values(studyTables).flat()) {
          const value = measureOf(key).value(record);
          expect(own[i][key], `${arm} ${record.id} ${key}`).toBe(
            value === null || wide.has(key) ? value : Math.fround(value)
          );
        }
      });
    }
  });

  it("keeps an infinite PSNR and an absent value", () => {
    const rows = resultRows(readResults(out));
    const exact = rows.find(
      ({arm, image, pairing}) => arm === "bicubic" && image === "knee-0" && pairing === "correct"
    )!;
    expect(exact.psnr).toBe(Infinity);
    expect(exact.self_psnr).toBeNull();
    expect(exact.seed).toBeNull();
    const alone = rows.find(({arm, pairing}) => arm === "ae:medical-f4c3" && pairing === "correct")!;
    expect(alone.self_psnr).toBe(Infinity);
    expect(alone.region_psnr_inside).toBeNull();
  });

  it("compares patients' means of means over seeds, B − A, with Holm within each pairing", () => {
    const {comparisons} = readResults(out).results;
    const {a, b} = study.study.comparisons[0];
    const [own] = comparisons.filter(
      (one) => one.set === "knee" && one.measure === "psnr" && one.pairing === "correct"
    );
    const means = (arm: string) => {
      const [one, two] = [1, 2].map((seed) => recordsOf(arm, "knee", seed, "correct"));
      return one.map(({psnr}, i) => (psnr + two[i].psnr) / 2);
    };
    const patients = recordsOf(a, "knee", 1, "correct").map(({patient}) => patient!);
    const expected = comparePaired(means(b), means(a), {patients, margin: 0.15, ...quick});
    expect(own.title).toBe(study.study.comparisons[0].title);
    expect(own.meanDifference).toBeCloseTo(expected.meanDifference!, 12);
    expect(own.meanA).toBeCloseTo(expected.meanB!, 12);
    expect(own.wilcoxon.p).toBe(expected.wilcoxon.p);
    expect(own.tost!.p).toBeCloseTo(expected.tost!.p!, 12);
    // the same number of images a patient: the mean over patients is that over images
    expect(own.bootstrap.percentile![0]).toBeCloseTo(expected.bootstrap.percentile![0], 10);
    for (const pairing of ["correct", "published-bug"]) {
      const family = comparisons.filter((one) => one.pairing === pairing);
      expect(family.map(({holmLog10p}) => holmLog10p)).toEqual(holm(family.map(({wilcoxon}) => wilcoxon.log10p)));
    }
    // no LPIPS was measured: nothing is made up for it
    expect(new Set(comparisons.map(({measure}) => measure))).toEqual(
      new Set(["psnr", "self_psnr", "ssim", "hallu_rate", "loss_rate"])
    );
    const rates = comparisons.find((one) => one.measure === "hallu_rate")!;
    expect(rates.cohensH).not.toBeNull();
    expect(rates.tostH!.margin).toBe(0.02);
    expect(rates.tost).toBeNull();
  });

  it("gives the same bytes for the same measurements", async () => {
    const again = join(folder, "again");
    await writeResults(study, again, quick);
    for (const file of readdirSync(out)) {
      expect(readFileSync(join(again, file)).equals(readFileSync(join(out, file))), file).toBe(true);
    }
    process.env.SOURCE_DATE_EPOCH = "1795478401";
    await writeResults(study, again, quick);
    const lines = (path: string) => readFileSync(join(path, "results.json"), "utf8").split("\n");
    const [before, after] = [lines(out), lines(again)];
    expect(after.filter((line, i) => line !== before[i])).toEqual(['"date": "2026-11-24T00:00:01.000Z",']);
  });

  it("says where each run came from", () => {
    const {results} = readResults(out);
    expect(results.date).toBe("2026-11-24T00:00:00.000Z");
    expect(results.runs).toHaveLength(study.runs.length);
    expect(results.runs[0]).toMatchObject({arm: "bicubic", set: "knee", engine: "test", seconds: 1.5});
    expect(results.notes).toEqual(["left out: everything real"]);
  });
});

describe("readResults", () => {
  it("refuses a table that belongs to other results, a missing one, and a folder without results", async () => {
    const other = join(folder, "other");
    await writeResults(study, other, quick);
    const {tables} = readResults(out);
    const rows = decodeStudyTable("bands", tables.bands, "bands.arrow");
    writeFileSync(join(other, "bands.arrow"), encodeStudyTable("bands", rows.slice(1)));
    expect(() => readResults(other)).toThrow(/bands\.arrow does not belong to .*results\.json/);
    rmSync(join(other, "bands.arrow"));
    expect(() => readResults(other)).toThrow(/there is no .*bands\.arrow/);
    mkdirSync(join(folder, "empty"));
    expect(() => readResults(join(folder, "empty"))).toThrow(/has no results\.json/);
    writeFileSync(join(other, "results.json"), "{");
    expect(() => readResults(other)).toThrow(/is not JSON/);
    writeFileSync(join(other, "results.json"), "{}");
    expect(() => readResults(other)).toThrow(/bandscope-study/);
  });
});

describe("a study's Arrow tables", () => {
  const row = (image: string, psnr: number | null) =>
    ({study: "s", set: "a", image, patient: null, arm: "b", seed: null, pairing: "correct", psnr}) as StudyRow;

  it("have no rows where there are none", () => {
    for (const table of Object.keys(studyTables) as StudyTable[]) {
      expect(decodeStudyTable(table, encodeStudyTable(table, []), "x")).toEqual([]);
    }
  });

  it("keep null, Infinity, and more texts than a byte counts", () => {
    const rows = Array.from({length: 300}, (_, i) => row(`image ${i}`, i === 0 ? Infinity : i === 1 ? null : i / 7));
    const back = decodeStudyTable("fidelity", encodeStudyTable("fidelity", rows), "x");
    expect(back.map(({image, psnr}) => [image, psnr])).toEqual(rows.map(({image, psnr}) => [image, psnr]));
    expect(back[0]).toMatchObject({patient: null, seed: null, ssim: null});
  });

  it("stay small: a tenth of 72 images, 40 arms, 3 seeds, both pairings in under 0.2 MB each", () => {
    const measures = Object.fromEntries(
      Object.values(studyTables).flatMap((keys) => keys.map((key, i) => [key, i / 3]))
    );
    const rows = Array.from(
      {length: 72 * 4 * 3 * 2},
      (_, i): StudyRow => ({
        ...row(`image-${i % 72}`, null),
        patient: `patient-${i % 36}`,
        arm: `arm-${i % 40}`,
        seed: i % 3,
        ...measures
      })
    );
    for (const table of Object.keys(studyTables) as StudyTable[]) {
      expect(encodeStudyTable(table, rows).length, table).toBeLessThan(2e5);
    }
  });

  it("refuse what is no Arrow file, and one of other columns", () => {
    expect(() => decodeStudyTable("bands", new TextEncoder().encode("hello"), "x.arrow")).toThrow(/x\.arrow/);
    const other = encodeStudyTable("fidelity", [row("i", 1)]);
    expect(() => decodeStudyTable("bands", other, "x.arrow")).toThrow(/x\.arrow has no column band_psnr_LL3/);
  });
});
