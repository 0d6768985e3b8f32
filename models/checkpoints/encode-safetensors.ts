/** A tensor to be written; `values` are row-major and as many as the shape says. */
export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  values(): Float32Array;
}

/** What a weight file is written as: whole or half precision. */
export type StoredDType = "F32" | "F16";

/**
 * A safetensors file: header padded with spaces so that the data begin at a multiple of 8, tensors in the given order, little-endian. The
 * same tensors and metadata give the same bytes. `values` is asked for one tensor at a time, so that only the result is in memory.
 * F16 rounds to the nearest, ties to even.
 * @throws RangeError when a name comes twice, values and shape disagree, or a finite value is beyond float16's range (±65,504)
 */
export function encodeSafetensors(
  tensors: readonly TensorToWrite[],
  {dtype = "F32", metadata = {}}: {dtype?: StoredDType; metadata?: Readonly<Record<string, string>>} = {}
): Uint8Array {
  const size = dtype === "F32" ? 4 : 2;
  const header = new Map<string, unknown>();
  if (Object.keys(metadata).length > 0) header.set("__metadata__", metadata);
  let end = 0;
  for (const {name, shape} of tensors) {
    if (header.has(name) || name === "__metadata__")
      throw new RangeError(`tensor name ${JSON.stringify(name)} is taken`);
    const begin = end;
    end += shape.reduce((product, n) => product * n, 1) * size;
    header.set(name, {dtype, shape, data_offsets: [begin, end]});
  }
  const text = new TextEncoder().encode(
    `{${[...header].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`
  );
  const headerBytes = Math.ceil(text.length / 8) * 8;
  const out = new Uint8Array(8 + headerBytes + end);
  new DataView(out.buffer).setBigUint64(0, BigInt(headerBytes), true);
  out.fill(0x20, 8, 8 + headerBytes);
  out.set(text, 8);
  let position = 8 + headerBytes;
  for (const tensor of tensors) {
    const {name, shape} = tensor;
    const source = tensor.values();
    const count = shape.reduce((product, n) => product * n, 1);
    if (source.length !== count)
      throw new RangeError(`tensor ${JSON.stringify(name)} of shape [${shape.join(", ")}] has ${source.length} values`);
    if (dtype === "F32") new Float32Array(out.buffer, position, count).set(source);
    else toHalf(source, new Uint16Array(out.buffer, position, count), name);
    position += count * size;
  }
  return out;
}

/** float32 → float16 bits, rounded to the nearest, ties to even. @throws RangeError beyond float16's range */
export function toHalf(values: Float32Array, out: Uint16Array, name = "values"): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < values.length; i++) {
    const b = bits[i];
    const sign = (b >>> 16) & 0x8000;
    const magnitude = b & 0x7fffffff;
    if (magnitude >= 0x7f800000) {
      // infinity, NaN
      out[i] = sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
    } else if (magnitude >= 0x477ff000) {
      throw new RangeError(`tensor ${JSON.stringify(name)} has the value ${values[i]}, beyond float16's ±65504`);
    } else if (magnitude >= 0x38800000) {
      // normal: re-bias the exponent, round away 13 bits of fraction
      const rounded = magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1);
      out[i] = sign | (rounded >>> 13);
    } else {
      out[i] = sign | subnormalHalf(magnitude);
    }
  }
}

const scratchFloat = new Float32Array(1);
const scratchBits = new Uint32Array(scratchFloat.buffer);

function subnormalHalf(magnitude: number): number {
  scratchBits[0] = magnitude;
  // 0.5 has an ulp of 2^-24, the unit of float16's subnormals: float32's own rounding does the work
  scratchFloat[0] += 0.5;
  return scratchBits[0] - 0x3f000000;
}
