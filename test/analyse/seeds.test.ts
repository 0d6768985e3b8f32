import {rmSync} from "node:fs";
import {join} from "node:path";
import {afterAll, beforeAll, describe, expect, it} from "vitest";
import {type AnalysisOptions, analyse} from "../../loaders/analyse/analyse.js";
import {reportJson} from "../../loaders/analyse/report.js";
import {summaryText} from "../../loaders/analyse/summary-text.js";
import {readImage} from "../../loaders/images/index.js";
import {seedSpread} from "../../src/measures/seed-spread.js";
import {noisy, picture, temporaryFolder, writeImages} from "./sample-set.js";
import {schemaErrors} from "./schema.js";

const quick: AnalysisOptions = {workers: () => 0, resamples: 50};

describe("analyse of an arm with several seeds", () => {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  const ids = ["i", "j", "k"];
  const sr = [1, 2, 3].map((seed) => ({name: `a@${seed}`, path: at(`a${seed}`)}));
  beforeAll(() => {
    const images = (make: (id: string) => ReturnType<typeof picture>) =>
      Object.fromEntries(ids.map((id) => [id, make(id)]));
    writeImages(at("hr"), images(picture));
    for (const seed of [1, 2, 3]) {
      writeImages(
        at(`a${seed}`),
        images((id) => noisy(picture(id), `${id} ${seed}`, 0.05))
      );
    }
  });
  afterAll(folder.remove);

  it("says in the summary how they spread, averaged over the images", async () => {
    const arms = [...sr, {name: "b@1", path: at("a1")}, {name: "c", path: at("a2")}];
    const report = await analyse({hr: at("hr"), sr: arms, ae: []}, quick);
    const spreads = await Promise.all(
      ids.map(async (id) => {
        const [hr, ...samples] = await Promise.all(
          ["hr", "a1", "a2", "a3"].map((name) => readImage(join(at(name), `${id}.png`)))
        );
        return seedSpread(hr, samples);
      })
    );
    const average = (read: (spread: (typeof spreads)[number]) => number | null) =>
      spreads.reduce((sum, spread) => sum + read(spread)! / spreads.length, 0);
    const {seedSpread: summary} = report.summary;
    expect(Object.keys(summary)).toEqual(["a"]);
    const {a} = summary;
    expect(a).toMatchObject({k: 3, images: 3, leftOut: 0});
    expect(a.meanSd.mean).toBeCloseTo(
      average((s) => s.meanSd),
      12
    );
    expect(a.calibration.mean).toBeCloseTo(
      average((s) => s.calibration),
      12
    );
    expect(a.psnrOfMean.mean! - a.meanPsnr.mean!).toBeCloseTo(a.gain.mean!, 10);
    // independent noise: the mean of three has a third of the variance
    expect(a.gain.mean).toBeCloseTo(10 * Math.log10(3), 0);
    expect(a.posteriorGain).toBeCloseTo(10 * Math.log10(6 / 4), 12);
    expect(schemaErrors(reportJson(report))).toEqual([]);
    const {bias} = report.summary.arms["a@1"].meanAgreement;
    const shown = Math.abs(bias!).toFixed(4);
    const sign = Number(shown) === 0 ? "" : bias! < 0 ? "−" : "\\+";
    expect(summaryText(report)).toMatch(
      new RegExp(`^a@1: mean grey level ${sign}${shown} against HR, 95 % limits −0`, "m")
    );
    expect(summaryText(report)).toMatch(
      /^a: 3 seeds on 3 images; Spearman of σ with \|error\| 0\.\d{3}; averaging gains 4\.\d\d dB \(.* 1\.76 dB\)$/m
    );
  });

  it("gives the same on threads, and leaves out images that lack a seed", async () => {
    rmSync(join(at("a3"), "k.png"));
    const run = (workers: number) =>
      analyse({hr: at("hr"), sr, ae: [], allowMissing: true}, {...quick, workers: () => workers});
    const one = await run(0);
    expect(one.summary.seedSpread.a).toMatchObject({k: 3, images: 2, leftOut: 1, gain: {n: 2}});
    expect((await run(2)).summary).toEqual(one.summary);
  });
});
