import type {Plane} from "../measures/image.js";

/** The border of a region: edges between a pixel inside and one outside, as x₁, y₁, x₂, y₂ in pixels from the top left corner. */
export type Outline = Float32Array;

/** A mask from its runs: start, length, start, length, … in row-major order. 1 inside, 0 outside. */
export function maskOfRuns(runs: readonly number[], width: number, height: number): Plane {
  const data = new Float32Array(width * height);
  for (let i = 0; i < runs.length; i += 2) data.fill(1, runs[i], runs[i] + runs[i + 1]);
  return {data, width, height};
}

/** Edges that follow each other in a line are one. */
export function outlineOf({data, width, height}: Plane): Outline {
  const inside = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height && data[y * width + x] > 0.5;
  const edges: number[] = [];
  for (let y = 0; y <= height; y++) {
    for (let x = 0; x < width; x++) {
      if (inside(x, y - 1) === inside(x, y)) continue;
      const from = x;
      while (x < width && inside(x, y - 1) !== inside(x, y)) x++;
      edges.push(from, y, x, y);
    }
  }
  for (let x = 0; x <= width; x++) {
    for (let y = 0; y < height; y++) {
      if (inside(x - 1, y) === inside(x, y)) continue;
      const from = y;
      while (y < height && inside(x - 1, y) !== inside(x, y)) y++;
      edges.push(x, from, x, y);
    }
  }
  return Float32Array.from(edges);
}
