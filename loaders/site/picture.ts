import {writeFileSync} from "node:fs";
import {join} from "node:path";
import type {Image} from "../../src/measures/image.js";
import {encodeNpy, encodePng8} from "../images/index.js";
import {type Recipe, Store} from "../store/store.js";
import {codeHash} from "./code-hash.js";
import {lowOf} from "./low.js";
import {spectrumOf} from "./measures.js";
import type {PlaneRef} from "./planes.js";
import {thumbnail} from "./thumbnails.js";

/** What the site keeps of an HR image: its pixels, a picture, its LR picture, a thumbnail, its radial spectrum. */
export interface PictureTask {
  readonly kind: "picture";
  /** The store's folder. */
  readonly store: string;
  readonly image: Image;
  /** SHA-256 of the float32 pixels. */
  readonly pixels: string;
}

/** A picture in the store, and its content's hash. */
export interface PictureRef {
  readonly path: string;
  readonly sha256: string;
}

export interface PictureTaskResult {
  readonly artefact: string;
  readonly plane: PlaneRef;
  readonly picture: PictureRef;
  readonly low: PictureRef;
  readonly thumbnail: PlaneRef;
  /** Path of the radial spectrum (JSON). */
  readonly spectrum: string;
}

const code = codeHash([
  "loaders/site/picture.ts",
  "loaders/site/low.ts",
  "loaders/site/measures.ts",
  "loaders/site/thumbnails.ts",
  "loaders/images/encodePng.ts"
]);

export async function keepPicture({store, image, pixels}: PictureTask): Promise<PictureTaskResult> {
  const {width, height} = image;
  const small = thumbnail(image);
  const recipe: Recipe = {kind: "picture", pixels, width, height, code};
  // the store syncs what lies in the folder: so the files are written plainly
  const artefact = await new Store(store).compute(recipe, async (folder) => {
    writeFileSync(join(folder, "image.npy"), encodeNpy(Float32Array.from(image.data), [height, width]));
    writeFileSync(join(folder, "image.png"), encodePng8(image));
    writeFileSync(join(folder, "lr.png"), encodePng8(lowOf(image)));
    writeFileSync(join(folder, "thumbnail.npy"), encodeNpy(Float32Array.from(small.data), [small.height, small.width]));
    writeFileSync(join(folder, "spectrum.json"), JSON.stringify(spectrumOf(image)));
    return {};
  });
  const ref = (file: string): PictureRef => ({path: artefact.path(file), sha256: artefact.files[file].sha256});
  return {
    artefact: artefact.id,
    plane: {path: artefact.path("image.npy"), offset: 0, width, height},
    picture: ref("image.png"),
    low: ref("lr.png"),
    thumbnail: {path: artefact.path("thumbnail.npy"), offset: 0, width: small.width, height: small.height},
    spectrum: artefact.path("spectrum.json")
  };
}
