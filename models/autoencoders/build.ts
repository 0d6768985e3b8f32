import type {Checkpoint} from "../checkpoints/checkpoint.js";
import {InputError} from "../errors.js";
import type {Autoencoder, Geometry} from "./autoencoder.js";
import {buildKl} from "./kl.js";
import {inferKl, isKl} from "./klDialects.js";
import {klGeometry} from "./klNetwork.js";
import {buildTiny, isTiny, tinyGeometry} from "./tiny.js";

/**
 * An autoencoder from its checkpoint, whichever of the known architectures it is; which one, and its size, follow from
 * the tensors' names and shapes. Browser-safe. The checkpoint may be closed afterwards.
 * @throws InputError naming the first tensor that is missing, extra or misshapen, or that no known architecture has
 */
export function buildAutoencoder(checkpoint: Checkpoint): Autoencoder {
  if (isTiny(checkpoint)) return buildTiny(checkpoint);
  if (isKl(checkpoint)) return buildKl(checkpoint);
  throw unknown(checkpoint);
}

/** Its geometry, without reading a weight. @throws InputError */
export function geometryOf(checkpoint: Checkpoint): Geometry {
  if (isTiny(checkpoint)) return tinyGeometry(checkpoint);
  if (isKl(checkpoint)) return klGeometry(inferKl(checkpoint));
  throw unknown(checkpoint);
}

function unknown(checkpoint: Checkpoint): InputError {
  const first = checkpoint.tensors.keys().next();
  return new InputError(
    first.done
      ? `${checkpoint.source} holds no tensors`
      : `${checkpoint.source}: tensor ${JSON.stringify(first.value)} belongs to no autoencoder known here; expected "encoder.conv_in.weight" (AutoencoderKL) or "encoder.layers.0.weight" (a tiny autoencoder)`
  );
}
