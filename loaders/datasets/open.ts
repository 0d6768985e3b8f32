import {existsSync, readdirSync, readFileSync, statSync} from "node:fs";
import {dirname, isAbsolute, join, resolve} from "node:path";
import {fileURLToPath} from "node:url";
import {InputError} from "../../models/errors.js";
import {bratsSubjects, openBrats} from "./adapters/brats.js";
import {openFolder} from "./adapters/folder.js";
import {openManifest} from "./adapters/manifest.js";
import {isMimicCxr, openMimicCxr} from "./adapters/mimic-cxr.js";
import {isMrnet, openMrnet} from "./adapters/mrnet.js";
import {openSimulated} from "./adapters/simulated.js";
import {holdsVolumes, openVolumes} from "./adapters/volume.js";
import type {Dataset} from "./dataset.js";
import {child, walk} from "./files.js";

/** The dataset definitions that ship. */
export const definitionsFolder = fileURLToPath(new URL("../../data/datasets/", import.meta.url));

type Options = Record<string, unknown> & {root?: string};
/** The adapters, and the options that each understands. */
const ADAPTERS: Record<string, {options: readonly string[]; open: (options: never) => Dataset}> = {
  simulated: {
    options: ["kind", "seed", "patients", "first", "slices", "size", "contrast", "lesion", "split"],
    open: openSimulated
  },
  folder: {options: ["root", "patient", "masks", "modality", "licence", "split", "size"], open: openFolder},
  manifest: {options: ["root", "set", "split", "size"], open: openManifest},
  mrnet: {options: ["root", "plane", "size"], open: openMrnet},
  brats: {options: ["root", "sequence", "rule", "slices", "split", "size"], open: openBrats},
  "mimic-cxr": {options: ["root", "tables", "views", "finding", "perPatient", "split", "size"], open: openMimicCxr},
  volume: {
    options: ["root", "axis", "slices", "range", "window", "patient", "modality", "licence", "split", "size"],
    open: openVolumes
  }
};
export const ADAPTER_NAMES: readonly string[] = Object.keys(ADAPTERS);

/**
 * Opens a dataset: the name of a definition in `data/datasets`, a definition file, a folder (what it holds decides the adapter), or
 * `ADAPTER:WHAT,option=value,…`: `simulated:brain,patients=10,contrast=FLAIR,lesion`, `brats:/data/BraTS2023,sequence=t2f`.
 *
 * @param overrides options that count before those of the definition
 * @throws InputError in one sentence when there is no such dataset or an option makes no sense
 */
export function openDataset(text: string, overrides: Options = {}): Dataset {
  const match = /^([a-z-]+):(.+)$/s.exec(text);
  if (match !== null && Object.hasOwn(ADAPTERS, match[1])) {
    const [what, ...words] = match[2].split(",");
    const main = match[1] === "simulated" ? {kind: what} : {root: what};
    return openWith(match[1], {...main, ...wordsToOptions(words, text), ...overrides}, text);
  }
  const shipped = join(definitionsFolder, `${text}.json`);
  if (/^[\w-]+$/.test(text) && existsSync(shipped)) return openDefinition(shipped, overrides);
  const stats = statSync(text, {throwIfNoEntry: false});
  if (stats === undefined) {
    const known = existsSync(definitionsFolder)
      ? readdirSync(definitionsFolder).filter((name) => name.endsWith(".json"))
      : [];
    throw new InputError(
      `there is no dataset ${JSON.stringify(text)}; name a folder, a definition (${known.map((name) => name.slice(0, -5)).join(", ")}) or one like simulated:brain`
    );
  }
  if (stats.isFile()) {
    if (/\.json$/i.test(text)) return openDefinition(text, overrides);
    throw new InputError(`${text} is a file; a dataset is a folder or a definition (.json)`);
  }
  return openWith(adapterOf(text), {root: text, ...overrides}, text);
}

/** Reads `{"id", "title", "adapter", …options}`. A relative `root` counts from BANDSCOPE_DATA if that is set, else from the file's folder. */
function openDefinition(path: string, overrides: Options): Dataset {
  let definition: Options & {adapter?: unknown};
  try {
    definition = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new InputError(`${path} is not JSON: ${(error as Error).message}`);
  }
  if (definition === null || typeof definition !== "object" || typeof definition.adapter !== "string")
    throw new InputError(`${path} has no "adapter"; a dataset definition names one of ${ADAPTER_NAMES.join(", ")}`);
  const {adapter, $schema: _schema, note: _note, ...options} = definition;
  if (typeof options.root === "string" && !isAbsolute(options.root))
    options.root = resolve(process.env.BANDSCOPE_DATA ?? dirname(path), options.root);
  return openWith(adapter as string, {...options, ...overrides}, path);
}

function openWith(adapter: string, options: Options, source: string): Dataset {
  if (!Object.hasOwn(ADAPTERS, adapter))
    throw new InputError(
      `${source} names the adapter ${JSON.stringify(adapter)}; there are ${ADAPTER_NAMES.join(", ")}`
    );
  const {options: known, open} = ADAPTERS[adapter];
  for (const name of Object.keys(options))
    if (!known.includes(name) && name !== "id" && name !== "title")
      throw new InputError(
        `${source}: the adapter ${adapter} has no option ${JSON.stringify(name)}; it has ${known.join(", ")}`
      );
  if (known.includes("root") && typeof options.root !== "string")
    throw new InputError(`${source} doesn't say where the data are; set "root", or give --root`);
  return open(options as never);
}

/** What a folder holds. */
function adapterOf(folder: string): string {
  if (child(folder, "manifest.csv") !== undefined) return "manifest";
  if (isMrnet(folder) || child(folder, "MRNet-v1.0") !== undefined) return "mrnet";
  if (isMimicCxr(folder)) return "mimic-cxr";
  if (bratsSubjects(folder).length > 0) return "brats";
  let images = false;
  walk(folder, {wanted: (name) => (images ||= /\.(png|jpe?g|npy)$/i.test(name))});
  return !images && holdsVolumes(folder) ? "volume" : "folder";
}

function wordsToOptions(words: readonly string[], text: string): Options {
  const options: Options = {};
  for (const word of words) {
    const at = word.indexOf("=");
    const name = (at < 0 ? word : word.slice(0, at)).trim();
    if (name === "") throw new InputError(`${text} has an empty option; write name=value, separated by commas`);
    options[name] = at < 0 ? true : parseWord(word.slice(at + 1).trim());
  }
  return options;
}

function parseWord(word: string): unknown {
  if (word === "true" || word === "false") return word === "true";
  return word !== "" && Number.isFinite(Number(word)) ? Number(word) : word;
}
