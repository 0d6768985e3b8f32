import {InputError} from "../errors.js";
import {type ByteSource, readBytes} from "./byte-source.js";
import type {Checkpoint} from "./checkpoint.js";
import {dtypes} from "./dtypes.js";
import {type PickleContext, type PickleHost, readPickle} from "./pickle.js";
import {printable, quoted} from "./printable.js";
import {noSuchTensor} from "./safetensors.js";
import {findStateDict, plainMetadata} from "./state-dict.js";
import {findGlobal, StorageType} from "./torch-globals.js";
import {readTensor, StorageRef} from "./torch-tensor.js";
import {readZipDirectory} from "./zip.js";

/** `torch.save`'s magic number before the zip format (0x1950a86a20f9469cfc6c), as its first pickle spells it. */
const legacyMagic = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];

/** Whether these first bytes are a pickle's of protocol 2 or newer. */
export function looksLikePickle(head: Uint8Array): boolean {
  return head[0] === 0x80 && head[1] >= 2 && head[1] <= 5;
}

/**
 * A file by `torch.save` since PyTorch 1.6: a zip archive with `data.pkl` and one entry for each storage.
 * Reference: torch/serialization.py `_load`.
 * @throws InputError
 */
export function openTorchZip(source: ByteSource): Checkpoint {
  const entries = readZipDirectory(source);
  const pickles = [...entries.keys()].filter((name) => name === "data.pkl" || name.endsWith("/data.pkl"));
  if (pickles.length !== 1)
    throw new InputError(
      `${source.name} is a zip archive with ${pickles.length} entries named data.pkl where torch.save writes one`
    );
  const pickle = entries.get(pickles[0])!;
  const folder = pickle.name.slice(0, -"data.pkl".length);
  const order = entries.get(`${folder}byteorder`);
  if (order !== undefined && order.size < 16) {
    const text = new TextDecoder().decode(readBytes(source, order.position, order.size));
    if (text !== "little") throw bigEndian(source.name, text);
  }

  const positions = new Map<string, number>();
  const {value} = readPickle(source, pickle.position, pickle.position + pickle.size, {
    findGlobal,
    persistentLoad(id, context) {
      const storage = storageFromId(id, context);
      const entry = entries.get(`${folder}data/${storage.key}`);
      if (entry === undefined)
        throw new InputError(`${source.name} is incomplete: storage ${quoted(storage.key)} is not in the archive`);
      if (entry.size !== storage.bytes)
        throw context.fail(
          `gives storage ${printable(storage.key)} ${storage.bytes} bytes, the archive has ${entry.size}`
        );
      positions.set(storage.key, entry.position);
      return storage;
    }
  });
  return torchCheckpoint(source, value, positions);
}

/**
 * A file by `torch.save` before 1.6: four pickles (magic number, protocol, system, data), a pickled list of storage keys, and the
 * storages in that order, each after its length. Reference: torch/serialization.py `_legacy_load`.
 * @throws InputError
 */
export function openTorchLegacy(source: ByteSource): Checkpoint {
  const head = readBytes(source, 0, Math.min(source.size, legacyMagic.length));
  if (head.length < legacyMagic.length || legacyMagic.some((byte, i) => head[i] !== byte))
    throw new InputError(`${source.name} is a pickle, but not one of torch.save: its magic number is missing`);
  const plain: PickleHost = {
    findGlobal: () => undefined,
    persistentLoad(_, context) {
      throw context.fail("has a persistent id where none belongs");
    }
  };
  const protocol = readPickle(source, legacyMagic.length, source.size, plain);
  if (protocol.value !== 1001)
    throw new InputError(`${source.name} has PyTorch's file protocol ${quoted(protocol.value)}, only 1001 is known`);
  const system = readPickle(source, protocol.end, source.size, plain);
  if (!(system.value instanceof Map)) throw new InputError(`${source.name} does not tell the system that wrote it`);
  if (system.value.get("little_endian") !== true) throw bigEndian(source.name, "big");

  const storages = new Map<string, StorageRef>();
  const data = readPickle(source, system.end, source.size, {
    findGlobal,
    persistentLoad(id, context) {
      // a module's class comes with its source text, which is passed over
      if (Array.isArray(id) && id[0] === "module" && id.length === 4) return id[1];
      const storage = storageFromId(id, context);
      const known = storages.get(storage.key);
      if (known === undefined) storages.set(storage.key, storage);
      else if (known.bytes !== storage.bytes) throw context.fail(`gives storage ${printable(storage.key)} two sizes`);
      return storage;
    }
  });
  const keys = readPickle(source, data.end, source.size, plain);
  if (!Array.isArray(keys.value) || keys.value.length !== storages.size)
    throw new InputError(`${source.name} does not list the ${storages.size} storages that its tensors use`);

  const positions = new Map<string, number>();
  let position = keys.end;
  for (const value of keys.value) {
    const storage = typeof value === "string" || typeof value === "number" ? storages.get(String(value)) : undefined;
    if (storage === undefined || positions.has(storage.key))
      throw new InputError(`${source.name} lists a storage that its tensors do not use, or lists it twice`);
    if (position + 8 + storage.bytes > source.size)
      throw new InputError(
        `${source.name} is truncated: storage ${printable(storage.key)} should end at byte ${position + 8 + storage.bytes}, the file at ${source.size}`
      );
    const elements = Number(new DataView(readBytes(source, position, 8).buffer).getBigInt64(0, true));
    if (elements * (storage.dtype === undefined ? 1 : dtypes[storage.dtype].bytes) !== storage.bytes)
      throw new InputError(
        `${source.name} is not a valid PyTorch file: storage ${printable(storage.key)} claims ${elements} elements where its tensors expect ${storage.bytes} bytes`
      );
    positions.set(storage.key, position + 8);
    position += 8 + storage.bytes;
  }
  return torchCheckpoint(source, data.value, positions);
}

function torchCheckpoint(source: ByteSource, root: unknown, positions: ReadonlyMap<string, number>): Checkpoint {
  const {tensors: refs, rest} = findStateDict(root, source.name);
  const tensors = new Map(
    [...refs].map(([name, {dtype, shape}]) => [name, {name, dtype: dtype as string, shape}] as const)
  );
  return {
    source: source.name,
    tensors,
    metadata: plainMetadata(rest),
    read(name) {
      const ref = refs.get(name);
      if (ref === undefined) throw noSuchTensor(source.name, name);
      return readTensor(source, positions.get(ref.storage.key)!, ref);
    },
    close: () => source.close()
  };
}

/** ("storage", type, key, device, elements) and, in the legacy format, a view (key, first element, elements) or None. */
function storageFromId(id: unknown, context: PickleContext): StorageRef {
  if (!Array.isArray(id) || id[0] !== "storage") throw context.fail("has a persistent id that is no storage");
  const [, type, key, , elements, view] = id;
  if (!(type instanceof StorageType)) throw context.fail("has a storage of no known type");
  if (typeof key !== "string" && typeof key !== "number") throw context.fail("has a storage without a key");
  if (!isSize(elements)) throw context.fail(`has a storage of ${quoted(elements)} elements`);
  const size = type.dtype === undefined ? 1 : dtypes[type.dtype].bytes;
  const bytes = elements * size;
  if (view === undefined || view === null) return new StorageRef(String(key), type.dtype, bytes, 0, bytes);
  if (!Array.isArray(view) || !isSize(view[1]) || !isSize(view[2]) || (view[1] + view[2]) * size > bytes)
    throw context.fail(`has a view that does not lie within storage ${printable(String(key))}`);
  return new StorageRef(String(key), type.dtype, bytes, view[1] * size, view[2] * size);
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function bigEndian(name: string, order: string): InputError {
  return new InputError(`${name} has ${quoted(order)} byte order; only little-endian files can be read`);
}
