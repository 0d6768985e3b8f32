import {mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {pathToFileURL} from "node:url";
import {build} from "esbuild";
import {afterAll, describe, expect, it} from "vitest";
import {encodeStudyTable} from "../../loaders/studies/results/arrow.js";
import type {StudyRow} from "../../src/components/study-data.js";
import type * as StudyTables from "../../src/components/study-tables.js";

const folder = mkdtempSync(join(tmpdir(), "bandscope-study-tables-"));
afterAll(() => rmSync(folder, {recursive: true}));

describe("the reader of study tables, bundled for a browser", () => {
  it("needs nothing of Node, and reads texts, nulls and Infinity", async () => {
    const outfile = join(folder, "study-tables.mjs");
    const {metafile} = await build({
      entryPoints: [new URL("../../src/components/study-tables.ts", import.meta.url).pathname],
      bundle: true,
      platform: "browser",
      format: "esm",
      minify: true,
      outfile,
      metafile: true,
      logLevel: "silent"
    });
    // arquero and its Arrow reader, and no second one
    expect(Object.keys(metafile.inputs).some((path) => path.includes("apache-arrow"))).toBe(false);
    expect(Object.values(metafile.outputs)[0].bytes).toBeLessThan(400_000);
    const {studyRows} = (await import(pathToFileURL(outfile).href)) as typeof StudyTables;
    const rows = [
      {study: "s", set: "a", image: "i", patient: null, arm: "b", seed: null, pairing: "correct", psnr: Infinity},
      {study: "s", set: "a", image: "j", patient: "p", arm: "b", seed: 3, pairing: "published-bug", psnr: 20.5},
      {study: "s", set: "a", image: "j", patient: "p", arm: "b", seed: 0, pairing: "correct", psnr: null}
    ] as unknown as StudyRow[];
    const read = studyRows(encodeStudyTable("fidelity", rows));
    expect(read).toMatchObject(rows);
    expect(read[2]).toMatchObject({seed: 0, psnr: null, ssim: null});
    expect(studyRows(encodeStudyTable("fidelity", []))).toEqual([]);
  });
});
