import {deflateSync} from "node:zlib";
import {describe, expect, it} from "vitest";
import {decodeLzw, decodePackBits} from "../../loaders/formats/tiff/decoders.js";
import {decodeTiff} from "../../loaders/formats/tiff/decodeTiff.js";
import {nodeInflater} from "../../loaders/images/nodeInflater.js";
import {tiffFile} from "./support/samples.js";

const context = {source: "a.tif", inflater: nodeInflater};
const data = Uint16Array.from({length: 12}, (_, i) => i * 1000);

/** The file with one entry of its directory changed. */
function changed(tag: number, change: (view: DataView, at: number) => void): Uint8Array {
  const bytes = tiffFile(data, 4, 3);
  const view = new DataView(bytes.buffer);
  for (let at = view.getUint32(4, true) + 2; at < bytes.length - 4; at += 12)
    if (view.getUint16(at, true) === tag) change(view, at);
  return bytes;
}
const value = (tag: number, n: number) => changed(tag, (view, at) => view.setUint32(at + 8, n, true));

describe("decodeTiff(bytes)", () => {
  it("returns the samples and the window of their whole range", async () => {
    expect(await decodeTiff(tiffFile(data, 4, 3), context)).toMatchObject({
      shape: [4, 3, 1],
      data: Float32Array.from(data),
      windows: [{center: 32767.5, width: 65535}],
      inverted: false,
      affine: null
    });
  });

  it.each([
    [
      "rows a strip of a float type, near 0",
      changed(278, (view, at) => view.setUint16(at + 2, 11, true)),
      "its tag 278 is malformed"
    ],
    ["rows a strip of 0", value(278, 0), "its pixels need Infinity strips, and it holds 1"],
    ["more strips than it has", value(278, 1), "its pixels need 3 strips, and it holds 1"],
    ["a huge width", value(256, 2_000_000_000), "it claims 2000000000×3 pixels, more than its 146 bytes can hold"],
    ["no height", value(257, 0), "its size is 4×0"],
    ["a tag that comes twice", changed(277, (view, at) => view.setUint16(at, 278, true)), "its tag 278 comes twice"],
    [
      "a directory that leads to itself",
      changed(279, (view, at) => view.setUint32(at + 12, 32, true)),
      "its pages lead in a circle"
    ],
    ["strips outside", value(273, 5000), "its image data are damaged or cut short"]
  ])("refuses %s", async (_, bytes, message) => {
    await expect(decodeTiff(bytes, context)).rejects.toThrow(`a.tif is not a readable TIFF: ${message}`);
  });

  it.each([
    [value(259, 4), "a.tif is a TIFF with CCITT G4 compression, which isn't one that is read"],
    [value(259, 999), "a.tif is a TIFF with number 999 compression, which isn't one that is read"],
    [value(262, 6), "a.tif is a TIFF with the photometric interpretation YCbCr, which isn't one that is read"]
  ])("names what it doesn't read", async (bytes, message) => {
    await expect(decodeTiff(bytes, context)).rejects.toThrow(message);
  });

  it("stops a deflated strip that unpacks to more than it should", async () => {
    const bomb = deflateSync(new Uint8Array(20_000_000));
    const bytes = value(259, 8);
    const grown = new Uint8Array(bytes.length + bomb.length);
    grown.set(bytes);
    grown.set(bomb, bytes.length);
    const view = new DataView(grown.buffer);
    for (let at = view.getUint32(4, true) + 2; at < bytes.length - 4; at += 12) {
      if (view.getUint16(at, true) === 273) view.setUint32(at + 8, bytes.length, true);
      if (view.getUint16(at, true) === 279) view.setUint32(at + 8, bomb.length, true);
    }
    await expect(decodeTiff(grown, context)).rejects.toThrow("the compressed data hold more than the header allows");
  });
});

describe("decodeLzw(bytes)", () => {
  it("decodes the example of the TIFF 6.0 specification", () => {
    // clear 7 258 8 8 258 6 6 end, nine bits each: 7 7 7 8 8 7 7 6 6
    const codes = [256, 7, 258, 8, 8, 258, 6, 6, 257];
    const bits = codes.map((code) => code.toString(2).padStart(9, "0")).join("");
    const bytes = Uint8Array.from({length: Math.ceil(bits.length / 8)}, (_, i) =>
      Number.parseInt(bits.slice(8 * i, 8 * i + 8).padEnd(8, "0"), 2)
    );
    expect(Array.from(decodeLzw(bytes, 100))).toEqual([7, 7, 7, 8, 8, 7, 7, 6, 6]);
    expect(Array.from(decodeLzw(bytes, 4))).toEqual([7, 7, 7, 8]);
    expect(() => decodeLzw(Uint8Array.of(0x80, 0x7f, 0xff), 10)).toThrow("its LZW data are damaged");
  });
});

describe("decodePackBits(bytes)", () => {
  it("decodes the example of the TIFF 6.0 specification", () => {
    const packed = Uint8Array.of(
      0xfe,
      0xaa,
      0x02,
      0x80,
      0x00,
      0x2a,
      0xfd,
      0xaa,
      0x03,
      0x80,
      0x00,
      0x2a,
      0x22,
      0xf7,
      0xaa
    );
    const run = (n: number) => new Array(n).fill(0xaa);
    const expected = [...run(3), 0x80, 0, 0x2a, ...run(4), 0x80, 0, 0x2a, 0x22, ...run(10)];
    expect(Array.from(decodePackBits(packed, 100))).toEqual(expected);
    expect(decodePackBits(packed, 8).length).toBe(8);
  });
});
