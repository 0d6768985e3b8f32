import {gzipSync} from "node:zlib";

/** A smooth 16-bit pattern that differs in every voxel of a small grid. */
export const pattern = (nx: number, ny: number, nz: number): Int16Array =>
  Int16Array.from(
    {length: nx * ny * nz},
    (_, i) => (i % nx) * 7 + (Math.floor(i / nx) % ny) * 131 + Math.floor(i / nx / ny) * 1009
  );

export interface NiftiOptions {
  shape?: readonly number[];
  data?: ArrayBufferView;
  datatype?: number;
  bits?: number;
  slope?: number;
  inter?: number;
  sform?: readonly (readonly number[])[];
  quaternion?: readonly number[];
  offset?: readonly number[];
  qfac?: number;
  pixdim?: readonly number[];
  description?: string;
  version?: 1 | 2;
}

/** A NIfTI file as bytes. */
export function niftiFile({
  shape = [5, 4, 3],
  data = pattern(shape[0], shape[1] ?? 1, shape[2] ?? 1),
  datatype = 4,
  bits = 16,
  slope = 0,
  inter = 0,
  sform,
  quaternion,
  offset = [0, 0, 0],
  qfac = 1,
  pixdim = [1, 1, 1],
  description = "",
  version = 1
}: NiftiOptions = {}): Uint8Array {
  const start = version === 1 ? 352 : 544;
  const bytes = new Uint8Array(start + data.byteLength);
  const view = new DataView(bytes.buffer);
  const text = (at: number, value: string) => bytes.set(new TextEncoder().encode(value), at);
  const real = (at: number, value: number) =>
    version === 1 ? view.setFloat32(at, value, true) : view.setFloat64(at, value, true);
  const size = version === 1 ? 4 : 8;
  view.setInt32(0, version === 1 ? 348 : 540, true);
  text(version === 1 ? 344 : 4, version === 1 ? "n+1" : "n+2");
  const dim = [shape.length, ...shape, ...new Array(7 - shape.length).fill(1)];
  dim.forEach((n, i) => {
    if (version === 1) view.setInt16(40 + 2 * i, n, true);
    else view.setBigInt64(16 + 8 * i, BigInt(n), true);
  });
  view.setInt16(version === 1 ? 70 : 12, datatype, true);
  view.setInt16(version === 1 ? 72 : 14, bits, true);
  [qfac, ...pixdim].forEach((mm, i) => {
    real((version === 1 ? 76 : 104) + size * i, mm);
  });
  if (version === 1) view.setFloat32(108, start, true);
  else view.setBigInt64(168, BigInt(start), true);
  real(version === 1 ? 112 : 176, slope);
  real(version === 1 ? 116 : 184, inter);
  text(version === 1 ? 148 : 240, description);
  const codes = [quaternion ? 1 : 0, sform ? 1 : 0];
  for (const [i, code] of codes.entries()) {
    if (version === 1) view.setInt16(252 + 2 * i, code, true);
    else view.setInt32(344 + 4 * i, code, true);
  }
  for (const [i, value] of [...(quaternion ?? [0, 0, 0]), ...offset].entries())
    real((version === 1 ? 256 : 352) + size * i, value);
  for (const [i, value] of (sform ?? []).slice(0, 3).flat().entries())
    real((version === 1 ? 280 : 400) + size * i, value);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return bytes;
}

/** One element of a DICOM data set, explicit VR little endian. */
export function element(group: number, number: number, vr: string, value: string | number | Uint8Array): Uint8Array {
  let content: Uint8Array;
  if (typeof value === "number") content = Uint8Array.of(value & 255, value >> 8);
  else if (typeof value === "string")
    content = new TextEncoder().encode(value.length % 2 ? `${value}${vr === "UI" ? "\0" : " "}` : value);
  else content = value;
  const long = ["OB", "OW", "SQ", "UN", "UT"].includes(vr);
  const bytes = new Uint8Array((long ? 12 : 8) + content.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, group, true);
  view.setUint16(2, number, true);
  bytes.set([vr.charCodeAt(0), vr.charCodeAt(1)], 4);
  if (long) view.setUint32(8, content.length, true);
  else view.setUint16(6, content.length, true);
  bytes.set(content, bytes.length - content.length);
  return bytes;
}

/** A sequence with some items, each the elements in order of their tags. */
export function sequence(group: number, number: number, items: readonly Uint8Array[][]): Uint8Array {
  const parts = items.map((elements) => {
    const content = concatenate(elements);
    const header = Uint8Array.of(0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0);
    new DataView(header.buffer).setUint32(4, content.length, true);
    return concatenate([header, content]);
  });
  return element(group, number, "SQ", concatenate(parts));
}

/**
 * A single-frame 16-bit DICOM file, explicit VR little endian, with more elements (in order of their tags) where
 * asked.
 */
export function dicomFile(
  pixels: Int16Array,
  rows: number,
  columns: number,
  {before = [], middle = [], after = []}: {before?: Uint8Array[]; middle?: Uint8Array[]; after?: Uint8Array[]} = {}
): Uint8Array {
  return concatenate([
    new Uint8Array(128),
    new TextEncoder().encode("DICM"),
    element(2, 0x10, "UI", "1.2.840.10008.1.2.1"),
    ...before,
    element(8, 0x60, "CS", "MR"),
    ...middle,
    element(0x28, 2, "US", 1),
    element(0x28, 4, "CS", "MONOCHROME2"),
    element(0x28, 0x10, "US", rows),
    element(0x28, 0x11, "US", columns),
    element(0x28, 0x30, "DS", "0.5\\0.25"),
    element(0x28, 0x100, "US", 16),
    element(0x28, 0x101, "US", 16),
    element(0x28, 0x102, "US", 15),
    element(0x28, 0x103, "US", 1),
    ...after,
    element(0x7fe0, 0x10, "OW", new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength))
  ]);
}

/** A little-endian TIFF with one strip. */
export function tiffFile(data: Uint16Array, width: number, height: number): Uint8Array {
  const tags = [
    [256, 4, width],
    [257, 4, height],
    [258, 3, 16],
    [259, 3, 1],
    [262, 3, 1],
    [273, 4, 8],
    [277, 3, 1],
    [278, 4, height],
    [279, 4, data.byteLength]
  ];
  const bytes = new Uint8Array(8 + data.byteLength + 2 + 12 * tags.length + 4);
  const view = new DataView(bytes.buffer);
  bytes.set([0x49, 0x49, 42, 0]);
  view.setUint32(4, 8 + data.byteLength, true);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 8);
  let at = 8 + data.byteLength;
  view.setUint16(at, tags.length, true);
  at += 2;
  for (const [tag, type, value] of tags) {
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, type, true);
    view.setUint32(at + 4, 1, true);
    if (type === 3) view.setUint16(at + 8, value, true);
    else view.setUint32(at + 8, value, true);
    at += 12;
  }
  return bytes;
}

export function nrrdFile(data: Int16Array, shape: readonly number[], zipped = false): Uint8Array {
  const header = `NRRD0004\ntype: short\ndimension: ${shape.length}\nspace: left-posterior-superior\nsizes: ${shape.join(" ")}\nspace directions: (1,0,0) (0,1,0) (0,0,2)\nkinds: domain domain domain\nendian: little\nencoding: ${zipped ? "gzip" : "raw"}\nspace origin: (1,2,3)\n\n`;
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return concatenate([new TextEncoder().encode(header), zipped ? gzipSync(raw) : raw]);
}

export function metaImageFile(data: Int16Array, shape: readonly number[]): Uint8Array {
  const header = `ObjectType = Image\nNDims = ${shape.length}\nBinaryData = True\nBinaryDataByteOrderMSB = False\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 1 2 3\nElementSpacing = 1 1 2\nDimSize = ${shape.join(" ")}\nElementType = MET_SHORT\nElementDataFile = LOCAL\n`;
  return concatenate([new TextEncoder().encode(header), new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]);
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
