import {InputError} from "../errors.js";
import type {Checkpoint, TensorInfo} from "./checkpoint.js";
import {quoted} from "./printable.js";
import {noSuchTensor} from "./safetensors.js";

/**
 * Several checkpoints as one (the shards of a model). Closing it closes them all; of metadata with the same key the first counts.
 * @throws InputError when two of them hold a tensor of the same name (`renameTensors` can tell them apart first).
 */
export function mergeCheckpoints(list: readonly Checkpoint[]): Checkpoint {
  if (list.length === 0) throw new InputError("no checkpoint was given");
  const owner = new Map<string, Checkpoint>();
  const tensors = new Map<string, TensorInfo>();
  for (const checkpoint of list) {
    for (const [name, info] of checkpoint.tensors) {
      const other = owner.get(name);
      if (other !== undefined)
        throw new InputError(
          `${other.source} and ${checkpoint.source} both hold tensor ${quoted(name)}: they are not two parts of one model`
        );
      owner.set(name, checkpoint);
      tensors.set(name, info);
    }
  }
  const source = list.map((checkpoint) => checkpoint.source).join(" + ");
  return {
    source,
    tensors,
    metadata: Object.assign({}, ...list.map((checkpoint) => checkpoint.metadata).reverse()),
    read(name) {
      const checkpoint = owner.get(name);
      if (checkpoint === undefined) throw noSuchTensor(source, name);
      return checkpoint.read(name);
    },
    close() {
      for (const checkpoint of list) checkpoint.close();
    }
  };
}

/**
 * The same checkpoint under other names: `rename` tells a tensor's new name, or `undefined` to leave it out. For instance the original
 * tiny autoencoder's two files both hold `1.weight`, so each gets its prefix before they are merged.
 * @throws InputError when two tensors would get one name.
 */
export function renameTensors(checkpoint: Checkpoint, rename: (name: string) => string | undefined): Checkpoint {
  const original = new Map<string, string>();
  const tensors = new Map<string, TensorInfo>();
  for (const [name, info] of checkpoint.tensors) {
    const renamed = rename(name);
    if (renamed === undefined) continue;
    const other = original.get(renamed);
    if (other !== undefined)
      throw new InputError(
        `${checkpoint.source}: tensors ${quoted(other)} and ${quoted(name)} are both ${quoted(renamed)}`
      );
    original.set(renamed, name);
    tensors.set(renamed, {...info, name: renamed});
  }
  return {
    source: checkpoint.source,
    tensors,
    metadata: checkpoint.metadata,
    read(name) {
      const from = original.get(name);
      if (from === undefined) throw noSuchTensor(checkpoint.source, name);
      return checkpoint.read(from);
    },
    close: () => checkpoint.close()
  };
}
