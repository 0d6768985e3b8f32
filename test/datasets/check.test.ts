import {existsSync, readFileSync} from "node:fs";
import {join} from "node:path";
import {afterEach, beforeEach, describe, expect, it, vi} from "vitest";
import {main} from "../../loaders/cli/main.js";
import {checkDataset, sparkline} from "../../loaders/datasets/check.js";
import {contactSheet} from "../../loaders/datasets/contact-sheet.js";
import {openDataset} from "../../loaders/datasets/open.js";
import {phantom} from "../../loaders/datasets/phantoms/index.js";
import {quantise} from "../../loaders/datasets/quantise.js";
import {correlation, fingerprint, hammingDistance, nearDuplicates} from "../../loaders/datasets/similarity.js";
import {spectralSlope} from "../../loaders/datasets/spectral-slope.js";
import {decodeImage, encodePng8, listImages, readImage} from "../../loaders/images/index.js";
import {fft2, inverseFft2} from "../../src/measures/fft.js";
import {random} from "../../src/measures/random.js";
import {resize8, resizeQuantised} from "../../src/measures/resize.js";
import {temporaryFolder} from "../support/temporary.js";
import {pngOf, writeTree} from "./support/trees.js";

const folder = temporaryFolder();

describe("look-alikes", () => {
  const image = phantom("natural", {seed: 1, patient: 1, size: 128});
  const altered = {...image, data: image.data.map((v) => Math.min(1, 0.9 * v + 0.05))};
  const other = phantom("natural", {seed: 1, patient: 2, size: 128});

  it("are recognised through a change of contrast and size, and others are not", () => {
    const small = resizeQuantised(altered, 96, 96);
    expect(hammingDistance(fingerprint(image), fingerprint(small))).toBeLessThanOrEqual(3);
    expect(correlation(fingerprint(image), fingerprint(small))).toBeGreaterThan(0.995);
    expect(correlation(fingerprint(image), fingerprint(other))).toBeLessThan(0.9);
    expect(hammingDistance(fingerprint(image), fingerprint(image))).toBe(0);
  });

  it("are reported between groups only, once each", () => {
    const items = [
      {item: "a", group: "train", print: fingerprint(image)},
      {item: "b", group: "test", print: fingerprint(altered)},
      {item: "c", group: "train", print: fingerprint(altered)},
      {item: "d", group: "test", print: fingerprint(other)}
    ];
    expect(
      nearDuplicates(items)
        .map(({a, b}) => `${a}${b}`)
        .sort()
    ).toEqual(["ab", "bc"]);
  });

  it("never include flat images", () => {
    const flat = fingerprint({data: new Float32Array(64 * 64).fill(0.3), width: 64, height: 64});
    expect(flat.small).toBeNull();
    expect(correlation(flat, flat)).toBe(0);
  });
});

describe("spectralSlope(image)", () => {
  it.each([0, -2, -3])("finds the exponent that noise was made with: %d", (exponent) => {
    const n = 128;
    const slopes = [1, 2, 3, 4].map((seed) => {
      const r = random("noise", seed);
      const {re, im, width, height} = fft2({
        width: n,
        height: n,
        data: Float64Array.from({length: n * n}, () => r.normal())
      });
      for (let k = 0; k < re.length; ++k) {
        const f = Math.hypot(Math.min(k % n, n - (k % n)), Math.min(Math.floor(k / n), n - Math.floor(k / n))) / n;
        const gain = f === 0 ? 1 : f ** (exponent / 2);
        re[k] *= gain;
        im[k] *= gain;
      }
      return spectralSlope(inverseFft2({re, im, width, height}));
    });
    expect(Math.abs(slopes.reduce((a, b) => a + b) / 4 - exponent)).toBeLessThan(0.2);
  });

  it("is NaN for a flat image", () => {
    expect(spectralSlope({width: 64, height: 64, data: new Float32Array(4096).fill(0.5)})).toBeNaN();
  });
});

describe("checkDataset(dataset)", () => {
  it("finds copies and look-alikes across splits, flat and unreadable images", async () => {
    const picture = pngOf("shared", 64);
    const plane = await decodeImage(picture, "picture");
    const root = writeTree(join(folder, "faulty"), {
      "train/a.png": picture,
      "test/b.png": picture,
      "train/c.png": pngOf("other", 64),
      "valid/d.png": encodePng8({...plane, data: Float32Array.from(plane.data, (v) => 0.85 * v + 0.1)}),
      "train/e.png": encodePng8({width: 8, height: 8, data: new Float32Array(64).fill(0.5)}),
      "train/f.png": pngOf("other", 64),
      "train/g.png": "not a PNG at all"
    });
    const result = await checkDataset(openDataset(root));
    const kinds = result.problems.map(({kind, ids}) => `${kind} ${ids.join(" ")}`).sort();
    expect(kinds).toEqual(
      [
        "duplicate train__c train__f",
        "duplicate-across-splits test__b train__a",
        "flat train__e",
        "near-duplicate-across-splits test__b valid__d",
        "near-duplicate-across-splits train__a valid__d",
        "unreadable train__g"
      ].sort()
    );
    expect(result.sizes).toEqual([
      {width: 64, height: 64, images: 5},
      {width: 8, height: 8, images: 1}
    ]);
    expect(result.histogram.reduce((a, b) => a + b)).toBeCloseTo(1, 9);
    expect(result.groups.map(({split, images}) => `${split} ${images}`)).toEqual(["train 4", "valid 1", "test 1"]);
  });

  it("gives the mean and the SD of all pixels", async () => {
    const root = writeTree(join(folder, "grey"), {
      "a.png": encodePng8({width: 8, height: 8, data: new Float32Array(64).fill(0)}),
      "b.png": encodePng8({width: 8, height: 8, data: new Float32Array(64).fill(1)})
    });
    const {mean, sd, spectrum} = await checkDataset(openDataset(root));
    expect([mean, sd, spectrum]).toEqual([0.5, 0.5, null]);
  });
});

describe("sparkline(shares)", () => {
  it("draws roots of the shares, nothing for none", () => {
    expect(sparkline([0, 0.01, 0.25, 1])).toBe(" ▁▅█");
  });
});

describe("contactSheet(dataset)", () => {
  it("lays the images out in their order", async () => {
    const dataset = openDataset("simulated:natural,patients=5,slices=1,size=32");
    const {width, height, entries} = await contactSheet(dataset, {count: 5, tile: 32});
    expect([width, height]).toEqual([3 * 34 + 2, 2 * 34 + 2]);
    expect(entries).toEqual(dataset.list());
    const drawn = await contactSheet(openDataset("simulated:natural,patients=50,slices=1,size=16"), {
      count: 4,
      tile: 16,
      seed: 1
    });
    expect(drawn.entries.length).toBe(4);
  });
});

describe("bandscope data", () => {
  let out = "";
  let err = "";
  beforeEach(() => {
    out = "";
    err = "";
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      out += text;
      return true;
    });
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      err += text;
      return true;
    });
  });
  afterEach(() => vi.restoreAllMocks());

  it("lists a dataset as a table and as JSON", async () => {
    expect(await main(["data", "list", "simulated:knee,patients=4,slices=2"])).toBe(0);
    expect(out).toMatch(/simulated knee: 8 images of 4 patients \(2 each\)/);
    out = "";
    expect(await main(["data", "list", "simulated:knee,patients=4", "--json"])).toBe(0);
    expect(JSON.parse(out)[0]).toMatchObject({count: 16, patients: 4, simulated: true});
  });

  it("checks a sound dataset with status 0 and a faulty one with status 3", async () => {
    const sound = writeTree(join(folder, "sound"), {"a.png": pngOf("a"), "b.png": pngOf("b")});
    expect(await main(["data", "check", sound])).toBe(0);
    expect(out).toMatch(/no faults/);
    out = "";
    const faulty = writeTree(join(folder, "unsound"), {"train/a.png": pngOf("a"), "test/b.png": pngOf("a")});
    expect(await main(["data", "check", faulty, "--json"])).toBe(3);
    expect(JSON.parse(out)[0].problems[0].kind).toBe("duplicate-across-splits");
  });

  it("previews as a PNG, degraded if asked", async () => {
    const file = join(folder, "sheet.png");
    expect(
      await main([
        "data",
        "preview",
        "simulated:brain,patients=2,slices=1,size=64",
        "--tile",
        "64",
        "--degrade",
        "bicubic:4",
        "--out",
        file
      ])
    ).toBe(0);
    const sheet = await decodeImage(readFileSync(file), file);
    expect([sheet.width, sheet.height]).toEqual([2 * 66 + 2, 68]);
    expect(out).toMatch(/2 of 2 images of simulated brain/);
  });

  it("writes phantoms that it reads back", async () => {
    const target = join(temporaryFolder(), "phantoms");
    expect(await main(["data", "write", "simulated:cxr,patients=2,slices=1,size=32", "--out", target])).toBe(0);
    expect(existsSync(join(target, "manifest.csv"))).toBe(true);
    expect(await main(["data", "check", target])).toBe(0);
    expect(await main(["data", "write", "simulated:cxr,patients=2,slices=1,size=32", "--out", target])).toBe(1);
    expect(err).toMatch(/holds files already/);
  });

  it("writes pairs of high and low resolution under one name, the low one exactly Pillow's", async () => {
    const target = join(temporaryFolder(), "pairs");
    const words = [
      "data",
      "write",
      "simulated:knee,patients=2,slices=1,size=64",
      "--degrade",
      "bicubic:4",
      "--out",
      target
    ];
    expect(await main(words)).toBe(0);
    const pairs = listImages([target]).map(({id, path}) => ({id, path, lr: join(target, "lr", `${id}.png`)}));
    expect(pairs).toHaveLength(2);
    for (const {path, lr} of pairs) {
      const [high, low] = [await readImage(path), await readImage(lr)];
      const expected = resize8(quantise(high.data), high, {width: 16, height: 16}, "bicubic");
      expect(Array.from(low.data, (v) => Math.round(255 * v))).toEqual([...expected]);
    }
    const [, row] = readFileSync(join(target, "manifest.csv"), "utf8").split("\n");
    expect(row).toContain(`lr/${pairs[0].id}.png,bicubic-x4`);
    expect(await main(["data", "check", target])).toBe(0);
  });

  it("explains itself, and refuses words that don't fit with status 2", async () => {
    expect(await main(["data", "--help"])).toBe(0);
    expect(out).toMatch(/Exit status: .*3 check found faults/s);
    for (const words of [
      ["data"],
      ["data", "burn", "x"],
      ["data", "list"],
      ["data", "write", "simulated:brain"],
      ["data", "list", "simulated:brain", "--colour"],
      ["data", "preview", "simulated:brain", "--count", "none"],
      ["data", "list", "simulated:brain", "--split", "some"]
    ])
      expect(await main(words), words.join(" ")).toBe(2);
    expect(await main(["data", "list", "/no/such/folder"])).toBe(1);
    expect(err).toMatch(/there is no dataset/);
  });
});
