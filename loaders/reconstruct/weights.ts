import {basename, resolve} from "node:path";
import type {Autoencoder} from "../../models/autoencoders/autoencoder.js";
import {loadAutoencoder} from "../../models/autoencoders/load.js";
import {weightFiles} from "../../models/autoencoders/weightFiles.js";
import {sha256, sha256File} from "../files.js";

/** An autoencoder with what a result must say about its weights. */
export interface Weights {
  readonly autoencoder: Autoencoder;
  /** A short name for people, from the files' names: `taesd`. */
  readonly name: string;
  /** SHA-256 over the files' own hashes, which does not depend on their order or place. */
  readonly sha256: string;
}

/** Loads an autoencoder from one file, an encoder and a decoder, or a folder. Call after the engine has started. */
export async function openWeights(paths: readonly string[]): Promise<Weights> {
  const autoencoder = loadAutoencoder(paths);
  const hashes = await Promise.all(weightFiles(paths).files.map(sha256File));
  return {autoencoder, name: nameOf(paths), sha256: hashes.length === 1 ? hashes[0] : sha256(hashes.sort().join("\n"))};
}

function nameOf(paths: readonly string[]): string {
  const [first] = paths.map((path) => basename(resolve(path)).replace(/\.(safetensors|ckpt|pt|pth|bin)$/, ""));
  return first.replace(/[._-]?(encoder|decoder)$/, "") || first;
}
