import type {Checkpoint} from "../checkpoints/checkpoint.js";
import {mergeCheckpoints, renameTensors} from "../checkpoints/merge.js";
import {openCheckpoint} from "../checkpoints/open.js";
import {InputError} from "../errors.js";
import type {Autoencoder} from "./autoencoder.js";
import {buildAutoencoder} from "./build.js";
import {tinyHalf} from "./tiny.js";
import {weightFiles} from "./weightFiles.js";

/**
 * Loads an autoencoder (Node only) from one file that holds all of it, from an encoder's and a decoder's file in any
 * order, or from a folder with either, where `config.json` (diffusers) counts too.
 * @throws InputError
 */
export function loadAutoencoder(paths: readonly string[]): Autoencoder {
  const checkpoint = openAutoencoder(paths);
  try {
    return buildAutoencoder(checkpoint);
  } finally {
    checkpoint.close();
  }
}

/** The files as one checkpoint, halves told apart by the prefixes `encoder.` and `decoder.`. Close it when done. */
export function openAutoencoder(paths: readonly string[]): Checkpoint {
  const {files, config} = weightFiles(paths);
  const opened: Checkpoint[] = [];
  try {
    for (const file of files) opened.push(openCheckpoint(file));
    const checkpoint = joinHalves(opened);
    return config ? {...checkpoint, metadata: {...config, ...checkpoint.metadata}} : checkpoint;
  } catch (error) {
    for (const checkpoint of opened) checkpoint.close();
    throw error;
  }
}

function joinHalves(opened: Checkpoint[]): Checkpoint {
  const halves = opened.map(tinyHalf);
  if (halves.every((half) => half === undefined)) return opened.length === 1 ? opened[0] : mergeCheckpoints(opened);
  for (const [half, other] of [["encoder", "decoder"] as const, ["decoder", "encoder"] as const]) {
    if (!halves.includes(half)) {
      throw new InputError(
        `${opened[halves.indexOf(other)].source} is the ${other} of a tiny autoencoder; give its ${half}'s file as well`
      );
    }
  }
  return mergeCheckpoints(
    opened.map((checkpoint, i) =>
      halves[i] ? renameTensors(checkpoint, (name) => `${halves[i]}.${name}`) : checkpoint
    )
  );
}
