import type {Image} from "../../src/measures/image.js";
import {resize} from "../../src/measures/resize.js";
import {Degrader} from "../datasets/degradations/index.js";

/** How much smaller LR is, along each side. */
export const factor = 4;

const degrader = new Degrader({kind: "bicubic", factor});

/** Names the degradation in recipes. */
export const degradation = degrader.id;

/** The LR image of the site's arms: antialiased bicubic on 8 bits, as Pillow does it; in real numbers where 4 does not divide a side. */
export function lowOf(image: Image): Image {
  const {id, width, height} = image;
  if (width % factor === 0 && height % factor === 0 && Math.min(width, height) >= 2 * factor)
    return degrader.apply(image);
  const side = (length: number) => Math.max(1, Math.round(length / factor));
  return {id, ...resize(image, side(width), side(height))};
}
