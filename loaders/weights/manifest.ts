import {existsSync, readdirSync, readFileSync} from "node:fs";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {InputError} from "../../models/errors.js";

/** Where imported weights live unless a person says otherwise. */
export const weightsFolder = fileURLToPath(new URL("../../models/weights", import.meta.url));

/** What stands in `ID.json` beside `ID.safetensors`. */
export interface Manifest {
  readonly id: string;
  readonly task: "autoencoder" | "generator" | "super-resolution";
  readonly dialect: string;
  readonly imageChannels?: number;
  readonly geometry?: {readonly channels: number; readonly factor: number};
  readonly scalingFactor?: number | null;
  readonly parameters: number;
  readonly licence: string;
  /** Where its makers describe it. */
  readonly page?: string;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly dtype: "F32" | "F16";
  /** The files that it was made from. */
  readonly sources: readonly {readonly file: string; readonly bytes: number; readonly sha256: string}[];
  /** The version of Bandscope that made it, and when (ISO 8601). */
  readonly bandscope: string;
  readonly imported: string;
}

/** The manifest of imported weights, or `undefined` when there are none by this id. @throws InputError when it can't be read */
export function readManifest(id: string, folder = weightsFolder): Manifest | undefined {
  const path = join(folder, `${id}.json`);
  if (!existsSync(path)) return undefined;
  let manifest: (Partial<Manifest> & {trained?: unknown}) | null;
  try {
    manifest = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new InputError(`${path} is not valid JSON: ${(error as Error).message}`, {cause: error});
  }
  if (manifest?.trained === true)
    throw new InputError(`${path} is the record of weights that were trained here, not imported; choose another id`);
  if (manifest?.id === id && typeof manifest.file === "string" && Array.isArray(manifest.sources))
    return manifest as Manifest;
  throw new InputError(`${path} is not a manifest of imported weights by the id ${JSON.stringify(id)}`);
}

/** All imported weights, by id. What else lies in the folder is passed over. */
export function listImported(folder = weightsFolder): Manifest[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json") && existsSync(join(folder, `${name.slice(0, -5)}.safetensors`)))
    .sort()
    .flatMap((name) => {
      try {
        return readManifest(name.slice(0, -5), folder) ?? [];
      } catch {
        return [];
      }
    });
}
