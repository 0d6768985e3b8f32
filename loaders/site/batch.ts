import {readFileSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {InputError} from "../../models/errors.js";
import type {Plane} from "../../src/measures/image.js";
import {sha256} from "../files.js";
import {decodeImage, encodeNpy, encodePng8} from "../images/index.js";
import {type Artefact, type Recipe, Store} from "../store/store.js";
import {codeHash, imageMeasures} from "./code-hash.js";
import {histogram} from "./fabrication.js";
import {lowOf} from "./low.js";
import {measurePair, type PairMeasures} from "./measures.js";
import type {PictureRef} from "./picture.js";
import {type PlaneRef, readPlane} from "./planes.js";

/** Pairs that are measured, and kept, together: an entry of the store costs about as much time as measuring a small pair. */
export const batchSize = 25;

/** An output in the store. */
export interface OutputRef {
  readonly artefact: string;
  readonly date: string;
  readonly plane: PlaneRef;
  readonly picture: PictureRef;
}

/** Some images in one arm. */
export interface BatchTask {
  readonly kind: "batch";
  /** The store's folder. */
  readonly store: string;
  readonly images: readonly {
    readonly id: string;
    /** SHA-256 of the pixels. */
    readonly pixels: string;
    readonly plane: PlaneRef;
    /** Of a lesion. */
    readonly mask?: Uint8Array;
  }[];
  /** The arm's outputs of these images, or the files that hold them. */
  readonly outputs: readonly OutputRef[] | readonly string[];
  /** The autoencoder's reconstructions, of a generator's arm. */
  readonly aes?: readonly OutputRef[];
}

export interface BatchTaskResult {
  readonly outputs: readonly OutputRef[];
  /** Path of a JSON list of `MeasuredPair`, one a pair, and the id of its artefact. */
  readonly measures: string;
  readonly artefact: string;
}

/** What is known of a pair: measures before rounding, the histogram of the differences of the 8-bit pictures. */
export interface MeasuredPair extends PairMeasures {
  readonly histogram: readonly number[];
}

const filesCode = codeHash(["loaders/site/batch.ts", "loaders/images"]);
const measuresCode = codeHash([
  "loaders/site/measures.ts",
  "loaders/site/fabrication.ts",
  "loaders/site/low.ts",
  ...imageMeasures
]);

export async function measureBatch(task: BatchTask): Promise<BatchTaskResult> {
  const store = new Store(task.store);
  const {images, aes} = task;
  const outputs =
    typeof task.outputs[0] === "string"
      ? await outputsOfFiles(task.outputs as readonly string[], images, store)
      : (task.outputs as readonly OutputRef[]);
  const recipe = {
    kind: "batch-measures",
    pairs: images.map(({pixels, mask}, i) => [
      pixels,
      outputs[i].artefact,
      outputs[i].plane.offset,
      aes?.[i].artefact ?? null,
      mask === undefined ? null : sha256(mask)
    ]),
    code: measuresCode
  } satisfies Recipe;
  const artefact = await store.compute(recipe, async (folder) => {
    const measured = images.map(({plane, mask, id}, i): MeasuredPair => {
      const hr = {...readPlane(plane), id};
      const output = readPlane(outputs[i].plane);
      const beside = {
        lr: lowOf(hr),
        ...(aes ? {ae: readPlane(aes[i].plane)} : {}),
        ...(mask ? {mask: {...hr, data: Float32Array.from(mask)}} : {})
      };
      return {...measurePair(hr, output, beside), histogram: histogram(hr, output)};
    });
    writeFileSync(join(folder, "measures.json"), JSON.stringify(measured));
    return {};
  });
  return {outputs, measures: artefact.path("measures.json"), artefact: artefact.id};
}

/** Outputs that another program left in files: as pictures of 8 bits and as numbers. */
async function outputsOfFiles(
  paths: readonly string[],
  images: BatchTask["images"],
  store: Store
): Promise<OutputRef[]> {
  const files = paths.map((path) => readFileSync(path));
  const recipe = {
    kind: "outputs-of-files",
    files: files.map((bytes) => sha256(bytes)),
    code: filesCode
  } satisfies Recipe;
  const artefact: Artefact = await store.compute(recipe, async (folder) => {
    const planes: Plane[] = [];
    for (const [i, bytes] of files.entries()) {
      const output = await decodeImage(bytes, paths[i]);
      const {width, height} = images[i].plane;
      if (output.width !== width || output.height !== height) {
        throw new InputError(
          `${paths[i]} is ${output.width}×${output.height} and its HR image ${width}×${height}: they must have one size`
        );
      }
      planes.push(output);
      writeFileSync(join(folder, `${i}.png`), encodePng8(output));
    }
    const all = new Float32Array(planes.reduce((sum, {data}) => sum + data.length, 0));
    let at = 0;
    for (const {data} of planes) {
      all.set(data, at);
      at += data.length;
    }
    writeFileSync(join(folder, "outputs.npy"), encodeNpy(all, [all.length]));
    return {};
  });
  let offset = 0;
  return images.map(({plane: {width, height}}, i) => {
    const plane = {path: artefact.path("outputs.npy"), offset, width, height};
    offset += width * height;
    const file = `${i}.png`;
    return {
      artefact: artefact.id,
      date: artefact.provenance.date,
      plane,
      picture: {path: artefact.path(file), sha256: artefact.files[file].sha256}
    };
  });
}
