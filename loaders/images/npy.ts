import {InputError} from "../../models/errors.js";
import {type Numbers, type NumberType, readNumbers} from "./numbers.js";

export type NpyData = Numbers;
export type NpyType = NumberType | "bool" | "float16";

/** A NumPy array: `data` is row-major (C order) whatever the order in the file. */
export interface Npy {
  readonly data: NpyData;
  readonly shape: number[];
  /** The type in the file. 64-bit integers come as float64, float16 as float32, bool as 0 and 1. */
  readonly dtype: NpyType;
}

const types: Record<string, NpyType> = {
  b1: "bool",
  u1: "uint8",
  i1: "int8",
  u2: "uint16",
  i2: "int16",
  u4: "uint32",
  i4: "int32",
  u8: "uint64",
  i8: "int64",
  f2: "float16",
  f4: "float32",
  f8: "float64"
};

/** Whether the bytes begin as a `.npy` does. */
export function isNpy(bytes: Uint8Array): boolean {
  return bytes[0] === 0x93 && String.fromCharCode(...bytes.subarray(1, 6)) === "NUMPY";
}

/**
 * Decodes `.npy` (NEP 1, versions 1.0 to 3.0): numbers of 1 to 8 bytes, both byte orders, C and Fortran order.
 *
 * @param source names the file in errors
 * @throws InputError when the file is damaged, cut short, or holds something other than real numbers.
 */
export function decodeNpy(bytes: Uint8Array, source: string): Npy {
  const fail = (what: string): never => {
    throw new InputError(`${source} is not a readable .npy file: ${what}`);
  };
  if (!isNpy(bytes)) fail("it doesn't begin with \\x93NUMPY");
  if (bytes.length < 12) fail("it is cut short");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6];
  if (version < 1 || version > 3) fail(`its format version is ${version}, and 1 to 3 exist`);
  const start = version === 1 ? 10 : 12;
  const headerLength = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (start + headerLength > bytes.length) fail("its header is cut short");
  if (headerLength > 65536) fail(`its header has ${headerLength} bytes`);
  const header = new TextDecoder().decode(bytes.subarray(start, start + headerLength));
  const descr = /['"]descr['"]\s*:\s*['"]([<>|=]?)([a-zA-Z])(\d+)['"]/.exec(header);
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(header);
  const dims = /['"]shape['"]\s*:\s*\(([\d,\sL]*)\)/.exec(header);
  if (!descr || !order || !dims) {
    const structured = /['"]descr['"]\s*:\s*\[/.test(header);
    return fail(structured ? "it holds a structured array, not numbers" : "its header is malformed");
  }
  const dtype = types[descr[2] + descr[3]];
  if (dtype === undefined) fail(`its type ${descr[2]}${descr[3]} isn't a real number of 1 to 8 bytes`);
  const shape = dims[1]
    .split(",")
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .map((text) => Number.parseInt(text, 10));
  const count = shape.reduce((product, n) => product * n, 1);
  const size = Number(descr[3]);
  const have = bytes.length - start - headerLength;
  if (!(count * size <= have)) {
    fail(`its shape (${shape.join(", ")}) of ${dtype} needs ${count * size} bytes of data, and it holds ${have}`);
  }
  const data = decodeValues(bytes, start + headerLength, count, dtype, descr[1] !== ">");
  return {data: order[1] === "True" ? toRowMajor(data, shape) : data, shape, dtype};
}

function decodeValues(bytes: Uint8Array, offset: number, count: number, dtype: NpyType, little: boolean): NpyData {
  if (dtype === "bool") return Uint8Array.from(bytes.subarray(offset, offset + count), (byte) => (byte === 0 ? 0 : 1));
  if (dtype === "float16") return Float32Array.from(readNumbers(bytes, offset, count, "uint16", little), float16);
  return readNumbers(bytes, offset, count, dtype, little);
}

function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function toRowMajor<T extends NpyData>(data: T, shape: number[]): T {
  const result = data.slice() as T;
  const index = new Array<number>(shape.length).fill(0);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, n) => product * n, 1));
  for (let i = 0; i < data.length; i++) {
    let from = 0;
    for (let axis = 0; axis < shape.length; axis++) from += index[axis] * strides[axis];
    result[i] = data[from];
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return result;
}

/**
 * A `.npy` file (version 1.0, little-endian float32, C order) of row-major values. @throws RangeError on a wrong
 * length.
 */
export function encodeNpy(data: Float32Array, shape: readonly number[]): Uint8Array {
  const count = shape.reduce((product, n) => product * n, 1);
  if (count !== data.length) throw new RangeError(`shape (${shape.join(", ")}) can't have ${data.length} values`);
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  let header = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  // the data begin at a multiple of 64, as numpy writes them
  header = `${header.padEnd(Math.ceil((10 + header.length + 1) / 64) * 64 - 11)}\n`;
  const bytes = new Uint8Array(10 + header.length + 4 * data.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
  bytes.set(new TextEncoder().encode(header), 10);
  const view = new DataView(bytes.buffer, 10 + header.length);
  for (let i = 0; i < data.length; i++) view.setFloat32(4 * i, data[i], true);
  return bytes;
}
