import {InputError} from "../../models/errors.js";
import {concatenate} from "./concatenate.js";
import {crc32} from "./crc32.js";
import type {Inflater} from "./inflate.js";

/**
 * The pixels of a PNG as they are stored: row-major, channels interleaved, one array element a sample (0 … 2^depth − 1;
 * palette images hold indices).
 */
export interface PngPixels {
  readonly width: number;
  readonly height: number;
  /** Bits a sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  /** 1 grey or palette, 2 grey + alpha, 3 RGB, 4 RGBA. */
  readonly channels: number;
  readonly data: Uint8Array | Uint16Array;
  /** R, G, B of each palette entry, 8 bit. */
  readonly palette?: Uint8Array;
  /** tRNS: alpha of the first palette entries, or the one grey or RGB value that is transparent. */
  readonly transparency?: Uint16Array;
}

const signature = [137, 80, 78, 71, 13, 10, 26, 10];
const channelsOf: Record<number, number> = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4};
const depthsOf: Record<number, number[]> = {0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]};
/** Adam7: first column, first row, column step, row step of each pass. */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2]
];
const wholeImage = [[0, 0, 1, 1]];

/** Whether the bytes begin as a PNG does. */
export function isPng(bytes: Uint8Array): boolean {
  return signature.every((byte, i) => bytes[i] === byte);
}

/**
 * Decodes a PNG (PNG specification, third edition): every colour type, 1 to 16 bits, interlaced or not. Chunk
 * checksums are verified. Memory is bounded by what the header's size needs, and that by the compressed length.
 * Colour management (gAMA, iCCP, sRGB) isn't applied: the stored numbers count.
 *
 * @param source names the file in errors
 * @throws InputError when the file is damaged, cut short, or not a PNG.
 */
export function decodePng(bytes: Uint8Array, inflater: Inflater, source: string): PngPixels {
  const fail = (what: string): never => {
    throw new InputError(`${source} is not a readable PNG: ${what}`);
  };
  if (!isPng(bytes)) fail("it doesn't begin with the PNG signature");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

  let header: {width: number; height: number; depth: number; colour: number; interlaced: boolean} | undefined;
  let palette: Uint8Array | undefined;
  let transparency: Uint16Array | undefined;
  const parts: Uint8Array[] = [];
  let offset = 8;
  for (let ended = false; !ended; ) {
    if (offset + 12 > bytes.length) fail("it is cut short");
    const length = view.getUint32(offset);
    const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
    const start = offset + 8;
    if (start + length + 4 > bytes.length) fail("it is cut short");
    if (crc32(bytes.subarray(offset + 4, start + length)) !== view.getUint32(start + length)) {
      fail(`the checksum of its ${printable(type)} chunk is wrong`);
    }
    const content = bytes.subarray(start, start + length);
    if (header === undefined && type !== "IHDR") fail("its header (IHDR) is missing");
    if (type === "IHDR") {
      if (header !== undefined || length !== 13) fail("its header (IHDR) is malformed");
      const [depth, colour, compression, filter, interlace] = content.subarray(8);
      header = {
        width: view.getUint32(start),
        height: view.getUint32(start + 4),
        depth,
        colour,
        interlaced: interlace === 1
      };
      if (header.width < 1 || header.height < 1 || header.width > 2 ** 31 - 1 || header.height > 2 ** 31 - 1) {
        fail(`its size is ${header.width}×${header.height}`);
      }
      if (!depthsOf[colour]?.includes(depth)) fail(`colour type ${colour} with ${depth} bits doesn't exist`);
      if (compression !== 0 || filter !== 0 || interlace > 1)
        fail("its compression, filter or interlace method doesn't exist");
    } else if (type === "PLTE") {
      if (length % 3 !== 0 || length === 0 || length > 768) fail("its palette (PLTE) is malformed");
      palette = content;
    } else if (type === "tRNS") {
      transparency = header!.colour === 3 ? Uint16Array.from(content) : bigEndian16(content);
    } else if (type === "IDAT") {
      parts.push(content);
    } else if (type === "IEND") {
      ended = true;
    } else if ((type.charCodeAt(0) & 32) === 0) {
      fail(`its critical chunk ${printable(type)} is unknown`);
    }
    offset = start + length + 4;
  }

  const {width, height, depth, colour, interlaced} = header!;
  const channels = channelsOf[colour];
  const bitsPerPixel = channels * depth;
  const passes = (interlaced ? adam7 : wholeImage).map(([x0, y0, dx, dy]) => {
    const columns = Math.max(0, Math.ceil((width - x0) / dx));
    const rows = columns > 0 ? Math.max(0, Math.ceil((height - y0) / dy)) : 0;
    return {x0, y0, dx, dy, columns, rows, rowBytes: Math.ceil((columns * bitsPerPixel) / 8)};
  });
  const needed = passes.reduce((sum, {rows, rowBytes}) => sum + rows * (rowBytes + 1), 0);
  const compressed = concatenate(parts);
  if (compressed.length === 0) fail("it holds no image data (IDAT)");
  // deflate reaches 1032:1 at most, so a header that claims more lies, and nothing is allocated for it
  if (needed > compressed.length * 1032) {
    fail(`its header claims ${width}×${height} pixels, more than its ${compressed.length} bytes of data can hold`);
  }
  let raw: Uint8Array;
  try {
    raw = inflater.inflate(compressed, "zlib", needed + 65536);
  } catch (error) {
    return fail((error as Error).message);
  }
  if (raw.length < needed) fail(`its data hold ${raw.length} bytes, ${needed} are needed`);

  const data = depth === 16 ? new Uint16Array(width * height * channels) : new Uint8Array(width * height * channels);
  let position = 0;
  for (const {x0, y0, dx, dy, columns, rows, rowBytes} of passes) {
    let previous: Uint8Array = new Uint8Array(rowBytes);
    for (let row = 0; row < rows; row++) {
      const filter = raw[position];
      const line = raw.subarray(position + 1, position + 1 + rowBytes);
      if (filter > 4) fail(`row ${row} has filter ${filter}, which doesn't exist`);
      unfilter(filter, line, previous, Math.max(1, bitsPerPixel >> 3));
      const target = ((y0 + row * dy) * width + x0) * channels;
      if (depth === 8 && channels === 1 && dx === 1) data.set(line, target);
      else unpack(line, data, target, columns, channels, dx * channels, depth);
      previous = line;
      position += rowBytes + 1;
    }
  }

  if (colour === 3) {
    if (palette === undefined) fail("its palette (PLTE) is missing");
    const entries = palette!.length / 3;
    const wrong = data.find((index) => index >= entries);
    if (wrong !== undefined) fail(`a pixel has palette index ${wrong}, and the palette has ${entries} entries`);
  } else {
    palette = undefined;
    const values = colour === 0 ? 1 : 3;
    if (transparency !== undefined && (colour === 4 || colour === 6 || transparency.length !== values)) {
      fail("its transparency (tRNS) doesn't fit its colour type");
    }
  }
  return {width, height, depth, channels, data, palette, transparency};
}

function unfilter(filter: number, line: Uint8Array, above: Uint8Array, step: number): void {
  const n = line.length;
  if (filter === 1) {
    for (let i = step; i < n; i++) line[i] += line[i - step];
  } else if (filter === 2) {
    for (let i = 0; i < n; i++) line[i] += above[i];
  } else if (filter === 3) {
    for (let i = 0; i < n; i++) line[i] += ((i >= step ? line[i - step] : 0) + above[i]) >> 1;
  } else if (filter === 4) {
    for (let i = 0; i < n; i++) {
      const left = i >= step ? line[i - step] : 0;
      const up = above[i];
      const corner = i >= step ? above[i - step] : 0;
      const toLeft = Math.abs(up - corner);
      const toUp = Math.abs(left - corner);
      const toCorner = Math.abs(left + up - 2 * corner);
      line[i] += toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    }
  }
}

/** Spreads one row's samples over the image; `stride` is the distance between neighbouring pixels of the pass. */
function unpack(
  line: Uint8Array,
  data: Uint8Array | Uint16Array,
  target: number,
  columns: number,
  channels: number,
  stride: number,
  depth: number
): void {
  for (let x = 0; x < columns; x++) {
    for (let c = 0; c < channels; c++) {
      const i = x * channels + c;
      let sample: number;
      if (depth === 8) sample = line[i];
      else if (depth === 16) sample = (line[2 * i] << 8) | line[2 * i + 1];
      else {
        const bit = i * depth;
        sample = (line[bit >> 3] >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
      }
      data[target + x * stride + c] = sample;
    }
  }
}

function bigEndian16(bytes: Uint8Array): Uint16Array {
  return Uint16Array.from({length: bytes.length >> 1}, (_, i) => (bytes[2 * i] << 8) | bytes[2 * i + 1]);
}

function printable(type: string): string {
  return /^[A-Za-z]{4}$/.test(type) ? type : "(unnamed)";
}
