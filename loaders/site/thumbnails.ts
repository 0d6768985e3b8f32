import type {Plane} from "../../src/measures/image.js";

/** Side of a thumbnail in pixels, and how many stand in a row of the sheet. */
export const thumbnailSize = 64;
export const thumbnailColumns = 12;

/** Thumbnails on a sheet: a page loads the sheets of which it shows some. */
export const thumbnailsEach = 96;

/** One picture with a small version of each image (area means), row by row. */
export function thumbnailSheet(thumbnails: readonly Plane[]): Plane {
  const columns = Math.min(thumbnailColumns, Math.max(1, thumbnails.length));
  const width = columns * thumbnailSize;
  const height = Math.max(1, Math.ceil(thumbnails.length / columns)) * thumbnailSize;
  const data = new Float32Array(width * height);
  thumbnails.forEach((thumbnail, i) => {
    const left = (i % columns) * thumbnailSize;
    const top = Math.floor(i / columns) * thumbnailSize;
    for (let y = 0; y < thumbnailSize; y++) {
      for (let x = 0; x < thumbnailSize; x++) {
        data[(top + y) * width + left + x] = thumbnail.data[y * thumbnailSize + x];
      }
    }
  });
  return {data, width, height};
}

/** The middle square of an image, reduced to a thumbnail by area means. */
export function thumbnail({data, width, height}: Plane): Plane {
  const side = Math.min(width, height);
  const left = (width - side) >> 1;
  const top = (height - side) >> 1;
  const out = new Float32Array(thumbnailSize * thumbnailSize);
  for (let y = 0; y < thumbnailSize; y++) {
    const [y0, y1] = span(y, side);
    for (let x = 0; x < thumbnailSize; x++) {
      const [x0, x1] = span(x, side);
      let sum = 0;
      for (let v = y0; v < y1; v++) for (let u = x0; u < x1; u++) sum += data[(top + v) * width + left + u];
      out[y * thumbnailSize + x] = sum / ((y1 - y0) * (x1 - x0));
    }
  }
  return {data: out, width: thumbnailSize, height: thumbnailSize};
}

function span(i: number, side: number): [number, number] {
  const from = Math.floor((i * side) / thumbnailSize);
  return [from, Math.max(from + 1, Math.floor(((i + 1) * side) / thumbnailSize))];
}
