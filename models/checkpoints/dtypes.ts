import type {ByteSource} from "./byte-source.js";

/** The element types that a checkpoint may hold, by safetensors' names. All are little-endian. */
export const dtypes = {
  F64: {bytes: 8, float: true},
  F32: {bytes: 4, float: true},
  F16: {bytes: 2, float: true},
  BF16: {bytes: 2, float: true},
  F8_E4M3: {bytes: 1, float: true},
  F8_E5M2: {bytes: 1, float: true},
  I64: {bytes: 8, float: false},
  I32: {bytes: 4, float: false},
  I16: {bytes: 2, float: false},
  I8: {bytes: 1, float: false},
  U64: {bytes: 8, float: false},
  U32: {bytes: 4, float: false},
  U16: {bytes: 2, float: false},
  U8: {bytes: 1, float: false},
  BOOL: {bytes: 1, float: false}
} as const;

export type DType = keyof typeof dtypes;

export function isDType(name: unknown): name is DType {
  return typeof name === "string" && Object.hasOwn(dtypes, name);
}

/** How much is read at once when the values need widening: large enough to be fast, small beside any model. */
const chunkBytes = 1 << 20;

/**
 * Reads `count` contiguous elements from `position` on and widens them to float32 (float64 and the integers are rounded
 * to the nearest float32; BOOL becomes 0 or 1).
 */
export function readValues(source: ByteSource, position: number, dtype: DType, count: number): Float32Array {
  const out = new Float32Array(count);
  if (dtype === "F32") {
    source.read(position, new Uint8Array(out.buffer));
    return out;
  }
  const size = dtypes[dtype].bytes;
  const perChunk = chunkBytes / size;
  const scratch = new Uint8Array(Math.min(count, perChunk) * size);
  for (let done = 0; done < count; done += perChunk) {
    const n = Math.min(perChunk, count - done);
    const bytes = scratch.subarray(0, n * size);
    source.read(position + done * size, bytes);
    widen(dtype, bytes, out.subarray(done, done + n));
  }
  return out;
}

/** Widens `out.length` elements of `bytes` into `out`. `bytes` must start at a multiple of its element size. */
export function widen(dtype: DType, bytes: Uint8Array, out: Float32Array): void {
  const {buffer, byteOffset} = bytes;
  const n = out.length;
  switch (dtype) {
    case "F32":
      out.set(new Float32Array(buffer, byteOffset, n));
      return;
    case "F64":
      out.set(new Float64Array(buffer, byteOffset, n));
      return;
    case "F16": {
      const half = new Uint16Array(buffer, byteOffset, n);
      const bits = new Uint32Array(out.buffer, out.byteOffset, n);
      const table = halfTable();
      for (let i = 0; i < n; i++) bits[i] = table[half[i]];
      return;
    }
    case "BF16": {
      // bfloat16 is the upper half of a float32
      const upper = new Uint16Array(buffer, byteOffset, n);
      const bits = new Uint32Array(out.buffer, out.byteOffset, n);
      for (let i = 0; i < n; i++) bits[i] = upper[i] << 16;
      return;
    }
    case "F8_E4M3":
      for (let i = 0; i < n; i++) out[i] = float8e4m3(bytes[i]);
      return;
    case "F8_E5M2": {
      // float8 e5m2 is the upper half of a float16
      const bits = new Uint32Array(out.buffer, out.byteOffset, n);
      const table = halfTable();
      for (let i = 0; i < n; i++) bits[i] = table[bytes[i] << 8];
      return;
    }
    case "I64":
    case "U64": {
      const low = new Uint32Array(buffer, byteOffset, 2 * n);
      const high = dtype === "I64" ? new Int32Array(buffer, byteOffset, 2 * n) : low;
      for (let i = 0; i < n; i++) out[i] = high[2 * i + 1] * 2 ** 32 + low[2 * i];
      return;
    }
    case "I32":
      out.set(new Int32Array(buffer, byteOffset, n));
      return;
    case "U32":
      out.set(new Uint32Array(buffer, byteOffset, n));
      return;
    case "I16":
      out.set(new Int16Array(buffer, byteOffset, n));
      return;
    case "U16":
      out.set(new Uint16Array(buffer, byteOffset, n));
      return;
    case "I8":
      out.set(new Int8Array(buffer, byteOffset, n));
      return;
    case "U8":
      out.set(bytes.subarray(0, n));
      return;
    case "BOOL":
      for (let i = 0; i < n; i++) out[i] = bytes[i] === 0 ? 0 : 1;
      return;
  }
}

let halves: Uint32Array | undefined;

/** float16 bits → float32 bits, for all 65,536 of them (256 KiB, made once): a look-up beats shifting and branching. */
function halfTable(): Uint32Array {
  if (halves !== undefined) return halves;
  halves = new Uint32Array(65536);
  for (let h = 0; h < 65536; h++) {
    const sign = (h & 0x8000) << 16;
    let exponent = (h >> 10) & 31;
    let fraction = h & 1023;
    if (exponent === 31) exponent = 255;
    else if (exponent > 0) exponent += 112;
    else if (fraction > 0) {
      // a subnormal half is a normal float32
      exponent = 113;
      while ((fraction & 1024) === 0) {
        fraction <<= 1;
        exponent--;
      }
      fraction &= 1023;
    }
    halves[h] = sign | (exponent << 23) | (fraction << 13);
  }
  return halves;
}

/** Open Compute's E4M3 without infinities (PyTorch's float8_e4m3fn): bias 7, all ones is NaN. */
function float8e4m3(byte: number): number {
  const sign = byte & 128 ? -1 : 1;
  const exponent = (byte >> 3) & 15;
  const fraction = byte & 7;
  if (exponent === 15 && fraction === 7) return Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -9 : (8 + fraction) * 2 ** (exponent - 10));
}
