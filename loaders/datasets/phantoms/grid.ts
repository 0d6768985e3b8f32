/**
 * A square field of view, sampled at pixel centres: x to the right, y down, in millimetres from its centre. Shapes are
 * given in millimetres, so that a phantom is the same at any size.
 */
export class Grid {
  /** Millimetres per pixel. */
  readonly mm: number;
  readonly length: number;

  constructor(
    readonly size: number,
    readonly fov: number
  ) {
    this.mm = fov / size;
    this.length = size * size;
  }

  /** The coordinate in mm of a column's or a row's centre. */
  at(index: number): number {
    return (index + 0.5) * this.mm - this.fov / 2;
  }

  /** The (fractional) column or row whose centre is at a coordinate in mm. */
  index(mm: number): number {
    return (mm + this.fov / 2) / this.mm - 0.5;
  }

  /** A new plane, all `value`. */
  plane(value = 0): Float32Array {
    return new Float32Array(this.length).fill(value);
  }
}

/** A vertex of a curve in mm, with the curve's half-thickness there. */
export type Point = readonly [x: number, y: number, radius?: number];

/**
 * Distance in mm from every pixel to a thick polyline, negative inside it, no more than `band`. Given `into`, the
 * nearer of the old and the new value stays (the union of both shapes).
 */
export function strokeDistance(
  grid: Grid,
  points: readonly Point[],
  band: number,
  into = grid.plane(band)
): Float32Array {
  if (points.length === 1) segmentDistance(grid, points[0], points[0], band, into);
  for (let i = 1; i < points.length; ++i) segmentDistance(grid, points[i - 1], points[i], band, into);
  return into;
}

function segmentDistance(grid: Grid, a: Point, b: Point, band: number, out: Float32Array): void {
  const [ax, ay, ar = 0] = a;
  const [bx, by, br = 0] = b;
  const {size} = grid;
  const reach = band + Math.max(ar, br);
  const i0 = Math.max(0, Math.ceil(grid.index(Math.min(ax, bx) - reach)));
  const i1 = Math.min(size - 1, Math.floor(grid.index(Math.max(ax, bx) + reach)));
  const j0 = Math.max(0, Math.ceil(grid.index(Math.min(ay, by) - reach)));
  const j1 = Math.min(size - 1, Math.floor(grid.index(Math.max(ay, by) + reach)));
  const dx = bx - ax;
  const dy = by - ay;
  const norm = dx * dx + dy * dy;
  for (let j = j0; j <= j1; ++j) {
    const py = grid.at(j) - ay;
    for (let i = i0; i <= i1; ++i) {
      const px = grid.at(i) - ax;
      let t = norm > 0 ? (px * dx + py * dy) / norm : 0;
      t = t < 0 ? 0 : Math.min(t, 1);
      const ex = px - t * dx;
      const ey = py - t * dy;
      const k = j * size + i;
      const limit = out[k] + ar + t * (br - ar);
      const square = ex * ex + ey * ey;
      if (limit > 0 && square >= limit * limit) continue;
      const d = Math.sqrt(square) - ar - t * (br - ar);
      if (d < out[k]) out[k] = d;
    }
  }
}

/** Distance in mm from every pixel to a closed polygon, negative inside, within ±`band`. */
export function polygonDistance(grid: Grid, polygon: readonly Point[], band: number): Float32Array {
  const out = grid.plane(band);
  for (let i = 0; i < polygon.length; ++i) {
    const [ax, ay] = polygon[i];
    const [bx, by] = polygon[(i + 1) % polygon.length];
    segmentDistance(grid, [ax, ay], [bx, by], band, out);
  }
  const crossings: number[] = [];
  for (let j = 0; j < grid.size; ++j) {
    const y = grid.at(j);
    crossings.length = 0;
    for (let i = 0; i < polygon.length; ++i) {
      const [ax, ay] = polygon[i];
      const [bx, by] = polygon[(i + 1) % polygon.length];
      if (ay <= y === by <= y) continue;
      crossings.push(ax + ((y - ay) / (by - ay)) * (bx - ax));
    }
    crossings.sort((p, q) => p - q);
    for (let c = 0; c + 1 < crossings.length; c += 2) {
      const i0 = Math.max(0, Math.ceil(grid.index(crossings[c])));
      const i1 = Math.min(grid.size - 1, Math.floor(grid.index(crossings[c + 1])));
      for (let i = i0; i <= i1; ++i) out[j * grid.size + i] = -out[j * grid.size + i];
    }
  }
  return out;
}

/** How much of a pixel lies inside an edge at distance `d`, when the edge is `width` wide (at least a pixel). */
export function coverage(d: number, width: number): number {
  const c = 0.5 - d / width;
  return c <= 0 ? 0 : c >= 1 ? 1 : c * c * (3 - 2 * c);
}

/** Paints `value` over a plane where the distance is negative, with a soft edge. */
export function paint(
  plane: Float32Array,
  distance: Float32Array,
  value: number | Float32Array,
  width: number,
  opacity = 1
): void {
  for (let k = 0; k < plane.length; ++k) {
    const c = coverage(distance[k], width) * opacity;
    if (c > 0) plane[k] += c * ((typeof value === "number" ? value : value[k]) - plane[k]);
  }
}
