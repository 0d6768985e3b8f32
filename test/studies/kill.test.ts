import {readFileSync} from "node:fs";
import {join} from "node:path";
import {afterAll, describe, expect, it} from "vitest";
import {Store} from "../../loaders/store/store.js";
import {random} from "../../src/measures/random.js";
import {startBandscope} from "../support/bandscope.js";
import {contentsOf, scratch, writeStudy} from "./tiny-study.js";

// `npm run soak` does it fifty times
const kills = Number(process.env.BANDSCOPE_KILLS) || 5;
const temporary = scratch();
afterAll(() => temporary.remove());
const study = writeStudy(join(temporary.path, "study"));

function run(store: string, out: string, ...more: string[]) {
  return startBandscope(["run", study, "--store", store, "--out", out, "--resamples", "200", ...more]);
}

/** What a kill must leave: whole results, each as it was. */
function dates(store: string): Record<string, string> {
  return Object.fromEntries([...new Store(store).list()].map(({id, provenance}) => [id, provenance.date]));
}

/** Results without what tells when they were made. */
function timeless(out: string): string {
  const results = JSON.parse(readFileSync(join(out, "results.json"), "utf8"));
  delete results.date;
  for (const one of results.runs) {
    delete one.date;
    delete one.seconds;
  }
  return JSON.stringify(results);
}

describe("bandscope run that is killed", () => {
  it(
    `loses nothing finished and leaves nothing wrong at ${kills} random moments`,
    async () => {
      const [store, whole] = ["killed", "whole"].map((name) => join(temporary.path, name));
      const began = performance.now();
      const reference = await run(whole, join(temporary.path, "out-whole")).exit;
      expect([reference.code, reference.stderr]).toEqual([0, expect.anything()]);
      const length = performance.now() - began;
      const moments = random("kills", kills);
      let done: Record<string, string> = {};
      let midway = 0;
      for (let kill = 0; kill < kills; kill++) {
        const {child, exit} = run(store, join(temporary.path, "out"));
        await new Promise((resolve) => setTimeout(resolve, length * moments.between(0.1, 1)));
        child.kill("SIGKILL");
        const {code} = await exit;
        if (code === null) midway++;
        const now = dates(store);
        for (const [id, date] of Object.entries(done)) expect(now[id]).toBe(date);
        done = now;
        const intact = new Store(store);
        for (const artefact of intact.list()) expect(await intact.damage(artefact)).toBeUndefined();
        // so that the next kill finds work to do
        if (code === 0) for (const id of Object.keys(done).slice(0, 3)) intact.remove(id);
        if (code === 0) done = dates(store);
      }
      expect(midway).toBeGreaterThan(0);
      const last = await run(store, join(temporary.path, "out")).exit;
      expect(last.code).toBe(0);
      expect(withoutResults(contentsOf(store))).toEqual(withoutResults(contentsOf(whole)));
      expect(timeless(join(temporary.path, "out"))).toBe(timeless(join(temporary.path, "out-whole")));
      for (const table of ["fidelity", "bands", "hallucination"]) {
        const [one, other] = ["out", "out-whole"].map((name) =>
          readFileSync(join(temporary.path, name, `${table}.arrow`))
        );
        expect(one.equals(other)).toBe(true);
      }
    },
    60_000 * (4 + kills)
  );

  it("stops on Ctrl-C with exit status 130 and goes on; two at once share the work", async () => {
    const store = join(temporary.path, "shared");
    const {child, exit} = run(store, join(temporary.path, "out-shared"));
    // once the workers are told of, the handler is there
    await new Promise<void>((resolve) => {
      child.stderr?.on("data", (text: Buffer) => /process/.test(text.toString()) && resolve());
      child.on("exit", () => resolve());
    });
    child.kill("SIGINT");
    const stopped = await exit;
    expect([0, 130]).toContain(stopped.code);
    if (stopped.code === 130) expect(stopped.stderr).toMatch(/the same command goes on/);
    const both = await Promise.all([1, 2].map((n) => run(store, join(temporary.path, `out-shared${n}`)).exit));
    expect(both.map(({code}) => code)).toEqual([0, 0]);
    for (const file of ["results.json", "fidelity.arrow", "bands.arrow", "hallucination.arrow"]) {
      const [a, b] = [1, 2].map((n) => readFileSync(join(temporary.path, `out-shared${n}`, file)));
      expect(a.equals(b)).toBe(true);
    }
    const began = performance.now();
    const again = await run(store, join(temporary.path, "out-shared1")).exit;
    expect(again.code).toBe(0);
    expect(again.stderr).toMatch(/0 of \d+ steps done now/);
    expect(performance.now() - began).toBeLessThan(20_000);
  }, 300_000);
});

/** The study's results have their date in them. */
function withoutResults(contents: ReturnType<typeof contentsOf>): Record<string, Record<string, string>> {
  return Object.fromEntries(Object.entries(contents).filter(([, files]) => !("results.json" in files)));
}
