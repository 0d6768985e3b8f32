import {InputError} from "../errors.js";
import {type ByteSource, readBytes} from "./byte-source.js";
import {quoted} from "./printable.js";

/** Where a file's bytes lie in the archive. */
export interface ZipEntry {
  readonly name: string;
  readonly position: number;
  readonly size: number;
  /** Bytes in the archive: `size`, unless deflated. */
  readonly packed: number;
  readonly deflated: boolean;
}

const maxEntries = 200_000;
const maxDirectoryBytes = 64 << 20;
const endRecordBytes = 22;
const maxCommentBytes = 65_535;

/** Whether these first bytes are those of a zip archive. */
export function looksLikeZip(head: Uint8Array): boolean {
  return head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4;
}

/**
 * The entries of a zip archive as `torch.save` writes it: all stored, zip64 or not. There being no compression, there is no zip bomb
 * (`allowDeflated` is for other archives, whose reader must stop at the size that the directory tells). The central directory is checked against each local header, and no two entries may share a byte (APPNOTE 6.3.10).
 * @throws InputError for an archive that is truncated, spans disks, is encrypted or compressed, names a file twice, has overlapping
 * entries, or whose sizes contradict each other.
 */
export function readZipDirectory(
  source: ByteSource,
  {allowDeflated = false}: {allowDeflated?: boolean} = {}
): Map<string, ZipEntry> {
  const fail = (what: string) => new InputError(`${source.name} is not a valid zip file: ${what}`);
  const {count, position: directoryStart, size: directorySize} = findDirectory(source, fail);
  const bytes = readBytes(source, directoryStart, directorySize);
  const view = new DataView(bytes.buffer);
  const names = new TextDecoder();

  const entries = new Map<string, ZipEntry>();
  const extents: {name: string; begin: number; end: number}[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > directorySize || view.getUint32(at, true) !== 0x02014b50)
      throw fail(`its directory lists ${count} entries, but number ${i + 1} is malformed`);
    const flags = view.getUint16(at + 8, true);
    const method = view.getUint16(at + 10, true);
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const next = at + 46 + nameLength + extraLength + view.getUint16(at + 32, true);
    if (next > directorySize) throw fail(`entry ${i + 1} of its directory runs past the directory's end`);
    const name = names.decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const label = quoted(name);
    // bit 0: encrypted, bit 6: strong encryption, bit 13: masked headers
    if (flags & 0x2041) throw fail(`entry ${label} is encrypted`);
    const deflated = allowDeflated && method === 8;
    if (method !== 0 && !deflated)
      throw fail(
        `entry ${label} is compressed, which torch.save never does (TorchScript programs and archives packed anew are not read)`
      );
    const {packed, size, header} = readSizes(view, at, at + 46 + nameLength, extraLength, label, fail);
    if (packed !== size && !deflated) throw fail(`entry ${label} is stored, yet has two sizes, ${packed} and ${size}`);
    if (view.getUint16(at + 34, true) !== 0) throw fail(`entry ${label} lies on another disk`);

    const position = checkLocalHeader(
      source,
      header,
      bytes.subarray(at + 46, at + 46 + nameLength),
      size,
      flags,
      deflated,
      label,
      fail
    );
    if (position + packed > directoryStart)
      throw fail(
        `entry ${label} should end at byte ${position + packed}, after the directory's begin at ${directoryStart}`
      );
    if (entries.has(name)) throw fail(`it holds ${label} twice`);
    entries.set(name, {name, position, size, packed, deflated});
    extents.push({name, begin: header, end: position + packed});
    at = next;
  }
  if (at !== directorySize) throw fail(`its directory has ${directorySize} bytes, of which the entries take ${at}`);

  extents.sort((a, b) => a.begin - b.begin);
  for (let i = 1; i < extents.length; i++)
    if (extents[i].begin < extents[i - 1].end)
      throw fail(`entries ${quoted(extents[i - 1].name)} and ${quoted(extents[i].name)} overlap`);
  return entries;
}

type Fail = (what: string) => InputError;

function findDirectory(source: ByteSource, fail: Fail): {count: number; position: number; size: number} {
  const tailStart = Math.max(0, source.size - endRecordBytes - maxCommentBytes);
  const tail = readBytes(source, tailStart, source.size - tailStart);
  const view = new DataView(tail.buffer);
  let at = tail.length - endRecordBytes;
  // the record that is followed by a comment of just the length that it tells
  while (
    at >= 0 &&
    !(view.getUint32(at, true) === 0x06054b50 && at + endRecordBytes + view.getUint16(at + 20, true) === tail.length)
  )
    at--;
  if (at < 0) throw new InputError(`${source.name} is truncated: the zip directory that should end it is missing`);
  if (view.getUint16(at + 4, true) !== 0 || view.getUint16(at + 6, true) !== 0)
    throw fail("it is one of several volumes");

  let count = view.getUint16(at + 10, true);
  let size = view.getUint32(at + 12, true);
  let position = view.getUint32(at + 16, true);
  let end = tailStart + at;
  if (count === 0xffff || size === 0xffffffff || position === 0xffffffff) {
    if (at < 20 || view.getUint32(at - 20, true) !== 0x07064b50) throw fail("its zip64 locator is missing");
    const record = number64(view, at - 12);
    if (record + 56 > tailStart + at - 20) throw fail("its zip64 record does not lie before its locator");
    const zip64 = new DataView(readBytes(source, record, 56).buffer);
    if (zip64.getUint32(0, true) !== 0x06064b50) throw fail("its zip64 record is malformed");
    count = number64(zip64, 32);
    size = number64(zip64, 40);
    position = number64(zip64, 48);
    end = record;
  }
  if (count > maxEntries) throw fail(`its directory claims ${count} entries, more than the ${maxEntries} allowed`);
  if (size > maxDirectoryBytes)
    throw fail(`its directory claims ${size} bytes, more than the ${maxDirectoryBytes} allowed`);
  if (position + size > end)
    throw fail(`its directory should end at byte ${position + size}, but what follows it begins at ${end}`);
  return {count, position, size};
}

/** An entry's two sizes and its local header's position, from the zip64 field where the short ones are all ones. */
function readSizes(view: DataView, at: number, extraStart: number, extraLength: number, label: string, fail: Fail) {
  let size = view.getUint32(at + 24, true);
  let packed = view.getUint32(at + 20, true);
  let header = view.getUint32(at + 42, true);
  if (size !== 0xffffffff && packed !== 0xffffffff && header !== 0xffffffff) return {packed, size, header};
  const extraEnd = extraStart + extraLength;
  for (let field = extraStart; field + 4 <= extraEnd; ) {
    const id = view.getUint16(field, true);
    const end = field + 4 + view.getUint16(field + 2, true);
    if (end > extraEnd) break;
    if (id === 1) {
      let value = field + 4;
      const next = () => {
        if (value + 8 > end) throw fail(`entry ${label} has a zip64 field that is too short`);
        value += 8;
        return number64(view, value - 8);
      };
      if (size === 0xffffffff) size = next();
      if (packed === 0xffffffff) packed = next();
      if (header === 0xffffffff) header = next();
      return {packed, size, header};
    }
    field = end;
  }
  throw fail(`entry ${label} lacks the zip64 field that tells its size`);
}

/** Checks that the local header tells the same as the directory. @returns where the entry's bytes begin */
function checkLocalHeader(
  source: ByteSource,
  header: number,
  name: Uint8Array,
  size: number,
  flags: number,
  deflated: boolean,
  label: string,
  fail: Fail
): number {
  if (header + 30 + name.length > source.size)
    throw fail(`entry ${label} should lie at byte ${header}, past the file's end`);
  const bytes = readBytes(source, header, 30 + name.length);
  const view = new DataView(bytes.buffer);
  if (view.getUint32(0, true) !== 0x04034b50) throw fail(`entry ${label} has no local header at byte ${header}`);
  if (view.getUint16(26, true) !== name.length || name.some((byte, i) => bytes[30 + i] !== byte))
    throw fail(`entry ${label} has another name in its local header`);
  if (view.getUint16(8, true) !== (deflated ? 8 : 0))
    throw fail(`entry ${label} is compressed otherwise according to its local header`);
  const localSize = view.getUint32(22, true);
  // bit 3: the sizes follow the data; all ones: they are in a zip64 field
  if (!(flags & 8) && localSize !== 0xffffffff && localSize !== size)
    throw fail(`entry ${label} has ${localSize} bytes by its local header, ${size} by the directory`);
  return header + 30 + name.length + view.getUint16(28, true);
}

function number64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}
