import type {Checkpoint, TensorInfo} from "../../../models/checkpoints/checkpoint.js";
import {renameTensors} from "../../../models/checkpoints/index.js";

/** A checkpoint in memory: zeros of these shapes, over (or in place of) another checkpoint's tensors. */
export function checkpointOf(shapes: Record<string, readonly number[]>, base?: Checkpoint, dtype = "F32"): Checkpoint {
  const tensors = new Map<string, TensorInfo>(base?.tensors ?? []);
  for (const [name, shape] of Object.entries(shapes)) tensors.set(name, {name, dtype, shape});
  return {
    source: base?.source ?? "memory",
    tensors,
    metadata: base?.metadata ?? {},
    read: (name) => (name in shapes ? new Float32Array(shapes[name].reduce((a, b) => a * b, 1)) : base!.read(name)),
    close: () => base?.close()
  };
}

/** The checkpoint without some of its tensors. */
export function without(checkpoint: Checkpoint, drop: (name: string) => boolean): Checkpoint {
  return renameTensors(checkpoint, (name) => (drop(name) ? undefined : name));
}
