import {existsSync, readFileSync, statSync} from "node:fs";
import {basename} from "node:path";
import {weightFiles} from "../../models/autoencoders/weightFiles.js";
import type {Engine} from "../../models/engines/engine.js";
import {startEngine} from "../../models/engines/index.js";
import {InputError} from "../../models/errors.js";
import type {SiteArm} from "../../src/components/site-data.js";
import type {Image, Plane} from "../../src/measures/image.js";
import {resize} from "../../src/measures/resize.js";
import {sha256File} from "../files.js";
import {listImages} from "../images/index.js";
import {reconstruct} from "../reconstruct/reconstruct.js";
import {openWeights} from "../reconstruct/weights.js";
import type {Recipe} from "../store/store.js";
import {openLatent} from "../super-resolve/latent.js";
import {poolWords} from "../training/pool-words.js";
import {codeHash} from "./code-hash.js";
import {degradation, factor, lowOf} from "./low.js";
import type {GeneratorChoice, OutputsChoice, WeightsChoice} from "./settings.js";

/** One way to an output. */
export type Arm = RunnableArm | FolderArm;

/** Outputs that another program has made: by the image's id, the file that holds them. */
export interface FolderArm {
  readonly arm: SiteArm;
  readonly files: ReadonlyMap<string, string>;
}

/** One that this program runs. */
export interface RunnableArm {
  readonly arm: SiteArm;
  readonly files?: undefined;
  /** What, beside the image, determines the output. */
  readonly recipe: Recipe;
  /** Of what is random in it, the one that is shown first; absent where nothing is. */
  readonly seeds?: readonly number[];
  run(image: Image, seed?: number): Promise<Plane>;
  dispose(): void;
  /** The weights' files, by the names under which a page loads them. */
  readonly browserFiles?: ReadonlyMap<string, string>;
}

/** Weights up to this size are offered to the page that runs an autoencoder itself. */
const browserBytes = 24e6;

/** Seeds of a generator's noise: outputs of the first are shown and measured, all of them make the map of the spread. */
export const spreadSeeds: readonly number[] = [1, 2, 3, 4];

/** Bicubic, each autoencoder, each generator, each folder of outputs. The engine starts only when there is a network. */
export async function openArms(
  choices: readonly WeightsChoice[],
  generators: readonly GeneratorChoice[] = [],
  outputs: readonly OutputsChoice[] = []
): Promise<{arms: Arm[]; engine: string}> {
  const folders = outputs.map(folderArm);
  const arms: RunnableArm[] = [bicubic()];
  if (choices.length === 0 && generators.length === 0) return {arms: [...arms, ...folders], engine: "none"};
  const engine = await startEngine();
  for (const choice of choices) arms.push(await autoencoder(choice, engine));
  for (const choice of generators) arms.push(await superResolution(choice, engine));
  const ids = arms.map(({arm}) => arm.id);
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice?.startsWith("sr:"))
    throw new InputError(`two generators are called ${twice.split(":").slice(1, 3).join(".")}`);
  if (twice)
    throw new InputError(`two autoencoders are called ${twice}: give them names (BANDSCOPE_WEIGHTS=name=file)`);
  return {arms: [...arms, ...folders], engine: engineText(engine)};
}

function folderArm({name, path}: OutputsChoice): FolderArm {
  return {
    arm: {
      id: `sr:${name}`,
      label: name,
      kind: "super-resolution",
      description: "Outputs of another program, measured here.",
      engine: "made elsewhere"
    },
    files: new Map(listImages([path], {recursive: true}).map(({id, path}) => [id, path]))
  };
}

function bicubic(): RunnableArm {
  return {
    arm: {
      id: "bicubic",
      label: `Bicubic ×${factor}`,
      kind: "baseline",
      description: `The image reduced ${factor}-fold by antialiased bicubic resampling and enlarged again: what a super-resolution method starts from.`,
      engine: "plain TypeScript, float64"
    },
    recipe: {
      kind: "reconstruction",
      arm: "bicubic",
      factor,
      degradation,
      code: codeHash(["src/measures/resize.ts", "loaders/site/low.ts", "loaders/datasets/degradations"])
    },
    run: async (image) => resize(lowOf(image), image.width, image.height),
    dispose: () => {}
  };
}

async function autoencoder({name, paths}: WeightsChoice, engine: Engine): Promise<RunnableArm> {
  const weights = await openWeights(paths);
  const {geometry, parameters, kind} = weights.autoencoder;
  const id = name ?? weights.name;
  const {files: places} = weightFiles(paths);
  const files = places.map((path) => basename(path));
  const browserFiles = await forBrowser(places);
  return {
    arm: {
      id: `ae:${id}`,
      label: labelOf(id),
      kind: "autoencoder",
      description: `${kind === "kl" ? "AutoencoderKL" : "Tiny autoencoder"}: the image encoded and decoded, nothing in between. No generator that works in this latent space can be expected to do better.`,
      geometry,
      parameters,
      weights: {sha256: weights.sha256, files, ...(browserFiles ? {browser: [...browserFiles.keys()]} : {})},
      ...words(recordOf(places)),
      engine: engineText(engine)
    },
    recipe: {
      kind: "reconstruction",
      arm: "autoencoder",
      weights: weights.sha256,
      engine: engine.name,
      version: engine.version,
      code: codeHash(["models/autoencoders", "models/ops", "models/engines", "loaders/reconstruct/reconstruct.ts"])
    },
    run: async (image) => {
      for await (const {output} of reconstruct([image], weights.autoencoder, {batch: 1})) return output;
      throw new RangeError(`no reconstruction of ${image.id}`);
    },
    dispose: () => weights.autoencoder.dispose(),
    browserFiles
  };
}

async function superResolution(choice: GeneratorChoice, engine: Engine): Promise<RunnableArm> {
  const resolver = await openLatent([choice.autoencoderPath], choice.path);
  const record = recordOf([choice.path]);
  const {sampler, steps, generator, weights} = resolver.settings as {
    sampler: string;
    steps: number;
    generator: string;
    weights: string;
  };
  return {
    arm: {
      id: `sr:${choice.autoencoder}:${choice.name}:${sampler}-${steps}`,
      label: `SR in ${/^(medical|natural)-f\d+c\d+$/.test(choice.autoencoder) ? choice.autoencoder.replace("-", " ") : labelOf(choice.autoencoder)}, ${choice.name}`,
      kind: "super-resolution",
      description: `The LR image encoded, a generator's guess of the HR latent (${sampler}, ${steps} steps), decoded: ${resolver.description}.`,
      ...(record?.parameters === undefined ? {} : {parameters: record.parameters}),
      weights: {sha256: weights, files: [basename(choice.autoencoderPath)]},
      generator: {
        autoencoder: `ae:${choice.autoencoder}`,
        sha256: generator,
        file: basename(choice.path),
        sampler,
        steps,
        seed: spreadSeeds[0]
      },
      ...words(record),
      engine: engineText(engine)
    },
    recipe: {
      kind: "reconstruction",
      arm: "super-resolution",
      settings: resolver.settings,
      degradation,
      engine: engine.name,
      version: engine.version,
      code: codeHash([
        "models/autoencoders",
        "models/generators",
        "models/unet",
        "models/ops",
        "models/engines",
        "loaders/super-resolve",
        "loaders/site/low.ts",
        "loaders/datasets/degradations"
      ])
    },
    seeds: spreadSeeds,
    run: async (image, seed = spreadSeeds[0]) => {
      if (image.width % factor !== 0 || image.height % factor !== 0) {
        throw new InputError(
          `${image.id} is ${image.width}×${image.height}: generators need sides that are multiples of ${factor}; BANDSCOPE_GENERATORS=none leaves them out`
        );
      }
      const [{output}] = await resolver.run([{...lowOf(image), id: image.id}], seed);
      return output;
    },
    dispose: () => resolver.dispose()
  };
}

/** Named by content; undefined when the files are too large or in a format that pages do not read. */
async function forBrowser(places: readonly string[]): Promise<Map<string, string> | undefined> {
  if (!places.every((path) => path.endsWith(".safetensors"))) return undefined;
  if (places.reduce((sum, path) => sum + statSync(path).size, 0) > browserBytes) return undefined;
  const named = new Map<string, string>();
  for (const path of places) {
    named.set(`${basename(path, ".safetensors")}.${(await sha256File(path)).slice(0, 8)}.safetensors`, path);
  }
  return named;
}

/** What stands beside weights that we trained ourselves: `<name>.json`. */
export interface TrainingRecord {
  readonly licence?: string;
  readonly parameters?: number;
  readonly training?: {readonly steps?: number; readonly seconds?: number};
  readonly recipe?: {readonly pool?: {readonly kinds?: readonly string[]; readonly patients?: number}};
}

function recordOf(places: readonly string[]): TrainingRecord | undefined {
  const path = places[0].replace(/\.safetensors$/, ".json");
  if (places.length !== 1 || path === places[0] || !existsSync(path)) return undefined;
  return JSON.parse(readFileSync(path, "utf8")) as TrainingRecord;
}

/** Licence and training of a record in a reader's words. */
export function words(record: TrainingRecord | undefined): Pick<SiteArm, "licence" | "training"> {
  const {licence, training, recipe} = record ?? {};
  const {kinds, patients} = recipe?.pool ?? {};
  const minutes = training?.seconds === undefined ? "" : ` in ${Math.max(1, Math.round(training.seconds / 60))} min`;
  const parts = [
    training?.steps && `${training.steps} steps${minutes}`,
    kinds && `${poolWords(kinds, patients)}, none of those shown here`
  ].filter(Boolean);
  return {...(licence ? {licence} : {}), ...(parts.length > 0 ? {training: parts.join("; ")} : {})};
}

/** `medical-f4c3`, one of ours → "Small medical AE, f4c3". */
function labelOf(name: string): string {
  const ours = /^(medical|natural)-(f\d+c\d+)$/.exec(name);
  return ours ? `Small ${ours[1]} AE, ${ours[2]}` : (labels[name] ?? name);
}

/** How people write the names of autoencoders that we know by their files. */
const labels: Record<string, string> = {
  taesd: "TAESD",
  taesdxl: "TAESDXL",
  taesd3: "TAESD3",
  taef1: "TAEF1",
  sdvae: "SD-VAE",
  "kl-f4": "KL-f4"
};

function engineText({name, version, threads, device}: Engine): string {
  const where = device ? `, ${device}` : threads > 0 ? `, ${threads} thread${threads === 1 ? "" : "s"}` : "";
  return `${name} (${version}${where})`;
}
