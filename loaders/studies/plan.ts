import {existsSync, readFileSync, statSync} from "node:fs";
import {availableParallelism} from "node:os";
import {join} from "node:path";
import type {Geometry} from "../../models/autoencoders/autoencoder.js";
import {klArchitecture} from "../../models/autoencoders/init.js";
import {klGeometry} from "../../models/autoencoders/klNetwork.js";
import type {EngineName} from "../../models/engines/engine.js";
import {InputError} from "../../models/errors.js";
import type {StudyImage, StudyPairing, StudySet, StudyTraining} from "../../src/components/study-data.js";
import type {Entry} from "../datasets/dataset.js";
import {Degrader} from "../datasets/degradations/index.js";
import {definitionsFolder, openDataset} from "../datasets/open.js";
import {sha256, sha256File} from "../files.js";
import {listImages} from "../images/index.js";
import {batchFor} from "../reconstruct/batches.js";
import {codeHash} from "../site/code-hash.js";
import {type Json, recipeHash} from "../store/canonical.js";
import type {Recipe, Store} from "../store/store.js";
import {type GeneratorRecipe, poolOf} from "../training/generator-recipe.js";
import {viewsOf} from "../training/latents.js";
import {trainingPool} from "../training/pool.js";
import type {Pool, TrainingRecipe} from "../training/recipe.js";
import {armsOf, type PlannedArm} from "./arms.js";
import {
  guessedMacs,
  imageSeconds,
  klMacs,
  measureSeconds,
  secondsOf,
  trainingSeconds,
  unetMacs,
  type Work
} from "./cost.js";
import {resolveDataset, resolvePath} from "./paths.js";
import {generatorRecipe, type StudyFile} from "./readStudy.js";
import {selectImages} from "./select.js";
import type {ImagesTask, Step, StepKind, StepTask, WeightsPlace} from "./step.js";
import type {StudyDataset} from "./study.js";
import {type FoundWeights, givenWeights, trainedWeights} from "./weights.js";

export interface PlanOptions {
  readonly store: Store;
  readonly engine: EngineName;
  /** Train everything that has a recipe, into the store, rather than take what models/weights has. */
  readonly retrain?: boolean;
  /** Leave out arms whose weights would have to be trained or are not there. */
  readonly trainedOnly?: boolean;
  /** In place of the study's. */
  readonly seeds?: readonly number[];
}

/** Weights that a study uses, where they come from. */
export interface PlannedWeights {
  readonly id: string;
  /** Of a generator: the autoencoder in whose latents it works. */
  readonly autoencoder: string | null;
  /** Null where they are missing. */
  readonly place: WeightsPlace | null;
  /** What stands for them in a recipe: their hash, or the step that makes them. */
  readonly key: Json;
  readonly found: FoundWeights | null;
  readonly recipe: TrainingRecipe | GeneratorRecipe | null;
  readonly training: StudyTraining | null;
}

export interface PlannedRun {
  readonly arm: string;
  readonly set: string;
  readonly seed: number | null;
  readonly pairing: StudyPairing;
  /** Ids of steps. */
  readonly outputs: string;
  readonly measures: string;
}

/** All that a study comes to: steps in an order in which each stands after those that it needs. */
export interface Plan {
  readonly file: StudyFile;
  readonly engine: EngineName;
  readonly seeds: readonly number[];
  readonly steps: readonly Step[];
  readonly runs: readonly PlannedRun[];
  readonly sets: readonly StudySet[];
  readonly images: readonly StudyImage[];
  readonly arms: readonly PlannedArm[];
  readonly autoencoders: readonly PlannedWeights[];
  readonly generators: readonly PlannedWeights[];
  readonly degradation: string;
  /** What must be there before the study can run, each a sentence. */
  readonly missing: readonly string[];
  /** What a reader must know: arms that were left out. */
  readonly notes: readonly string[];
}

const imagesCode = [
  "loaders/datasets",
  "loaders/studies/images.ts",
  "src/measures/resize.ts",
  "src/measures/random.ts"
];
const outputsCode = [
  ...[
    "models/autoencoders",
    "models/baselines",
    "models/generators",
    "models/ops",
    "models/unet",
    "models/checkpoints"
  ],
  ...[
    "loaders/reconstruct/batches.ts",
    "loaders/reconstruct/reconstruct.ts",
    "loaders/super-resolve",
    "loaders/studies/outputs.ts"
  ]
];
const bicubicCode = ["src/measures/resize.ts", "loaders/studies/outputs.ts"];
const measuresCode = [
  ...[
    "assignment",
    "audit",
    "bands",
    "check",
    "dwt",
    "elementary",
    "error-split",
    "extend",
    "fft",
    "fidelity",
    "frc",
    "hallucination"
  ],
  ...[
    "masked",
    "measure-image",
    "moments",
    "ms-ssim",
    "nullspace",
    "parseval",
    "radial",
    "resize",
    "sfrc",
    "spectrum2d",
    "ssim"
  ]
]
  .map((name) => `src/measures/${name}.ts`)
  .concat("src/measures/tables/record.ts", "loaders/analyse/measure-task.ts", "loaders/studies/measures.ts");

/** What a study would do. Starts no engine. @throws InputError when the study can't be planned at all */
export async function planStudy(file: StudyFile, options: PlanOptions): Promise<Plan> {
  return new Planner(file, options).plan();
}

/** The step of an id, or of the beginning of one. @throws InputError when there is none, or several */
export function stepOf(plan: Plan, id: string): Step {
  const found = plan.steps.filter((step) => step.id.startsWith(id));
  if (found.length === 1) return found[0];
  throw new InputError(
    found.length === 0
      ? `the study has no step ${id}; --plan --json lists them`
      : `${id} is the beginning of ${found.length} steps' ids; give more of it`
  );
}

interface PlannedSet {
  readonly dataset: StudyDataset;
  readonly entries: readonly Entry[] | null;
  readonly count: number;
  readonly step: string;
}

class Planner {
  private readonly steps = new Map<string, Step>();
  private readonly missing = new Set<string>();
  private readonly notes: string[] = [];
  private readonly cores = Math.min(8, availableParallelism());
  private readonly pools = new Map<string, number>();
  private readonly hashes = new Map<readonly string[], string>();

  constructor(
    private readonly file: StudyFile,
    private readonly options: PlanOptions
  ) {}

  async plan(): Promise<Plan> {
    const {file, options} = this;
    const {study} = file;
    const seeds = options.seeds ?? study.seeds;
    const degrader = new Degrader(study.degradation);
    const specs = options.seeds
      ? study.arms.map((arm) => ("seeds" in arm ? {...arm, seeds: undefined} : arm))
      : study.arms;
    const all = armsOf({...study, seeds, arms: specs});
    const autoencoders = await this.autoencoders(all);
    const generators = await this.generators(all, autoencoders);
    const arms = this.available(all, autoencoders, generators);
    const sets = study.datasets.map((dataset) => this.images(dataset));
    const runs: PlannedRun[] = [];
    for (const set of sets) {
      for (const arm of arms) {
        if (arm.datasets !== null && !arm.datasets.includes(set.dataset.id)) continue;
        for (const seed of arm.seeds.length > 0 ? arm.seeds : [null]) {
          const outputs = await this.outputs(set, arm, seed, autoencoders, generators);
          const ceiling =
            arm.kind === "sr" ? (await this.outputs(set, ceilingOf(arm), null, autoencoders, generators)).id : null;
          for (const pairing of arm.pairing) {
            if (!arm.runs.some((run) => run.seed === seed && run.pairing === pairing)) continue;
            const measures = this.measures(set, arm, seed, pairing, outputs.id, ceiling);
            runs.push({arm: arm.id, set: set.dataset.id, seed, pairing, outputs: outputs.id, measures: measures.id});
          }
        }
      }
    }
    return {
      file,
      engine: options.engine,
      seeds,
      steps: [...this.steps.values()],
      runs,
      sets: sets.map(describeSet),
      images: sets.flatMap(describeImages),
      arms,
      autoencoders: [...autoencoders.values()].filter(({id}) => arms.some(({autoencoder}) => autoencoder === id)),
      generators: [...generators.entries()]
        .filter(([name]) => arms.some(({autoencoder, generator}) => `${autoencoder}.${generator}` === name))
        .map(([, weights]) => weights),
      degradation: degrader.id,
      missing: [...this.missing],
      notes: this.notes
    };
  }

  private async autoencoders(arms: readonly PlannedArm[]): Promise<Map<string, PlannedWeights>> {
    const {file, options} = this;
    const used = new Set(arms.flatMap(({autoencoder}) => autoencoder ?? []));
    const result = new Map<string, PlannedWeights>();
    for (const spec of file.study.autoencoders) {
      if (!used.has(spec.id)) continue;
      const recipe = file.recipes.get(spec.id) ?? null;
      const common = {id: spec.id, autoencoder: null, recipe};
      if (recipe === null) {
        try {
          const found = await givenWeights(spec, file);
          result.set(spec.id, {...common, place: {files: found.files}, key: found.sha256, found, training: null});
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
          if (!options.trainedOnly) this.missing.add(error.message);
          result.set(spec.id, {...common, place: null, key: {missing: spec.id}, found: null, training: null});
        }
        continue;
      }
      const found = options.retrain ? undefined : await trainedWeights(recipe);
      if (found) {
        result.set(spec.id, {
          ...common,
          place: {files: found.files},
          key: found.sha256,
          found,
          training: found.training
        });
      } else if (options.trainedOnly) {
        result.set(spec.id, {...common, place: null, key: {missing: spec.id}, found: null, training: null});
      } else {
        const step = this.add("autoencoder", {
          title: `train ${recipe.id}: ${recipe.training.steps} steps`,
          recipe: {kind: "autoencoder", recipe: recipe as unknown as Json, engine: options.engine},
          needs: [],
          seconds: this.autoencoderSeconds(recipe),
          cores: this.cores,
          memoryGiB: 3,
          task: {kind: "autoencoder", recipe}
        });
        result.set(spec.id, {
          ...common,
          place: {step: step.id},
          key: {step: step.id},
          found: null,
          training: null
        });
      }
    }
    return result;
  }

  private async generators(
    arms: readonly PlannedArm[],
    autoencoders: ReadonlyMap<string, PlannedWeights>
  ): Promise<Map<string, PlannedWeights>> {
    const {file, options} = this;
    const result = new Map<string, PlannedWeights>();
    for (const {kind, autoencoder, generator} of arms) {
      if (kind !== "sr" || result.has(`${autoencoder}.${generator}`)) continue;
      const spec = file.study.generators.find(({id}) => id === generator)!;
      const ae = autoencoders.get(autoencoder!)!;
      const recipe: GeneratorRecipe = {
        ...generatorRecipe(spec, autoencoder!),
        licence: ae.recipe?.licence ?? ae.found?.licence ?? "as its autoencoder and its images allow"
      };
      const common = {id: generator!, autoencoder, recipe};
      // an autoencoder that is trained anew needs its generators trained anew
      const trained = options.retrain || ae.found === null ? undefined : await trainedWeights(recipe);
      // and so does one that was replaced since
      const found = trained?.record?.autoencoder?.sha256 === ae.found?.sha256 ? trained : undefined;
      if (found) {
        result.set(recipe.id, {
          ...common,
          place: {files: found.files},
          key: found.sha256,
          found,
          training: found.training
        });
        continue;
      }
      if (options.trainedOnly || ae.place === null) {
        result.set(recipe.id, {...common, place: null, key: {missing: recipe.id}, found: null, training: null});
        if (options.trainedOnly) continue;
      }
      const {steps} = recipe.training;
      const step = this.add("generator", {
        title: `train ${recipe.id}: ${steps} steps`,
        recipe: {
          kind: "generator",
          recipe: {...(recipe as unknown as {[key: string]: Json}), licence: undefined},
          autoencoder: ae.key,
          engine: options.engine
        },
        needs: stepsOf(ae.place),
        seconds: this.generatorSeconds(recipe, ae),
        cores: this.cores,
        memoryGiB: 3,
        task: {kind: "generator", recipe, autoencoder: ae.place ?? {files: []}}
      });
      result.set(recipe.id, {...common, place: {step: step.id}, key: {step: step.id}, found: null, training: null});
    }
    return result;
  }

  /** The arms that can be had, with a note on the others. */
  private available(
    arms: readonly PlannedArm[],
    autoencoders: ReadonlyMap<string, PlannedWeights>,
    generators: ReadonlyMap<string, PlannedWeights>
  ): PlannedArm[] {
    if (!this.options.trainedOnly) return [...arms];
    const lacking = new Set<string>();
    const kept = arms.filter(({kind, autoencoder, generator}) => {
      const ae = autoencoder === null ? undefined : autoencoders.get(autoencoder);
      const gen = kind === "sr" ? generators.get(`${autoencoder}.${generator}`) : undefined;
      if (ae?.place === null) lacking.add(autoencoder!);
      else if (gen?.place === null) lacking.add(`${autoencoder}.${generator}`);
      return ae?.place !== null && gen?.place !== null;
    });
    if (lacking.size > 0) this.notes.push(`left out, as their weights are not trained yet: ${[...lacking].join(", ")}`);
    return kept;
  }

  private images(dataset: StudyDataset): PlannedSet {
    const {study, folder, path} = this.file;
    const texts = typeof dataset.dataset === "string" ? [dataset.dataset] : dataset.dataset;
    const {images} = dataset;
    const wanted = texts.map((_, i) => (typeof images === "object" ? images[i] : images) ?? null);
    const parts: {dataset: string; images: number | null}[] = [];
    const entries: Entry[] = [];
    const fingerprints: Json[] = [];
    let known = true;
    let simulated = true;
    for (const [i, text] of texts.entries()) {
      try {
        const resolved = resolveDataset(text, folder, `${path}: dataset ${dataset.id}`);
        const opened = openDataset(resolved, {size: dataset.size});
        const chosen = selectImages(opened, dataset.split, wanted[i] ?? undefined);
        if (chosen.length === 0)
          throw new InputError(`${path}: ${text} has no images in its ${dataset.split ?? ""} split`);
        parts.push({dataset: resolved, images: wanted[i]});
        entries.push(...chosen);
        simulated &&= opened.simulated;
        fingerprints.push(fingerprint(resolved, chosen, opened.simulated));
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        known = false;
        simulated = false;
        this.missing.add(error.message);
        parts.push({dataset: text, images: wanted[i]});
        fingerprints.push({missing: text});
      }
    }
    const twice = entries.find(({id}, i) => entries.findIndex((other) => other.id === id) !== i);
    if (twice) throw new InputError(`${path}: dataset ${dataset.id} has two images ${twice.id}; ids must differ`);
    const count = known ? entries.length : wanted.reduce<number>((sum, n) => sum + (n ?? 100), 0);
    const task: ImagesTask = {
      kind: "images",
      set: dataset.id,
      parts,
      split: dataset.split ?? null,
      size: dataset.size,
      degradation: study.degradation
    };
    const step = this.add("images", {
      title: `${count} images of ${dataset.id}, ${dataset.size}²`,
      recipe: {
        kind: "study-images",
        images: fingerprints,
        size: dataset.size,
        degradation: study.degradation as unknown as Json,
        code: this.code(imagesCode)
      },
      needs: [],
      seconds: count * imageSeconds(dataset.size, simulated),
      cores: 1,
      memoryGiB: 0.5,
      task
    });
    return {dataset, entries: known ? entries : null, count, step: step.id};
  }

  private async outputs(
    {dataset, entries, count, step: images}: PlannedSet,
    arm: PlannedArm,
    seed: number | null,
    autoencoders: ReadonlyMap<string, PlannedWeights>,
    generators: ReadonlyMap<string, PlannedWeights>
  ): Promise<Step> {
    const {engine} = this.options;
    const {size} = dataset;
    const ae = arm.autoencoder === null ? undefined : autoencoders.get(arm.autoencoder)!;
    const generator = arm.kind === "sr" ? generators.get(`${arm.autoencoder}.${arm.generator}`)! : undefined;
    const place = arm.path === undefined ? undefined : await this.fileOf(arm, dataset.id, entries);
    const runs = arm.kind !== "bicubic" && arm.kind !== "external";
    const recipe: Recipe = {
      kind: "study-outputs",
      images,
      arm: arm.kind,
      autoencoder: ae?.key,
      generator: generator?.key,
      sampler: arm.sampler ?? undefined,
      steps: arm.steps ?? undefined,
      seed: seed ?? undefined,
      file: place?.key,
      engine: runs ? engine : undefined,
      code: this.code(runs ? outputsCode : bicubicCode)
    };
    const parts: Work[] = [];
    if (ae) {
      const {encode, decode} = this.macs(ae, size);
      const low = arm.kind === "sr" ? encode / this.file.study.degradation.factor ** 2 : encode;
      parts.push({macs: low + decode, calls: 2});
    }
    if (generator) {
      const evaluations = arm.steps! * (arm.sampler === "heun" ? 2 : 1);
      const {architecture} = generator.recipe as GeneratorRecipe;
      parts.push({macs: evaluations * unetMacs(architecture, size / this.geometryOf(ae!).factor), calls: evaluations});
    }
    if (arm.kind === "regression") parts.push({macs: 5e4 * size * size, calls: 1});
    const seconds = runs ? secondsOf(engine, count, batchFor(size, size), parts) : count * 4e-7 * size * size;
    return this.add("outputs", {
      title: `${arm.id} on ${dataset.id}${seed === null ? "" : `, seed ${seed}`}`,
      recipe,
      needs: [images, ...stepsOf(ae?.place), ...stepsOf(generator?.place)],
      seconds,
      cores: 1,
      memoryGiB: runs ? 1 + ((ae?.found?.bytes ?? 0) + (generator?.found?.bytes ?? 0)) / 2e8 : 0.5,
      task: {
        kind: "outputs",
        arm,
        seed,
        images,
        autoencoder: ae?.place ?? undefined,
        generator: generator?.place ?? undefined,
        path: place?.path
      }
    });
  }

  private measures(
    {dataset, count, step: images}: PlannedSet,
    arm: PlannedArm,
    seed: number | null,
    pairing: StudyPairing,
    outputs: string,
    ceiling: string | null
  ): Step {
    const words = `${arm.id} on ${dataset.id}${seed === null ? "" : `, seed ${seed}`}`;
    return this.add("measures", {
      title: `measure ${words}${pairing === "correct" ? "" : ", mispaired"}`,
      recipe: {kind: "study-measures", arm: arm.id, pairing, images, outputs, ceiling, code: this.code(measuresCode)},
      needs: [images, outputs, ...(ceiling === null ? [] : [ceiling])],
      seconds: count * measureSeconds(dataset.size),
      cores: 1,
      memoryGiB: 0.5,
      task: {kind: "measures", arm: arm.id, pairing, images, outputs, ceiling}
    });
  }

  private add(
    kind: StepKind,
    {
      recipe,
      cores,
      memoryGiB,
      seconds,
      ...rest
    }: {
      title: string;
      recipe: Recipe;
      needs: readonly string[];
      seconds: number;
      cores: number;
      memoryGiB: number;
      task: StepTask;
    }
  ): Step {
    const id = recipeHash(recipe as Json);
    const known = this.steps.get(id);
    if (known) return known;
    const minutes = Math.ceil((1.5 * seconds) / 60) + 2;
    const step: Step = {
      id,
      kind,
      recipe,
      seconds,
      ...rest,
      needs: [...new Set(rest.needs)],
      resources: {cores, memoryGiB: Math.round(10 * memoryGiB) / 10, minutes},
      cached: this.options.store.peek(id) !== undefined
    };
    this.steps.set(id, step);
    return step;
  }

  /** The file of a regression network, or the folder of an external arm, and what stands for its content. */
  private async fileOf(
    arm: PlannedArm,
    set: string,
    entries: readonly Entry[] | null
  ): Promise<{path: string; key: Json} | undefined> {
    const {path: source, folder, study} = this.file;
    try {
      const path = resolvePath(arm.path!, folder, `${source}: arm ${arm.id}`);
      if (!existsSync(path))
        throw new InputError(`${source}: the arm ${arm.id} needs ${arm.path}, and there is no ${path}`);
      if (arm.kind === "regression") return {path, key: await sha256File(path)};
      const own = join(path, set);
      const place = existsSync(own) || study.datasets.length > 1 ? own : path;
      const files = new Map(listImages([place]).map((image) => [image.id, image.path]));
      const lacking = (entries ?? []).filter(({id}) => !files.has(id)).map(({id}) => id);
      if (lacking.length > 0)
        throw new InputError(
          `${source}: the arm ${arm.id} has no image ${lacking[0]}${lacking.length > 1 ? ` (nor ${lacking.length - 1} more)` : ""} in ${place}; files are named by the images' ids`
        );
      const hashes = await Promise.all((entries ?? []).map(async ({id}) => [id, await sha256File(files.get(id)!)]));
      return {path: place, key: sha256(JSON.stringify(hashes))};
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.missing.add(error.message);
      return {path: "", key: {missing: arm.path!}};
    }
  }

  private code(places: readonly string[]): string {
    const known = this.hashes.get(places);
    if (known) return known;
    const hash = codeHash(places);
    this.hashes.set(places, hash);
    return hash;
  }

  private macs(weights: PlannedWeights, side: number): {encode: number; decode: number} {
    if (weights.recipe && "domain" in weights.recipe) return klMacs(weights.recipe.architecture, side);
    const spec = this.file.study.autoencoders.find(({id}) => id === weights.id);
    if (weights.found && spec?.known === undefined) return guessedMacs(weights.found.bytes, side);
    // those that the study imports are all of one size
    const multipliers = this.geometryOf(weights).factor === 8 ? [1, 2, 4, 4] : [1, 2, 4];
    return klMacs(
      {imageChannels: 3, channels: 128, multipliers, resBlocks: 2, latentChannels: 4, normGroups: 32},
      side
    );
  }

  /** Of making the images to train on, and of the steps. */
  private autoencoderSeconds({pool, crop, batch, architecture, training}: TrainingRecipe): number {
    const work = {steps: training.steps, batch, macs: sumMacs(klMacs(architecture, crop))};
    const {count, seconds} = this.imagesOf(pool);
    // of images that are not here no more is known
    const images = Number.isFinite(count) ? count * seconds : 0;
    return images + trainingSeconds(this.options.engine, work, this.cores);
  }

  /** Of making the images to train on, of encoding them beforehand, and of the steps. */
  private generatorSeconds(recipe: GeneratorRecipe, ae: PlannedWeights): number {
    const {crop, batch, architecture, training} = recipe;
    const pool = poolOf(recipe);
    const {engine} = this.options;
    const geometry = this.geometryOf(ae);
    // LR is a sixteenth of HR
    const encode = (17 / 16) * this.macs(ae, crop).encode;
    const {count, seconds} = this.imagesOf(pool);
    const side = Math.max(...pool.sizes);
    const {views, held} = viewsOf(count, {width: side, height: side}, crop, geometry);
    const work = {steps: training.steps, batch, macs: unetMacs(architecture, crop / geometry.factor)};
    const made = held ? count : training.steps * batch;
    const encoding = secondsOf(engine, held ? count * views : made, batch, [{macs: encode, calls: 2}]);
    return made * seconds + encoding + trainingSeconds(engine, work, this.cores);
  }

  /** How many images there are to train on (no end of them, where they are not here), and the seconds to make or read one. */
  private imagesOf(pool: Pool): {count: number; seconds: number} {
    const each = pool.sizes.map((side) => imageSeconds(side, !("datasets" in pool)));
    const seconds = each.reduce((sum, one) => sum + one, 0) / each.length;
    const key = JSON.stringify(pool);
    let count = this.pools.get(key);
    if (count === undefined) {
      try {
        ({count} = trainingPool(pool));
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        count = Number.POSITIVE_INFINITY;
      }
      this.pools.set(key, count);
    }
    return {count, seconds};
  }

  /** From the recipe or the weights; where these are missing from the name of what is to be imported (kl-f4, medvae-4-3), else that of SD-VAE. */
  private geometryOf({recipe, found, id}: PlannedWeights): Geometry {
    if (recipe && "domain" in recipe) return klGeometry(klArchitecture(recipe.architecture));
    if (found?.geometry) return found.geometry;
    const known = this.file.study.autoencoders.find((other) => other.id === id)?.known;
    const [, factor, channels] = /^medvae-(\d)-(\d)$/.exec(known ?? "") ?? [];
    if (factor) return {channels: Number(channels), factor: Number(factor)};
    return known === "kl-f4" ? {channels: 3, factor: 4} : {channels: 4, factor: 8};
  }
}

function ceilingOf(arm: PlannedArm): PlannedArm {
  const id = `ae:${arm.autoencoder}`;
  return {...arm, id, label: id, kind: "ae", generator: null, sampler: null, steps: null, seeds: []};
}

function stepsOf(place: WeightsPlace | null | undefined): string[] {
  return place && "step" in place ? [place.step] : [];
}

function sumMacs({encode, decode}: {encode: number; decode: number}): number {
  return encode + decode;
}

/** What tells a choice of images from any other: their pixels' hashes, or where they come from and how old the files are. */
function fingerprint(text: string, entries: readonly Entry[], simulated: boolean): Json {
  const shipped = join(definitionsFolder, `${text}.json`);
  const definition = /^[\w-]+$/.test(text) && existsSync(shipped) ? sha256(readFileSync(shipped)) : null;
  const root = simulated ? null : (/^(?:[a-z-]+:)?([^,]+)/.exec(text)?.[1] ?? null);
  const lines = entries.map(({id, patient, modality, source, pixelSha256}) => {
    const stats = root === null || pixelSha256 ? undefined : statSync(join(root, source), {throwIfNoEntry: false});
    const content = pixelSha256 ?? (stats ? `${source} ${stats.size} ${Math.round(stats.mtimeMs)}` : source);
    return [id, patient, modality, content];
  });
  return {
    entries: sha256(JSON.stringify(lines)),
    ...(simulated ? {dataset: text, definition} : {})
  };
}

function describeSet({dataset, entries, count}: PlannedSet): StudySet {
  const list = entries ?? [];
  const simulated = list.length > 0 && list.every((entry) => entry.simulated === true);
  const licences = [...new Set(list.flatMap(({licence}) => licence ?? []))];
  return {
    id: dataset.id,
    label: dataset.label,
    anatomy: dataset.anatomy,
    images: count,
    patients: entries === null ? null : new Set(list.map(({patient}) => patient)).size,
    simulated,
    licence: simulated ? "made by this program; MIT" : licences.join("; ") || "not stated"
  };
}

function describeImages({dataset, entries}: PlannedSet): StudyImage[] {
  return (entries ?? []).map(({id, patient, modality}) => ({id, set: dataset.id, patient, modality}));
}
