import {mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {describe, expect, test} from "vitest";
import {sha256, writeFileAtomic} from "../../loaders/files.js";
import {decodeImage, encodePng8} from "../../loaders/images/index.js";
import {prepareSite} from "../../loaders/site/prepare.js";
import {outputsChoices} from "../../loaders/site/settings.js";
import {Store} from "../../loaders/store/store.js";
import {decodeHistograms} from "../../src/components/histogram-codec.js";
import type {Overview, SetSummary, SiteCalibration, SiteDetail, SiteIndex} from "../../src/components/site-data.js";
import {bandNames} from "../../src/measures/bands.js";
import {psnr} from "../../src/measures/fidelity.js";
import {random as seeded} from "../../src/measures/random.js";
import {temporaryFolder} from "../support/temporary.js";

const folder = temporaryFolder();
const random = seeded("site", 7);
const ids = ["a2", "a10"];
for (const id of ids) {
  const data = Float32Array.from({length: 64 * 64}, (_, i) => 0.5 + 0.3 * Math.sin(i / 9) + 0.1 * random.uniform());
  writeFileAtomic(join(folder, "data", `${id}.png`), encodePng8({data, width: 64, height: 64}));
  const output = {data: data.map((value) => 0.9 * value + 0.05 * random.uniform()), width: 64, height: 64};
  writeFileAtomic(join(folder, "mine", `${id}.png`), encodePng8(output));
}
const settings = {
  data: join(folder, "data"),
  weights: [],
  outputs: [{name: "mine", path: join(folder, "mine")}],
  imagesPerSet: 9,
  withoutDates: false
};
const store = new Store(join(folder, "store"));
const laid = join(folder, "laid");

async function tables(threads = 0) {
  const {key, lay} = await prepareSite({settings, store, threads});
  lay(laid, "copy");
  const site = [...store.list()].find(({id}) => id === key)!;
  const json = (name: string) => JSON.parse(site.read(name).toString());
  const index = json("index.json") as SiteIndex;
  const later = (path: string) => readFileSync(join(laid, "tables", index.tables, path));
  return {
    key,
    index,
    overview: json("overview.json") as Overview,
    calibration: json("calibration.json") as SiteCalibration,
    details: index.images.map((_, i) => JSON.parse(later(`images/${i}.json`).toString()) as SiteDetail),
    summary: JSON.parse(later("sets/0.json").toString()) as SetSummary,
    column: (measure: string) => {
      const bytes = later(`columns/0.${measure}.bin`);
      return Array.from({length: bytes.length / 4}, (_, i) => bytes.readFloatLE(4 * i));
    },
    histograms: (arm: number) => decodeHistograms(later(`errors/0.${arm}.bin`))
  };
}

/** What lies in a folder, by its content. */
const contents = (path: string) =>
  (readdirSync(path, {recursive: true}) as string[])
    .filter((name) => statSync(join(path, name)).isFile())
    .sort()
    .map((name) => `${name} ${sha256(readFileSync(join(path, name)))}`);

test("tables, pictures and overview agree with each other", async () => {
  const {index, details, overview, summary, column, histograms, calibration} = await tables();
  expect(index.images.map(({id}) => id)).toEqual(ids);
  expect(index.arms.map(({id}) => id)).toEqual(["bicubic", "sr:mine"]);
  const wanted = details.flatMap(({hr, lr, outputs}) => [hr, lr, ...Object.values(outputs).map(({file}) => file)]);
  expect(readdirSync(join(laid, "images")).sort()).toEqual([...wanted, ...index.thumbnails.files].sort());
  const own = index.arms.map(({id}) => details.map(({measures}) => measures[id].psnr));
  expect(column("psnr")).toEqual(own.flat().map(Math.fround));
  expect(overview.ours.map(({mean}) => mean)).toEqual(own.map(([a, b]) => expect.closeTo((a + b) / 2, 10)));
  expect(overview.ours[0]).toMatchObject({artefact: details[0].outputs.bicubic.artefact, moreArtefacts: 1});
  expect(calibration.images).toBe(2);
  for (const {scores} of calibration.lesions) {
    expect(scores.length).toBeGreaterThan(10);
    for (const {against} of scores) {
      expect(against?.points[0] ?? [0, 0]).toEqual([0, 0]);
      expect(against?.points.at(-1) ?? [1, 1]).toEqual([1, 1]);
    }
  }
  for (const [a, {id: arm}] of index.arms.entries()) {
    for (const band of bandNames()) {
      const [x, y] = details.map(({measures}) => measures[arm][`band_mse ${band}`]);
      const found = summary.bands.band_mse[arm].find((one) => one.band === band)!;
      expect(found).toMatchObject({n: 2, mean: expect.closeTo((x + y) / 2, 14)});
      expect(found.sd).toBeCloseTo(Math.abs(x - y) / Math.SQRT2, 14);
    }
    expect(summary.correlation[arm].value).toHaveLength(summary.frequencies.length);
    for (const [i, {hr: hrFile, outputs, measures, spectra}] of details.entries()) {
      const read = (name: string) => decodeImage(readFileSync(join(laid, "images", name)), name);
      const [hr, output] = [await read(hrFile), await read(outputs[arm].file)];
      // 8-bit pictures, so near
      expect(psnr(hr, output)).toBeCloseTo(measures[arm].psnr, 1);
      const mse = bandNames().reduce((sum, band) => sum + measures[arm][`band_mse ${band}`], 0);
      expect(mse).toBeCloseTo(measures[arm].mse, 12);
      expect(spectra[arm]).toHaveLength(summary.frequencies.length);
      // the histogram is that of the two pictures
      const histogram = histograms(a)[i];
      const pairs = Array.from({length: histogram.length / 2}, (_, k) => [histogram[2 * k], histogram[2 * k + 1]]);
      const counted = (level: number) =>
        Array.from(hr.data).filter((value, k) => Math.round(255 * (output.data[k] - value)) === level).length;
      expect(pairs.reduce((sum, [, count]) => sum + count, 0)).toBe(64 * 64);
      for (const [level, count] of pairs.slice(0, 5)) expect(count).toBe(counted(level));
    }
  }
});

test("what the store has is not computed again, and gives the same site, on threads too", async () => {
  const before = await tables();
  const files = contents(laid);
  const dates = [...store.list()].map(({id, provenance}) => `${id} ${provenance.date}`);
  const after = await tables(2);
  expect(after.key).toBe(before.key);
  expect(contents(laid)).toEqual(files);
  expect([...store.list()].map(({id, provenance}) => `${id} ${provenance.date}`)).toEqual(dates);
});

test("threads and none write the same bytes", async () => {
  const one = async (name: string, threads: number) => {
    const apart = new Store(join(folder, name));
    const {lay} = await prepareSite({settings: {...settings, withoutDates: true}, store: apart, threads});
    lay(join(folder, `${name}-laid`), "copy");
    return contents(join(folder, `${name}-laid`));
  };
  expect(await one("threads", 2)).toEqual(await one("none", 0));
});

describe("what is laid", () => {
  test("takes the place of an earlier build's", async () => {
    writeFileAtomic(join(laid, "images", "old.hr.00000000.png"), "");
    await tables();
    expect(readdirSync(join(laid, "images"))).not.toContain("old.hr.00000000.png");
  });

  test("is the store's own file or, asked for, another, which can be edited", async () => {
    const {lay} = await prepareSite({settings, store});
    const linked = join(folder, "linked");
    lay(linked, "link");
    lay(laid, "copy");
    const [name] = readdirSync(join(linked, "images")).filter((one) => one.includes("bicubic"));
    const link = statSync(join(linked, "images", name));
    expect(link.nlink).toBeGreaterThan(1);
    expect(link.mode & 0o222).toBe(0);
    const copy = join(laid, "images", name);
    expect(statSync(copy).nlink).toBe(1);
    const before = contents(linked);
    rmSync(copy);
    writeFileSync(copy, "edited");
    expect(contents(linked)).toEqual(before);
    // taking links away leaves the store as it is
    rmSync(linked, {recursive: true});
    for (const artefact of store.list()) expect(await store.damage(artefact)).toBeUndefined();
  });
});

test("outputs of another program must be there for every image, in its size", async () => {
  const other = join(folder, "other");
  mkdirSync(other);
  const run = (name: string) => prepareSite({settings: {...settings, outputs: [{name, path: other}]}, store});
  const small = encodePng8({data: new Float32Array(32 * 32), width: 32, height: 32});
  writeFileSync(join(other, "a2.png"), small);
  await expect(run("few")).rejects.toThrow("the outputs called few (BANDSCOPE_OUTPUTS) lack 1 of 2 images, first a10");
  writeFileSync(join(other, "a10.png"), small);
  await expect(run("small")).rejects.toThrow(/a2.png is 32×32 and its HR image 64×64/);
  expect(outputsChoices(`x=${other}`)).toEqual([{name: "x", path: other}]);
  expect(() => outputsChoices(other)).toThrow("NAME=FOLDER");
  expect(() => outputsChoices("x=nowhere")).toThrow("names nowhere, where there is nothing");
  expect(() => outputsChoices(`x=${other},x=${other}`)).toThrow("two folders x");
});
