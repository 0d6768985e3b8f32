import {InputError} from "../../models/errors.js";
import {type Numbers, type NumberType, readNumbers, scaled, sizeOf} from "../images/numbers.js";
import {isGzip, unpack} from "./gzip.js";
import {affineOf, orientationOf, spacingOf} from "./orientation.js";
import {headerText, numbersFromText} from "./textHeader.js";
import type {Affine, DecodeContext, Volume} from "./volume.js";

const types: Readonly<Record<string, NumberType>> = Object.fromEntries(
  (
    [
      ["int8", "signed char, int8, int8_t"],
      ["uint8", "uchar, unsigned char, uint8, uint8_t"],
      ["int16", "short, short int, signed short, signed short int, int16, int16_t"],
      ["uint16", "ushort, unsigned short, unsigned short int, uint16, uint16_t"],
      ["int32", "int, signed int, int32, int32_t"],
      ["uint32", "uint, unsigned int, uint32, uint32_t"],
      ["int64", "longlong, long long, long long int, signed long long, signed long long int, int64, int64_t"],
      ["uint64", "ulonglong, unsigned long long, unsigned long long int, uint64, uint64_t"],
      ["float32", "float"],
      ["float64", "double"]
    ] as [NumberType, string][]
  ).flatMap(([type, names]) => names.split(", ").map((name) => [name, type]))
);

/** Signs that take each space's axes to right, anterior and superior. */
const spaces: Readonly<Record<string, readonly number[]>> = {
  "right-anterior-superior": [1, 1, 1],
  ras: [1, 1, 1],
  "left-anterior-superior": [-1, 1, 1],
  las: [-1, 1, 1],
  "left-posterior-superior": [-1, -1, 1],
  lps: [-1, -1, 1]
};

/** Whether the bytes begin as NRRD does. */
export function isNrrd(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(0, 4)) === "NRRD";
}

/** The name of the file that holds the values of a detached header, or null when they follow the header. */
export function nrrdDataFile(bytes: Uint8Array, source: string): string | null {
  return readFields(bytes, source).fields.get("data file") ?? null;
}

/**
 * Decodes NRRD (https://teem.sourceforge.net/nrrd/format.html) with raw, gzip or text encoding. Voxels are in the
 * file's order; axes that have no direction in space (time, channels, gradients) become frames.
 *
 * @param detached the content of the data file, where `bytes` is a detached header
 * @throws InputError when the file is damaged, cut short, or of a kind that isn't read.
 */
export function decodeNrrd(bytes: Uint8Array, context: DecodeContext, detached?: Uint8Array): Volume {
  const {source} = context;
  const fail = (what: string): never => {
    throw new InputError(`${source} is not a readable NRRD file: ${what}`);
  };
  const {fields, end} = readFields(bytes, source);
  const field = (name: string): string => fields.get(name) ?? fail(`its field "${name}" is missing`);

  const dimension = Number(field("dimension"));
  if (!(Number.isInteger(dimension) && dimension >= 1 && dimension <= 16))
    fail(`its dimension is ${fields.get("dimension")}`);
  const sizes = words(field("sizes")).map(Number);
  if (sizes.length !== dimension || !sizes.every((n) => Number.isInteger(n) && n >= 1))
    fail(`its sizes are ${fields.get("sizes")}`);
  const type = types[field("type").toLowerCase()] ?? fail(`its type ${fields.get("type")} isn't one that is read`);
  const encoding = field("encoding").toLowerCase();
  const littleEndian =
    sizeOf[type] === 1 ||
    encoding === "ascii" ||
    encoding === "text" ||
    encoding === "txt" ||
    isLittle(field("endian"));
  const count = sizes.reduce((product, n) => product * n, 1);

  let content = bytes.subarray(end);
  if (fields.has("data file")) content = detached ?? fail("its data file is missing");
  const lineSkip = Number(fields.get("line skip") ?? 0);
  const byteSkip = Number(fields.get("byte skip") ?? 0);
  if (!(lineSkip >= 0 && Number.isInteger(lineSkip) && byteSkip >= -1 && Number.isInteger(byteSkip))) {
    fail("its line skip or byte skip isn't a whole number");
  }
  for (let line = 0; line < lineSkip; line++) {
    const at = content.indexOf(10);
    if (at < 0) fail("it has fewer lines than it skips");
    content = content.subarray(at + 1);
  }
  let stored: Numbers;
  if (encoding === "raw" || encoding === "gzip" || encoding === "gz") {
    const needed = count * sizeOf[type];
    if (encoding !== "raw") {
      if (!isGzip(content)) fail("its data aren't gzipped as its header says");
      content = unpack(content, "gzip", Math.max(0, byteSkip) + needed, context);
    }
    const start = byteSkip === -1 ? content.length - needed : byteSkip;
    if (!(start >= 0 && start + needed <= content.length)) {
      throw new InputError(
        `${source} is cut short: ${sizes.join("×")} values of ${type} need ${needed} bytes, and it holds ${content.length}`
      );
    }
    stored = readNumbers(content, start, count, type, littleEndian);
  } else if (encoding === "ascii" || encoding === "text" || encoding === "txt") {
    stored = numbersFromText(content.subarray(Math.max(0, byteSkip)), count, source);
  } else {
    return fail(`its encoding ${encoding} isn't one that is read (raw, gzip and ascii are)`);
  }
  return {
    kind: "nrrd",
    ...arrange(stored, sizes, fields, source),
    windows: [],
    inverted: false,
    meta: {dtype: type, encoding}
  };
}

/** Sorts the axes into three of space and the rest, which become frames. */
function arrange(
  stored: Numbers,
  sizes: number[],
  fields: Map<string, string>,
  source: string
): Pick<Volume, "data" | "shape" | "frames" | "spacing" | "affine" | "orientation" | "sliceAxis"> {
  const fail = (what: string): never => {
    throw new InputError(`${source} is not a readable NRRD file: ${what}`);
  };
  const directionsText = fields.get("space directions");
  let directions: (number[] | null)[] | undefined;
  if (directionsText !== undefined) {
    directions = (directionsText.match(/none|\([^)]*\)/gi) ?? []).map((text) =>
      text.startsWith("(") ? vector(text) : null
    );
    if (
      directions.length !== sizes.length ||
      directions.some((v) => v !== null && (v.length > 3 || v.some(Number.isNaN)))
    ) {
      fail(`its space directions are ${JSON.stringify(directionsText.slice(0, 200))}`);
    }
  }
  const spacings = words(fields.get("spacings") ?? "").map(Number);
  const kinds = words(fields.get("kinds") ?? "").map((kind) => kind.toLowerCase());
  const spatial = sizes
    .map((_, axis) => axis)
    .filter((axis) => {
      if (directions !== undefined) return directions[axis] !== null;
      return kinds[axis] === undefined || ["domain", "space", "???", "none"].includes(kinds[axis]);
    })
    .slice(0, 3);
  if (spatial.length === 0) fail("none of its axes lies in space");
  const others = sizes.map((_, axis) => axis).filter((axis) => !spatial.includes(axis));
  const shape = [0, 1, 2].map((i) => (i < spatial.length ? sizes[spatial[i]] : 1)) as [number, number, number];
  const frames = others.reduce((product, axis) => product * sizes[axis], 1);

  let affine: Affine | null = null;
  const signs = spaces[(fields.get("space") ?? "").toLowerCase()];
  if (directions !== undefined && signs !== undefined && spatial.length === 3) {
    const columns = spatial.map((axis) => directions[axis]!.map((v, row) => v * signs[row]));
    const origin = fields.has("space origin") ? vector(fields.get("space origin")!) : [0, 0, 0];
    if (columns.some((column) => column.length !== 3) || origin.length !== 3 || origin.some(Number.isNaN)) {
      fail("its space directions and origin don't have three components");
    }
    affine = affineOf(
      columns[0],
      columns[1],
      columns[2],
      origin.map((v, row) => v * signs[row])
    );
  }
  const lengths = [0, 1, 2].map((i) => {
    const direction = i < spatial.length ? directions?.[spatial[i]] : undefined;
    const mm = direction ? Math.hypot(...direction) : Math.abs(spacings[spatial[i]] ?? 1);
    return mm > 0 && Number.isFinite(mm) ? mm : 1;
  }) as [number, number, number];

  const inOrder = [...spatial, ...others].every((axis, i) => axis === i);
  return {
    data: scaled(inOrder ? stored : permute(stored, sizes, [...spatial, ...others])),
    shape,
    frames,
    spacing: affine === null ? lengths : spacingOf(affine),
    affine,
    orientation: affine === null ? null : orientationOf(affine, source),
    sliceAxis: 2
  };
}

function permute(values: Numbers, sizes: number[], order: number[]): Numbers {
  const result = values.slice();
  const strides = sizes.map((_, axis) => sizes.slice(0, axis).reduce((product, n) => product * n, 1));
  const index = order.map(() => 0);
  let from = 0;
  for (let i = 0; i < values.length; i++) {
    result[i] = values[from];
    for (let a = 0; a < order.length; a++) {
      from += strides[order[a]];
      if (++index[a] < sizes[order[a]]) break;
      from -= strides[order[a]] * sizes[order[a]];
      index[a] = 0;
    }
  }
  return result;
}

function readFields(bytes: Uint8Array, source: string): {fields: Map<string, string>; end: number} {
  const fail = (what: string): never => {
    throw new InputError(`${source} is not a readable NRRD file: ${what}`);
  };
  if (!isNrrd(bytes)) fail("it doesn't begin with NRRD");
  const {lines, end, complete} = headerText(bytes, (line) => line === "");
  const fields = new Map<string, string>();
  for (const line of lines.slice(1)) {
    // key:=value pairs are anyone's free text
    const colon = line.indexOf(": ");
    if (line.startsWith("#") || colon < 0 || line.includes(":=")) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    fields.set(aliases[name] ?? name, line.slice(colon + 2).trim());
  }
  // a detached header may end with the file
  if (!complete && !fields.has("data file")) fail("its header never ends (a blank line should follow it)");
  return {fields, end};
}

const aliases: Readonly<Record<string, string>> = {
  datafile: "data file",
  lineskip: "line skip",
  byteskip: "byte skip",
  centerings: "centers"
};

function isLittle(text: string): boolean {
  return text.toLowerCase() === "little";
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

function vector(text: string): number[] {
  return text
    .replace(/[()]/g, "")
    .split(",")
    .map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
}
