import {readFileSync} from "node:fs";
import {InputError} from "../../models/errors.js";
import type {Image, Plane} from "../../src/measures/image.js";
import {resize} from "../../src/measures/resize.js";
import {decodeNpy, encodeNpy, listImages, readImage} from "../images/index.js";
import type {Json} from "../store/canonical.js";
import type {Artefact} from "../store/store.js";
import {preparedImages} from "./images.js";
import type {OutputsTask} from "./step.js";
import {eachBatch, engineText, type StepContext, startPlanned} from "./stepContext.js";
import type {WorkFolder} from "./work.js";

/** A way to outputs, ready to run. */
interface Runner {
  /** What the images are made from. */
  readonly from: "hr" | "lr";
  readonly batch: number;
  /** Goes into the provenance. */
  readonly facts: {readonly [key: string]: Json};
  run(images: readonly Image[]): Promise<Plane[]>;
  dispose(): void;
}

/** The weights' files, wherever they are. */
export type FilesOf = (place: NonNullable<OutputsTask["autoencoder"]>) => Promise<readonly string[]>;

/**
 * Writes `outputs/<id>.npy` (float32, height × width, [0, 1]) for every image of a dataset. An output depends on its image, its
 * id and the seed; batches are always the same ones, so that no digit depends on where a run was cut off.
 */
export async function makeOutputs(
  task: OutputsTask,
  images: Artefact,
  filesOf: FilesOf,
  folder: string,
  work: WorkFolder,
  context: StepContext
): Promise<{readonly [key: string]: Json}> {
  const list = preparedImages(images);
  const side = planeOf(images, "hr", list[0].id).width;
  const names = list.map(({id}) => `outputs/${id}.npy`);
  const runner = await open(task, side, filesOf, context);
  try {
    await eachBatch(list, runner.batch, context, async (batch) => {
      if (work.has(batch.map(({id}) => `outputs/${id}.npy`))) return;
      const started = performance.now();
      const inputs = batch.map(({id}): Image => ({id, ...planeOf(images, runner.from, id)}));
      const outputs = await runner.run(inputs);
      const files = outputs.map(({data, width, height}, i) => {
        if (width !== side || height !== side)
          throw new InputError(
            `${task.arm.id} makes ${width}×${height} of ${batch[i].id}, whose HR image is ${side}×${side}`
          );
        return [`outputs/${batch[i].id}.npy`, encodeNpy(Float32Array.from(data), [height, width])] as const;
      });
      work.put(files, (performance.now() - started) / 1000);
    });
    work.copyTo(folder, names);
    return {...runner.facts, seconds: Math.round(work.seconds * 1000) / 1000};
  } finally {
    runner.dispose();
  }
}

export function planeOf(artefact: Artefact, kind: "hr" | "lr" | "mask" | "outputs", id: string): Plane {
  const path = artefact.path(`${kind}/${id}.npy`);
  const {data, shape} = decodeNpy(readFileSync(path), path);
  return {data: data as Float32Array, width: shape[1], height: shape[0]};
}

async function open(task: OutputsTask, side: number, filesOf: FilesOf, context: StepContext): Promise<Runner> {
  switch (task.arm.kind) {
    case "bicubic":
      return bicubic(side);
    case "external":
      return external(task.path!);
    case "ae":
      return ceiling(await filesOf(task.autoencoder!), side, context);
    case "sr":
      return latent(task, await filesOf(task.autoencoder!), await filesOf(task.generator!), side, context);
    case "regression":
      return regression(task.path!, side, context);
  }
}

function bicubic(side: number): Runner {
  return {
    from: "lr",
    batch: 64,
    facts: {},
    run: async (images) =>
      images.map((image) => {
        const large = resize(image, side, side);
        return {...large, data: large.data.map((v) => Math.min(1, Math.max(0, v)))};
      }),
    dispose: () => {}
  };
}

function external(folder: string): Runner {
  const files = new Map(listImages([folder]).map(({id, path}) => [id, path]));
  return {
    from: "hr",
    batch: 64,
    facts: {},
    run: (images) => Promise.all(images.map(({id}) => readImage(files.get(id)!))),
    dispose: () => {}
  };
}

async function ceiling(files: readonly string[], side: number, context: StepContext): Promise<Runner> {
  const engine = await startPlanned(context);
  const {openWeights} = await import("../reconstruct/weights.js");
  const {reconstruct} = await import("../reconstruct/reconstruct.js");
  const {autoencoder} = await openWeights(files);
  const {batchAccelerator} = await import("../../models/engines/index.js");
  autoencoder.accelerate(batchAccelerator());
  const {batchFor} = await import("../reconstruct/batches.js");
  const {geometry, parameters} = autoencoder;
  return {
    from: "hr",
    batch: batchFor(side, side),
    facts: {engine: engineText(engine), autoencoder: {geometry: {...geometry}, parameters}},
    async run(images) {
      const outputs: Plane[] = [];
      for await (const {output} of reconstruct(images, autoencoder, {batch: images.length})) outputs.push(output);
      return outputs;
    },
    dispose: () => autoencoder.dispose()
  };
}

async function latent(
  {arm, seed}: OutputsTask,
  autoencoder: readonly string[],
  [generator]: readonly string[],
  side: number,
  context: StepContext
): Promise<Runner> {
  const engine = await startPlanned(context);
  const {openLatent} = await import("../super-resolve/latent.js");
  const {batchFor} = await import("../reconstruct/batches.js");
  const resolver = await openLatent(autoencoder, generator, {
    sampler: arm.sampler as "ddim",
    steps: arm.steps!
  });
  return {
    from: "lr",
    batch: batchFor(side, side),
    facts: {engine: engineText(engine), model: resolver.description, settings: resolver.settings},
    run: async (images) => (await resolver.run(images, seed!)).map(({output}) => output),
    dispose: () => resolver.dispose()
  };
}

async function regression(path: string, side: number, context: StepContext): Promise<Runner> {
  const engine = await startPlanned(context);
  const {openRegression} = await import("../super-resolve/regression.js");
  const {batchFor} = await import("../reconstruct/batches.js");
  const resolver = await openRegression(path);
  return {
    from: "lr",
    batch: batchFor(side, side),
    facts: {engine: engineText(engine), model: resolver.description},
    async run(images) {
      for (const image of images) resolver.outputSize(image);
      return (await resolver.run(images, 0)).map(({output}) => output);
    },
    dispose: () => resolver.dispose()
  };
}
