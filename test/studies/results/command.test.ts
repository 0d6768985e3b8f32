import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {csvParse} from "d3-dsv";
import {afterAll, afterEach, beforeAll, describe, expect, it, vi} from "vitest";
import {main} from "../../../loaders/cli/main.js";
import {tablesLatex, tablesMarkdown} from "../../../loaders/studies/results/render.js";
import {resultTables} from "../../../loaders/studies/results/tables.js";
import {makeResults, writeResults} from "../../../loaders/studies/results/write.js";
import type {Published} from "../../../src/components/site-data.js";
import {
  armMean,
  ceilingFit,
  ceilingPoints,
  countedWords,
  gap,
  studyReport,
  type Verdict,
  verdictWords
} from "../../../src/measures/studies/index.js";
import {measuredStudy} from "./measured-study.js";

/** On a machine with much else to do. */
const slow = 180_000;
const folder = mkdtempSync(join(tmpdir(), "bandscope-results-command-"));
const tiny = join(folder, "tiny");
const quick = {resamples: 100};
const study = measuredStudy();
const {results, rows} = makeResults(study, quick);
const published = JSON.parse(
  readFileSync(new URL("../../../data/published.json", import.meta.url), "utf8")
) as Published;
const tables = resultTables(results, studyReport(results, rows, published.values, quick));

beforeAll(() => writeResults(study, tiny, quick), slow);
afterEach(() => vi.restoreAllMocks());
afterAll(() => rmSync(folder, {recursive: true}));

async function run(...argv: string[]) {
  let [out, err] = ["", ""];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    out += text;
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    err += text;
    return true;
  });
  const status = await main(["results", ...argv]);
  return {status, out, err};
}

describe("a study's tables", () => {
  it("have as many cells in each row as in the head", () => {
    for (const {id, head, rows} of tables) for (const row of rows) expect(row.length, id).toBe(head.length);
  });

  it("show what a recomputation from the records gives", () => {
    const cell = (id: string, row: (cells: readonly string[]) => boolean, column: number) =>
      tables.find((table) => table.id === id)!.rows.find(row)![column];
    const {mean, low, high} = armMean(rows, {set: "brain", arm: "ae:medical-f4c3", measure: "psnr"}, quick);
    const text = (value: number | null) => value!.toFixed(2);
    expect(cell("psnr", ([arm]) => arm === "ae:medical-f4c3", 3)).toBe(`${text(mean)} [${text(low)}, ${text(high)}]`);
    const [a, b] = ["sr:natural-f8c4:x0:ddim-20", "sr:medical-f4c3:x0:ddim-20"];
    const whole = gap(rows, {set: "knee", a, b, measure: "psnr"}, quick)!;
    expect(cell("ladder", ([step, , set]) => step === "total" && set.startsWith("knee"), 5)).toBe(
      `${text(whole.mean)} [${text(whole.low)}, ${text(whole.high)}]`
    );
    const fit = ceilingFit(ceilingPoints(results, rows, {measure: "psnr"}));
    expect(cell("ceiling", ([sr, points]) => sr === "SR against HR" && points === "pooled", 5)).toBe(
      fit.pooled.correlation.r2!.toFixed(3)
    );
    const claim = tables.find(({id}) => id === "claim-gain")!.rows.find(([what]) => /Knee.*against HR/.test(what))!;
    expect(claim[1]).toBe("+1.92 dB");
    expect(claim[2]).toContain(text(whole.mean));
    expect(claim[4]).toBe("knee (simulated)");
  });

  it("put both arms' PSNR and the seeds beside each gap", () => {
    const {head, rows: cells} = tables.find(({id}) => id === "ablations")!;
    const [a, b] = [20, 50].map((steps) => `sr:medical-f4c3:x0:ddim-${steps}`);
    const psnr = (arm: string) => armMean(rows, {set: "knee", arm, measure: "psnr"}, quick).mean!.toFixed(2);
    const at = (name: string) => head.indexOf(name);
    const own = cells.filter(([set]) => set.startsWith("knee"));
    const of = (changed: string, name: string) => own.find((row) => row[1] === changed)![at(name)];
    expect(at("PSNR, medical-f4c3")).toBeGreaterThan(0);
    expect(of("reference", "PSNR, medical-f4c3")).toBe(psnr(a));
    expect(of("steps", "PSNR, medical-f4c3")).toBe(psnr(b));
    expect(of("steps", "seeds")).toBe("1, 2");
    expect(own.filter((row) => row[1] === "seed").map((row) => row[at("seeds")])).toEqual(["1", "2"]);
  });

  it("head each claim with how many of its numbers agree, and in what", () => {
    const {claims} = studyReport(results, rows, published.values, quick);
    for (const claim of claims) {
      const {title} = tables.find(({id}) => id === `claim-${claim.id}`)!;
      expect(title).toContain(countedWords(claim));
      const rows = tables.find(({id}) => id === `claim-${claim.id}`)!.rows;
      for (const [verdict, n] of Object.entries(claim.counts)) {
        expect(rows.filter((row) => row[5] === verdictWords[verdict as Verdict]).length).toBe(n);
      }
    }
  });

  it("set hallucination rates of both pairings side by side", () => {
    const table = tables.find(({id}) => id === "hallucination")!;
    const column = table.head.findIndex((name) => name.includes("hallucination"));
    const cell = table.rows.find(([arm]) => arm.startsWith("sr:"))![column];
    const [paired, mispaired] = cell.split(" | ").map(Number);
    expect(mispaired).toBeGreaterThan(paired);
  });

  it("compile in shape: balanced LaTeX rows and environments, and nothing that LaTeX would stumble over", () => {
    const latex = tablesLatex(tables);
    const environments = latex.split("\\begin{longtable}").slice(1);
    expect(environments).toHaveLength(tables.length);
    expect(latex.match(/\\end\{longtable\}/g)).toHaveLength(tables.length);
    for (const text of environments) {
      const columns = /^\{(l+)\}/.exec(text)![1].length;
      const lines = text.split("\n").filter((line) => line.endsWith("\\\\") && !line.startsWith("\\caption"));
      expect(lines.length).toBeGreaterThan(1);
      for (const line of lines) expect(line.replaceAll("\\&", "").split("&"), line).toHaveLength(columns);
      // braces and dollars pair
      const bare = text.replaceAll(/\\[{}$%&#_]/g, "");
      expect(bare.split("{").length).toBe(bare.split("}").length);
      expect(bare.split("$").length % 2).toBe(1);
    }
    // every sign is one that LaTeX's usual fonts have
    expect(latex.replaceAll("’", "")).toMatch(/^[\x20-\x7e\n]*$/);
  });

  it("are Markdown with as many bars in each row", () => {
    for (const block of tablesMarkdown(tables).split("### ").slice(1)) {
      const bars = block
        .split("\n")
        .filter((line) => line.startsWith("|"))
        .map((line) => line.replaceAll("\\|", "").split("|").length);
      expect(new Set(bars).size).toBe(1);
    }
  });
});

describe("bandscope results", () => {
  it("prints the tables of a folder and writes CSV, LaTeX and Markdown", async () => {
    const [csv, latex, markdown] = ["t.csv", "t.tex", "t.md"].map((name) => join(folder, name));
    const {status, out} = await run(tiny, "--csv", csv, "--latex", latex, "--markdown", markdown, "--resamples", "100");
    expect(status).toBe(0);
    expect(out).toContain("Noise instead of networks");
    for (const {title} of tables) expect(out).toContain(title);
    expect(out).toContain("left out: everything real");
    const facts = csvParse(readFileSync(csv, "utf8"));
    const fact = facts.find(
      ({table, set, what, measure}) =>
        table === "psnr" && set === "knee" && what === "ae:medical-f4c3" && measure === "psnr"
    )!;
    expect(Number(fact.value)).toBe(armMean(rows, {set: "knee", arm: "ae:medical-f4c3", measure: "psnr"}).mean);
    expect(fact.patients).toBe("6");
    const tableNames = ["psnr", "bands", "hallucination", "ceiling", "ablations", "ladder", "comparisons", "claims"];
    expect([...new Set(facts.map(({table}) => table))].sort()).toEqual(tableNames.sort());
    expect(facts.filter(({value}) => /NaN|undefined/.test(value))).toEqual([]);
    expect(readFileSync(latex, "utf8")).toContain("\\begin{longtable}");
    expect(readFileSync(markdown, "utf8")).toContain("| ae:medical-f4c3 |");
  });

  it("prints some tables only, and copies the results", async () => {
    const into = join(folder, "into");
    const {status, out} = await run(tiny, "--only", "ladder,claims", "--into", into, "--resamples", "100");
    expect(status).toBe(0);
    expect(out).toContain("Geometry or domain");
    expect(out).toContain("Claim 6");
    expect(out).not.toContain("Band budget");
    for (const file of readdirSync(tiny)) {
      expect(readFileSync(join(into, file)).equals(readFileSync(join(tiny, file))), file).toBe(true);
    }
  });

  it("finds the results of a study file where bandscope run puts them", async () => {
    const file = join(folder, "study.json");
    writeFileSync(file, JSON.stringify({id: "tiny"}));
    const home = join(folder, "home");
    await writeResults(study, join(home, "out", "studies", "tiny"), quick);
    const before = process.cwd();
    process.chdir(home);
    try {
      const found = await run(file, "--only", "psnr", "--resamples", "100");
      expect(found.status).toBe(0);
      expect(found.out).toContain("Noise instead of networks");
    } finally {
      process.chdir(before);
    }
    const missing = await run(file);
    expect(missing.status).toBe(1);
    expect(missing.err).toMatch(/there are no results of tiny in .*bandscope run .*study\.json makes them/);
  });

  it("says what is wrong in a sentence", async () => {
    expect((await run()).status).toBe(2);
    expect((await run(tiny, "--only", "beauty")).err).toContain("--only must be psnr");
    expect((await run(join(folder, "nowhere"))).err).toMatch(/there is no .*nowhere/);
    const empty = join(folder, "nothing-here");
    mkdirSync(empty);
    expect((await run(empty)).err).toMatch(/has no results\.json/);
    const broken = join(folder, "broken.json");
    writeFileSync(broken, "{");
    expect((await run(broken)).err).toMatch(/is not JSON/);
    const half = join(folder, "half.csv");
    expect((await run(empty, "--csv", half)).status).toBe(1);
    expect(existsSync(half)).toBe(false);
  });
});
