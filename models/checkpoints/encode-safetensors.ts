import {roundToHalf} from "./half.js";
import {writeMetadata} from "./metadata.js";

/** A tensor to be written; the values are row-major and as many as the shape says. A function is asked for them only when their turn comes. */
export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | (() => Float32Array);
  /** Default: the file's. */
  readonly dtype?: StoredDType;
}

/** What a weight file is written as: single or half precision. */
export type StoredDType = "F32" | "F16";

const sizes = {F32: 4, F16: 2} as const;

export interface EncodeOptions {
  /** F16 rounds to the nearest, ties to even. Default F32. */
  readonly dtype?: StoredDType;
  /** Values that are no text are kept in a form that `parseSafetensors` reads back. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/**
 * A safetensors file of these tensors. They are written in the order of their names (those in single precision first, so that all are aligned), metadata likewise, and the header is padded with
 * spaces to a multiple of 8 bytes: the same content gives the same bytes.
 * @throws RangeError when a name comes twice, values and shape disagree, or a finite value is beyond float16's range (±65,504)
 */
export function encodeSafetensors(
  tensors: readonly TensorToWrite[],
  {dtype = "F32", metadata = {}}: EncodeOptions = {}
): Uint8Array {
  const dtypeOf = (tensor: TensorToWrite) => tensor.dtype ?? dtype;
  const sorted = [...tensors].sort((a, b) => compare(dtypeOf(a), dtypeOf(b)) * -1 || compare(a.name, b.name));
  const names = new Set<string>();
  const header: [string, unknown][] = [];
  const notes = Object.entries(writeMetadata(metadata)).sort(([a], [b]) => compare(a, b));
  if (notes.length > 0) header.push(["__metadata__", Object.fromEntries(notes)]);
  let end = 0;
  for (const tensor of sorted) {
    const {name, shape} = tensor;
    if (names.has(name)) throw new RangeError(`two tensors are named ${JSON.stringify(name)}`);
    if (name === "__metadata__") throw new RangeError('no tensor may be named "__metadata__"');
    names.add(name);
    const begin = end;
    end += countOf(shape) * sizes[dtypeOf(tensor)];
    header.push([name, {dtype: dtypeOf(tensor), shape, data_offsets: [begin, end]}]);
  }
  // an object of these would put names like "12" first
  const text = new TextEncoder().encode(
    `{${header.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`
  );
  const dataStart = 8 + Math.ceil(text.length / 8) * 8;
  const out = new Uint8Array(dataStart + end);
  new DataView(out.buffer).setBigUint64(0, BigInt(dataStart - 8), true);
  out.fill(0x20, 8, dataStart);
  out.set(text, 8);
  let position = dataStart;
  for (const tensor of sorted) {
    const {name, shape, values} = tensor;
    const source = typeof values === "function" ? values() : values;
    const count = countOf(shape);
    if (source.length !== count)
      throw new RangeError(`${JSON.stringify(name)} has ${source.length} values, not shape [${shape.join(", ")}]`);
    if (dtypeOf(tensor) === "F32") new Float32Array(out.buffer, position, count).set(source);
    else writeHalf(source, new Uint16Array(out.buffer, position, count), name);
    position += count * sizes[dtypeOf(tensor)];
  }
  return out;
}

function writeHalf(source: Float32Array, out: Uint16Array, name: string): void {
  for (let i = 0; i < source.length; i++) {
    const half = roundToHalf(source[i]);
    if ((half & 0x7fff) === 0x7c00 && Number.isFinite(source[i]))
      throw new RangeError(
        `${JSON.stringify(name)} has the value ${source[i]}, which is too large for float16 (±65504)`
      );
    out[i] = half;
  }
}

function countOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** By code unit, whatever the machine's language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
