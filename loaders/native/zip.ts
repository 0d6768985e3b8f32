import {createHash} from "node:crypto";
import {
  closeSync,
  createReadStream,
  createWriteStream,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync
} from "node:fs";
import {dirname} from "node:path";
import {PassThrough, type Readable, Transform} from "node:stream";
import {pipeline} from "node:stream/promises";
import {createInflateRaw} from "node:zlib";
import {InputError} from "../../models/errors.js";

/** A file inside a zip archive. */
export interface ZipEntry {
  readonly name: string;
  readonly compressedBytes: number;
  readonly bytes: number;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly headerOffset: number;
}

/**
 * Lists a zip archive by its central directory, ZIP64 included (PKWARE's APPNOTE 6.3.9, sections 4.3.12 to 4.3.16).
 *
 * @throws InputError when the file is no zip archive, or was cut off.
 */
export function listZip(path: string): ZipEntry[] {
  const fd = openSync(path, "r");
  try {
    const {size} = statSync(path);
    const tail = readAt(fd, Math.max(0, size - 65_557), Math.min(size, 65_557));
    const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
    if (end < 0) throw new InputError(`${path} is no zip archive, or was cut off`);
    let count = tail.readUInt16LE(end + 10);
    let length = tail.readUInt32LE(end + 12);
    let offset = tail.readUInt32LE(end + 16);
    if (offset === 0xffffffff || count === 0xffff) {
      const locator = end - 20;
      if (locator < 0 || tail.readUInt32LE(locator) !== 0x07064b50)
        throw new InputError(`${path} is no whole zip archive`);
      const end64 = readAt(fd, Number(tail.readBigUInt64LE(locator + 8)), 56);
      count = Number(end64.readBigUInt64LE(32));
      length = Number(end64.readBigUInt64LE(40));
      offset = Number(end64.readBigUInt64LE(48));
    }
    return parseDirectory(readAt(fd, offset, length), count, path);
  } finally {
    closeSync(fd);
  }
}

function parseDirectory(directory: Buffer, count: number, path: string): ZipEntry[] {
  const entries: ZipEntry[] = [];
  let p = 0;
  for (let i = 0; i < count; ++i) {
    if (p + 46 > directory.length || directory.readUInt32LE(p) !== 0x02014b50) {
      throw new InputError(`${path} has a damaged directory: it is no whole zip archive`);
    }
    const nameLength = directory.readUInt16LE(p + 28);
    const extraLength = directory.readUInt16LE(p + 30);
    const name = directory.toString("utf8", p + 46, p + 46 + nameLength);
    let compressedBytes = directory.readUInt32LE(p + 20);
    let bytes = directory.readUInt32LE(p + 24);
    let headerOffset = directory.readUInt32LE(p + 42);
    const extra = directory.subarray(p + 46 + nameLength, p + 46 + nameLength + extraLength);
    for (let q = 0; q + 4 <= extra.length; q += 4 + extra.readUInt16LE(q + 2)) {
      if (extra.readUInt16LE(q) !== 1) continue;
      let field = q + 4;
      const next = () => {
        field += 8;
        return Number(extra.readBigUInt64LE(field - 8));
      };
      if (bytes === 0xffffffff) bytes = next();
      if (compressedBytes === 0xffffffff) compressedBytes = next();
      if (headerOffset === 0xffffffff) headerOffset = next();
    }
    entries.push({name, compressedBytes, bytes, method: directory.readUInt16LE(p + 10), headerOffset});
    p += 46 + nameLength + extraLength + directory.readUInt16LE(p + 32);
  }
  return entries;
}

function readAt(fd: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const n = readSync(fd, buffer, done, length - done, position + done);
    if (n === 0) throw new InputError("the zip archive was cut off");
    done += n;
  }
  return buffer;
}

/** The content of one entry, as a stream. */
export function openZipEntry(path: string, entry: ZipEntry): Readable {
  const fd = openSync(path, "r");
  let start: number;
  try {
    const header = readAt(fd, entry.headerOffset, 30);
    start = entry.headerOffset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  } finally {
    closeSync(fd);
  }
  const output = entry.method === 8 ? createInflateRaw() : new PassThrough();
  if (entry.compressedBytes === 0) {
    output.end();
    return output;
  }
  const raw = createReadStream(path, {start, end: start + entry.compressedBytes - 1, highWaterMark: 1 << 20});
  raw.on("error", (error) => output.destroy(error));
  return raw.pipe(output);
}

/**
 * Unpacks one entry to a file, whole or not at all. @returns its SHA-256, in hex.
 *
 * @throws InputError when the content has not the length that the archive promises.
 */
export async function unpackZipEntry(
  path: string,
  entry: ZipEntry,
  target: string,
  onBytes: (bytes: number) => void = () => {}
): Promise<string> {
  const hash = createHash("sha256");
  let total = 0;
  const watch = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      total += chunk.length;
      onBytes(chunk.length);
      done(null, chunk);
    }
  });
  mkdirSync(dirname(target), {recursive: true});
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    await pipeline(openZipEntry(path, entry), watch, createWriteStream(temporary));
    if (total !== entry.bytes)
      throw new InputError(`${path}: ${entry.name} has ${total} bytes where ${entry.bytes} were promised`);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, {force: true});
    throw error;
  }
  return hash.digest("hex");
}
