export type NumberType =
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "uint32"
  | "int32"
  | "uint64"
  | "int64"
  | "float32"
  | "float64";

export type Numbers =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** Bytes that a number of each type takes. */
export const sizeOf: Readonly<Record<NumberType, number>> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  uint64: 8,
  int64: 8,
  float32: 4,
  float64: 8
};

/**
 * `count` numbers from `offset` on, as a copy; 64-bit integers become float64. @throws RangeError when there are too
 * few bytes.
 */
export function readNumbers(
  bytes: Uint8Array,
  offset: number,
  count: number,
  type: NumberType,
  littleEndian: boolean
): Numbers {
  const size = sizeOf[type];
  const end = offset + count * size;
  if (!(end <= bytes.length))
    throw new RangeError(`${count * size} bytes are needed, and there are ${bytes.length - offset}`);
  const copy = new Uint8Array(count * size);
  copy.set(bytes.subarray(offset, end));
  // typed arrays have the machine's byte order, which is little-endian on everything that node and browsers run on
  if (!littleEndian && size > 1) swap(copy, size);
  const {buffer} = copy;
  switch (type) {
    case "uint8":
      return copy;
    case "int8":
      return new Int8Array(buffer);
    case "uint16":
      return new Uint16Array(buffer);
    case "int16":
      return new Int16Array(buffer);
    case "uint32":
      return new Uint32Array(buffer);
    case "int32":
      return new Int32Array(buffer);
    case "uint64":
      return Float64Array.from(new BigUint64Array(buffer), Number);
    case "int64":
      return Float64Array.from(new BigInt64Array(buffer), Number);
    case "float32":
      return new Float32Array(buffer);
    case "float64":
      return new Float64Array(buffer);
  }
}

/**
 * `slope·value + inter` as float32 where that holds the stored type exactly (up to 16 bits, float32), else as
 * float64.
 */
export function scaled(values: Numbers, slope = 1, inter = 0): Float32Array | Float64Array {
  const wide = values instanceof Float64Array || values instanceof Int32Array || values instanceof Uint32Array;
  if (slope === 1 && inter === 0) {
    if (values instanceof Float32Array || values instanceof Float64Array) return values;
    return wide ? Float64Array.from(values) : Float32Array.from(values);
  }
  const result = wide ? new Float64Array(values.length) : new Float32Array(values.length);
  for (let i = 0; i < result.length; i++) result[i] = values[i] * slope + inter;
  return result;
}

function swap(bytes: Uint8Array, size: number): void {
  if (size === 2) {
    for (let i = 0; i < bytes.length; i += 2) {
      const first = bytes[i];
      bytes[i] = bytes[i + 1];
      bytes[i + 1] = first;
    }
  } else {
    for (let i = 0; i < bytes.length; i += size) bytes.subarray(i, i + size).reverse();
  }
}
