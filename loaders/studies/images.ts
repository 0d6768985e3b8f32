import {writeFileSync} from "node:fs";
import {join} from "node:path";
import {InputError} from "../../models/errors.js";
import {Degrader} from "../datasets/degradations/index.js";
import {openDataset} from "../datasets/open.js";
import {encodeNpy} from "../images/index.js";
import type {Artefact} from "../store/store.js";
import {selectImages} from "./select.js";
import type {ImagesTask} from "./step.js";
import {eachBatch, type StepContext} from "./stepContext.js";
import type {WorkFolder} from "./work.js";

/** An image of a study's dataset: its pixels are `hr/<id>.npy`, `lr/<id>.npy` and, where it has a mask, `mask/<id>.npy`. */
export interface PreparedImage {
  readonly id: string;
  readonly patient: string;
  readonly modality: string;
  readonly licence: string | null;
  readonly mask: boolean;
}

const together = 16;

/** Reads or simulates a dataset's images, degrades them, and keeps both as float32. */
export async function makeImages(
  task: ImagesTask,
  folder: string,
  work: WorkFolder,
  context: StepContext
): Promise<void> {
  const sources = task.parts.flatMap(({dataset, images}) => {
    const opened = openDataset(dataset, {size: task.size});
    return selectImages(opened, task.split ?? undefined, images ?? undefined).map((entry) => ({opened, entry}));
  });
  const degrader = new Degrader(task.degradation);
  const list: PreparedImage[] = [];
  const names: string[] = [];
  await eachBatch(sources, together, context, async (batch, number) => {
    const record = `batches/${number}.json`;
    if (!work.has([record]) || !work.has(filesOf(work.readJson(record)))) {
      const started = performance.now();
      const files: [string, Uint8Array | string][] = [];
      const made: PreparedImage[] = [];
      for (const {opened, entry} of batch) {
        const sample = await opened.read(entry.id);
        const {data, width, height, mask} = sample;
        if (width !== task.size || height !== task.size)
          throw new InputError(
            `${entry.id} of ${opened.title} is ${width}×${height} where ${task.size}×${task.size} was asked for`
          );
        const low = degrader.apply(sample);
        files.push(
          [`hr/${entry.id}.npy`, encodeNpy(data, [height, width])],
          [`lr/${entry.id}.npy`, encodeNpy(Float32Array.from(low.data), [low.height, low.width])]
        );
        if (mask) files.push([`mask/${entry.id}.npy`, encodeNpy(Float32Array.from(mask), [height, width])]);
        const {id, patient, modality, licence = null} = entry;
        made.push({id, patient, modality, licence, mask: mask !== undefined});
      }
      work.put([...files, [record, JSON.stringify(made)]], (performance.now() - started) / 1000);
    }
    const made = work.readJson(record) as PreparedImage[];
    list.push(...made);
    names.push(...filesOf(made));
  });
  work.copyTo(folder, names);
  writeFileSync(join(folder, "images.json"), JSON.stringify(list));
}

export function preparedImages(artefact: Artefact): PreparedImage[] {
  return JSON.parse(artefact.read("images.json").toString()) as PreparedImage[];
}

function filesOf(images: unknown): string[] {
  return (images as PreparedImage[]).flatMap(({id, mask}) => [
    `hr/${id}.npy`,
    `lr/${id}.npy`,
    ...(mask ? [`mask/${id}.npy`] : [])
  ]);
}
