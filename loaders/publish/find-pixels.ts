import {readdirSync, readFileSync, statSync} from "node:fs";
import {join, relative} from "node:path";
import {gunzipSync, inflateSync} from "node:zlib";
import type {Plane} from "../../src/measures/image.js";
import {decodeImage} from "../images/index.js";

/** Bytes of an image in a file that should have none. */
export interface PixelFinding {
  readonly file: string;
  readonly what: string;
}

/** Pixels in a row that must agree before they are called an image's. */
const window = 12;

/** Stretches to remember at most; beyond, every image gives fewer of its rows. */
const capacity = 1.5e6;

const magics: readonly (readonly [name: string, bytes: string])[] = [
  ["PNG", "89504e470d0a1a0a"],
  ["JPEG", "ffd8ffe0"],
  ["JPEG", "ffd8ffe1"],
  ["JPEG", "ffd8ffdb"],
  ["GIF", "474946383961"],
  ["TIFF", "49492a00"],
  ["NumPy array", "934e554d5059"],
  ["JPEG 2000", "0000000c6a502020"]
];

/**
 * Looks for pixels in every file below a folder: for any picture or array (by its first bytes, wherever they stand, in
 * base64 too), and for rows of the given images as 8-bit, float32 or float64 numbers, as numbers in text, and inside
 * compressed or base64 parts. Rows that are nearly constant could be anyone's and are not looked for.
 */
export async function findPixels(folder: string, images: Iterable<Plane>): Promise<PixelFinding[]> {
  const known = new KnownRows(images);
  const findings: PixelFinding[] = [];
  for (const path of files(folder)) {
    const file = relative(folder, path);
    for (const what of new Set(await scan(readFileSync(path), known, 0))) findings.push({file, what});
  }
  return findings;
}

async function scan(bytes: Buffer, known: KnownRows, depth: number): Promise<string[]> {
  const found: string[] = [];
  const where = depth === 0 ? "" : ", packed into the file";
  for (const [name, magic] of magics) {
    const at = bytes.indexOf(Buffer.from(magic, "hex"));
    // code that reads pictures names their first bytes too: a picture has more than those
    if (name === "TIFF" && at > 0) continue;
    if (at >= 0 && bytes.length - at > 64 && (await isPicture(bytes.subarray(at), name)))
      found.push(`a ${name}${where}`);
  }
  if (bytes.subarray(0, 4).toString("latin1") === "RIFF" && bytes.subarray(8, 12).toString("latin1") === "WEBP") {
    found.push(`a WebP${where}`);
  }
  if (known.inBytes(bytes)) found.push(`8-bit pixels of an image${where}`);
  if (known.inFloats(bytes, 4)) found.push(`float32 pixels of an image${where}`);
  if (known.inFloats(bytes, 8)) found.push(`float64 pixels of an image${where}`);
  if (isText(bytes)) {
    const text = bytes.toString("latin1");
    if (known.inText(text)) found.push(`pixels of an image as numbers${where}`);
    if (depth < 3) {
      for (const [run] of text.matchAll(/[A-Za-z0-9+/_-]{64,}={0,2}/g)) {
        const inner = Buffer.from(run, "base64");
        found.push(...(await scan(inner, known, depth + 1)));
      }
    }
  }
  if (depth < 3) for (const inner of unpacked(bytes)) found.push(...(await scan(inner, known, depth + 1)));
  return found;
}

async function isPicture(bytes: Buffer, name: string): Promise<boolean> {
  // four bytes come about by chance in large files
  if (name === "JPEG") return ["JFIF", "Exif"].includes(bytes.subarray(6, 10).toString("latin1")) || bytes[5] === 0x43;
  if (name === "TIFF") return bytes.readUInt32LE(4) < bytes.length && bytes.readUInt32LE(4) % 2 === 0;
  if (name !== "PNG" && name !== "NumPy array") return true;
  if (name === "NumPy array") return bytes[6] >= 1 && bytes[6] <= 3 && bytes.subarray(8, 128).includes("descr");
  if (bytes.subarray(12, 16).toString("latin1") !== "IHDR") return false;
  try {
    await decodeImage(bytes, "a picture");
  } catch {
    // a damaged picture, or one of a kind that we do not read, is a picture all the same
  }
  return true;
}

/** Streams of gzip or zlib that make up the file, or stand in it. */
function unpacked(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  const tryAt = (at: number, unpack: (bytes: Buffer) => Buffer) => {
    try {
      const inner = unpack(bytes.subarray(at));
      if (inner.length >= window) found.push(inner);
    } catch {
      // not a stream
    }
  };
  for (let at = bytes.indexOf("\u001f\u008b\u0008", 0, "latin1"); at >= 0; ) {
    tryAt(at, gunzipSync);
    at = bytes.indexOf("\u001f\u008b\u0008", at + 1, "latin1");
  }
  if (bytes.length > 2 && (bytes[0] & 0x0f) === 8 && ((bytes[0] << 8) | bytes[1]) % 31 === 0) tryAt(0, inflateSync);
  return found;
}

function isText(bytes: Buffer): boolean {
  return !bytes.subarray(0, 4096).includes(0);
}

function* files(folder: string): Generator<string> {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* files(path);
    else yield path;
  }
}

/** Stretches of the images' rows, to be found by a rolling hash. */
class KnownRows {
  private readonly hashes = new Set<number>();
  private readonly texts = new Set<string>();

  constructor(images: Iterable<Plane>) {
    for (const image of images) this.add(image);
  }

  private add({data, width, height}: Plane): void {
    const row = new Uint8Array(width);
    // whoever puts in an image puts in all of its rows
    const filled = this.texts.size / capacity;
    const step = filled < 0.5 ? 1 : filled < 0.75 ? 8 : filled < 0.9 ? 32 : 128;
    for (let y = step >> 1; y < height; y += step) {
      for (let x = 0; x < width; x++) row[x] = byteOf(data[y * width + x]);
      // one stretch in twelve is enough: whoever puts in an image puts in whole rows
      for (let x = 0; x + window <= width; x += window) {
        const stretch = row.subarray(x, x + window);
        if (!distinctive(stretch)) continue;
        this.hashes.add(hashOf(stretch));
        this.texts.add(textOf(stretch));
      }
    }
  }

  inBytes(bytes: Uint8Array): boolean {
    if (bytes.length < window) return false;
    let hash = hashOf(bytes.subarray(0, window));
    for (let at = 0; ; at++) {
      if (this.hashes.has(hash) && this.texts.has(textOf(bytes.subarray(at, at + window)))) return true;
      if (at + window >= bytes.length) return false;
      hash = (Math.imul((hash - Math.imul(bytes[at], top)) | 0, base) + bytes[at + window]) | 0;
    }
  }

  /** Numbers in [0, 1], or from 0 to 255, little-endian, at any offset. */
  inFloats(bytes: Buffer, size: 4 | 8): boolean {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let offset = 0; offset < size; offset++) {
      const n = Math.floor((bytes.length - offset) / size);
      if (n < window) return false;
      const levels = new Float64Array(n);
      for (let i = 0; i < n; i++) {
        const at = offset + i * size;
        levels[i] = size === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true);
      }
      if (this.inNumbers(levels)) return true;
    }
    return false;
  }

  /** Numbers with commas, spaces or line breaks between them. */
  inText(text: string): boolean {
    for (const [run] of text.matchAll(/(?:-?\d+(?:\.\d+)?(?:e-?\d+)?[,;\s]+){11,}-?\d+(?:\.\d+)?(?:e-?\d+)?/gi)) {
      if (this.inNumbers(Float64Array.from(run.split(/[,;\s]+/), Number))) return true;
    }
    return false;
  }

  private inNumbers(levels: Float64Array): boolean {
    return this.inBytes(bytesOf(levels, 255)) || this.inBytes(bytesOf(levels, 1));
  }
}

/** What lies outside the range breaks a stretch: the byte changes with its place, so that no stretch fits by chance. */
function bytesOf(levels: Float64Array, factor: number): Uint8Array {
  return Uint8Array.from(levels, (level, i) => {
    const value = Math.round(level * factor);
    return value >= 0 && value <= 255 && Math.abs(level) < 256 ? value : (i * 89 + 37) & 255;
  });
}

const base = 0x01000193;
const top = (() => {
  let power = 1;
  for (let i = 1; i < window; i++) power = Math.imul(power, base);
  return power;
})();

function hashOf(bytes: Uint8Array): number {
  let hash = 0;
  for (let i = 0; i < window; i++) hash = (Math.imul(hash, base) + bytes[i]) | 0;
  return hash;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

function byteOf(value: number): number {
  return Math.round(255 * Math.min(1, Math.max(0, value)));
}

/** At least six different grey levels that neither rise nor fall throughout: no ramp, no table of codes, nobody's background. */
function distinctive(bytes: Uint8Array): boolean {
  let turns = 0;
  for (let i = 2; i < bytes.length; i++) {
    if (Math.sign(bytes[i] - bytes[i - 1]) * Math.sign(bytes[i - 1] - bytes[i - 2]) < 0) turns++;
  }
  return turns >= 2 && new Set(bytes).size >= 6;
}
