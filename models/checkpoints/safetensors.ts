import {InputError} from "../errors.js";
import {type ByteSource, bufferSource, readBytes} from "./byte-source.js";
import type {Checkpoint, TensorInfo} from "./checkpoint.js";
import {type DType, dtypes, isDType, readValues} from "./dtypes.js";
import {readMetadata} from "./metadata.js";
import {printable, quoted} from "./printable.js";

/** As the reference implementation (huggingface/safetensors): a longer header is refused before it is read. */
const maxHeaderBytes = 100_000_000;

interface Entry extends TensorInfo {
  readonly dtype: DType;
  /** Relative to the end of the header. */
  readonly begin: number;
  readonly end: number;
}

/**
 * A safetensors file that is in memory (a page fetched it). Browser-safe; tensors are copied out of the buffer when read.
 * @throws InputError when anything about the header is not as the format demands.
 */
export function parseSafetensors(buffer: ArrayBuffer | Uint8Array, source: string): Checkpoint {
  return openSafetensors(bufferSource(buffer, source));
}

/**
 * Reads the header of a safetensors file and checks all of it: its length (at most 100 MB, inside the file), its JSON (no key
 * twice), and that the tensors' byte ranges have the size of their dtype × shape and fill the rest of the file without overlap
 * or hole. Values are read one tensor at a time. Format: https://github.com/huggingface/safetensors#format
 * @throws InputError
 */
export function openSafetensors(source: ByteSource): Checkpoint {
  const {entries, metadata, dataStart} = readHeader(source);
  return {
    source: source.name,
    tensors: entries,
    metadata,
    read(name) {
      const entry = entries.get(name);
      if (entry === undefined) throw noSuchTensor(source.name, name);
      return readValues(
        source,
        dataStart + entry.begin,
        entry.dtype,
        (entry.end - entry.begin) / dtypes[entry.dtype].bytes
      );
    },
    close: () => source.close()
  };
}

/** Whether these first bytes can be a safetensors file's: eight for the header's length, then `{`. */
export function looksLikeSafetensors(head: Uint8Array): boolean {
  return head[8] === 0x7b;
}

export function noSuchTensor(source: string, name: string): InputError {
  return new InputError(`${source} has no tensor ${quoted(name)}`);
}

function readHeader(source: ByteSource): {
  entries: Map<string, Entry>;
  metadata: Record<string, unknown>;
  dataStart: number;
} {
  const fail = (what: string) => new InputError(`${source.name} is not a valid safetensors file: ${what}`);
  if (source.size < 8) throw fail(`it has ${source.size} bytes, fewer than the 8 that tell the header's length`);
  const length = new DataView(readBytes(source, 0, 8).buffer).getBigUint64(0, true);
  if (length > maxHeaderBytes) throw fail(`its header claims ${length} bytes, more than the ${maxHeaderBytes} allowed`);
  const headerBytes = Number(length);
  const dataStart = 8 + headerBytes;
  if (dataStart > source.size)
    throw new InputError(
      `${source.name} is truncated: its header should end at byte ${dataStart}, the file at byte ${source.size}`
    );
  const text = decodeUtf8(readBytes(source, 8, headerBytes));
  if (text === undefined) throw fail("its header is not UTF-8");
  if (!text.startsWith("{")) throw fail("its header does not start with {");
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(text);
  } catch (error) {
    throw fail(`its header is not JSON (${printable((error as Error).message)})`);
  }
  const twice = duplicateKey(text);
  if (twice !== undefined) throw fail(`its header has ${quoted(twice)} twice`);

  const entries = new Map<string, Entry>();
  let metadata: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") metadata = readMetadata(checkMetadata(value, fail), source.name);
    else entries.set(name, checkEntry(name, value, fail));
  }
  checkLayout(source, [...entries.values()], source.size - dataStart, fail);
  return {entries, metadata, dataStart};
}

function checkMetadata(value: unknown, fail: (what: string) => InputError): Record<string, string> {
  if (!isRecord(value)) throw fail("its __metadata__ is not an object");
  for (const [key, text] of Object.entries(value))
    if (typeof text !== "string") throw fail(`its __metadata__ has a value that is no text, ${quoted(key)}`);
  return value as Record<string, string>;
}

function checkEntry(name: string, value: unknown, fail: (what: string) => InputError): Entry {
  const tensor = `tensor ${quoted(name)}`;
  if (!isRecord(value)) throw fail(`${tensor} is described by ${quoted(value)} where an object was expected`);
  const {dtype, shape, data_offsets: offsets} = value;
  if (!isDType(dtype))
    throw fail(`${tensor} has dtype ${quoted(dtype)}; known ones are ${Object.keys(dtypes).join(", ")}`);
  if (!Array.isArray(shape) || !shape.every(isSize))
    throw fail(`${tensor} has shape ${quoted(shape)}, not a list of sizes`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize))
    throw fail(`${tensor} has data_offsets ${quoted(offsets)}, not two byte positions`);
  const [begin, end] = offsets as [number, number];
  const bytes = (shape as number[]).reduce((product, size) => product * size, 1) * dtypes[dtype].bytes;
  if (end - begin !== bytes)
    throw fail(`${tensor} takes ${end - begin} bytes, but ${dtype} of shape [${shape.join(", ")}] needs ${bytes}`);
  return {name, dtype, shape, begin, end};
}

/** The tensors must tile the data: each begins where the one before it ends, and the last ends with the file. */
function checkLayout(
  source: ByteSource,
  entries: Entry[],
  dataBytes: number,
  fail: (what: string) => InputError
): void {
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  let previous = "";
  for (const {name, begin, end} of entries) {
    if (begin < position) throw fail(`tensors ${quoted(previous)} and ${quoted(name)} overlap`);
    if (begin > position) throw fail(`${begin - position} bytes before tensor ${quoted(name)} belong to no tensor`);
    if (end > dataBytes)
      throw new InputError(
        `${source.name} is truncated: tensor ${quoted(name)} needs ${end} bytes of data, the file has ${dataBytes}`
      );
    position = end;
    previous = name;
  }
  if (position < dataBytes) throw fail(`${dataBytes - position} bytes after the last tensor belong to no tensor`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", {fatal: true, ignoreBOM: true}).decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * The first key that some object of this (valid) JSON text has twice. `JSON.parse` keeps the last silently, other readers the first:
 * a file that means two things is refused.
 */
function duplicateKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (let i = 0; i < json.length; i++) {
    const c = json[i];
    if (c === "{") open.push(new Set());
    else if (c === "}") open.pop();
    else if (c === '"') {
      const start = i;
      for (i++; json[i] !== '"'; i++) if (json[i] === "\\") i++;
      let next = i + 1;
      while (json[next] === " " || json[next] === "\n" || json[next] === "\r" || json[next] === "\t") next++;
      if (json[next] !== ":") continue;
      const key: string = JSON.parse(json.slice(start, i + 1));
      const keys = open[open.length - 1];
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}
