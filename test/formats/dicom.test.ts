import {describe, expect, it} from "vitest";
import {decodeDicom} from "../../loaders/formats/dicom/decodeDicom.js";
import {decodeRle} from "../../loaders/formats/dicom/rle.js";
import {slice, toUnitRange} from "../../loaders/formats/index.js";
import {nodeInflater} from "../../loaders/images/nodeInflater.js";
import {dicomFile, element, sequence} from "./support/samples.js";

const context = {source: "test.dcm", inflater: nodeInflater};
const pixels = Int16Array.from({length: 18}, (_, i) => i);

/** Three frames of 2×3, with what stands in the functional groups of each and of all. */
const enhanced = (each: Uint8Array[][], shared: Uint8Array[] = [], frames = 3) =>
  decodeDicom(
    dicomFile(pixels, 2, 3, {
      middle: [],
      // NumberOfFrames belongs before Rows, but the order doesn't matter to a reader
      after: [
        element(0x28, 8, "IS", String(frames)),
        sequence(0x5200, 0x9229, [shared]),
        sequence(0x5200, 0x9230, each)
      ]
    }),
    context
  );
const position = (x: number, y: number, z: number) =>
  sequence(0x20, 0x9113, [[element(0x20, 0x32, "DS", `${x}\\${y}\\${z}`)]]);
const orientation = (cosines: string) => sequence(0x20, 0x9116, [[element(0x20, 0x37, "DS", cosines)]]);
const measures = sequence(0x28, 0x9110, [[element(0x18, 0x50, "DS", "4"), element(0x28, 0x30, "DS", "2\\3")]]);
const slope = (m: string, b: string) =>
  sequence(0x28, 0x9145, [[element(0x28, 0x1052, "DS", b), element(0x28, 0x1053, "DS", m)]]);
const axial = orientation("1\\0\\0\\0\\1\\0");

describe("an enhanced DICOM image", () => {
  it("stacks frames by their positions, also downwards", async () => {
    const down = await enhanced([[position(0, 0, 9)], [position(0, 0, 4)], [position(0, 0, -1)]], [axial, measures]);
    expect(down).toMatchObject({shape: [3, 2, 3], frames: 1, spacing: [3, 2, 5], orientation: "LPI"});
    expect(down.affine!.map((row) => row[3])).toEqual([0, 0, 9, 1].map((value) => expect.closeTo(value, 9)));
    expect(slice(down, "axial", 1).data).toEqual(Float32Array.of(6, 7, 8, 9, 10, 11));
  });

  it("takes frames at one place as repetitions", async () => {
    const repeated = await enhanced([[position(1, 2, 3)], [position(1, 2, 3)], [position(1, 2, 3)]], [axial, measures]);
    expect(repeated).toMatchObject({shape: [3, 2, 1], frames: 3, spacing: [3, 2, 4]});
  });

  it("claims no geometry where frames are unevenly spaced or turned", async () => {
    const uneven = await enhanced([[position(0, 0, 0)], [position(0, 0, 1)], [position(0, 0, 9)]], [axial, measures]);
    expect(uneven).toMatchObject({shape: [3, 2, 3], affine: null, orientation: null});
    const other = orientation("0\\1\\0\\0\\0\\-1");
    const turned = await enhanced(
      [0, 1, 2].map((z) => [position(0, 0, z), z === 2 ? other : axial]),
      [measures]
    );
    expect(turned).toMatchObject({shape: [3, 2, 3], affine: null});
  });

  it("rescales each frame by its own slope, or all by the shared one", async () => {
    const own = await enhanced([[slope("1", "0")], [slope("10", "0")], [slope("0.5", "-1")]]);
    expect([own.data[5], own.data[6], own.data[17]]).toEqual([5, 60, 7.5]);
    const shared = await enhanced([[], [], []], [slope("2", "1")]);
    expect([shared.data[0], shared.data[17]]).toEqual([1, 35]);
  });

  it("is refused when it has fewer pixels than its frames need", async () => {
    await expect(enhanced([], [], 4)).rejects.toThrow(
      "test.dcm is not a readable DICOM image: its pixels need 48 bytes, and it holds 36"
    );
    await expect(enhanced([], [], 0)).rejects.toThrow("NumberOfFrames is 0");
  });
});

describe("a DICOM image", () => {
  it("without orientation has a plane and no place", async () => {
    const volume = await decodeDicom(dicomFile(pixels, 3, 6), context);
    expect(volume).toMatchObject({
      shape: [6, 3, 1],
      spacing: [0.25, 0.5, 1],
      affine: null,
      orientation: null,
      inverted: false
    });
    expect(slice(volume, volume.sliceAxis, 0)).toEqual({data: Float32Array.from(pixels), width: 6, height: 3});
  });

  it("hands its windows on, the first for `file`", async () => {
    const after = [
      element(0x28, 0x1050, "DS", "9\\5"),
      element(0x28, 0x1051, "DS", "19\\2"),
      element(0x28, 0x1056, "CS", "LINEAR_EXACT")
    ];
    const volume = await decodeDicom(dicomFile(pixels, 3, 6, {after}), context);
    expect(volume.windows).toEqual([
      {center: 9, width: 19, function: "linear_exact"},
      {center: 5, width: 2, function: "linear_exact"}
    ]);
    const grey = toUnitRange(slice(volume, 2, 0), "file", {volume});
    expect(grey.data[9]).toBe(0.5);
  });

  it.each([
    ["a slope of 0", [element(0x28, 0x1052, "DS", "0"), element(0x28, 0x1053, "DS", "0")], "RescaleSlope is 0"],
    ["a slope that is a word", [element(0x28, 0x1053, "DS", "one")], "RescaleSlope isn't a number"],
    ["a table without data", [sequence(0x28, 0x3000, [[]])], "its lookup table is incomplete"],
    [
      "a table that is too short",
      [
        sequence(0x28, 0x3000, [
          [
            element(0x28, 0x3002, "US", Uint8Array.of(9, 0, 0, 0, 16, 0)),
            element(0x28, 0x3006, "US", Uint8Array.of(1, 0))
          ]
        ])
      ],
      "its lookup table is malformed"
    ]
  ])("with %s is refused", async (_, after, message) => {
    await expect(decodeDicom(dicomFile(pixels, 3, 6, {after}), context)).rejects.toThrow(
      `test.dcm is not a readable DICOM image: ${message}`
    );
  });
});

describe("decodeRle(frame)", () => {
  const frame = (...segments: number[][]) => {
    const bytes = new Uint8Array(64 + segments.flat().length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, segments.length, true);
    let at = 64;
    segments.forEach((segment, i) => {
      view.setUint32(4 + 4 * i, at, true);
      bytes.set(segment, at);
      at += segment.length;
    });
    return bytes;
  };

  it("unpacks literals and runs, high bytes first", () => {
    // three times 1, then 2; 0x80 does nothing
    expect(Array.from(decodeRle(frame([0xfe, 1, 0x80, 0, 2], [3, 9, 8, 7, 6]), 4, 1, 2))).toEqual([
      9, 1, 8, 1, 7, 1, 6, 2
    ]);
    expect(Array.from(decodeRle(frame([1, 1, 2], [1, 3, 4], [1, 5, 6]), 2, 3, 1))).toEqual([1, 3, 5, 2, 4, 6]);
  });

  it("says what is wrong", () => {
    expect(() => decodeRle(frame([0xfe, 1]), 4, 1, 1)).toThrow("an RLE segment is cut short");
    expect(() => decodeRle(frame([3, 1]), 4, 1, 1)).toThrow("an RLE segment is cut short");
    expect(() => decodeRle(frame([0xfd, 1]), 4, 1, 2)).toThrow("it has 1 RLE segments, and 2 are needed");
    expect(() => decodeRle(new Uint8Array(10), 4, 1, 1)).toThrow("its RLE header is cut short");
  });
});
