import {InputError} from "../../models/errors.js";
import {type Numbers, type NumberType, readNumbers, scaled, sizeOf} from "../images/numbers.js";
import {unpack} from "./gzip.js";
import {affineOf, orientationOf, spacingOf} from "./orientation.js";
import {headerText, numbersFromText} from "./textHeader.js";
import type {DecodeContext, Volume} from "./volume.js";

const types: Readonly<Record<string, NumberType>> = {
  MET_CHAR: "int8",
  MET_UCHAR: "uint8",
  MET_SHORT: "int16",
  MET_USHORT: "uint16",
  MET_INT: "int32",
  MET_UINT: "uint32",
  MET_LONG: "int32",
  MET_ULONG: "uint32",
  MET_LONG_LONG: "int64",
  MET_ULONG_LONG: "uint64",
  MET_FLOAT: "float32",
  MET_DOUBLE: "float64"
};

/** Whether the bytes begin as MetaImage does. */
export function isMetaImage(bytes: Uint8Array): boolean {
  return /^\s*(ObjectType|ObjectSubType|NDims|Comment)\s*=/.test(
    new TextDecoder("latin1").decode(bytes.subarray(0, 64))
  );
}

/** The name of the file that holds the values, or null when they follow the header (LOCAL). */
export function metaImageDataFile(bytes: Uint8Array, source: string): string | null {
  const name = readFields(bytes, source).fields.get("elementdatafile")!;
  return name.toUpperCase() === "LOCAL" ? null : name;
}

/**
 * Decodes MetaImage (.mha, .mhd; https://itk.org/Wiki/ITK/MetaIO/Documentation): raw, zlib-compressed or text. Voxels
 * are in the file's order; dimensions beyond the third and channels become frames. Its space is ITK's (left,
 * posterior, superior).
 *
 * @param detached the content of the data file, where `bytes` is a header of its own (.mhd)
 * @throws InputError when the file is damaged, cut short, or of a kind that isn't read.
 */
export function decodeMetaImage(bytes: Uint8Array, context: DecodeContext, detached?: Uint8Array): Volume {
  const {source} = context;
  const fail = (what: string): never => {
    throw new InputError(`${source} is not a readable MetaImage file: ${what}`);
  };
  const {fields, end} = readFields(bytes, source);
  const numbers = (...names: string[]): number[] | undefined => {
    const text = names.map((name) => fields.get(name)).find((value) => value !== undefined);
    if (text === undefined) return undefined;
    const values = text.split(/\s+/).map(Number);
    return values.every(Number.isFinite) ? values : fail(`its ${names[0]} is ${JSON.stringify(text.slice(0, 80))}`);
  };
  const isTrue = (name: string) => /^(true|t|1|yes|y)$/i.test(fields.get(name) ?? "");

  const [dimensions] = numbers("ndims") ?? fail("NDims is missing");
  const sizes = numbers("dimsize") ?? fail("DimSize is missing");
  if (
    !(dimensions >= 1 && dimensions <= 10) ||
    sizes.length !== dimensions ||
    !sizes.every((n) => Number.isInteger(n) && n >= 1)
  ) {
    fail(`NDims is ${dimensions} and DimSize ${sizes.join(" ")}`);
  }
  const elementType = fields.get("elementtype") ?? fail("ElementType is missing");
  const type = types[elementType.toUpperCase()] ?? fail(`its ElementType ${elementType} isn't one that is read`);
  const [channels] = numbers("elementnumberofchannels") ?? [1];
  if (!(Number.isInteger(channels) && channels >= 1 && channels <= 65536))
    fail(`ElementNumberOfChannels is ${channels}`);
  const count = sizes.reduce((product, n) => product * n, channels);
  const needed = count * sizeOf[type];
  const littleEndian = !(isTrue("binarydatabyteordermsb") || isTrue("elementbyteordermsb"));

  const local = fields.get("elementdatafile")!.toUpperCase() === "LOCAL";
  let content = local ? bytes.subarray(end) : (detached ?? fail("its data file is missing"));
  const [headerSize] = numbers("headersize") ?? [0];
  if (!(Number.isInteger(headerSize) && headerSize >= -1 && headerSize <= content.length))
    fail(`HeaderSize is ${headerSize}`);
  let stored: Numbers;
  if (fields.has("binarydata") && !isTrue("binarydata")) {
    stored = numbersFromText(content, count, source);
  } else {
    if (isTrue("compresseddata")) {
      const [compressed] = numbers("compresseddatasize") ?? [content.length];
      if (compressed > content.length)
        throw new InputError(
          `${source} is cut short: it announces ${compressed} compressed bytes, and holds ${content.length}`
        );
      content = content.subarray(
        Math.max(0, headerSize),
        compressed > 0 ? Math.max(0, headerSize) + compressed : undefined
      );
      content = unpack(content, content[0] === 0x1f ? "gzip" : "zlib", needed, context);
    } else {
      content = content.subarray(headerSize === -1 ? Math.max(0, content.length - needed) : headerSize);
    }
    if (!(needed <= content.length)) {
      throw new InputError(
        `${source} is cut short: ${sizes.join("×")} values of ${type} need ${needed} bytes, and it holds ${content.length}`
      );
    }
    stored = readNumbers(content, 0, count, type, littleEndian);
  }

  const shape: [number, number, number] = [sizes[0], sizes[1] ?? 1, sizes[2] ?? 1];
  const frames = sizes.slice(3).reduce((product, n) => product * n, channels);
  const spacing = numbers("elementspacing", "elementsize") ?? sizes.map(() => 1);
  const identity = sizes.flatMap((_, row) => sizes.map((_, column) => (row === column ? 1 : 0)));
  const matrix = numbers("transformmatrix", "rotation", "orientation") ?? identity;
  const offset = numbers("offset", "position", "origin") ?? sizes.map(() => 0);
  if (spacing.length !== dimensions || matrix.length !== dimensions ** 2 || offset.length !== dimensions) {
    fail(`its spacing, matrix or offset doesn't fit ${dimensions} dimensions`);
  }
  // LPS → RAS; a flat picture has no place in the patient
  const columns = [0, 1, 2].map((axis) =>
    [-1, -1, 1].map((sign, row) => sign * (matrix[axis * dimensions + row] ?? 0) * spacing[axis])
  );
  const affine =
    dimensions >= 3 ? affineOf(columns[0], columns[1], columns[2], [-offset[0], -offset[1], offset[2]]) : null;
  return {
    kind: "metaimage",
    data: scaled(channels === 1 ? stored : byChannel(stored, channels)),
    shape,
    frames,
    spacing: affine === null ? [Math.abs(spacing[0]) || 1, Math.abs(spacing[1] ?? 1) || 1, 1] : spacingOf(affine),
    affine,
    orientation: affine === null ? null : orientationOf(affine, source),
    sliceAxis: 2,
    windows: [],
    inverted: false,
    meta: {dtype: type, compressed: isTrue("compresseddata"), channels}
  };
}

/** Channels lie side by side in the file; here each is a frame. */
function byChannel(values: Numbers, channels: number): Numbers {
  const result = values.slice();
  const n = values.length / channels;
  for (let c = 0, to = 0; c < channels; c++) for (let i = 0; i < n; i++) result[to++] = values[i * channels + c];
  return result;
}

function readFields(bytes: Uint8Array, source: string): {fields: Map<string, string>; end: number} {
  const {lines, end, complete} = headerText(bytes, (line) => /^\s*ElementDataFile\s*=/i.test(line));
  if (!complete) throw new InputError(`${source} is not a readable MetaImage file: its header has no ElementDataFile`);
  const fields = new Map<string, string>();
  for (const line of lines) {
    const equals = line.indexOf("=");
    if (equals > 0) fields.set(line.slice(0, equals).trim().toLowerCase(), line.slice(equals + 1).trim());
  }
  return {fields, end};
}
