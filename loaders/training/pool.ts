import * as tf from "@tensorflow/tfjs-core";
import {InputError} from "../../models/errors.js";
import type {Plane} from "../../src/measures/image.js";
import {random} from "../../src/measures/random.js";
import type {Dataset, Entry} from "../datasets/dataset.js";
import {openDataset} from "../datasets/open.js";
import {DEFAULT_SLICES, phantom} from "../datasets/phantoms/index.js";
import type {Split} from "../datasets/sample.js";
import {resolveDataset} from "../studies/paths.js";
import type {DatasetPool, PhantomPool, Pool} from "./recipe.js";

/** Patients from this number on are never trained on: they measure a training as it goes. */
const firstValidationPatient = 100_000;

/** Images that can be had one by one, in an order that only the recipe decides. */
export interface PoolImages {
  readonly count: number;
  /** `240 simulated images (natural) of 128² and 256²` */
  readonly description: string;
  /** Whether all of them are simulated. */
  readonly simulated: boolean;
  read(index: number): Promise<Plane>;
}

/** The images to train on: phantoms are made when they are asked for (about a tenth of a second at 256²), others read. @throws InputError */
export function trainingPool(pool: Pool): PoolImages {
  return "datasets" in pool ? datasetImages(pool, "train") : phantomImages(pool, 0, pool.patients);
}

/**
 * Images of patients that are not in the training, at the largest size: four phantoms of each kind, or of a dataset's
 * validation split about twelve in all. @throws InputError
 */
export function validationPool(pool: Pool): PoolImages {
  const sizes = [Math.max(...pool.sizes)];
  return "datasets" in pool
    ? datasetImages({...pool, sizes}, "valid", Math.max(4, Math.ceil(12 / pool.datasets.length)))
    : phantomImages({...pool, slicesPerPatient: 1, sizes}, firstValidationPatient, 4);
}

/** All of a pool's images at once. */
export async function allImages(images: PoolImages, onImage?: () => unknown): Promise<Plane[]> {
  const list: Plane[] = [];
  for (let i = 0; i < images.count; i++) {
    list.push(await images.read(i));
    await onImage?.();
  }
  return list;
}

function phantomImages(
  {kinds, seed, slicesPerPatient, sizes}: PhantomPool,
  first: number,
  patients: number
): PoolImages {
  const count = kinds.length * patients * slicesPerPatient * sizes.length;
  return {
    count,
    description: `${count} simulated images (${kinds.join(", ")}) of ${sides(sizes)}`,
    simulated: true,
    async read(index) {
      const size = sizes[index % sizes.length];
      const k = Math.floor(index / sizes.length) % slicesPerPatient;
      const who = Math.floor(index / (sizes.length * slicesPerPatient));
      // spread over the middle half of the anatomy
      const slice = Math.floor(DEFAULT_SLICES * (0.25 + (0.5 * (k + 0.5)) / slicesPerPatient));
      return phantom(kinds[Math.floor(who / patients)], {
        seed,
        patient: `train${first + (who % patients)}`,
        slice,
        size
      });
    }
  };
}

function datasetImages({datasets, sizes}: DatasetPool, split: Split, most?: number): PoolImages {
  const sources: {dataset: Dataset; id: string}[] = [];
  for (const words of datasets) {
    const text = resolveDataset(words, ".", "the recipe's pool");
    const entries = openDataset(text)
      .list()
      .filter((entry) => entry.split === split);
    // by chance a small set may have no patient to validate on; to train on nothing is a mistake
    if (entries.length === 0 && split === "train") {
      throw new InputError(`the dataset ${JSON.stringify(words)} has no images in its training split`);
    }
    const chosen = most === undefined ? entries : spread(entries, most);
    const bySize = sizes.map((size) => openDataset(text, {size}));
    for (const {id} of chosen) for (const dataset of bySize) sources.push({dataset, id});
  }
  if (sources.length === 0) {
    throw new InputError(`none of the datasets ${datasets.join("; ")} has images in its ${split} split`);
  }
  // not titles, which may be paths: the description goes into records
  const ids = [...new Set(sources.map(({dataset}) => dataset.id))];
  return {
    count: sources.length,
    description: `${sources.length} images (${ids.join(", ")}; ${split} split) of ${sides(sizes)}`,
    simulated: sources.every(({dataset}) => dataset.simulated),
    async read(index) {
      const {dataset, id} = sources[index];
      const {data, width, height} = await dataset.read(id);
      return {data, width, height};
    }
  };
}

/** `n` evenly spaced entries, one of each patient first. */
function spread(entries: readonly Entry[], n: number): readonly Entry[] {
  const patients = [...new Map(entries.map((entry) => [entry.patient, entry])).values()];
  const from = patients.length >= n ? patients : entries;
  return from.length <= n ? from : Array.from({length: n}, (_, i) => from[Math.floor(((i + 0.5) * from.length) / n)]);
}

function sides(sizes: readonly number[]): string {
  return sizes.map((size) => `${size}²`).join(" and ");
}

/**
 * The batch of a step: crops at random places of random images, flipped at random, in [-1, 1]. It depends on the seed
 * and the step alone, so that a resumed training sees what it would have seen.
 * @returns [batch, crop, crop, 1]
 */
export function batchOf(
  images: readonly Plane[],
  seed: number,
  step: number,
  batch: number,
  crop: number
): tf.Tensor4D {
  const generator = random("crops", seed, step);
  const values = new Float32Array(batch * crop * crop);
  for (let n = 0; n < batch; n++) {
    const {data, width, height} = generator.pick(images);
    const left = generator.integer(width - crop + 1);
    const top = generator.integer(height - crop + 1);
    const [mirror, upset] = [generator.uniform() < 0.5, generator.uniform() < 0.5];
    for (let y = 0; y < crop; y++) {
      const row = (top + (upset ? crop - 1 - y : y)) * width + left;
      for (let x = 0; x < crop; x++) {
        values[(n * crop + y) * crop + x] = 2 * data[row + (mirror ? crop - 1 - x : x)] - 1;
      }
    }
  }
  return tf.tensor4d(values, [batch, crop, crop, 1]);
}
