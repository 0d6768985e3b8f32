import {existsSync, rmSync} from "node:fs";
import {join} from "node:path";
import type {KnownWeights} from "../../models/checkpoints/known.js";
import {sha256File} from "../files.js";
import {type Downloaded, type DownloadOptions, download} from "./download.js";
import {extractEntry} from "./extract.js";

export interface FetchedFile {
  readonly path: string;
  readonly sha256: string;
  readonly verified: Downloaded["verified"];
  /** It was there before. */
  readonly kept: boolean;
}

/**
 * Downloads the files of known weights to a folder. What is there already is kept (and checked where a checksum is known).
 * `HF_ENDPOINT` names a mirror of the Hugging Face hub, as for its own tools.
 * @throws InputError as `download` and `extractEntry` do
 */
export async function fetchWeights(
  known: KnownWeights,
  folder: string,
  options: Omit<DownloadOptions, "sha256"> = {}
): Promise<FetchedFile[]> {
  const fetched: FetchedFile[] = [];
  for (const {url, name, sha256, entry} of known.files) {
    const path = join(folder, name);
    if (existsSync(path)) {
      const found = await sha256File(path);
      if (sha256 === null || entry !== undefined || found === sha256) {
        fetched.push({path, sha256: found, verified: sha256 === found ? "known checksum" : "nothing", kept: true});
        continue;
      }
    }
    if (entry === undefined) {
      const {sha256: found, verified} = await download(mirrored(url), path, {...options, sha256});
      fetched.push({path, sha256: found, verified, kept: false});
    } else {
      const archive = `${path}.zip`;
      const {verified} = await download(mirrored(url), archive, {...options, sha256});
      await extractEntry(archive, entry, path);
      rmSync(archive);
      fetched.push({path, sha256: await sha256File(path), verified, kept: false});
    }
  }
  return fetched;
}

function mirrored(url: string): string {
  const endpoint = process.env.HF_ENDPOINT?.replace(/\/+$/, "");
  return endpoint ? url.replace(/^https:\/\/huggingface\.co(?=\/)/, endpoint) : url;
}
