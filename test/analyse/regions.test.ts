import {readFileSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {afterAll, beforeAll, describe, expect, it} from "vitest";
import {type AnalysisOptions, analyse} from "../../loaders/analyse/analyse.js";
import type {AnalysisInputs} from "../../loaders/analyse/plan.js";
import {reportJson} from "../../loaders/analyse/report.js";
import {encodeNpy, encodePng8, readImage} from "../../loaders/images/index.js";
import type {Plane} from "../../src/measures/image.js";
import {invertMask, maskedFidelity} from "../../src/measures/masked.js";
import {scanRingCorrelation} from "../../src/measures/sfrc.js";
import {tidyRows} from "../../src/measures/tables/tidy.js";
import {picture, temporaryFolder, writeImages, writeStudy} from "./sample-set.js";
import {schemaErrors} from "./schema.js";

const quick: AnalysisOptions = {workers: () => 0, resamples: 50};

/** 1 within a disc. */
function disc(side: number, x: number, y: number, radius: number): Plane {
  const data = Float64Array.from({length: side * side}, (_, i) =>
    Math.hypot((i % side) - x, Math.floor(i / side) - y) <= radius ? 1 : 0
  );
  return {data, width: side, height: side};
}

describe("analyse with --masks", () => {
  const folder = temporaryFolder();
  let study: ReturnType<typeof writeStudy>;
  let next = 0;
  const fresh = () => join(folder.path, `case${next++}`);
  const run = (masks: string, more: Partial<AnalysisInputs> = {}, options: Partial<AnalysisOptions> = {}) =>
    analyse({hr: study.hr, sr: [{name: "a", path: study.a}], ae: [], masks, ...more}, {...quick, ...options});
  const mask = disc(64, 30, 20, 9);
  beforeAll(() => {
    study = writeStudy(join(folder.path, "study"), 4);
  });
  afterAll(folder.remove);

  it("measures inside and outside, for the images that have a mask", async () => {
    const masks = writeImages(fresh(), {p0_s0: mask, p1_s0: disc(64, 10, 50, 6), stray: mask});
    const notes: string[] = [];
    const sr = [
      {name: "a", path: study.a},
      {name: "b", path: study.b}
    ];
    const report = await run(masks, {sr}, {onNote: (note) => notes.push(note)});
    expect(notes).toEqual(["note: 2 of 4 images have a mask; 1 without an image are left out: stray"]);
    const [hr, a] = await Promise.all([study.hr, study.a].map((path) => readImage(join(path, "p0_s0.png"))));
    const [first, , second] = report.images;
    expect(first.region).toEqual({
      inside: maskedFidelity(hr, a, mask),
      outside: maskedFidelity(hr, a, invertMask(mask))
    });
    const {inside, outside} = first.region!;
    expect(inside!.pixels + outside!.pixels).toBe(64 * 64);
    // the whole is the sum of its parts
    expect(inside!.mse * inside!.pixels + outside!.mse * outside!.pixels).toBeCloseTo(first.mse * 64 * 64, 10);
    expect(first.absent.region).toBeUndefined();
    expect(second).toMatchObject({id: "p0_s1", region: null, absent: {region: "--masks has no file of this name"}});

    expect(report.summary.arms.a.measures.region_psnr_inside).toMatchObject({n: 2, absent: 2});
    const compared = report.summary.comparisons.find(({measure}) => measure === "region_psnr_inside")!;
    expect(compared).toMatchObject({nImages: 2, leftOut: 2, flavour: "inside", unit: "dB"});
    const rows = [...tidyRows(report.images)].filter(({measure}) => measure === "region_ssim");
    expect(rows.slice(0, 2)).toMatchObject([
      {image: "p0_s0", arm: "a", flavour: "inside", value: inside!.ssim},
      {image: "p0_s0", arm: "a", flavour: "outside", value: outside!.ssim}
    ]);
    expect(rows).toHaveLength(8);
    expect(report.provenance.inputs.masks).toMatchObject({folder: masks, images: 2});
    expect(schemaErrors(reportJson(report))).toEqual([]);
  });

  it("takes every pixel that is not zero as inside: labels, booleans", async () => {
    const masks = writeImages(fresh(), {p0_s1: {...mask, data: mask.data.map((v) => (v * 2) / 255)}});
    writeFileSync(
      join(masks, "p0_s0.npy"),
      encodeNpy(
        Float32Array.from(mask.data, (v) => 4 * v),
        [64, 64]
      )
    );
    const {images} = await run(masks);
    const expected = Array.from(mask.data).filter((v) => v === 1).length;
    expect(images.slice(0, 2).map(({region}) => region!.inside!.pixels)).toEqual([expected, expected]);
  });

  it("has no fidelity where there are no pixels, and says so", async () => {
    const masks = writeImages(fresh(), {p0_s0: disc(64, 0, 0, -1), p0_s1: disc(64, 0, 0, 999)});
    const report = await run(masks);
    const [empty, full] = report.images;
    expect(empty.region!.inside).toBeNull();
    expect(empty.absent.region_inside).toBe("the mask is zero everywhere");
    expect(empty.region!.outside!.mse).toBeCloseTo(empty.mse, 12);
    expect(full.region!.outside).toBeNull();
    expect(full.absent.region_outside).toBe("the mask covers the whole image");
    expect(schemaErrors(reportJson(report))).toEqual([]);
  });

  it("keeps an infinite PSNR inside a region", async () => {
    const sr = fresh();
    const hr = await readImage(join(study.hr, "p0_s0.png"));
    writeImages(sr, {p0_s0: {...hr, data: hr.data.map((v, i) => (mask.data[i] === 1 ? v : 1 - v))}});
    const masks = writeImages(fresh(), {p0_s0: mask});
    const report = await run(masks, {sr: [{name: "x", path: sr}], allowMissing: true});
    expect(report.images[0].region!.inside).toMatchObject({mse: 0, psnr: Infinity, ssim: 1});
    expect(report.summary.arms.x.measures.region_psnr_inside).toMatchObject({n: 0, infinite: 1});
    expect(schemaErrors(reportJson(report))).toEqual([]);
  });

  it("refuses masks of another size, of no image, and those that a JPEG has blurred, on threads too", async () => {
    const small = writeImages(fresh(), {p0_s0: disc(32, 9, 9, 4)});
    const other = writeImages(fresh(), {tumour: mask});
    const jpeg = writeImages(fresh(), {});
    writeFileSync(join(jpeg, "p0_s0.jpg"), Uint8Array.of(0xff, 0xd8, 0xff, 0xe0));
    for (const workers of [0, 2]) {
      const options = {workers: () => workers};
      await expect(run(small, {}, options)).rejects.toThrow("p0_s0: mask has 32×32 pixels, hr 64×64");
      await expect(run(jpeg, {}, options)).rejects.toThrow("p0_s0.jpg is a JPEG, which blurs the edge of a mask");
    }
    await expect(run(other)).rejects.toThrow(/have no image id in common .*: p0_s0, p0_s1, p1_s0 and 1 more; tumour/);
    await expect(run(join(folder.path, "nowhere"))).rejects.toThrow("nowhere");
  });
});

describe("analyse with --sfrc", () => {
  const folder = temporaryFolder();
  afterAll(folder.remove);
  const at = (name: string) => join(folder.path, name);

  it("summarises the scan, and flags tiles that lose what the LR image shows", async () => {
    const image = picture("scan", 128);
    // noise instead of the picture in one corner
    const noise = picture("noise", 128);
    const forged = Float64Array.from(image.data, (v, i) => (i % 128 < 40 && i < 40 * 128 ? noise.data[i] : v));
    const hr = writeImages(at("hr"), {one: image, two: picture("flat", 128)});
    const sr = writeImages(at("sr"), {one: {...image, data: forged}, two: picture("flat", 128)});
    writeFileSync(join(hr, "two.png"), encodePng8({...image, data: image.data.map(() => 0.5)}));
    writeFileSync(join(sr, "two.png"), readFileSync(join(hr, "two.png")));
    const inputs = {hr, sr: [{name: "x", path: sr}], ae: [], sfrc: true};
    const [one, two] = (await analyse({...inputs, factor: 4}, quick)).images;
    const scan = scanRingCorrelation(await readImage(join(hr, "one.png")), await readImage(join(sr, "one.png")))!;
    const frequencies = scan.tiles.map(({frequency}) => frequency!);
    expect(one.sfrc).toEqual({
      tiles: 9,
      lowest: Math.min(...frequencies),
      limit: 1 / 8,
      flagged: frequencies.filter((f) => f < 1 / 8).length
    });
    expect(one.sfrc!.flagged).toBeGreaterThan(0);
    expect(one.sfrc!.flagged).toBeLessThan(9);
    expect(two.sfrc).toEqual({tiles: 0, lowest: null, limit: 1 / 8, flagged: 0});
    expect(two.absent.sfrc_lowest).toBe("no tile has structure");

    const report = await analyse(inputs, quick);
    expect(report.images[0].sfrc).toMatchObject({limit: null, flagged: null});
    expect(report.images[0].absent.sfrc_flagged).toMatch(/^needs the LR image/);
    expect(schemaErrors(reportJson(report))).toEqual([]);
  });

  it("is absent where the image is smaller than a tile", async () => {
    const small = writeImages(at("small"), {one: picture("one", 32)});
    const [record] = (await analyse({hr: small, sr: [{name: "x", path: small}], ae: [], sfrc: true}, quick)).images;
    expect(record.sfrc).toBeNull();
    expect(record.absent.sfrc).toBe("needs a side of at least 64 pixels, the image has 32×32");
  });
});
