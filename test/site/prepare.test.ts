import {mkdtempSync, readdirSync, readFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {csvParse} from "d3-dsv";
import {expect, test} from "vitest";
import {writeFileAtomic} from "../../loaders/files.js";
import {decodeImage, encodePng8} from "../../loaders/images/index.js";
import {prepareSite} from "../../loaders/site/prepare.js";
import {Store} from "../../loaders/store/store.js";
import type {Overview, SiteCalibration, SiteFabrication, SiteIndex, Spectra} from "../../src/components/site-data.js";
import {psnr} from "../../src/measures/fidelity.js";
import {random as seeded} from "../../src/measures/random.js";

const folder = mkdtempSync(join(tmpdir(), "bandscope-site-"));
const random = seeded("site", 7);
for (const id of ["a2", "a10"]) {
  const data = Float32Array.from({length: 64 * 64}, (_, i) => 0.5 + 0.3 * Math.sin(i / 9) + 0.1 * random.uniform());
  writeFileAtomic(join(folder, "data", `${id}.png`), encodePng8({data, width: 64, height: 64}));
}
const settings = {data: join(folder, "data"), weights: [], imagesPerSet: 9, withoutDates: false};
const store = new Store(join(folder, "store"));
const publicFolder = join(folder, "public");

async function tables() {
  const {key} = await prepareSite({settings, store, publicFolder});
  const site = [...store.list()].find(({id}) => id === key)!;
  const json = (name: string) => JSON.parse(site.read(name).toString());
  return {
    key,
    index: json("index.json") as SiteIndex,
    spectra: json("spectra.json") as Spectra,
    overview: json("overview.json") as Overview,
    fabrication: json("fabrication.json") as SiteFabrication,
    calibration: json("calibration.json") as SiteCalibration,
    rows: csvParse(site.read("measures.csv").toString())
  };
}

test("tables, pictures and overview agree with each other", async () => {
  const {index, rows, overview, spectra, fabrication, calibration} = await tables();
  expect(index.images.map(({id}) => id)).toEqual(["a2", "a10"]);
  const pictures = readdirSync(join(publicFolder, "images"));
  const wanted = index.images.flatMap(({hr, lr, outputs}) => [hr, lr, ...Object.values(outputs).map(({file}) => file)]);
  expect(pictures.sort()).toEqual([...wanted, index.thumbnails.file].sort());
  const own = rows.filter(({measure}) => measure === "psnr").map(({value}) => Number(value));
  expect(own).toHaveLength(2);
  expect(overview.ours[0].mean).toBeCloseTo((own[0] + own[1]) / 2, 10);
  expect(calibration.images).toBe(2);
  for (const {scores} of calibration.lesions) {
    expect(scores.length).toBeGreaterThan(10);
    for (const {against} of scores) {
      expect(against?.points[0] ?? [0, 0]).toEqual([0, 0]);
      expect(against?.points.at(-1) ?? [1, 1]).toEqual([1, 1]);
    }
  }
  for (const [i, image] of index.images.entries()) {
    const read = (name: string) => decodeImage(readFileSync(join(publicFolder, "images", name)), name);
    // 8-bit pictures, so near
    expect(psnr(await read(image.hr), await read(image.outputs.bicubic.file))).toBeCloseTo(own[i], 1);
    const bands = rows.filter((row) => row.image === image.id && row.measure === "band_mse");
    const mse = Number(rows.find((row) => row.image === image.id && row.measure === "mse")!.value);
    expect(bands).toHaveLength(10);
    expect(bands.reduce((sum, {value}) => sum + Number(value), 0)).toBeCloseTo(mse, 12);
    expect(spectra.curves[image.id].bicubic).toHaveLength(spectra.frequencies.length);
    expect(spectra.correlation[image.id].bicubic).toHaveLength(spectra.frequencies.length);
    // the histogram is that of the two pictures
    const [hr, output] = [await read(image.hr), await read(image.outputs.bicubic.file)];
    const histogram = fabrication.histograms[image.id].bicubic;
    const pairs = Array.from({length: histogram.length / 2}, (_, k) => [histogram[2 * k], histogram[2 * k + 1]]);
    const counted = (level: number) =>
      Array.from(hr.data).filter((value, k) => Math.round(255 * (output.data[k] - value)) === level).length;
    expect(pairs.reduce((sum, [, count]) => sum + count, 0)).toBe(64 * 64);
    for (const [level, count] of pairs.slice(0, 5)) expect(count).toBe(counted(level));
  }
});

test("what the store has is not computed again, and gives the same site", async () => {
  const before = await tables();
  const dates = [...store.list()].map(({id, provenance}) => `${id} ${provenance.date}`);
  const after = await tables();
  expect(after.key).toBe(before.key);
  expect([...store.list()].map(({id, provenance}) => `${id} ${provenance.date}`)).toEqual(dates);
});

test("pictures of an earlier build are taken away", async () => {
  writeFileAtomic(join(publicFolder, "images", "old.hr.00000000.png"), "");
  await tables();
  expect(readdirSync(join(publicFolder, "images"))).not.toContain("old.hr.00000000.png");
});
