import {deflateSync} from "node:zlib";
import fc from "fast-check";
import {describe, expect, it} from "vitest";
import {concatenate} from "../../loaders/images/concatenate.js";
import {crc32} from "../../loaders/images/crc32.js";
import {decodePng} from "../../loaders/images/decodePng.js";
import {greyOfPng} from "../../loaders/images/greyOfPng.js";
import {nodeInflater} from "../../loaders/images/nodeInflater.js";
import {portableInflater} from "../../loaders/images/portableInflater.js";
import {InputError} from "../../models/errors.js";

const channelsOf: Record<number, number> = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4};
/** First column and row, column and row step of the passes of Adam7, as the specification lists them. */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2]
];

interface Picture {
  width: number;
  height: number;
  depth: number;
  colour: number;
  interlaced: boolean;
  samples: number[];
  filters: number[];
  chunks?: Uint8Array[];
}

function chunk(type: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + content.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(content, 8);
  view.setUint32(8 + content.length, crc32(bytes.subarray(4, 8 + content.length)));
  return bytes;
}

/** Packs the samples of one row, most significant bit first. */
function packed(samples: number[], depth: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((samples.length * depth) / 8));
  samples.forEach((sample, i) => {
    for (let bit = 0; bit < depth; bit++) {
      const at = i * depth + bit;
      if ((sample >> (depth - 1 - bit)) & 1) bytes[at >> 3] |= 128 >> (at & 7);
    }
  });
  return bytes;
}

/** The filters of the specification, forwards. */
function filtered(type: number, line: Uint8Array, above: Uint8Array, step: number): Uint8Array {
  return line.map((value, i) => {
    const a = line[i - step] ?? 0;
    const b = above[i] ?? 0;
    const c = i >= step ? (above[i - step] ?? 0) : 0;
    const p = a + b - c;
    const nearest = [a, b, c].reduce((best, v) => (Math.abs(p - v) < Math.abs(p - best) ? v : best));
    return value - [0, a, b, (a + b) >> 1, nearest][type];
  });
}

function encode({width, height, depth, colour, interlaced, samples, filters, chunks = []}: Picture): Uint8Array {
  const channels = channelsOf[colour];
  const header = new Uint8Array(13);
  new DataView(header.buffer).setUint32(0, width);
  new DataView(header.buffer).setUint32(4, height);
  header.set([depth, colour, 0, 0, interlaced ? 1 : 0], 8);
  const lines: Uint8Array[] = [];
  for (const [x0, y0, dx, dy] of interlaced ? adam7 : [[0, 0, 1, 1]]) {
    let above: Uint8Array = new Uint8Array();
    if (x0 >= width) continue;
    for (let y = y0; y < height; y += dy) {
      const row: number[] = [];
      for (let x = x0; x < width; x += dx)
        for (let c = 0; c < channels; c++) row.push(samples[(y * width + x) * channels + c]);
      const line = packed(row, depth);
      const type = filters[lines.length % filters.length];
      lines.push(Uint8Array.of(type), filtered(type, line, above, Math.max(1, (channels * depth) >> 3)));
      above = line;
    }
  }
  const data = deflateSync(concatenate(lines));
  const cut = data.length >> 1;
  return concatenate([
    Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10),
    chunk("IHDR", header),
    ...chunks,
    chunk("IDAT", data.subarray(0, cut)),
    chunk("IDAT", data.subarray(cut)),
    chunk("IEND", new Uint8Array())
  ]);
}

const palette = (n: number) =>
  chunk(
    "PLTE",
    Uint8Array.from({length: 3 * n}, (_, i) => (i * 37) & 255)
  );
const modes = [
  [0, 1],
  [0, 2],
  [0, 4],
  [0, 8],
  [0, 16],
  [2, 8],
  [2, 16],
  [3, 1],
  [3, 2],
  [3, 4],
  [3, 8],
  [4, 8],
  [4, 16],
  [6, 8],
  [6, 16]
] as const;

const pictures = fc
  .record({
    mode: fc.constantFrom(...modes),
    width: fc.integer({min: 1, max: 20}),
    height: fc.integer({min: 1, max: 20}),
    interlaced: fc.boolean(),
    filters: fc.array(fc.integer({min: 0, max: 4}), {minLength: 1, maxLength: 7}),
    seed: fc.array(fc.nat({max: 65535}), {minLength: 3, maxLength: 40})
  })
  .map(({mode: [colour, depth], seed, ...rest}): Picture => {
    const n = rest.width * rest.height * channelsOf[colour];
    const samples = Array.from({length: n}, (_, i) => (seed[i % seed.length] + i * seed[0]) & (2 ** depth - 1));
    return {...rest, colour, depth, samples, chunks: colour === 3 ? [palette(2 ** depth)] : []};
  });

describe("decodePng(bytes)", () => {
  it("returns the samples of every colour type and depth, interlaced or not, whatever the filters", () => {
    fc.assert(
      fc.property(pictures, (picture) => {
        for (const inflater of [nodeInflater, portableInflater]) {
          const {data, ...facts} = decodePng(encode(picture), inflater, "x.png");
          expect(facts).toMatchObject({width: picture.width, height: picture.height, depth: picture.depth});
          expect(Array.from(data)).toEqual(picture.samples);
        }
      }),
      {seed: 31, numRuns: 400}
    );
  });

  const base: Picture = {width: 2, height: 1, depth: 8, colour: 0, interlaced: false, samples: [0, 255], filters: [0]};
  it.each([
    ["a palette that is missing", {...base, colour: 3}, "its palette (PLTE) is missing"],
    [
      "a palette index that doesn't exist",
      {...base, colour: 3, chunks: [palette(2)]},
      "a pixel has palette index 255, and the palette has 2 entries"
    ],
    ["a bit depth that doesn't exist", {...base, colour: 2, depth: 4}, "colour type 2 with 4 bits doesn't exist"],
    ["a filter that doesn't exist", {...base, filters: [5]}, "row 0 has filter 5, which doesn't exist"],
    [
      "a critical chunk of others",
      {...base, chunks: [chunk("ABCD", new Uint8Array(3))]},
      "its critical chunk ABCD is unknown"
    ],
    [
      "transparency that doesn't fit",
      {...base, chunks: [chunk("tRNS", new Uint8Array(6))]},
      "its transparency (tRNS) doesn't fit its colour type"
    ],
    ["no rows", {...base, height: 0}, "its size is 2×0"]
  ] as [string, Picture, string][])("refuses %s", (_, picture, message) => {
    const samples = Array.from({length: 8}, (_, i) => picture.samples[i % 2]);
    const bytes = encode({...picture, samples: picture.colour === 2 ? samples : picture.samples});
    expect(() => decodePng(bytes, nodeInflater, "x.png")).toThrow(
      new InputError(`x.png is not a readable PNG: ${message}`)
    );
  });

  it("passes over ancillary chunks of others", () => {
    expect(decodePng(encode({...base, chunks: [chunk("teXt", new Uint8Array(3))]}), nodeInflater, "x").width).toBe(2);
  });

  it.each([
    ["node's", nodeInflater],
    ["the portable", portableInflater]
  ])("stops a bomb with %s inflater", (_, inflater) => {
    const bomb = concatenate([
      encode(base).subarray(0, 33),
      chunk("IDAT", deflateSync(new Uint8Array(50_000_000))),
      chunk("IEND", new Uint8Array())
    ]);
    expect(() => decodePng(bomb, inflater, "x")).toThrow("the compressed data hold more than the header allows");
  });
});

describe("greyOfPng(pixels)", () => {
  const grey = (picture: Picture) => Array.from(greyOfPng(decodePng(encode(picture), nodeInflater, "x")).data);
  const one = {width: 1, height: 1, interlaced: false, filters: [0]};

  it("takes the mean of the channels, and of a palette's entry", () => {
    expect(grey({...one, depth: 8, colour: 2, samples: [0, 51, 102]})).toEqual([Math.fround(0.2)]);
    expect(grey({...one, depth: 16, colour: 2, samples: [65535, 0, 0]})).toEqual([Math.fround(1 / 3)]);
    const entry = chunk("PLTE", Uint8Array.of(0, 0, 0, 0, 51, 102));
    expect(grey({...one, depth: 1, colour: 3, samples: [1], chunks: [entry]})).toEqual([Math.fround(0.2)]);
  });

  it("flattens transparent pixels onto black, and full opacity changes nothing", () => {
    expect(grey({...one, depth: 8, colour: 4, samples: [102, 255]})).toEqual([Math.fround(0.4)]);
    expect(grey({...one, depth: 8, colour: 4, samples: [255, 51]})).toEqual([Math.fround(0.2)]);
    expect(grey({...one, depth: 8, colour: 6, samples: [255, 255, 255, 0]})).toEqual([0]);
    const key = chunk("tRNS", Uint8Array.of(0, 9));
    expect(grey({...one, width: 2, depth: 8, colour: 0, samples: [9, 51], chunks: [key]})).toEqual([
      0,
      Math.fround(0.2)
    ]);
  });
});
