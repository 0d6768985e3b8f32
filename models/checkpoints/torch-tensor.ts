import type {ByteSource} from "./byte-source.js";
import {type DType, dtypes, readValues} from "./dtypes.js";
import type {PickleContext} from "./pickle.js";
import {printable} from "./printable.js";

/** A storage as a pickle names it; tensors may share one. */
export class StorageRef {
  constructor(
    readonly key: string,
    /** `undefined` for an untyped storage, whose tensors bring their own. */
    readonly dtype: DType | undefined,
    /** Of the whole storage in the file. */
    readonly bytes: number,
    /** Where a view (of the legacy format) begins and how long it is, in bytes. */
    readonly viewStart: number,
    readonly viewBytes: number
  ) {}
}

/** A tensor as a pickle describes it, before any of its values is read. */
export class TensorRef {
  constructor(
    readonly storage: StorageRef,
    readonly dtype: DType,
    /** Offset and strides in elements. */
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[]
  ) {}

  /** Python code may hang attributes onto a tensor: of no use here. */
  setState(): void {}

  get count(): number {
    return this.shape.reduce((product, size) => product * size, 1);
  }

  /** Elements from the first to the last one in memory, both included. */
  get span(): number {
    if (this.count === 0) return 0;
    return this.shape.reduce((last, size, i) => last + (size - 1) * this.strides[i], 1);
  }
}

/** A tensor of stride 0 (`expand`) repeats itself, so its size says nothing about the file's: 64 MiB is enough for those. */
const maxRepeated = 1 << 24;

/** The arguments of `torch._utils._rebuild_tensor*`, checked against the storage's size. @throws InputError */
export function rebuildTensor(
  [storage, offset, shape, strides]: unknown[],
  explicit: DType | undefined,
  context: PickleContext
): TensorRef {
  if (!(storage instanceof StorageRef)) throw context.fail("builds a tensor on something that is no storage");
  const dtype = explicit ?? storage.dtype;
  if (dtype === undefined) throw context.fail("builds a tensor without a dtype");
  if (!isSize(offset) || !isSizes(shape) || !isSizes(strides) || shape.length !== strides.length)
    throw context.fail("builds a tensor whose offset, size and strides do not fit together");
  const tensor = new TensorRef(storage, dtype, offset, shape, strides);
  const {count, span} = tensor;
  const end = (offset + span) * dtypes[dtype].bytes;
  if (!(count <= Number.MAX_SAFE_INTEGER) || !(count === 0 || end <= storage.viewBytes))
    throw context.fail(
      `builds a ${dtype} tensor of shape [${shape.join(", ")}] that needs ${end} bytes of storage ${printable(storage.key)}, which has ${storage.viewBytes}`
    );
  if (count > span && count > maxRepeated)
    throw context.fail(
      `builds a tensor of ${count} elements from ${span} stored ones, more than ${maxRepeated} are not allowed`
    );
  return tensor;
}

/** A tensor's values as float32, contiguous, row-major. `position` is where its storage begins in the file. */
export function readTensor(source: ByteSource, position: number, tensor: TensorRef): Float32Array {
  const {storage, dtype, offset, shape, strides, count, span} = tensor;
  if (count === 0) return new Float32Array(0);
  const stored = readValues(source, position + storage.viewStart + offset * dtypes[dtype].bytes, dtype, span);
  return isContiguous(tensor) ? stored : gather(stored, shape, strides, count);
}

function isContiguous({shape, strides}: TensorRef): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== expected) return false;
    expected *= shape[i];
  }
  return true;
}

function gather(
  stored: Float32Array,
  shape: readonly number[],
  strides: readonly number[],
  count: number
): Float32Array {
  const out = new Float32Array(count);
  const inner = shape[shape.length - 1];
  const step = strides[shape.length - 1];
  const index = new Array<number>(shape.length - 1).fill(0);
  let from = 0;
  for (let i = 0; i < count; ) {
    for (let j = 0, at = from; j < inner; j++, at += step) out[i++] = stored[at];
    for (let d = index.length - 1; d >= 0; d--) {
      from += strides[d];
      if (++index[d] < shape[d]) break;
      from -= strides[d] * shape[d];
      index[d] = 0;
    }
  }
  return out;
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= 64 && value.every(isSize);
}
