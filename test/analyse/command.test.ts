import {existsSync, readdirSync, readFileSync, rmSync} from "node:fs";
import {join} from "node:path";
import {tableFromIPC} from "apache-arrow";
import {csvParse} from "d3-dsv";
import {afterAll, beforeAll, describe, expect, it} from "vitest";
import {command} from "../../loaders/cli/commands/analyse.js";
import {parseAnalysis} from "../../src/measures/tables/analysis.js";
import {tidyRows} from "../../src/measures/tables/tidy.js";
import {bandscope, startBandscope} from "../support/bandscope.js";
import {picture, temporaryFolder, writeImages, writeStudy} from "./sample-set.js";
import {schemaErrors} from "./schema.js";

describe("bandscope analyse", () => {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  let study: ReturnType<typeof writeStudy>;
  beforeAll(() => {
    study = writeStudy(at("study"), 20);
  });
  afterAll(folder.remove);

  it("writes JSON, CSV, Arrow and LaTeX that agree", async () => {
    const {code, stdout, stderr} = await bandscope([
      ...["analyse", "--hr", study.hr, "--sr", `a=${study.a}`, "--sr", `b@7=${study.b}`, "--ae", `a=${study.ae}`],
      ...["--lr", study.lr, "--patients", "^(p\\d+)_", "--margin", "1", "--resamples", "100", "--workers", "2"],
      ...["--out", at("o.json"), "--csv", at("o.csv"), "--arrow", at("o.arrow"), "--latex", at("o.tex")]
    ]);
    expect(stderr).toMatch(/^a: Paired: 20 of 20/m);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^a +20 +\d\d\.\d\d ± /m);
    expect(stdout).toContain("10 patients; tests run on patients' means");

    const text = readFileSync(at("o.json"), "utf8");
    expect(schemaErrors(text)).toEqual([]);
    const report = parseAnalysis(text);
    // an autoencoder given for one arm serves that arm alone
    expect(report.images[0]).toMatchObject({arm: "a", patient: "p0"});
    expect(report.images[0].hallucination).not.toBeNull();
    expect(report.images[1].hallucination).toBeNull();

    const rows = [...tidyRows(report.images)];
    const csv = csvParse(readFileSync(at("o.csv"), "utf8"));
    expect(csv.columns).toEqual(["image", "patient", "arm", "seed", "measure", "flavour", "value", "unit"]);
    expect(
      csv.map((row) => ({...row, seed: row.seed === "" ? null : Number(row.seed), value: Number(row.value)}))
    ).toEqual(rows);
    const arrow = tableFromIPC(readFileSync(at("o.arrow")));
    expect(arrow.toArray().map((row) => row.toJSON())).toEqual(rows);
    expect(rows.some(({arm, seed}) => arm === "b" && seed === 7)).toBe(true);

    const latex = readFileSync(at("o.tex"), "utf8");
    expect(latex).toContain("b@7 & 20 (10 patients) & ");
    expect(latex).toMatch(/a & b@7 & PSNR \(dB\) & [\d.]+ & \[/);
  });

  it("exits with 3 and says so loudly when outputs do not belong to their HR images", async () => {
    const ids = Array.from({length: 12}, (_, i) => `hr_${i}`);
    const lexicographic = [...ids].sort();
    const hr = writeImages(at("m-hr"), Object.fromEntries(ids.map((id) => [id, picture(id)])));
    const sr = writeImages(at("m-sr"), Object.fromEntries(ids.map((id, i) => [id, picture(lexicographic[i])])));
    const {code, stderr} = await bandscope(["analyse", "--hr", hr, "--sr", sr, "--out", at("m.json")]);
    expect(code).toBe(3);
    expect(stderr).toContain("*** WARNING *** m-sr: Mispaired: ");
    expect(parseAnalysis(readFileSync(at("m.json"), "utf8")).pairing["m-sr"].verdict).toBe("mispaired");
  });

  it("leaves no half-written output when it is killed at any moment", async () => {
    const out = at("killed.json");
    let killed = 0;
    for (let after = 200; after < 60_000; after *= 2) {
      const {child, exit} = startBandscope([
        "analyse",
        "--hr",
        study.hr,
        "--sr",
        study.b,
        "--out",
        out,
        "--csv",
        at("killed.csv")
      ]);
      const timer = setTimeout(() => child.kill("SIGKILL"), after);
      const {code} = await exit;
      clearTimeout(timer);
      if (existsSync(out)) expect(schemaErrors(readFileSync(out, "utf8"))).toEqual([]);
      if (code === 0) break;
      expect(code).toBeNull();
      killed++;
      rmSync(out, {force: true});
    }
    expect(killed).toBeGreaterThan(0);
    expect(existsSync(out)).toBe(true);
  }, 120_000);

  it("has help with every option, and exit statuses", async () => {
    const {code, stdout} = await bandscope(["analyse", "--help"]);
    expect(code).toBe(0);
    const source = readFileSync(new URL("../../loaders/cli/commands/analyse.ts", import.meta.url), "utf8");
    const options = [...source.matchAll(/^ {8}"?([a-z-]+)"?: \{type: "/gm)].map(([, name]) => name);
    expect(options.length).toBeGreaterThan(12);
    for (const option of options) expect(stdout).toContain(`--${option} `);
    expect(stdout).toContain("Exit status: 0 done;");
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  it.each([
    [["--sr", "x", "--out", "o"], "--hr is missing"],
    [["--hr", "x", "--out", "o"], "--sr is missing"],
    [["--hr", "x", "--sr", "y"], "--out is missing"],
    [["--hr", "x", "--sr", "a=y", "--sr", "a=z", "--out", "o"], "two arms are called a"],
    [["--hr", "x", "--sr", "a=y", "--ae", "b=z", "--out", "o"], "no --sr is called b; there are a"],
    [["--hr", "x", "--sr", "a=y", "--ae", "z", "--ae", "w", "--out", "o"], "--ae is given twice for all arms"],
    [["--hr", "x", "--sr", "a=y", "--workers", "-1", "--out", "o"], "workers"],
    [["--hr", "x", "--sr", "a=y", "--csv", "o", "--out", "o"], "--out and --csv name the same file"],
    [["--hr", "x", "--sr", "a=y", "--frobnicate", "--out", "o"], "--frobnicate"]
  ])("refuses the command line %j", async (args, message) => {
    await expect(command.run(args)).rejects.toMatchObject({exitCode: 2, message: expect.stringContaining(message)});
  });

  it("refuses a folder as its output before it measures anything", async () => {
    const before = readdirSync(folder.path).length;
    const run = command.run(["--hr", study.hr, "--sr", study.a, "--out", folder.path]);
    await expect(run).rejects.toThrow("is a folder; it must name a file");
    expect(readdirSync(folder.path)).toHaveLength(before);
  });
});
