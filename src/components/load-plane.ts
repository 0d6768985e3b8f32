import type {Plane} from "../measures/image.js";
import {withheld} from "./withheld.js";

const kept = new Map<string, Promise<Plane>>();
const capacity = 24;

/**
 * The pixels of an 8-bit grey PNG, in [0, 1]. The last few stay in memory. In a site without images the address is empty: the
 * page says so, and what waits for the pixels waits for ever.
 */
export function loadPlane(url: string): Promise<Plane> {
  if (url === "") {
    withheld();
    return new Promise(() => {});
  }
  const known = kept.get(url);
  if (known) {
    kept.delete(url);
    kept.set(url, known); // most recently used last
    return known;
  }
  const plane = decode(url);
  kept.set(url, plane);
  plane.catch(() => kept.delete(url));
  if (kept.size > capacity) kept.delete(kept.keys().next().value!);
  return plane;
}

async function decode(url: string): Promise<Plane> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the image ${url} could not be loaded (${response.status})`);
  const bitmap = await createImageBitmap(await response.blob(), {colorSpaceConversion: "none"});
  const {width, height} = bitmap;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", {willReadFrequently: true})!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const {data: rgba} = context.getImageData(0, 0, width, height);
  const data = new Float32Array(width * height);
  for (let i = 0; i < data.length; i++) data[i] = rgba[4 * i] / 255;
  return {data, width, height};
}
