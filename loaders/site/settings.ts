import {existsSync, readdirSync, readFileSync} from "node:fs";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {InputError} from "../../models/errors.js";

/** What the site shows, as the environment says. */
export interface SiteSettings {
  /** A folder of images; absent for the simulated ones that ship. */
  readonly data?: string;
  /** Each a list of files that make up one autoencoder. */
  readonly weights: readonly WeightsChoice[];
  readonly imagesPerSet: number;
  /** SOURCE_DATE_EPOCH is set: the build must not depend on when it ran, so results are shown without their dates. */
  readonly withoutDates: boolean;
}

export interface WeightsChoice {
  /** Absent: from the files' names. */
  readonly name?: string;
  readonly paths: readonly string[];
}

const embeddedFolder = fileURLToPath(new URL("../../models/weights", import.meta.url));

/** @throws InputError when a variable has a value that makes no sense. */
export function siteSettings(environment: NodeJS.ProcessEnv = process.env): SiteSettings {
  const {BANDSCOPE_DATA: data, BANDSCOPE_WEIGHTS: weights, BANDSCOPE_IMAGES: images} = environment;
  if (data && !existsSync(data)) throw new InputError(`BANDSCOPE_DATA names ${data}, where there is nothing`);
  const imagesPerSet = images ? Number(images) : data ? 12 : 6;
  if (!Number.isInteger(imagesPerSet) || imagesPerSet < 1) {
    throw new InputError(`BANDSCOPE_IMAGES must be a whole number from 1, not ${JSON.stringify(images)}`);
  }
  return {
    ...(data ? {data} : {}),
    weights: weights ? weightsChoices(weights) : embeddedWeights(),
    imagesPerSet,
    withoutDates: Boolean(environment.SOURCE_DATE_EPOCH)
  };
}

/**
 * `a.safetensors, taesd_encoder.safetensors+taesd_decoder.safetensors, mine=folder/` → one choice each. An encoder and a
 * decoder with one stem belong together without the plus as well.
 */
export function weightsChoices(text: string): WeightsChoice[] {
  const choices: {name?: string; paths: string[]}[] = [];
  const byStem = new Map<string, {name?: string; paths: string[]}>();
  for (const entry of text.split(",").map((part) => part.trim())) {
    if (entry === "") continue;
    const named = /^([\w.-]+)=(.+)$/.exec(entry);
    const paths = (named?.[2] ?? entry).split("+").map((path) => path.trim());
    for (const path of paths) {
      if (!existsSync(path)) throw new InputError(`BANDSCOPE_WEIGHTS names ${path}, where there is nothing`);
    }
    const half = paths.length === 1 ? /^(.*)[._-](encoder|decoder)(\.\w+)$/.exec(paths[0]) : null;
    const stem = half ? half[1] + half[3] : "";
    const other = byStem.get(stem);
    if (half && other) {
      other.paths.push(paths[0]);
      continue;
    }
    const choice = {...(named ? {name: named[1]} : {}), paths};
    if (half) byStem.set(stem, choice);
    choices.push(choice);
  }
  if (choices.length === 0) throw new InputError("BANDSCOPE_WEIGHTS names no autoencoder");
  return choices;
}

/**
 * The small autoencoders that ship: those whose record says that they were trained here. What `bandscope import` keeps in the
 * same folder (a U-Net, somebody else's weights) is shown only when BANDSCOPE_WEIGHTS names it.
 */
export function embeddedWeights(folder: string = embeddedFolder): WeightsChoice[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".safetensors") && trainedHere(join(folder, name.replace(/safetensors$/, "json"))))
    .sort()
    .map((name) => ({paths: [join(folder, name)]}));
}

function trainedHere(record: string): boolean {
  if (!existsSync(record)) return false;
  try {
    return (JSON.parse(readFileSync(record, "utf8")) as {trained?: unknown} | null)?.trained === true;
  } catch (error) {
    throw new InputError(`${record} is not JSON: ${(error as Error).message}`);
  }
}
