import type {Checkpoint} from "../checkpoints/checkpoint.js";
import {InputError} from "../errors.js";
import type {Baseline} from "./baseline.js";
import {buildCarn, buildRfdn, buildRlfn, buildVdsr} from "./networks.js";

/** A tensor that only this architecture has. */
const builders: readonly (readonly [key: string, build: (checkpoint: Checkpoint) => Baseline])[] = [
  ["block_1.c1_r.weight", buildRlfn],
  ["B1.c1_d.weight", buildRfdn],
  ["b1.b1.body.0.weight", buildCarn],
  ["residual_layer.0.conv.weight", buildVdsr]
];

/** A regression network from its checkpoint; which one follows from the tensors' names. Browser-safe. @throws InputError */
export function buildBaseline(checkpoint: Checkpoint): Baseline {
  for (const [key, build] of builders) if (checkpoint.tensors.has(key)) return build(checkpoint);
  const first = checkpoint.tensors.keys().next();
  throw new InputError(
    first.done
      ? `${checkpoint.source} holds no tensors`
      : `${checkpoint.source}: tensor ${JSON.stringify(first.value)} belongs to no network known here; expected ${builders.map(([key]) => `"${key}"`).join(" or ")} (RLFN, RFDN, CARN-M, VDSR)`
  );
}
