import {createHash} from "node:crypto";
import {existsSync, statSync} from "node:fs";
import {basename, join} from "node:path";
import {openAutoencoder} from "../../models/autoencoders/load.js";
import {weightFiles} from "../../models/autoencoders/weightFiles.js";
import {readBytes} from "../../models/checkpoints/byte-source.js";
import type {Checkpoint} from "../../models/checkpoints/checkpoint.js";
import {dtypes, isDType} from "../../models/checkpoints/dtypes.js";
import {encodeSafetensors, type StoredDType} from "../../models/checkpoints/encode-safetensors.js";
import {fileSource} from "../../models/checkpoints/file-source.js";
import {type KnownWeights, knownWeights} from "../../models/checkpoints/known.js";
import {InputError} from "../../models/errors.js";
import type {Progress} from "../cli/progress.js";
import {sha256, writeFileAtomic} from "../files.js";
import {version} from "../version.js";
import {type Identity, identify} from "./identify.js";
import {type Manifest, readManifest, weightsFolder} from "./manifest.js";

export interface ImportOptions {
  readonly id: string;
  /** Default: F16 when all the weights are in half precision already, else F32, so that nothing is lost. */
  readonly dtype?: StoredDType;
  readonly folder?: string;
  /** Default: that of the known weights by this id. */
  readonly licence?: string;
  /** Replace other weights by this id. */
  readonly force?: boolean;
  /** Told what goes on; nothing by default. */
  readonly progress?: (label: string, total: number, unit: string) => Pick<Progress, "advance" | "finish">;
}

/**
 * Writes the weights of a checkpoint (one file, an encoder's and a decoder's, or a folder) as `ID.safetensors` with a manifest `ID.json`. The
 * tensors keep their names; what belongs to training alone (a discriminator, an optimizer) is left out. Schedules and other buffers
 * that are no weights stay in single precision. Needs a tfjs backend.
 * @returns the manifest, and whether the very same import was there before
 * @throws InputError when the files are no model known here, are not what the id stands for, or the id is taken by others
 */
export async function importWeights(
  paths: readonly string[],
  {id, dtype, folder = weightsFolder, licence, force = false, progress = silent}: ImportOptions
): Promise<{manifest: Manifest; kept: boolean}> {
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(id))
    throw new InputError(
      `${JSON.stringify(id)} can't be an id: it may hold a to z, 0 to 9, dots, hyphens and underscores, and begins with a letter or digit`
    );
  const known = knownWeights.find((candidate) => candidate.id === id);
  const sources: Manifest["sources"][number][] = [];
  for (const path of weightFiles(paths).files) sources.push(await describeSource(path, progress));
  const file = `${id}.safetensors`;
  const checkpoint = openAutoencoder(paths);
  try {
    const stored = dtype ?? (halfAlready(checkpoint) ? "F16" : "F32");
    const earlier = readManifest(id, folder);
    if (earlier !== undefined && existsSync(join(folder, file)) && !force) {
      if (earlier.dtype === stored && same(earlier.sources, sources)) return {manifest: earlier, kept: true};
      throw new InputError(
        `${join(folder, file)} holds other weights already (${earlier.dtype} from ${earlier.sources.map((source) => source.file).join(" and ")}, imported ${earlier.imported}); choose another id or replace them with --force`
      );
    }
    if (earlier === undefined && existsSync(join(folder, file)) && !force)
      throw new InputError(
        `${join(folder, file)} exists and has no manifest; choose another id or replace it with --force`
      );

    const identity = identify(checkpoint);
    if (known !== undefined) agree(known, identity, checkpoint.source);
    const bytes = encode(checkpoint, identity, stored, progress);
    const manifest: Manifest = {
      id,
      task: identity.task,
      dialect: identity.dialect,
      ...(identity.imageChannels !== undefined && {imageChannels: identity.imageChannels}),
      ...(identity.geometry !== undefined && {geometry: identity.geometry}),
      ...(known?.scalingFactor !== undefined && {scalingFactor: known.scalingFactor}),
      parameters: identity.parameters,
      licence: licence ?? known?.licence ?? "not stated",
      ...(known !== undefined && {page: known.page}),
      file,
      bytes: bytes.length,
      sha256: sha256(bytes),
      dtype: stored,
      sources,
      bandscope: version,
      imported: new Date().toISOString()
    };
    writeFileAtomic(join(folder, file), bytes);
    writeFileAtomic(join(folder, `${id}.json`), `${JSON.stringify(manifest, undefined, 2)}\n`);
    return {manifest, kept: false};
  } finally {
    checkpoint.close();
  }
}

const silent = () => ({advance() {}, finish() {}});

async function describeSource(path: string, progress: NonNullable<ImportOptions["progress"]>) {
  const stat = statSync(path, {throwIfNoEntry: false});
  if (stat === undefined) throw new InputError(`there is no ${path}`);
  const chunkBytes = 1 << 24;
  const bar = progress(`read ${basename(path)}`, Math.ceil(stat.size / chunkBytes), "parts");
  const hash = createHash("sha256");
  const source = fileSource(path);
  try {
    for (let at = 0; at < source.size; at += chunkBytes) {
      hash.update(readBytes(source, at, Math.min(chunkBytes, source.size - at)));
      bar.advance();
    }
  } finally {
    source.close();
    bar.finish();
  }
  return {file: basename(path), bytes: stat.size, sha256: hash.digest("hex")};
}

function encode(
  checkpoint: Checkpoint,
  {needs}: Identity,
  dtype: StoredDType,
  progress: NonNullable<ImportOptions["progress"]>
): Uint8Array {
  const infos = [...checkpoint.tensors.values()].filter((info) => isFloat(info.dtype) && needs(info.name));
  const bar = progress("convert", infos.length, "tensors");
  const tensors = infos.map(({name, shape}) => ({
    name,
    shape,
    values() {
      bar.advance();
      return checkpoint.read(name);
    },
    dtype: /\.(weight|bias)$/.test(name) ? dtype : ("F32" as const)
  }));
  try {
    return encodeSafetensors(tensors, {metadata: checkpoint.metadata});
  } catch (error) {
    if (!(error instanceof RangeError && error.message.includes("float16"))) throw error;
    throw new InputError(`${checkpoint.source}: tensor ${error.message}; import it in single precision (--dtype f32)`, {
      cause: error
    });
  } finally {
    bar.finish();
  }
}

/** An id that is known stands for one model. @throws InputError when this is another */
function agree(known: KnownWeights, identity: Identity, source: string): void {
  const expected = {
    task: known.task,
    channels: known.geometry?.channels,
    factor: known.geometry?.factor,
    image: known.imageChannels
  };
  const found = {
    task: identity.task,
    channels: identity.geometry?.channels,
    factor: identity.geometry?.factor,
    image: identity.imageChannels
  };
  if (JSON.stringify(expected) === JSON.stringify(found)) return;
  const text = ({task, channels, factor, image}: typeof found) =>
    `${task}${channels === undefined ? "" : ` with ${channels} latent channels at f${factor}`}${image === undefined ? "" : ` for ${image} image channel${image > 1 ? "s" : ""}`}`;
  throw new InputError(
    `${source} is not ${known.id} (${known.title}): it holds a model for ${text(found)}, expected ${text(expected)}; import it by another id`
  );
}

function halfAlready(checkpoint: Checkpoint): boolean {
  const floats = [...checkpoint.tensors.values()].filter((info) => isFloat(info.dtype));
  return floats.length > 0 && floats.every((info) => info.dtype === "F16" || info.dtype.startsWith("F8"));
}

function isFloat(dtype: string): boolean {
  return isDType(dtype) && dtypes[dtype].float;
}

function same(a: Manifest["sources"], b: Manifest["sources"]): boolean {
  const hashes = (sources: Manifest["sources"]) =>
    sources
      .map((source) => source.sha256)
      .sort()
      .join();
  return hashes(a) === hashes(b);
}
