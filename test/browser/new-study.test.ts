import {spawn} from "node:child_process";
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {tableFromIPC} from "apache-arrow";
import {afterAll, describe, expect, test} from "vitest";
import {encodePng8} from "../../loaders/images/index.js";
import {project} from "../../scripts/paths.js";
import {serveFolder} from "../../scripts/static-server.js";
import {random} from "../../src/measures/random.js";
import {hasBrowser, openBrowser, readDownload, watch} from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "bandscope-new-"));
const own = join(folder, "Knees of Ours");

/** A command of ours, with a store of its own; what it says on stderr when it fails. */
function bandscope(...argv: string[]): Promise<string> {
  // one small autoencoder is enough for the site beside the study
  const weights = join(own, "weights", "natural-f8c4.safetensors");
  const site = {BANDSCOPE_WEIGHTS: weights, BANDSCOPE_GENERATORS: "none"};
  const env = {...process.env, ...site, BANDSCOPE_STORE: join(folder, "store")};
  const child = spawn(process.execPath, ["bin/bandscope.mjs", ...argv], {cwd: project, env});
  const words: string[] = [];
  child.stderr.on("data", (data: Buffer) => words.push(data.toString()));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => (status === 0 ? resolve(words.join("")) : reject(new Error(words.join("")))));
  });
}

/** Two noisy pictures: the site beside the study is no matter here. */
function writeImages(): string {
  const data = join(folder, "data");
  mkdirSync(join(data, "knee"), {recursive: true});
  for (const name of ["a", "b"]) {
    const source = random("new-study", name.charCodeAt(0));
    const pixels = Float32Array.from({length: 64 * 64}, () => source.uniform());
    writeFileSync(join(data, "knee", `${name}.png`), encodePng8({data: pixels, width: 64, height: 64}));
  }
  return data;
}

describe.skipIf(!hasBrowser)("A study of one's own", () => {
  afterAll(() => rmSync(folder, {recursive: true, force: true}));

  test("is begun, carried out, published, and its page shows what was computed", async () => {
    await bandscope("new", own, "--title", "Which one keeps menisci?");
    const file = join(own, "study.json");
    const study = JSON.parse(readFileSync(file, "utf8")) as {id: string; datasets: {images: number; size: number}[]};
    for (const dataset of study.datasets) Object.assign(dataset, {images: 2, size: 64});
    writeFileSync(file, JSON.stringify(study));
    const results = join(own, "results");
    await bandscope("run", file, "--out", results);
    const page = join(own, `${study.id}.md`);
    const site = join(folder, "site");
    const shown = ["--study", results, "--page", page, "--data", writeImages(), "--images", "2"];
    await bandscope("publish", ...shown, "--base", "/ours/", "--title", "Our lab", "--out", site);

    const rows = tableFromIPC(readFileSync(join(results, "fidelity.arrow"))).toArray();
    const meanOf = (set: string, arm: string) => {
      const values = rows.filter((row) => row.set === set && row.arm === arm).map((row) => Number(row.psnr));
      expect(values).toHaveLength(2);
      return (values[0] + values[1]) / 2;
    };
    const {sets, arms} = JSON.parse(readFileSync(join(results, "results.json"), "utf8")) as {
      sets: {id: string; label: string}[];
      arms: {id: string; label: string}[];
    };
    const {server, url} = await serveFolder(site, {port: 0, base: "/ours/"});
    const browser = await openBrowser();
    try {
      const {page, problems, close} = await watch(browser, url, study.id);
      expect(await page.title()).toContain("Our lab");
      expect(await page.locator("h1").textContent()).toBe("Which one keeps menisci?");
      expect(await page.locator("#observablehq-sidebar").textContent()).toContain("Which one keeps menisci?");
      const figure = page.locator("figure.chart").first();
      await figure.locator("summary").click();
      await figure.locator("tbody tr").first().waitFor();
      const [csv] = await Promise.all([page.waitForEvent("download"), figure.getByText("Save CSV").click()]);
      const lines = (await readDownload(csv)).trimEnd().split("\n").slice(1);
      expect(lines).toHaveLength(sets.length * arms.length);
      for (const set of sets) {
        for (const arm of arms) {
          const line = lines.find((one) => one.includes(set.label) && one.includes(arm.label))!;
          const [n, mean] = line.split(",").slice(-3).map(Number);
          expect(n).toBe(2);
          expect(mean).toBeCloseTo(meanOf(set.id, arm.id), 6);
        }
      }
      expect(await page.locator("main li").first().textContent()).toMatch(/[+−]\d+\.\d\d dB/);
      expect(problems).toEqual([]);
      await close();
    } finally {
      await browser.close();
      server.close();
    }
  }, 600_000);
});
