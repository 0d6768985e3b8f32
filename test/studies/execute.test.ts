import {existsSync, readdirSync, readFileSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {afterAll, beforeAll, describe, expect, it} from "vitest";
import {Store} from "../../loaders/store/store.js";
import {measuredStudy} from "../../loaders/studies/collect.js";
import {executeStep} from "../../loaders/studies/executeStep.js";
import {readAudit} from "../../loaders/studies/measures.js";
import {stepOf} from "../../loaders/studies/plan.js";
import {Stopped} from "../../loaders/studies/stepContext.js";
import {verified} from "../../loaders/studies/verified.js";
import {workFolder} from "../../loaders/studies/work.js";
import {contentsOf, executeAll, planOf, scratch, tinyAutoencoder, tinyGenerator, writeStudy} from "./tiny-study.js";

const temporary = scratch();
afterAll(() => temporary.remove());
const store = new Store(join(temporary.path, "store"));
const study = writeStudy(join(temporary.path, "study"));

beforeAll(async () => {
  await executeAll(await planOf(study, store), store);
}, 120_000);

function means(measured: ReturnType<typeof measuredStudy>): Record<string, number> {
  return Object.fromEntries(
    measured.runs.map(({arm, pairing, records}) => {
      const values = records().map(({psnr}) => psnr);
      return [`${arm} ${pairing}`, values.reduce((a, b) => a + b, 0) / values.length];
    })
  );
}

describe("a study's steps", () => {
  it("measure every image of every arm, the ceiling above bicubic, the mispaired below the paired", async () => {
    const plan = await planOf(study, store);
    expect(plan.steps.every(({cached}) => cached)).toBe(true);
    const measured = measuredStudy(plan, store);
    expect(measured.runs).toHaveLength(4);
    expect(measured.runs.every((run) => run.records().length === 20)).toBe(true);
    const psnr = means(measured);
    expect(psnr["ae:ours correct"]).toBeGreaterThan(psnr["bicubic correct"]);
    expect(psnr["bicubic published-bug"]).toBeLessThan(psnr["bicubic correct"] - 1);
    expect(psnr["ae:ours published-bug"]).toBeLessThan(psnr["ae:ours correct"] - 1);
    expect(measured.autoencoders).toMatchObject([{id: "ours", geometry: {channels: 3, factor: 4}, domain: "medical"}]);
    expect(measured.sets).toMatchObject([{images: 20, patients: 20, simulated: true}]);
  });

  it("audit the pairing: what the published script did is found out, and which order it took", async () => {
    const plan = await planOf(study, store);
    const {runs} = measuredStudy(plan, store);
    const verdicts = runs.map(({arm, pairing, measures}) => [arm, pairing, readAudit(measures).verdict]);
    expect(verdicts).toEqual([
      ["bicubic", "correct", "paired"],
      ["bicubic", "published-bug", "mispaired"],
      ["ae:ours", "correct", "paired"],
      ["ae:ours", "published-bug", "mispaired"]
    ]);
    expect(readAudit(runs[1].measures).reordering).toBe("lexicographic");
  });

  it("give the same bytes when they are stopped after every batch and resumed", async () => {
    const other = new Store(join(temporary.path, "interrupted"));
    const plan = await planOf(study, other);
    const steps = new Map(plan.steps.map((step) => [step.id, step]));
    let stops = 0;
    for (const step of plan.steps) {
      // a batch that is done counts as well: each try gets one further
      for (let tries = 0; ; tries++) {
        let batches = 0;
        const stopped = () => batches++ > tries;
        try {
          await executeStep(step, steps, {store: other, engine: "wasm", stopped});
          break;
        } catch (error) {
          if (!(error instanceof Stopped)) throw error;
          stops++;
        }
        expect(tries).toBeLessThan(10);
      }
    }
    expect(stops).toBeGreaterThan(3);
    expect(contentsOf(other.folder)).toEqual(contentsOf(store.folder));
    expect(readdirSync(join(other.folder, "work"))).toEqual([]);
    expect(readdirSync(join(other.folder, "making"))).toEqual([]);
  });

  it("do a file of unfinished work again when it does not have its journalled hash", async () => {
    const other = new Store(join(temporary.path, "power-cut"));
    const plan = await planOf(study, other);
    const steps = new Map(plan.steps.map((step) => [step.id, step]));
    const outputs = plan.steps.find(({task}) => task.kind === "outputs" && task.arm.kind === "ae")!;
    await executeStep(steps.get(outputs.needs[0])!, steps, {store: other, engine: "wasm"});
    let batches = 0;
    const stopped = () => batches++ >= 2;
    await expect(executeStep(outputs, steps, {store: other, engine: "wasm", stopped})).rejects.toThrow(Stopped);
    const folder = join(workFolder(other, outputs.id), "outputs");
    const [first] = readdirSync(folder);
    const bytes = readFileSync(join(folder, first));
    writeFileSync(join(folder, first), bytes.fill(0, 200, 400));
    await executeStep(outputs, steps, {store: other, engine: "wasm"});
    expect(contentsOf(other.folder)[outputs.id]).toEqual(contentsOf(store.folder)[outputs.id]);
  });

  it("compute a damaged result again, and only that", async () => {
    const before = contentsOf(store.folder);
    const plan = await planOf(study, store);
    const step = plan.steps.find(({kind}) => kind === "measures")!;
    const path = store.peek(step.id)!.path("records.jsonl");
    const bytes = readFileSync(path);
    bytes[100] ^= 1;
    writeFileSync(path, bytes);
    const checked = await verified(plan.steps, store);
    expect(checked.filter(({cached}) => !cached).map(({id}) => id)).toEqual([step.id]);
    await executeAll(await planOf(study, store), store);
    expect(contentsOf(store.folder)).toEqual(before);
  });

  it("are found by the beginning of their id", async () => {
    const plan = await planOf(study, store);
    expect(stepOf(plan, plan.steps[1].id.slice(0, 12))).toBe(plan.steps[1]);
    expect(() => stepOf(plan, "0123456789abcdef")).toThrow(/has no step 0123456789abcdef/);
    expect(() => stepOf(plan, "")).toThrow(/is the beginning of \d+ steps' ids/);
  });
});

describe("training within a study", () => {
  it("trains what has no weights, takes it the second time, and gives the same when cut off", async () => {
    const folder = join(temporary.path, "training");
    const path = writeStudy(folder, {
      datasets: [{id: "knee", label: "Knee", anatomy: "knee", dataset: "simulated:knee,patients=4,slices=1", size: 32}],
      autoencoders: [{id: "small-f4c3", train: "small-f4c3.json"}],
      generators: [tinyGenerator],
      samplers: [{id: "ddim-2", sampler: "ddim", steps: 2}],
      arms: [{kind: "sr", autoencoders: "all", generators: ["x0"], samplers: ["ddim-2"]}],
      seeds: [1, 2],
      comparisons: []
    });
    writeFileSync(join(folder, "small-f4c3.json"), JSON.stringify(tinyAutoencoder));
    const whole = new Store(join(folder, "whole"));
    const plan = await planOf(path, whole);
    expect(plan.steps.map(({kind}) => kind)).toEqual([
      "autoencoder",
      "generator",
      "images",
      "outputs",
      "outputs",
      "measures",
      "measures",
      "outputs",
      "measures",
      "measures"
    ]);
    await executeAll(plan, whole);
    const parts = new Store(join(folder, "parts"));
    // in the first training, in the second
    for (const limit of [2, 3, Infinity]) {
      let asked = 0;
      const attempt = executeAll(plan, parts, {stopped: () => asked++ >= limit});
      if (limit < Infinity) await expect(attempt).rejects.toThrow(Stopped);
      else await attempt;
    }
    const pixels = ({folder: of}: Store) => plan.runs.map(({outputs}) => contentsOf(of)[outputs]);
    expect(pixels(parts)).toEqual(pixels(whole));
    const measured = measuredStudy(await planOf(path, whole), whole);
    expect(measured.generators).toMatchObject([
      {id: "x0", autoencoder: "small-f4c3", target: "x0", scaling: "unit-variance", training: {steps: 3}}
    ]);
    expect(measured.autoencoders[0].training?.steps).toBe(3);
    const [first, second] = measured.runs.filter(({pairing}) => pairing === "correct").map((run) => run.records());
    expect(first[0].psnr).not.toBe(second[0].psnr);
    expect(first[0].self_psnr).not.toBeNull();
    expect(first[0].error_split).not.toBeNull();
    expect(existsSync(join(whole.folder, "work", plan.steps[0].id))).toBe(false);
  });
});
