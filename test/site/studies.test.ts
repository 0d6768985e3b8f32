import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {afterAll, beforeAll, describe, expect, it} from "vitest";
import {siteStudies, studiesHash, studyFolders} from "../../loaders/site/studies.js";
import {writeResults} from "../../loaders/studies/results/write.js";
import {type PaperData, paperData} from "../../src/components/paper-data.js";
import type {Published} from "../../src/components/site-data.js";
import type {StudyResults, StudyRow, StudyTable} from "../../src/components/study-data.js";
import {studyOf, studyRows} from "../../src/components/study-tables.js";
import {armMean} from "../../src/measures/studies/index.js";
import {joinRows} from "../../src/measures/studies/rows.js";
import {measuredStudy, recordsOf} from "../studies/results/measured-study.js";

/** On a machine with much else to do. */
const slow = 180_000;
const folder = mkdtempSync(join(tmpdir(), "bandscope-site-studies-"));
const [first, second] = ["first", "second"].map((name) => join(folder, name));

beforeAll(async () => {
  const study = measuredStudy();
  await writeResults(study, first, {resamples: 20});
  await writeResults({...study, study: {...study.study, id: "other"}}, second, {resamples: 20});
}, slow);
afterAll(() => rmSync(folder, {recursive: true}));

const published = JSON.parse(readFileSync(new URL("../../data/published.json", import.meta.url), "utf8")) as Published;
const levels = {ours: [], gaps: []};
const prepared = (folders: readonly string[], place: string, options: {pseudonyms?: boolean} = {}) =>
  siteStudies(folders, place, published, levels, options);

describe("siteStudies", () => {
  it("lists all studies, each with tables of its own, which a page reads back", () => {
    const {studies, tables} = prepared([first, second], "key/studies");
    expect([...tables.keys()]).toEqual([
      "key/studies/0.fidelity.arrow",
      "key/studies/0.bands.arrow",
      "key/studies/0.hallucination.arrow",
      "key/studies/0.paper.json",
      "key/studies/1.fidelity.arrow",
      "key/studies/1.bands.arrow",
      "key/studies/1.hallucination.arrow",
      "key/studies/1.paper.json"
    ]);
    expect(studies.map(({id}) => id)).toEqual(["tiny", "other"]);
    expect(studies.map(({files}) => files.bands)).toEqual(["key/studies/0.bands.arrow", "key/studies/1.bands.arrow"]);
    const others = studyRows(tables.get(studies[1].files.fidelity)!);
    expect(new Set(others.map(({study}) => study))).toEqual(new Set(["other"]));
    const rows = studyRows(tables.get(studies[0].files.fidelity)!);
    expect(new Set(rows.map(({study}) => study))).toEqual(new Set(["tiny"]));
    expect(rows).toHaveLength(studies[0].runs.length * 12);
    const records = recordsOf("sr:medical-f4c3:x0:ddim-20", "brain", 2, "published-bug");
    const own = rows.filter(
      (row) =>
        row.arm === "sr:medical-f4c3:x0:ddim-20" &&
        row.set === "brain" &&
        row.seed === 2 &&
        row.pairing === "published-bug"
    );
    expect(own.map(({psnr}) => psnr)).toEqual(records.map(({psnr}) => psnr));
    expect(own.map(({image}) => image)).toEqual(records.map(({id}) => id));
    // null and Infinity as they were
    const exact = rows.find(
      ({arm, image, pairing}) => arm === "bicubic" && image === "knee-0" && pairing === "correct"
    )!;
    expect(exact).toMatchObject({psnr: Infinity, self_psnr: null, seed: null});
  });

  it("gives rows that the measures take, the tables side by side", () => {
    const {studies, tables} = prepared([first], "studies");
    const of = (table: StudyTable) => studyRows(tables.get(studies[0].files[table])!);
    const rows = joinRows(of("fidelity"), of("bands"), of("hallucination"));
    expect(rows[0]).toHaveProperty("band_sse_HH1");
    expect(rows[0]).toHaveProperty("psnr");
    const mean = armMean(rows, {set: "knee", arm: "ae:medical-f4c3", measure: "psnr"}).mean!;
    const records = recordsOf("ae:medical-f4c3", "knee", null, "correct");
    expect(mean).toBeCloseTo(records.reduce((sum, {psnr}) => sum + psnr, 0) / records.length, 10);
    expect(() => joinRows(of("fidelity"), of("bands").slice(1))).toThrow("differ in row 0");
    expect(joinRows()).toEqual([]);
  });

  it("says of each study what Paper and us says", () => {
    const {studies, tables} = prepared([first], "studies");
    const [{files, paper, ...results}] = studies;
    const rows = joinRows(...Object.values(files).map((file) => studyRows(tables.get(file)!)));
    const read = JSON.parse(Buffer.from(tables.get(paper)!).toString()) as PaperData;
    expect(read).toEqual(JSON.parse(JSON.stringify(paperData(published, levels, {results, rows}))));
    expect(read.rows).toHaveLength(published.values.length);
    expect(read.rows.some(({ours}) => ours !== null && ours.interval !== null)).toBe(true);
    expect(read.claims.map(({number}) => number)).toEqual([1, 2, 3, 4, 5, 6]);
    // float32 tables say the same as what they were made of
    expect(JSON.stringify(read)).not.toMatch(/NaN|Infinity/);
  });

  it("keeps what a page shows of runs and loss curves, in few words", () => {
    const [study] = prepared([first], "studies").studies;
    expect(study.autoencoders[0].training!.loss).toHaveLength(50);
    expect(study.autoencoders[0].training!.loss.at(-1)!.step).toBe(3000);
    expect(study.generators[0].training.loss[0].loss).toBeCloseTo((1 + 1 / 2 + 1 / 3 + 1 / 4) / 4, 3);
    expect(study.runs.every(({measures, outputs}) => measures.length <= 16 && outputs.length <= 16)).toBe(true);
    expect(study.tables).toBeUndefined();
    expect(study.comparisons.length).toBeGreaterThan(0);
  });

  it("is an empty list without a study", () => {
    expect(prepared([], "studies")).toEqual({studies: [], tables: new Map()});
    expect(studyOf([])).toBeUndefined();
  });

  it("gives images of real patients the site's pseudonyms, and leaves the simulated ones", () => {
    const {studies, tables} = prepared([first], "studies", {pseudonyms: true});
    const [study] = studies;
    const brain = study.images.filter(({set}) => set === "brain");
    expect(brain.every(({id, patient}) => /^brain-\d{4}$/.test(id) && /^brain-p\d{4}$/.test(patient!))).toBe(true);
    expect(study.images.some(({id}) => id === "knee-3")).toBe(true);
    const rows = studyRows(tables.get(study.files.bands)!);
    const ids = new Set(study.images.map(({id}) => id));
    expect(rows.every(({image}) => ids.has(image))).toBe(true);
    const images = new Map(study.images.map((image) => [image.id, image.patient]));
    expect(rows.every(({image, patient}) => images.get(image) === patient)).toBe(true);
    const everything = JSON.stringify([study, rows]);
    expect(everything).not.toMatch(/brain-p?\d{1,2}"/);
  });

  it("refuses two results of the same study", () => {
    const copy = join(folder, "copy");
    cpSync(first, copy, {recursive: true});
    expect(() => prepared([first, copy], "studies")).toThrow("both results of a study called tiny");
  });
});

describe("studyFolders", () => {
  it("are those that ship, in order, unless the variable names others", () => {
    const home = join(folder, "home");
    mkdirSync(join(home, "not-a-study"), {recursive: true});
    writeFileSync(join(home, "README.md"), "");
    cpSync(second, join(home, "b"), {recursive: true});
    cpSync(first, join(home, "a"), {recursive: true});
    expect(studyFolders(undefined, home)).toEqual([join(home, "a"), join(home, "b")]);
    expect(studyFolders(` ${second}, ${first}`, home)).toEqual([second, first]);
    expect(studyFolders("none", home)).toEqual([]);
    expect(studyFolders(undefined, join(folder, "nowhere"))).toEqual([]);
    expect(() => studyFolders(join(home, "not-a-study"))).toThrow(/BANDSCOPE_STUDIES names .*no results\.json/);
  });

  it("have a hash that changes with any of their files", async () => {
    const before = studiesHash([first]);
    expect(studiesHash([first])).toBe(before);
    expect(studiesHash([second])).not.toBe(before);
    const changed = join(folder, "changed");
    cpSync(first, changed, {recursive: true});
    expect(studiesHash([changed])).toBe(before);
    const bands = readFileSync(join(changed, "bands.arrow"));
    bands[bands.length - 20] ^= 1;
    writeFileSync(join(changed, "bands.arrow"), bands);
    expect(studiesHash([changed])).not.toBe(before);
  });
});

it("studyOf finds the named study, else the first", () => {
  const studies = [{id: "a"}, {id: "b"}] as StudyResults[];
  expect(studyOf(studies, "b")?.id).toBe("b");
  expect(studyOf(studies, "c")?.id).toBe("a");
  expect(studyOf(studies)?.id).toBe("a");
  const row = {} as StudyRow;
  expect(joinRows([row])).toHaveLength(1);
});
