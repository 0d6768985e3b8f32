import {join} from "node:path";
import type {Image} from "../../src/measures/image.js";
import {writeFileAtomic} from "../files.js";
import {encodeNpy, encodePng8} from "../images/index.js";
import {lowOf} from "./low.js";
import {spectrumOf} from "./measures.js";
import {thumbnail} from "./thumbnails.js";

/** What the site keeps of an HR image: its pixels, a picture, its LR picture, a thumbnail, its radial spectrum. */
export function writePicture(folder: string, pixels: Image): void {
  const {width, height} = pixels;
  writeFileAtomic(join(folder, "image.npy"), encodeNpy(Float32Array.from(pixels.data), [height, width]));
  writeFileAtomic(join(folder, "image.png"), encodePng8(pixels));
  writeFileAtomic(join(folder, "lr.png"), encodePng8(lowOf(pixels)));
  writeFileAtomic(join(folder, "thumbnail.json"), JSON.stringify(Array.from(thumbnail(pixels).data)));
  writeFileAtomic(join(folder, "spectrum.json"), JSON.stringify(spectrumOf(pixels)));
}
