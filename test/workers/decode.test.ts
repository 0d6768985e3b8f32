import {readFileSync} from "node:fs";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {build} from "esbuild";
import {describe, expect, test} from "vitest";
import {decodeJpeg} from "../../loaders/images/decodeJpeg.js";
import {encodeNpy, encodePng8, encodePng16} from "../../loaders/images/index.js";
import {project, walk} from "../../scripts/paths.js";
import {prepare} from "../../src/components/image-drop.js";
import {windowings} from "../../src/components/volume-controls.js";
import {random} from "../../src/measures/random.js";
import {measures} from "../../src/measures/tables/measures.js";
import {decodeGiven, volumeFacts, volumePlane} from "../../src/workers/decode.js";
import {pairRecord} from "../../src/workers/pair-record.js";
import {hasShared, shared} from "../support/shared.js";

const none = {
  module: () => Promise.reject(new Error("no codec")),
  lossless: () => Promise.reject(new Error("no codec")),
  decodeJpeg
};
const source = random("decode", 1);
const plane = {data: Float32Array.from({length: 32 * 24}, () => source.uniform()), width: 32, height: 24};

describe("the page's way to the readers", () => {
  test.each(["decode", "decoder", "codec-sources"])("%s needs nothing of Node", async (name) => {
    const {metafile} = await build({
      entryPoints: [fileURLToPath(new URL(`../../src/workers/${name}.ts`, import.meta.url))],
      bundle: true,
      format: "esm",
      platform: "browser",
      write: false,
      outdir: "out",
      metafile: true,
      // the codecs look for them when they find node
      external: ["fs", "path"],
      logLevel: "silent"
    });
    expect(
      Object.keys(metafile.inputs).filter((path) => /nodeInflater|nodeCodecs|readWhole|readVolume/.test(path))
    ).toEqual([]);
    const own = Object.entries(metafile.inputs).filter(([path]) => !path.includes("node_modules"));
    for (const [path, {imports}] of own) {
      for (const one of imports) expect(one.path, path).not.toMatch(/^node:/);
    }
  });

  test("is the only one: no component and no page imports loaders or models", () => {
    const root = join(project, "src");
    const files = [
      ...walk(join(root, "components")),
      ...[...walk(root)].filter((file) => /\/src\/[\w-]+\.md$/.test(file))
    ];
    expect(files.length).toBeGreaterThan(50);
    for (const file of files) {
      const text = readFileSync(file, "utf8");
      expect(text, file).not.toMatch(/^import (?!type\b)[^"]*"[^"]*\/(loaders|models)\//m);
    }
  });

  test("gives pictures with all their bits", async () => {
    const given = await decodeGiven(encodePng16(plane), "x.png", none);
    if (given.kind !== "image") throw new Error("no image");
    for (let i = 0; i < plane.data.length; i++) {
      expect(Math.abs(given.plane.data[i] - plane.data[i])).toBeLessThan(0.6 / 65535);
    }
    const floats = await decodeGiven(encodeNpy(plane.data, [24, 32]), "x.npy", none);
    expect(floats.kind === "image" && floats.plane.data).toEqual(plane.data);
  });

  test.each([
    [new Uint8Array(), "f.nii is empty"],
    [Buffer.from("<html>no image</html>"), "f.nii is not a file that can be read; PNG"],
    [encodePng8(plane).slice(0, 50), "f.nii is not a readable PNG"]
  ])("refuses what is no image in a sentence that names it", async (bytes, expected) => {
    await expect(decodeGiven(new Uint8Array(bytes), "f.nii", none)).rejects.toThrow(expected);
  });

  test.skipIf(!hasShared)("offers the slices and windows of a volume", async () => {
    const bytes = new Uint8Array(readFileSync(shared("formats/dicom/CT_small.dcm")));
    const given = await decodeGiven(bytes, "CT_small.dcm", none);
    if (given.kind !== "volume") throw new Error("no volume");
    const facts = volumeFacts(given.volume);
    expect([facts.format, facts.modality, facts.shape]).toEqual(["dicom", "CT", [128, 128, 1]]);
    expect(facts.cuts.length).toBe(1);
    const [low, high] = facts.range;
    const window = {center: (low + high) / 2, width: high - low};
    const cut = volumePlane(given.volume, {axis: 2, index: 0, frame: 0, windowing: window});
    const whole = volumePlane(given.volume, {axis: 2, index: 0, frame: 0, windowing: "minmax"});
    for (let i = 0; i < cut.data.length; i += 97) expect(cut.data[i]).toBeCloseTo(whole.data[i], 6);
    expect(windowings(facts).at(-1)!.windowing).toBe(null);
  });
});

describe("prepare", () => {
  test("cuts to multiples and reduces what is long, and says so", () => {
    expect(prepare(plane, "x", 16, 512)).toMatchObject({plane: {width: 32, height: 16}, note: "cut from 32×24"});
    const reduced = prepare(plane, "x", 8, 16);
    expect([reduced.plane.width, reduced.plane.height]).toEqual([16, 8]);
    expect(reduced.note).toBe("reduced from 32×24, cut from 16×12");
    expect(prepare(plane, "x", 1, 4096)).toEqual({plane, note: ""});
  });

  test("refuses what is smaller than an autoencoder's grid", () => {
    expect(() => prepare(plane, "tiny.png", 64, 512)).toThrow("tiny.png has 32×24 pixels");
  });
});

test("a pair's record has every measure that a pair can have, and says why others are absent", () => {
  const side = 192;
  const noisy = {data: Float32Array.from({length: side * side}, () => source.uniform()), width: side, height: side};
  const hr = {data: Float32Array.from({length: side * side}, () => source.uniform()), width: side, height: side};
  const record = pairRecord(hr, noisy, "a", "b");
  const absent = measures.filter(({value}) => value(record) === null).map(({key}) => key);
  expect(
    absent.filter(
      (key) =>
        !/^(lpips|region_|threshold$|hallu|loss|rate_|magnitude_|error_|measurement_consistency|self_psnr|sfrc)/.test(
          key
        )
    )
  ).toEqual([]);
  for (const name of ["lpips", "region", "error_split", "measurement_consistency"])
    expect(record.absent[name]).toMatch(/^needs/);
  expect(pairRecord(plane, plane, "a", "b").absent.sfrc).toContain("needs a side of at least 64");
});
