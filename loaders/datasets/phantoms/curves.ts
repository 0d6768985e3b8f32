import {cos, sin} from "../../../src/measures/elementary.js";
import type {Point} from "./grid.js";

/** A smooth curve through the points (uniform Catmull–Rom), `steps` segments between two of them. */
export function spline(points: readonly Point[], steps = 6, closed = false): Point[] {
  const n = points.length;
  const at = (i: number) => points[closed ? (i + n) % n : Math.max(0, Math.min(n - 1, i))];
  const out: Point[] = [];
  const last = closed ? n : n - 1;
  for (let i = 0; i < last; ++i) {
    const p = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    for (let s = 0; s < steps; ++s) {
      const t = s / steps;
      const blend = (axis: 0 | 1 | 2) => {
        const [a, b, c, d] = p.map((q) => q[axis] ?? 0);
        return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
      };
      out.push([blend(0), blend(1), Math.max(0, blend(2))]);
    }
  }
  if (!closed) out.push([points[n - 1][0], points[n - 1][1], points[n - 1][2] ?? 0]);
  return out;
}

/** An ellipse as a polygon; `turn` in radians. */
export function ellipse(x: number, y: number, a: number, b: number, turn = 0, n = 40): Point[] {
  const c = cos(turn);
  const s = sin(turn);
  return Array.from({length: n}, (_, i) => {
    const t = (2 * Math.PI * i) / n;
    const u = a * cos(t);
    const v = b * sin(t);
    return [x + c * u - s * v, y + s * u + c * v] as const;
  });
}

/** Moves every vertex. */
export function mapPoints(
  points: readonly Point[],
  move: (x: number, y: number) => readonly [number, number]
): Point[] {
  return points.map(([x, y, r]) => {
    const [u, v] = move(x, y);
    return [u, v, r];
  });
}

/** Left to right and back. */
export function mirror(points: readonly Point[]): Point[] {
  return points.map(([x, y, r]) => [-x, y, r]);
}

/** Turns about the origin by `angle` radians, then shifts. */
export function place(points: readonly Point[], angle: number, dx = 0, dy = 0): Point[] {
  const c = cos(angle);
  const s = sin(angle);
  return mapPoints(points, (x, y) => [c * x - s * y + dx, s * x + c * y + dy]);
}
