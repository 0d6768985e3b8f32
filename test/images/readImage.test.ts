import {createHash} from "node:crypto";
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {afterAll, describe, expect, it} from "vitest";
import {crc32} from "../../loaders/images/crc32.js";
import {decodeJpeg} from "../../loaders/images/decodeJpeg.js";
import {decodePng} from "../../loaders/images/decodePng.js";
import {decodeImage, encodeNpy, encodePng8, encodePng16, readImage} from "../../loaders/images/index.js";
import {nodeInflater} from "../../loaders/images/nodeInflater.js";
import {portableInflater} from "../../loaders/images/portableInflater.js";
import {InputError} from "../../models/errors.js";
import {hasShared, shared} from "../support/shared.js";

const folder = mkdtempSync(join(tmpdir(), "bandscope-images-"));
afterAll(() => rmSync(folder, {recursive: true}));

const ramp = (width: number, height: number) => ({
  width,
  height,
  data: Float32Array.from({length: width * height}, (_, i) => i / (width * height - 1))
});

describe("readImage(path)", () => {
  it("returns an 8-bit PNG's levels over 255, and the file's stem as id", async () => {
    const path = join(folder, "a.b.png");
    writeFileSync(path, encodePng8(ramp(16, 16)));
    const image = await readImage(path);
    expect(image).toMatchObject({id: "a.b", width: 16, height: 16});
    expect(Array.from(image.data)).toEqual(Array.from({length: 256}, (_, i) => Math.fround(i / 255)));
  });

  it("returns a 16-bit PNG to within half a level", async () => {
    const plane = ramp(300, 7);
    const image = await decodeImage(encodePng16(plane), "x");
    const worst = Math.max(...image.data.map((value, i) => Math.abs(value - plane.data[i])));
    expect(worst).toBeLessThanOrEqual(0.5 / 65535 + 1e-7);
  });

  it("goes by the content, not by the extension", async () => {
    const path = join(folder, "really-a-png.jpg");
    writeFileSync(path, encodePng8(ramp(4, 4)));
    expect((await readImage(path)).width).toBe(4);
  });

  it("returns float .npy values as they are", async () => {
    const path = join(folder, "float.npy");
    writeFileSync(path, encodeNpy(Float32Array.of(0, 0.25, 0.5, 0.75, 1, 1 / 3), [2, 3]));
    expect(await readImage(path)).toEqual({
      id: "float",
      width: 3,
      height: 2,
      data: Float32Array.of(0, 0.25, 0.5, 0.75, 1, 1 / 3)
    });
  });

  it.each([
    [[0, 255], "f.npy has values from 0 to 255; float images have values in [0, 1]"],
    [[-0.5, 1], "f.npy has values from -0.5 to 1; float images have values in [0, 1]"],
    [[Number.NaN, 1], "f.npy has 1 NaN or infinite pixel; an image has values in [0, 1]"],
    [[Infinity, Number.NaN], "f.npy has 2 NaN or infinite pixels; an image has values in [0, 1]"]
  ])("refuses the float values %j", async (values, message) => {
    await expect(decodeImage(encodeNpy(Float32Array.from(values), [1, 2]), "f.npy")).rejects.toThrow(
      new InputError(message)
    );
  });

  it("says in one sentence what is wrong with a file", async () => {
    const png = encodePng8(ramp(8, 8));
    await expect(readImage(join(folder, "none.png"))).rejects.toThrow(/^there is no file .*none\.png$/);
    await expect(readImage(folder)).rejects.toThrow(/is a folder where a file was expected$/);
    await expect(decodeImage(new Uint8Array(), "e.png")).rejects.toThrow(
      "e.png is empty; PNG, JPEG, TIFF and .npy are"
    );
    await expect(decodeImage(png.slice(0, -20), "e.png")).rejects.toThrow(
      "e.png is not a readable PNG: it is cut short"
    );
    const damaged = png.slice();
    damaged[45] ^= 1;
    await expect(decodeImage(damaged, "e.png")).rejects.toThrow(/the checksum of its IDAT chunk is wrong/);
  });

  it("refuses a PNG whose header claims more pixels than its data can hold, without allocating them", async () => {
    const png = encodePng8(ramp(8, 8));
    const view = new DataView(png.buffer, png.byteOffset);
    view.setUint32(16, 2_000_000_000);
    view.setUint32(20, 2_000_000_000);
    view.setUint32(29, crc32(png.subarray(12, 29)));
    await expect(decodeImage(png, "huge.png")).rejects.toThrow(/claims 2000000000×2000000000 pixels, more than/);
  });
});

interface Truth {
  expect: string;
  mode: string;
  shape: number[];
  sha256_C: string;
  note_reader?: string;
  samples: {index: number[]; value: number}[] | null;
}

describe.skipIf(!hasShared)("the PNG and JPEG reference files", () => {
  const truth: Record<string, Truth> = hasShared ? JSON.parse(readFileSync(shared("formats/truth.json"), "utf8")) : {};
  const pngs = Object.entries(truth).filter(([name]) => name.endsWith(".png"));

  it("are 26 PNGs at least", () => expect(pngs.length).toBeGreaterThanOrEqual(26));

  it.each(pngs)(
    "%s is decoded to its stored samples, or refused in one sentence",
    async (name, {expect: verdict, ...facts}) => {
      const bytes = new Uint8Array(readFileSync(shared(`formats/${name}`)));
      if (verdict === "malformed") {
        await expect(decodeImage(bytes, name)).rejects.toThrow(InputError);
        expect(() => decodePng(bytes, portableInflater, name)).toThrow(InputError);
        return;
      }
      const png = decodePng(bytes, nodeInflater, name);
      const portable = decodePng(bytes, portableInflater, name);
      expect({...portable, data: sha256(portable.data)}).toEqual({...png, data: sha256(png.data)});
      expect([png.height, png.width]).toEqual(facts.shape.slice(0, 2));
      const grey = await decodeImage(bytes, name);
      expect(grey.data.every((value) => value >= 0 && value <= 1)).toBe(true);
      // Pillow reduces 16-bit colour to 8 bits: only the high bytes can be compared
      let data: ArrayLike<number> = png.data;
      if (facts.note_reader) {
        data = Uint8Array.from(png.data, (value) => value >> 8);
        if (png.channels === 2)
          data = Uint8Array.from(
            {length: 2 * data.length},
            (_, i) => data[i % 4 === 3 ? (i >> 2) * 2 + 1 : (i >> 2) * 2]
          );
      } else if (png.depth < 8 && !png.palette && png.depth > 1) {
        data = Uint8Array.from(png.data, (value) => (value * 255) / (2 ** png.depth - 1));
      }
      if (facts.mode === "I") data = Int32Array.from(png.data);
      if (!facts.note_reader) expect(sha256(data as Uint8Array)).toBe(facts.sha256_C);
      for (const {index, value} of facts.samples ?? []) {
        const offset =
          index.length === 3
            ? (index[0] * facts.shape[1] + index[1]) * facts.shape[2] + index[2]
            : index[0] * facts.shape[1] + index[1];
        expect(data[offset]).toBe(value);
      }
    }
  );

  it("chelsea.jpg is decoded to Pillow's values, bit for bit", async () => {
    const name = "png/chelsea.jpg";
    const bytes = new Uint8Array(readFileSync(shared(`formats/${name}`)));
    const jpeg = await decodeJpeg(bytes, name);
    expect([jpeg.height, jpeg.width, jpeg.channels]).toEqual(truth[name].shape);
    expect(sha256(jpeg.data)).toBe(truth[name].sha256_C);
    await expect(decodeJpeg(bytes.slice(0, 15000), name)).rejects.toThrow("is not a readable JPEG: it is cut short");
  });
});

function sha256(data: Uint8Array | Uint16Array | Int32Array): string {
  return createHash("sha256")
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest("hex");
}
