import {readdirSync, readFileSync, statSync} from "node:fs";
import {join} from "node:path";
import type {Checkpoint} from "../checkpoints/checkpoint.js";
import {mergeCheckpoints, renameTensors} from "../checkpoints/merge.js";
import {openCheckpoint} from "../checkpoints/open.js";
import {InputError} from "../errors.js";
import type {Autoencoder} from "./autoencoder.js";
import {buildAutoencoder} from "./build.js";
import {tinyHalf} from "./tiny.js";

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

const weightFile = /\.(safetensors|ckpt|pt|pth|bin)$/i;

function weightFiles(paths: readonly string[]): {files: string[]; config?: Record<string, unknown>} {
  if (paths.length === 0)
    throw new InputError("no weights were given; name a file, an encoder and a decoder, or a folder");
  if (paths.length > 1) return {files: [...paths]};
  const [path] = paths;
  if (!isFolder(path)) return {files: [path]};
  const names = readdirSync(path).sort();
  const found = names.filter((name) => weightFile.test(name));
  // of a model that is there in several precisions or formats, the plain safetensors is the one that is meant
  const files = found.includes("diffusion_pytorch_model.safetensors") ? ["diffusion_pytorch_model.safetensors"] : found;
  if (files.length === 0) throw new InputError(`${path} holds no weights (.safetensors, .ckpt, .pt, .pth or .bin)`);
  if (files.length > 2) {
    throw new InputError(
      `${path} holds ${files.length} files of weights (${files[0]}, ${files[1]}, …); name the ones to load`
    );
  }
  return {
    files: files.map((name) => join(path, name)),
    config: names.includes("config.json") ? readConfig(join(path, "config.json")) : undefined
  };
}

function isFolder(path: string): boolean {
  return statSync(path, {throwIfNoEntry: false})?.isDirectory() ?? false;
}

function readConfig(path: string): Record<string, unknown> {
  try {
    const config: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof config === "object" && config !== null && !Array.isArray(config))
      return config as Record<string, unknown>;
  } catch (error) {
    throw new InputError(`${path} is not valid JSON: ${(error as Error).message}`);
  }
  throw new InputError(`${path} must hold a JSON object`);
}
