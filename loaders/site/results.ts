import {join} from "node:path";
import {InputError} from "../../models/errors.js";
import type {SiteLesion} from "../../src/components/site-data.js";
import type {Image, Plane} from "../../src/measures/image.js";
import {seedSpread} from "../../src/measures/seed-spread.js";
import {Progress} from "../cli/progress.js";
import {sha256, writeFileAtomic} from "../files.js";
import {encodeNpy, encodePng8} from "../images/index.js";
import type {Artefact, Recipe, Store} from "../store/store.js";
import type {Arm, RunnableArm} from "./arms.js";
import {batchSize, type OutputRef} from "./batch.js";
import {codeHash, imageMeasures} from "./code-hash.js";
import type {Source, SourceImage} from "./images.js";
import type {PictureTaskResult} from "./picture.js";
import {readPlane} from "./planes.js";
import type {Pool} from "./pool.js";

/** An output, with where its measures stand. */
export interface ArmResult extends OutputRef {
  /** Path of a JSON list of `MeasuredPair`; this one's place in it; the list's artefact. */
  readonly measures: {readonly path: string; readonly at: number; readonly artefact: string};
  readonly spread?: Artefact;
}

/** An image with its outputs: where all of it lies, no pixels. */
export interface ImageResult {
  readonly image: SourceImage;
  readonly width: number;
  readonly height: number;
  readonly sha256: string;
  readonly hr: PictureTaskResult;
  readonly lesion?: SiteLesion & {readonly mask: readonly number[]};
  readonly byArm: ReadonlyMap<string, ArmResult>;
}

const spreadCode = codeHash(["loaders/site/results.ts", ...imageMeasures]);

/** Images whose outputs are at hand, not yet measured. */
interface Pending {
  readonly image: SourceImage;
  readonly plane: {readonly width: number; readonly height: number};
  readonly pixels: string;
  readonly hr: Promise<PictureTaskResult>;
  readonly mask?: Uint8Array;
  readonly lesion?: ImageResult["lesion"];
  readonly outputs: Map<string, OutputRef>;
  readonly spreads: Map<string, Artefact>;
}

/**
 * Every image through every arm, and the measures of all pairs: what the store has is not computed again. Networks run here, all else
 * on the pool's threads, some images at a time.
 */
export async function runAll(source: Source, arms: readonly Arm[], store: Store, pool: Pool): Promise<ImageResult[]> {
  requireFiles(source, arms);
  const spreadOf = new Set(source.sets.flatMap(({id}) => spreadImage(source, id)));
  const runnable = arms.filter((arm) => arm.files === undefined);
  const samples = runnable.reduce((sum, {seeds}) => sum + spreadOf.size * ((seeds?.length ?? 1) - 1), 0);
  const outputs = new Progress("outputs", source.images.length * runnable.length + samples);
  const measures = new Progress("measures", source.images.length * arms.length);
  const results: Promise<ImageResult[]>[] = [];
  for (let from = 0; from < source.images.length; from += batchSize) {
    const batch: Pending[] = [];
    for (const image of source.images.slice(from, from + batchSize)) {
      batch.push(await runImage(image, runnable, spreadOf.has(image.id), store, pool, outputs));
    }
    await pool.room();
    const measured = measureAll(batch, arms, store, pool, measures);
    measured.catch(() => {}); // told when all are awaited
    results.push(measured);
  }
  outputs.finish();
  const all = (await Promise.all(results)).flat();
  measures.finish();
  return all;
}

/** @throws InputError when a folder of outputs lacks some of the images */
function requireFiles(source: Source, arms: readonly Arm[]): void {
  for (const {arm, files} of arms) {
    if (files === undefined) continue;
    const lacking = source.images.filter(({id}) => !files.has(id));
    if (lacking.length > 0) {
      throw new InputError(
        `the outputs called ${arm.label} (BANDSCOPE_OUTPUTS) lack ${lacking.length} of ${source.images.length} images, first ${lacking[0].id}: a file must be called as its HR image is`
      );
    }
  }
}

async function runImage(
  image: SourceImage,
  arms: readonly RunnableArm[],
  withSpread: boolean,
  store: Store,
  pool: Pool,
  progress: Progress
): Promise<Pending> {
  const {mask, lesion, ...pixels} = await image.read();
  const hash = sha256(bytesOf(pixels));
  const own: Image = {...pixels, id: image.id};
  await pool.room();
  const hr = pool.run({kind: "picture", store: store.folder, image: own, pixels: hash});
  hr.catch(() => {});
  const given: Given = {image: own, common: {pixels: hash, width: pixels.width, height: pixels.height}};
  const outputs = new Map<string, OutputRef>();
  const spreads = new Map<string, Artefact>();
  for (const arm of arms) {
    const output = await outputOf(arm, given, arm.seeds?.[0], store);
    outputs.set(arm.arm.id, refOf(output, pixels));
    progress.advance(1, `${image.id} ${arm.arm.label}`);
    if (arm.seeds && withSpread) spreads.set(arm.arm.id, await spreadOne(arm, given, store, progress));
  }
  return {
    image,
    plane: {width: pixels.width, height: pixels.height},
    pixels: hash,
    hr,
    ...(mask ? {mask} : {}),
    ...(mask && lesion ? {lesion: lesionOf(mask, lesion.contrast)} : {}),
    outputs,
    spreads
  };
}

/** Each arm's measures of some images. */
async function measureAll(
  batch: readonly Pending[],
  arms: readonly Arm[],
  store: Store,
  pool: Pool,
  progress: Progress
): Promise<ImageResult[]> {
  const hrs = await Promise.all(batch.map(({hr}) => hr));
  const images = batch.map(({image, pixels, mask}, i) => ({
    id: image.id,
    pixels,
    plane: hrs[i].plane,
    ...(mask ? {mask} : {})
  }));
  const byImage = batch.map(() => new Map<string, ArmResult>());
  progress.begin();
  const measured = await Promise.all(
    arms.map(async ({arm, files}) => {
      const ae = arm.generator?.autoencoder;
      const aes = ae === undefined ? [] : batch.flatMap(({outputs}) => outputs.get(ae) ?? []);
      const result = await pool.run({
        kind: "batch",
        store: store.folder,
        images,
        outputs: files ? batch.map(({image}) => files.get(image.id)!) : batch.map(({outputs}) => outputs.get(arm.id)!),
        ...(aes.length === batch.length ? {aes} : {})
      });
      progress.advance(batch.length, arm.label);
      return {arm: arm.id, result};
    })
  );
  for (const {arm, result} of measured) {
    result.outputs.forEach((output, at) => {
      const spread = batch[at].spreads.get(arm);
      byImage[at].set(arm, {
        ...output,
        measures: {path: result.measures, at, artefact: result.artefact},
        ...(spread ? {spread} : {})
      });
    });
  }
  return batch.map(({image, plane, pixels, lesion}, i) => ({
    image,
    ...plane,
    sha256: pixels,
    hr: hrs[i],
    ...(lesion ? {lesion} : {}),
    byArm: byImage[i]
  }));
}

/** The image of a set for which several seeds are drawn: the first one, which a reader sees first. */
function spreadImage({images}: Source, set: string): string[] {
  const first = images.find((image) => image.set === set);
  return first === undefined ? [] : [first.id];
}

interface Given {
  readonly image: Image;
  readonly common: {readonly pixels: string; readonly width: number; readonly height: number};
}

function outputOf(arm: RunnableArm, {image, common}: Given, seed: number | undefined, store: Store): Promise<Artefact> {
  // a generator's noise depends on the image's name
  const random = seed === undefined ? {} : {seed, image: image.id};
  return store.compute({...arm.recipe, ...common, ...random} as Recipe, async (folder) => {
    const plane = await arm.run(image, seed);
    const data = Float32Array.from(plane.data);
    writeFileAtomic(join(folder, "output.npy"), encodeNpy(data, [plane.height, plane.width]));
    writeFileAtomic(join(folder, "output.png"), encodePng8({...plane, data}));
    return {engine: arm.arm.engine};
  });
}

function refOf(output: Artefact, {width, height}: {readonly width: number; readonly height: number}): OutputRef {
  return {
    artefact: output.id,
    date: output.provenance.date,
    plane: {path: output.path("output.npy"), offset: 0, width, height},
    picture: {path: output.path("output.png"), sha256: output.files["output.png"].sha256}
  };
}

/** White in the picture of a spread. */
export const spreadScale = 0.1;

async function spreadOne(arm: RunnableArm, given: Given, store: Store, progress: Progress): Promise<Artefact> {
  const outputs: Artefact[] = [];
  for (const seed of arm.seeds!) {
    outputs.push(await outputOf(arm, given, seed, store));
    if (seed !== arm.seeds![0]) progress.advance(1, `${given.image.id} ${arm.arm.label}, seed ${seed}`);
  }
  const recipe = {
    kind: "seed-spread",
    pixels: given.common.pixels,
    outputs: outputs.map(({id}) => id),
    scale: spreadScale,
    code: spreadCode
  };
  return store.compute(recipe, async (folder) => {
    const {sd, meanSd, calibration, gain, posteriorGain} = seedSpread(
      given.image,
      outputs.map((output) => readPlane(refOf(output, given.image).plane))
    );
    const data = Float32Array.from(sd.data, (value) => Math.min(1, value / spreadScale));
    writeFileAtomic(join(folder, "spread.png"), encodePng8({...sd, data}));
    writeFileAtomic(join(folder, "spread.json"), JSON.stringify({meanSd, calibration, gain, posteriorGain}));
    return {};
  });
}

function lesionOf(mask: Uint8Array, contrast: number): ImageResult["lesion"] {
  const runs: number[] = [];
  let pixels = 0;
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    pixels++;
    if (i > 0 && mask[i - 1] === 1) runs[runs.length - 1]++;
    else runs.push(i, 1);
  }
  return {contrast: Math.round(contrast * 1e4) / 1e4, pixels, mask: runs};
}

function bytesOf({data}: Plane): Uint8Array {
  const floats = Float32Array.from(data);
  return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
}
