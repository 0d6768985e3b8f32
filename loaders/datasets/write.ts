import {existsSync, readdirSync} from "node:fs";
import {join} from "node:path";
import {csvFormat} from "d3-dsv";
import {InputError} from "../../models/errors.js";
import {writeFileAtomic} from "../files.js";
import {encodeNpy, encodePng8} from "../images/index.js";
import {pixelSha256} from "./check.js";
import type {Dataset} from "./dataset.js";
import type {Degrader} from "./degradations/index.js";

/** The columns of a manifest that we write; `openManifest` reads them back. */
export const MANIFEST_COLUMNS = [
  "id",
  "file",
  "patient",
  "split",
  "modality",
  "pixel_sha256",
  "source",
  "licence",
  "simulated",
  "mask",
  "lr",
  "degradation",
  "lesion_contrast",
  "lesion_radius",
  "lesion_x",
  "lesion_y"
] as const;

/**
 * Writes a dataset as 8-bit PNGs with `manifest.csv` and `masks/`; with a `degrader` also the low-resolution image of each, under
 * the same name in `lr/`. The manifest comes last: a folder without one is not finished.
 * @throws InputError when the folder holds files already and `force` isn't set, or an id can't be a file's name
 */
export async function writeDataset(
  dataset: Dataset,
  folder: string,
  {force = false, degrader, advance = () => {}}: {force?: boolean; degrader?: Degrader; advance?: () => void} = {}
): Promise<string> {
  if (!force && existsSync(folder) && readdirSync(folder).length > 0)
    throw new InputError(`${folder} holds files already; name an empty folder, or say --force to write into it`);
  const rows: Record<(typeof MANIFEST_COLUMNS)[number], string>[] = [];
  for (const entry of dataset.list()) {
    if (!/^[^/\\\0]{1,200}$/.test(entry.id) || entry.id.startsWith("."))
      throw new InputError(`${JSON.stringify(entry.id)} can't be a file's name`);
    const sample = await dataset.read(entry.id);
    const file = `${entry.id}.png`;
    writeFileAtomic(join(folder, file), encodePng8(sample));
    let mask = "";
    if (sample.mask?.includes(1)) {
      mask = `masks/${file}`;
      writeFileAtomic(join(folder, mask), encodePng8({...sample, data: Float32Array.from(sample.mask)}));
    }
    let lr = "";
    if (degrader) {
      const low = degrader.apply(sample);
      lr = degrader.spec.bits === 8 ? `lr/${file}` : `lr/${entry.id}.npy`;
      const bytes =
        degrader.spec.bits === 8 ? encodePng8(low) : encodeNpy(low.data as Float32Array, [low.height, low.width]);
      writeFileAtomic(join(folder, lr), bytes);
    }
    const {lesion} = sample;
    rows.push({
      id: entry.id,
      file,
      patient: entry.patient,
      split: entry.split ?? "",
      modality: sample.modality,
      pixel_sha256: pixelSha256(sample),
      source: entry.source,
      licence: entry.licence ?? "",
      simulated: String(entry.simulated === true),
      mask,
      lr,
      degradation: degrader?.id ?? "",
      lesion_contrast: lesion ? lesion.contrast.toFixed(5) : "",
      lesion_radius: lesion ? lesion.radius.toFixed(3) : "",
      lesion_x: lesion ? lesion.x.toFixed(3) : "",
      lesion_y: lesion ? lesion.y.toFixed(3) : ""
    });
    advance();
  }
  const path = join(folder, "manifest.csv");
  writeFileAtomic(path, `${csvFormat(rows, MANIFEST_COLUMNS as unknown as (typeof MANIFEST_COLUMNS)[number][])}\n`);
  return path;
}
