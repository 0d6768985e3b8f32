import {existsSync, readFileSync, statSync} from "node:fs";
import {join} from "node:path";
import type {Geometry} from "../../models/autoencoders/autoencoder.js";
import {geometryOf} from "../../models/autoencoders/build.js";
import {openAutoencoder} from "../../models/autoencoders/load.js";
import {weightFiles} from "../../models/autoencoders/weightFiles.js";
import {InputError} from "../../models/errors.js";
import type {StudyTraining} from "../../src/components/study-data.js";
import {sha256, sha256File} from "../files.js";
import {canonicalJson, type Json} from "../store/canonical.js";
import {poolWords} from "../training/pool-words.js";
import {readManifest, weightsFolder} from "../weights/manifest.js";
import {resolvePath} from "./paths.js";
import type {StudyFile} from "./readStudy.js";
import type {StudyAutoencoderSpec} from "./study.js";

/** Weights that are there. */
export interface FoundWeights {
  readonly files: readonly string[];
  /** SHA-256 over the files, as `openWeights` has it. */
  readonly sha256: string;
  readonly bytes: number;
  /** Of an autoencoder. */
  readonly geometry: Geometry | null;
  readonly licence: string | null;
  readonly training: StudyTraining | null;
  /** Of weights that were trained here. */
  readonly record: TrainingRecord | null;
}

/** What `bandscope train` writes beside weights. */
export interface TrainingRecord {
  readonly id: string;
  readonly trained?: boolean;
  readonly sha256: string;
  readonly licence?: string;
  readonly domain?: string;
  readonly recipe: Json;
  readonly parameters?: number;
  readonly geometry?: {readonly channels: number; readonly factor: number};
  /** Of a generator: in whose latents it was trained. */
  readonly autoencoder?: {readonly id: string; readonly sha256: string};
  readonly training: {
    readonly steps: number;
    readonly seed: number;
    readonly engine: string;
    readonly seconds: number;
    readonly date: string;
    readonly images?: string;
    readonly loss: readonly {readonly step: number; readonly loss?: number; readonly l1?: number}[];
  };
}

/**
 * What a training of this recipe left in a folder (models/weights unless told); undefined where there is none, or one of another
 * recipe. @throws InputError when the weights are not the record's
 */
export async function trainedWeights(
  recipe: {readonly id: string},
  folder: string = weightsFolder
): Promise<FoundWeights | undefined> {
  const path = join(folder, `${recipe.id}.json`);
  const file = join(folder, `${recipe.id}.safetensors`);
  if (!existsSync(path) || !existsSync(file)) return undefined;
  const record = readRecord(path);
  if (record?.recipe === undefined || !sameTraining(record.recipe, recipe as unknown as Json)) return undefined;
  const hash = await sha256File(file);
  if (hash !== record.sha256)
    throw new InputError(
      `${file} is not what ${recipe.id}.json beside it records; train it anew (--retrain) or restore it`
    );
  return {
    files: [file],
    sha256: hash,
    bytes: statSync(file).size,
    geometry: record.geometry ?? null,
    licence: record.licence ?? null,
    training: trainingOf(record),
    record
  };
}

export function readRecord(path: string): TrainingRecord | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as TrainingRecord;
  } catch (error) {
    if (error instanceof SyntaxError) throw new InputError(`${path} is not JSON: ${error.message}`);
    throw error;
  }
}

/** Equal but for the licence, which does not change weights. */
function sameTraining(a: Json, b: Json): boolean {
  const core = (value: Json) => canonicalJson({...(value as {readonly [key: string]: Json}), licence: undefined});
  return core(a) === core(b);
}

export function trainingOf({training, recipe}: TrainingRecord): StudyTraining {
  const {steps, seed, seconds, engine, date, loss, images} = training;
  return {
    steps,
    seed,
    seconds,
    engine,
    date,
    images: images ?? imagesOf(recipe),
    loss: loss.map((point) => ({step: point.step, loss: point.loss ?? point.l1 ?? 0}))
  };
}

function imagesOf(recipe: Json): string {
  const {pool} = recipe as {pool?: {kinds?: string[]; patients?: number; datasets?: string[]; sizes?: number[]}};
  if (pool?.datasets) return `the training splits of ${pool.datasets.length} datasets`;
  if (pool?.kinds) return `${poolWords(pool.kinds, pool.patients)}, none of those tested on`;
  return "not recorded";
}

/** The weights of an autoencoder that is not to be trained here. @throws InputError saying what is missing */
export async function givenWeights(spec: StudyAutoencoderSpec, {path, folder}: StudyFile): Promise<FoundWeights> {
  if (spec.known !== undefined) {
    const manifest = readManifest(spec.known);
    if (manifest === undefined)
      throw new InputError(
        `${path}: the weights of ${spec.id} are not here; bandscope fetch-weights ${spec.known} downloads them, and bandscope import FILE --id ${spec.known} puts them in place`
      );
    const file = join(weightsFolder, manifest.file);
    if (!existsSync(file)) throw new InputError(`${path}: ${file} is gone; import ${spec.known} again`);
    return {
      files: [file],
      sha256: manifest.sha256,
      bytes: manifest.bytes,
      geometry: manifest.geometry ?? null,
      licence: manifest.licence,
      training: null,
      record: null
    };
  }
  const files = spec.weights!.map((text) => resolvePath(text, folder, `${path}: autoencoder ${spec.id}`));
  for (const [i, file] of files.entries()) {
    if (!existsSync(file))
      throw new InputError(`${path}: the autoencoder ${spec.id} needs ${spec.weights![i]}, and there is no ${file}`);
  }
  const list = weightFiles(files).files;
  const hashes = await Promise.all(list.map(sha256File));
  return {
    files,
    sha256: hashes.length === 1 ? hashes[0] : sha256(hashes.sort().join("\n")),
    bytes: list.reduce((sum, file) => sum + statSync(file).size, 0),
    geometry: geometryIn(files),
    licence: null,
    training: null,
    record: null
  };
}

/** @throws InputError when they are no autoencoder's */
function geometryIn(files: readonly string[]): Geometry {
  const checkpoint = openAutoencoder(files);
  try {
    return geometryOf(checkpoint);
  } finally {
    checkpoint.close();
  }
}
