import {createHash} from "node:crypto";
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {afterAll, describe, expect, it} from "vitest";
import {readMedical, readVolume} from "../../loaders/formats/index.js";
import {InputError} from "../../models/errors.js";
import {hasShared, shared} from "../support/shared.js";

interface Truth {
  kind: string;
  expect: string;
  shape: number[];
  dtype: "uint8" | "int16" | "uint16" | "float32";
  scaled: {min: number; max: number; mean: number; samples: {index: number[]; value: number}[]};
  sha256_little_endian_F: string;
}
const arrays = {uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array, float32: Float32Array};

describe.skipIf(!hasShared)("the NRRD and MetaImage reference files", () => {
  const truth: Record<string, Truth> = hasShared ? JSON.parse(readFileSync(shared("formats/truth.json"), "utf8")) : {};
  const files = Object.entries(truth).filter(([, {kind}]) => kind === "nrrd" || kind === "metaimage");

  it.each(files.filter(([, facts]) => facts.expect === "ok"))("%s has the stored values", async (name, facts) => {
    const volume = await readMedical(shared(`formats/${name}`));
    expect(volume.shape).toEqual(facts.shape);
    expect(volume.meta.dtype).toBe(facts.dtype);
    const stored = arrays[facts.dtype].from(volume.data);
    expect(createHash("sha256").update(new Uint8Array(stored.buffer)).digest("hex")).toBe(facts.sha256_little_endian_F);
  });

  it.each(files.filter(([, facts]) => facts.expect !== "ok"))("%s is refused in one sentence", async (name) => {
    await expect(readVolume(shared(`formats/${name}`))).rejects.toThrow(InputError);
    await expect(readVolume(shared(`formats/${name}`))).rejects.toThrow(/^[^\n]{20,300}$/);
  });

  it.each(["adi_slice", "avf_float_32"])(
    "%s.nrrd is %s.nii.gz: values, orientation, spacing and position",
    async (name) => {
      const nrrd = await readVolume(shared(`formats/nrrd/${name}.nrrd`));
      const nifti = await readVolume(shared(`formats/nifti/${name}.nii.gz`));
      expect(nrrd.shape).toEqual(nifti.shape);
      expect(nrrd.data).toEqual(nifti.data);
      expect(nrrd.sliceAxis).toBe(nifti.sliceAxis);
      for (let i = 0; i < 3; i++) {
        expect(nrrd.spacing[i]).toBeCloseTo(nifti.spacing[i], 4);
        for (let j = 0; j < 4; j++) expect(nrrd.affine![i][j]).toBeCloseTo(nifti.affine![i][j], 3);
      }
    }
  );

  it("mha.mha runs to the left, the front and the head, as its header says", async () => {
    const {orientation, spacing, affine} = await readMedical(shared("formats/nrrd/mha.mha"));
    // AnatomicalOrientation = RPI names where the axes come from
    expect(orientation).toBe("LAS");
    expect(spacing[0]).toBeCloseTo(3.4375, 6);
    expect(affine!.slice(0, 3).map((row) => row[3])).toEqual([
      108.28100000000002, -82.379500000000007, -47.835599999999992
    ]);
  });
});

const folder = mkdtempSync(join(tmpdir(), "bandscope-text-"));
afterAll(() => rmSync(folder, {recursive: true}));
const file = (name: string, ...parts: (string | Uint8Array)[]) => {
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat(parts.map((part) => Buffer.from(part as string))));
  return path;
};

describe("NRRD", () => {
  it("reads text, big-endian and detached data", async () => {
    const text = file("a.nrrd", "NRRD0004\ntype: short\ndimension: 2\nsizes: 3 2\nencoding: ascii\n\n1 -2 3\n4 5 6\n");
    expect(Array.from((await readVolume(text)).data)).toEqual([1, -2, 3, 4, 5, 6]);
    const header = "NRRD0004\n# a comment\ntype: int16\ndimension: 1\nsizes: 2\nencoding: raw\nendian: big\n";
    const big = file("b.nrrd", header, "\n", Uint8Array.of(0, 1, 255, 254));
    expect(Array.from((await readVolume(big)).data)).toEqual([1, -2]);
    file("c.raw", Uint8Array.of(9, 9, 0, 3, 0, 4));
    const detached = file("c.nhdr", header, "byte skip: 2\ndata file: c.raw\n");
    expect(Array.from((await readVolume(detached)).data)).toEqual([3, 4]);
  });

  it("turns an axis that isn't in space into frames", async () => {
    const path = file(
      "dwi.nrrd",
      "NRRD0005\ntype: uint8\ndimension: 4\nspace: RAS\nsizes: 2 1 1 2\nspace directions: none (1,0,0) (0,2,0) (0,0,3)\nencoding: raw\n\n",
      Uint8Array.of(1, 2, 3, 4)
    );
    const volume = await readVolume(path);
    expect(volume).toMatchObject({shape: [1, 1, 2], frames: 2, spacing: [1, 2, 3], orientation: "RAS"});
    expect(Array.from(volume.data)).toEqual([1, 3, 2, 4]);
  });

  it.each([
    ["sizes: 2 2 2", "is cut short"],
    ["sizes: -2 4", "its sizes are -2 4"],
    ["sizes: 99999999 99999999", "is cut short"],
    ["type: block", "its type block isn't one that is read"],
    ["encoding: bzip2", "its encoding bzip2 isn't one that is read"],
    ["data file: ../secret.raw", 'keeps its data in "../secret.raw"; only one file beside it is read'],
    ["data file: LIST", "there is no file"]
  ])("refuses %s", async (line, message) => {
    const fields = new Map(
      ["type: uint8", "dimension: 2", "sizes: 2 2", "encoding: raw"].map((text) => [text.split(":")[0], text])
    );
    fields.set(line.split(":")[0], line);
    if (line === "sizes: 2 2 2") fields.set("dimension", "dimension: 3");
    const path = file("bad.nrrd", `NRRD0004\n${[...fields.values()].join("\n")}\n\n`, Uint8Array.of(1, 2, 3, 4));
    await expect(readVolume(path)).rejects.toThrow(message);
  });
});

describe("MetaImage", () => {
  it("reads a header with its data in another file, big-endian, in 2-D", async () => {
    file("m.raw", Uint8Array.of(0, 1, 1, 0));
    const header = file(
      "m.mhd",
      "ObjectType = Image\nNDims = 2\nDimSize = 2 1\nElementType = MET_USHORT\nBinaryDataByteOrderMSB = True\nElementSpacing = 0.5 0.25\nElementDataFile = m.raw\n"
    );
    const volume = await readVolume(header);
    expect(volume).toMatchObject({shape: [2, 1, 1], spacing: [0.5, 0.25, 1], affine: null, orientation: null});
    expect(Array.from(volume.data)).toEqual([1, 256]);
  });

  it("makes a frame of each channel, and reads text", async () => {
    const path = file(
      "c.mha",
      "NDims = 2\nDimSize = 2 1\nElementType = MET_FLOAT\nElementNumberOfChannels = 3\nBinaryData = False\nElementDataFile = LOCAL\n1 2 3 4 5 6.5"
    );
    const volume = await readVolume(path);
    expect(volume.frames).toBe(3);
    expect(Array.from(volume.data)).toEqual([1, 4, 2, 5, 3, 6.5]);
  });
});
