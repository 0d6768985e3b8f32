import {existsSync, readdirSync, readFileSync} from "node:fs";
import {basename, dirname, join} from "node:path";
import {fileURLToPath} from "node:url";
import {InputError} from "../../models/errors.js";
import {plannedEngine} from "../studies/engine.js";
import {studyFolders} from "./studies.js";

/** What the site shows, as the environment says. */
export interface SiteSettings {
  /** A folder of images; absent for the simulated ones that ship. */
  readonly data?: string;
  /** Each a list of files that make up one autoencoder. */
  readonly weights: readonly WeightsChoice[];
  /** Generators of ours whose outputs are shown; none unless told. */
  readonly generators?: readonly GeneratorChoice[];
  /** Folders of what other programs made of the images; none unless told. */
  readonly outputs?: readonly OutputsChoice[];
  /** Folders of studies' results; none unless told. */
  readonly studies?: readonly string[];
  readonly imagesPerSet: number;
  /** SOURCE_DATE_EPOCH is set: the build must not depend on when it ran, so results are shown without their dates. */
  readonly withoutDates: boolean;
  /** No pixel of any image goes into the site: no picture, thumbnail, map or mask. */
  readonly withoutImages?: boolean;
  /** Images and patients that are not simulated are called `brain-0001` and `brain-p0001`, in an order that says nothing. */
  readonly pseudonyms?: boolean;
}

export interface WeightsChoice {
  /** Absent: from the files' names. */
  readonly name?: string;
  readonly paths: readonly string[];
}

export interface GeneratorChoice {
  /** `x0` */
  readonly name: string;
  readonly path: string;
  /** The autoencoder in whose latents it works, and its file. */
  readonly autoencoder: string;
  readonly autoencoderPath: string;
}

/** One arm: files that are called as the HR images are. */
export interface OutputsChoice {
  readonly name: string;
  readonly path: string;
}

/** What the site shows unless BANDSCOPE_GENERATORS names others: the study's x₀ models, at two geometries in two domains. */
const usualGenerators = ["natural-f8c4.x0", "natural-f4c3.x0", "medical-f4c3.x0", "medical-f8c4.x0"];

const embeddedFolder = fileURLToPath(new URL("../../models/weights", import.meta.url));

/** @throws InputError when a variable has a value that makes no sense. */
export function siteSettings(environment: NodeJS.ProcessEnv = process.env): SiteSettings {
  const {
    BANDSCOPE_DATA: data,
    BANDSCOPE_WEIGHTS: weights,
    BANDSCOPE_GENERATORS: generators,
    BANDSCOPE_IMAGES: images,
    BANDSCOPE_OUTPUTS: outputs
  } = environment;
  const withoutImages = Boolean(environment.BANDSCOPE_NO_IMAGES);
  if (data && !existsSync(data)) throw new InputError(`BANDSCOPE_DATA names ${data}, where there is nothing`);
  const imagesPerSet = images ? Number(images) : data ? 12 : 6;
  if (!Number.isInteger(imagesPerSet) || imagesPerSet < 1) {
    throw new InputError(`BANDSCOPE_IMAGES must be a whole number from 1, not ${JSON.stringify(images)}`);
  }
  return {
    ...(data ? {data} : {}),
    // outputs of one's own are often all that is wanted
    weights: weights === "none" || (outputs && !weights) ? [] : weights ? weightsChoices(weights) : embeddedWeights(),
    // sampling takes minutes on many or large images: on images of one's own only when asked for
    generators: generators ? generatorChoices(generators) : data || weights || outputs ? [] : embeddedGenerators(),
    outputs: outputs ? outputsChoices(outputs) : [],
    studies: studyFolders(environment.BANDSCOPE_STUDIES),
    imagesPerSet,
    withoutDates: Boolean(environment.SOURCE_DATE_EPOCH),
    withoutImages,
    pseudonyms: environment.BANDSCOPE_PSEUDONYMS ? environment.BANDSCOPE_PSEUDONYMS !== "no" : withoutImages
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
 * `esrgan=out/esrgan, mine=out/mine` → one choice each.
 * @throws InputError when a folder is missing or has no name
 */
export function outputsChoices(text: string): OutputsChoice[] {
  const entries = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  const choices = entries.map((entry) => {
    const [, name, path] = /^([\w.-]+)=(.+)$/.exec(entry) ?? [];
    if (name === undefined) {
      throw new InputError(
        `BANDSCOPE_OUTPUTS names ${entry}: an entry is NAME=FOLDER, the name of letters, digits, - and _`
      );
    }
    if (!existsSync(path)) throw new InputError(`BANDSCOPE_OUTPUTS names ${path}, where there is nothing`);
    return {name, path};
  });
  const twice = choices.find(({name}, i) => choices.findIndex((one) => one.name === name) !== i);
  if (twice) throw new InputError(`BANDSCOPE_OUTPUTS names two folders ${twice.name}: names must differ`);
  return choices;
}

/**
 * `medical-f4c3.x0, out/mine.flow.safetensors` → one choice each; `none` → none. A name without a folder is one of those that
 * ship. The file's name says the autoencoder, which lies beside it.
 * @throws InputError when a file is missing or is named otherwise
 */
export function generatorChoices(text: string): GeneratorChoice[] {
  const entries = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  if (entries.length === 1 && entries[0] === "none") return [];
  return entries.map((entry) => {
    const shipped = join(embeddedFolder, `${entry}.safetensors`);
    const path = existsSync(entry) ? entry : shipped;
    if (!existsSync(path)) {
      throw new InputError(
        `BANDSCOPE_GENERATORS names ${entry}, which is neither a file nor a generator in models/weights`
      );
    }
    const match = /^(.+)\.([^.]+)\.safetensors$/.exec(basename(path));
    if (match === null) {
      throw new InputError(
        `BANDSCOPE_GENERATORS names ${entry}: a generator's file is called AUTOENCODER.GENERATOR.safetensors`
      );
    }
    const [, autoencoder, name] = match;
    const autoencoderPath = join(dirname(path), `${autoencoder}.safetensors`);
    if (!existsSync(autoencoderPath)) {
      throw new InputError(
        `BANDSCOPE_GENERATORS names ${entry}, but its autoencoder ${autoencoderPath} does not exist`
      );
    }
    return {name, path, autoencoder, autoencoderPath};
  });
}

/**
 * Those of the usual generators that are there; none where no native engine is set up, since on wasm their samples would take
 * the build many minutes (BANDSCOPE_GENERATORS asks for them all the same).
 */
function embeddedGenerators(): GeneratorChoice[] {
  if (!plannedEngine().startsWith("tfjs-node")) return [];
  const there = usualGenerators.filter(
    (id) =>
      existsSync(join(embeddedFolder, `${id}.safetensors`)) &&
      existsSync(join(embeddedFolder, `${id.replace(/\.[^.]+$/, "")}.safetensors`))
  );
  return there.length === 0 ? [] : generatorChoices(there.join(","));
}

/**
 * The small autoencoders that ship: those whose record says that they were trained here on simulated images. Generators, those
 * of the study on real images, and what `bandscope import` keeps in the same folder are shown only when BANDSCOPE_WEIGHTS names them.
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
    const {trained, kind, recipe} = (JSON.parse(readFileSync(record, "utf8")) ?? {}) as {
      trained?: unknown;
      kind?: unknown;
      recipe?: {pool?: {kinds?: unknown}};
    };
    return trained === true && kind !== "generator" && recipe?.pool?.kinds !== undefined;
  } catch (error) {
    throw new InputError(`${record} is not JSON: ${(error as Error).message}`);
  }
}
