import {InputError} from "../../models/errors.js";
import type {Unpaired} from "../../src/measures/tables/analysis.js";
import {listImages} from "../images/index.js";
import {patientsOf} from "./patients.js";
import {someOf} from "./some-of.js";
import type {Task} from "./task.js";

export interface ArmInput {
  readonly name: string;
  readonly path: string;
}

export interface AnalysisInputs {
  readonly hr: string;
  readonly sr: readonly ArmInput[];
  /** An autoencoder's reconstructions of HR for all arms (name null) or for one. */
  readonly ae: readonly {readonly name: string | null; readonly path: string}[];
  readonly lr?: string;
  /** A folder of regions of interest; not every image need have one. */
  readonly masks?: string;
  readonly sfrc?: boolean;
  readonly patients?: string;
  readonly factor?: number;
  readonly allowMissing?: boolean;
  readonly recursive?: boolean;
}

export interface Plan {
  readonly arms: readonly string[];
  /** In natural order of the ids. */
  readonly tasks: readonly Task[];
  readonly unpaired: readonly Unpaired[];
  /** "12 of 20 images have a mask", and which masks belong to no image; null without masks. */
  readonly masks: string | null;
}

/**
 * Pairs the files of all folders by id, never by position.
 * @throws InputError when a folder cannot be read, an id lacks its partner (unless `allowMissing`), or nothing pairs at all.
 */
export function planAnalysis(inputs: AnalysisInputs): Plan {
  const {recursive} = inputs;
  const list = (path: string) => new Map(listImages([path], {recursive}).map((file) => [file.id, file.path]));
  const hr = list(inputs.hr);
  const arms = inputs.sr.map(({name, path}) => ({name, files: list(path)}));
  const common = inputs.ae.find(({name}) => name === null);
  const commonFiles = common === undefined ? undefined : list(common.path);
  const own = new Map(inputs.ae.flatMap(({name, path}) => (name === null ? [] : [[name, list(path)] as const])));
  const lr = inputs.lr === undefined ? undefined : list(inputs.lr);

  const masks = inputs.masks === undefined ? undefined : list(inputs.masks);
  const unpaired = [
    ...arms.map(({name, files}) => compare(`sr ${name}`, hr, files)),
    ...(commonFiles === undefined ? [] : [compare("ae", hr, commonFiles)]),
    ...Array.from(own, ([name, files]) => compare(`ae ${name}`, hr, files)),
    ...(lr === undefined ? [] : [compare("lr", hr, lr)])
  ].filter(({lacking, extra}) => lacking.length + extra.length > 0);
  for (const {name, files} of arms) {
    if (![...files.keys()].some((id) => hr.has(id))) {
      throw new InputError(
        `--hr ${inputs.hr} and --sr ${name} have no image id in common (an id is a file's name without its extension): ` +
          `${someOf([...hr.keys()], 3)}; ${someOf([...files.keys()], 3)}`
      );
    }
  }
  if (unpaired.length > 0 && !inputs.allowMissing) throw new InputError(complaint(unpaired));

  const ids = [...hr.keys()].filter((id) => arms.some(({files}) => files.has(id)));
  const patients = inputs.patients === undefined ? undefined : patientsOf(inputs.patients, ids);
  const tasks = ids.map((id): Task => {
    const pairs = arms.flatMap(({name, files}) => {
      const sr = files.get(id);
      return sr === undefined ? [] : [{arm: name, sr, ae: (own.get(name) ?? commonFiles)?.get(id) ?? null}];
    });
    const low = lr?.get(id) ?? null;
    return {
      id,
      patient: patients?.get(id) ?? null,
      hr: hr.get(id)!,
      lr: low,
      mask:
        masks === undefined
          ? {absent: "needs a region of interest (--masks)"}
          : (masks.get(id) ?? {absent: "--masks has no file of this name"}),
      sfrc: inputs.sfrc ?? false,
      arms: pairs,
      factor: inputs.factor ?? null
    };
  });
  return {
    arms: arms.map(({name}) => name),
    tasks,
    unpaired,
    masks: masks === undefined ? null : maskCoverage(inputs.masks!, masks, hr, ids)
  };
}

/** @throws InputError when no image has a mask. */
function maskCoverage(
  folder: string,
  masks: ReadonlyMap<string, string>,
  hr: ReadonlyMap<string, string>,
  ids: readonly string[]
): string {
  const covered = ids.filter((id) => masks.has(id)).length;
  const strays = [...masks.keys()].filter((id) => !hr.has(id));
  if (covered === 0) {
    throw new InputError(
      `--hr and --masks ${folder} have no image id in common (an id is a file's name without its extension): ` +
        `${someOf(ids, 3)}; ${someOf([...masks.keys()], 3)}`
    );
  }
  const left = strays.length === 0 ? "" : `; ${strays.length} without an image are left out: ${someOf(strays)}`;
  return `${covered} of ${ids.length} images have a mask${left}`;
}

/** What `unpaired` says, in one sentence an input. */
export function complaint(unpaired: readonly Unpaired[]): string {
  const sentences = unpaired.flatMap(({input, lacking, extra}) => [
    ...(lacking.length > 0 ? [`--${input} lacks ${count(lacking)} of --hr: ${someOf(lacking)}`] : []),
    ...(extra.length > 0 ? [`--${input} has ${count(extra)} that --hr lacks: ${someOf(extra)}`] : [])
  ]);
  return `${sentences.join("; ")}. Images pair by file name; --allow-missing measures the pairs that there are`;
}

function compare(input: string, hr: ReadonlyMap<string, string>, files: ReadonlyMap<string, string>): Unpaired {
  const lacking = [...hr.keys()].filter((id) => !files.has(id));
  return {input, lacking, extra: [...files.keys()].filter((id) => !hr.has(id))};
}

function count(ids: readonly string[]): string {
  return `${ids.length} ${ids.length === 1 ? "image" : "images"}`;
}
