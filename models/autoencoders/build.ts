import type {Checkpoint} from "../checkpoints/checkpoint.js";
import {InputError} from "../errors.js";
import type {Autoencoder} from "./autoencoder.js";
import {buildKl} from "./kl.js";
import {isKl} from "./klDialects.js";
import {buildTiny, isTiny} from "./tiny.js";

/**
 * An autoencoder from its checkpoint, whichever of the known architectures it is; which one, and its size, follow from
 * the tensors' names and shapes. Browser-safe. The checkpoint may be closed afterwards.
 * @throws InputError naming the first tensor that is missing, extra or misshapen, or that no known architecture has
 */
export function buildAutoencoder(checkpoint: Checkpoint): Autoencoder {
  if (isTiny(checkpoint)) return buildTiny(checkpoint);
  if (isKl(checkpoint)) return buildKl(checkpoint);
  const first = checkpoint.tensors.keys().next();
  throw new InputError(
    first.done
      ? `${checkpoint.source} holds no tensors`
      : `${checkpoint.source}: tensor ${JSON.stringify(first.value)} belongs to no autoencoder known here; expected "encoder.conv_in.weight" (AutoencoderKL) or "encoder.layers.0.weight" (a tiny autoencoder)`
  );
}
