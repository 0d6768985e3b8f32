import type {Plane} from "../../src/measures/image.js";

/**
 * Extends an image on the right and at the bottom by reflection about the edge pixel (numpy's `reflect`: c b | a b c | b a)
 * until `factor` divides both sides. A side of one pixel is repeated. The same plane when nothing has to be added.
 */
export function padToMultiple(image: Plane, factor: number): Plane {
  const width = Math.ceil(image.width / factor) * factor;
  const height = Math.ceil(image.height / factor) * factor;
  if (width === image.width && height === image.height) return image;
  const columns = Array.from({length: width}, (_, x) => reflect(x, image.width));
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = reflect(y, image.height) * image.width;
    for (let x = 0; x < width; x++) data[y * width + x] = image.data[row + columns[x]];
  }
  return {data, width, height};
}

/** The top left part of an image. */
export function crop({data, width}: Plane, toWidth: number, toHeight: number): Plane {
  const out = new Float32Array(toWidth * toHeight);
  for (let y = 0; y < toHeight; y++) out.set(data.subarray(y * width, y * width + toWidth), y * toWidth);
  return {data: out, width: toWidth, height: toHeight};
}

function reflect(index: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const i = index % period;
  return i < length ? i : period - i;
}
