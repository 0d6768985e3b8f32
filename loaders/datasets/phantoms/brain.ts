import {cos, exp, sin} from "../../../src/measures/elementary.js";
import {random} from "../../../src/measures/random.js";
import {blur, clamp, rician} from "./acquire.js";
import {ellipse, mirror, place, spline} from "./curves.js";
import {coverage, Grid, type Point, paint, polygonDistance, strokeDistance} from "./grid.js";
import {Noise} from "./noise.js";
import {measureLesion, type PhantomImage, type PhantomRequest} from "./request.js";
import {signals} from "./tissue.js";

const FOV = 240;
/** Height in mm above the plane of the commissures, from the basal ganglia up to the centrum semiovale. */
const height = (slice: number, slices: number) => -2 + (50 * slice) / Math.max(1, slices - 1);

/** One axial slice of a head, front up. */
export function brain({seed, patient, slice, slices, size, lesion, contrast = "T2"}: PhantomRequest): PhantomImage {
  const grid = new Grid(size, FOV);
  const who = random(seed, "brain", patient);
  const signal = signals(contrast);
  const z = height(slice, slices) + who.between(-1, 1);
  const edge = Math.max(grid.mm, 0.9);

  // ——— who this is
  const a = who.between(74, 83);
  const b = who.between(93, 104);
  const scalp = who.between(4.5, 7.5);
  const skull = who.between(6, 8);
  const gap = who.between(1.2, 3);
  const atrophy = who.between(0, 1) * who.between(0.4, 1);
  const cortex = who.between(2.7, 3.3);
  const turn = who.normal(0, 0.035);
  const dx = who.normal(0, 2.5);
  const dy = who.normal(0, 3);
  const ventricles = 0.8 + 0.7 * atrophy + who.normal(0, 0.08);
  const hair = Noise.of(seed, "brain", patient, "shape");
  const put = (points: readonly Point[]) => place(points, turn, dx, dy);

  // ——— the head: skin, fat, skull, by depth under the surface
  const top = z > 5 ? Math.sqrt(Math.max(0.2, 1 - ((z - 5) / 92) ** 2)) : 1;
  const outline = Array.from({length: 96}, (_, i) => {
    const t = (2 * Math.PI * i) / 96;
    const x = cos(t);
    const y = sin(t);
    const wobble = 1 + 0.02 * hair.at(2 * x, 2 * y, z / 40) + 0.01 * hair.at(5 * x + 9, 5 * y, z / 30);
    const wide = 1 + 0.07 * y - 0.05 * y * y + 0.04 * x * x * (1 - x * x) * 4;
    return [a * top * x * wide * wobble, b * top * y * wobble] as const;
  });
  const head = polygonDistance(grid, put(outline), 45);

  // ——— grooves: the midline fissure, the lateral (Sylvian) ones, and the sulci of both hemispheres
  const band = 8;
  const groove = grid.plane(band);
  const hull = scalp + skull + gap;
  const ha = a * top - hull;
  const hb = b * top - hull;
  const width = 0.25 + 0.75 * atrophy;
  const wander = Noise.of(seed, "brain", patient, "sulci");
  const callosum = z < 30 ? 1 : Math.max(0, 1 - (z - 30) / 5);
  const genu = -ha * 0.02 - hb * 0.4;
  const splenium = hb * 0.42;
  const shift = (y: number) => 1.3 * wander.at(y / 25, 3.3, z / 30);
  const midline = (from: number, to: number) =>
    Array.from({length: 13}, (_, i) => {
      const y = from + ((to - from) * i) / 12;
      return [shift(y), y, 0.35 + 0.5 * width] as const;
    });
  if (callosum > 0.5) {
    strokeDistance(grid, put(midline(-hb - 2, genu - 4)), band, groove);
    strokeDistance(grid, put(midline(splenium + 4, hb + 2)), band, groove);
  } else strokeDistance(grid, put(midline(-hb - 2, hb + 2)), band, groove);

  const inner = z > 26 ? Math.max(0.35, 1 - (z - 26) / 25) : 1;
  const grow = (x: number, y: number, angle: number, depth: number, r: number, key: number, forks: number): void => {
    const steps = Math.max(3, Math.round(depth / 3));
    const points: Point[] = [];
    let heading = angle;
    for (let s = 0; s <= steps; ++s) {
      const f = s / steps;
      points.push([x, y, r * (1.25 - f)]);
      if (forks > 0 && s === Math.round(steps * 0.6) && depth > 9) {
        const side = wander.at(key * 7.7, 2.2, z / 60) > 0 ? 1 : -1;
        grow(x, y, heading + side * 1.15, depth * 0.48, r * 0.7, key + 0.37, forks - 1);
      }
      heading += 0.85 * wander.at(key * 3.1 + s * 0.35, 7.7, z / 14);
      x += (depth / steps) * cos(heading);
      y += (depth / steps) * sin(heading);
    }
    // nothing folds into the deep nuclei
    const core = points.filter(
      ([px, py]) => (px / (inner * 0.56 * ha)) ** 2 + ((py - 2) / (inner * 0.6 * hb)) ** 2 > 1
    );
    if (core.length > 1) strokeDistance(grid, put(spline(core, 2)), band, groove);
  };
  const sylvian = z < 26;
  const reach = z > 26 ? 1 + Math.min(0.6, (z - 26) / 30) : 1;
  for (const side of [-1, 1]) {
    const count = Math.round(21 * top) + 1;
    for (let i = 0; i < count; ++i) {
      const key = i + (side > 0 ? 100 : 0) + 0.5;
      const share = (i + 0.5 + 0.55 * wander.at(key * 1.9, 0.5, z / 35)) / count;
      const t = -Math.PI / 2 + side * Math.PI * (0.035 + 0.93 * share);
      const x = ha * cos(t);
      const y = hb * sin(t);
      if (sylvian && Math.abs(y + 6) < 6) continue;
      const inward = Math.PI + t + 0.35 * wander.at(key * 2.7, 1.5, z / 40);
      const deep = i % 2 === 0 ? 26 : 14;
      const depth = deep * (0.9 + 0.6 * wander.at(key * 5.3, 4.5, z / 22)) * reach;
      if (depth > 3) grow(x * 1.02, y * 1.02, inward, depth, 0.12 + 0.5 * width * (0.6 + 0.8 * who.uniform()), key, 2);
    }
    // the medial wall, where the hemispheres face each other
    for (let i = 0; i < 12; ++i) {
      const key = 200 + i + (side > 0 ? 100 : 0);
      const y = -hb * 0.86 + (hb * 1.72 * (i + 0.5 + 0.5 * wander.at(key, 0, z / 30))) / 12;
      if (callosum > 0.5 && y > genu - 8 && y < splenium + 7) continue;
      const depth = (i % 2 ? 14 : 9) * (0.8 + 0.5 * wander.at(key * 2, 9, z / 20));
      if (depth > 3)
        grow(
          shift(y),
          y,
          (side > 0 ? 0 : Math.PI) + 0.5 * wander.at(key * 3, 8, z / 30),
          depth,
          0.1 + 0.3 * width,
          key,
          1
        );
    }
    if (sylvian) {
      // the opercula meet over the insula: an inlet from the side that widens along its floor
      const r = (0.5 + 1.2 * width) * (0.55 + 0.5 * wander.at(side * 3.3, 77, z / 40) + 0.25);
      const f = 0.585 * ha;
      const y0 = -5 + 9 * wander.at(side * 1.7 + 0.4, 5, z / 30);
      const sway = 14 * wander.at(side * 2.1 + 0.6, 15, z / 30);
      const floor: Point[] = [
        [side * (f - 1), y0 - 17, r * 0.6],
        [side * (f + 3), y0 - 8, r * 0.8],
        [side * (f + 4), y0 + 2, r],
        [side * (f + 3), y0 + 14, r * 0.7],
        [side * (f + 6), y0 + 24, r * 0.4]
      ];
      strokeDistance(grid, put(spline(floor, 4)), band, groove);
      strokeDistance(
        grid,
        put(
          spline(
            [
              [side * (ha + 1), y0 - 7 + sway, r * 1.4],
              [side * (ha - 10), y0 - 5 + 0.6 * sway, r],
              [side * (f + 4), y0 + 2, r]
            ],
            4
          )
        ),
        band,
        groove
      );
      for (let i = 0; i < 5; ++i)
        grow(
          side * (f + 4),
          y0 - 12 + 8 * i,
          (side > 0 ? 0 : Math.PI) + 0.6 * wander.at(i * 1.7 + side, 6, z / 20),
          7,
          0.5,
          500 + i + side * 50,
          0
        );
    }
  }

  // ——— signal, from the outside in
  const plane = grid.plane();
  const grain = Noise.of(seed, "brain", patient, "grain");
  const tissueEdge = Math.max(edge, 1.3);
  const noisy = z / 3;
  for (let j = 0; j < size; ++j) {
    const y = grid.at(j);
    for (let i = 0; i < size; ++i) {
      const k = j * size + i;
      const d = head[k];
      if (d > 1.5) continue;
      const x = grid.at(i);
      const depth = -d;
      let s = 0;
      const thick = depth < 32 ? 1 + 0.22 * hair.at(x / 30, y / 30, 3 + z / 50) : 1;
      const fatDepth = scalp * thick;
      const over = (value: number, from: number, w = edge) => {
        const c = coverage(from - depth, w);
        if (c > 0) s += c * (value - s);
      };
      over(signal.skin, 0);
      if (depth < hull + 12) {
        const lumps = (contrast === "FLAIR" ? 0.6 : 1) + 0.25 * grain.at(x / 3, y / 3, noisy);
        over(signal.fat * lumps, 1.6);
        over(signal.muscle * 0.8, fatDepth - 1.4);
        over(signal.bone, fatDepth);
        over(signal.diploe * (0.8 + 0.5 * grain.at(x / 2.5, y / 2.5, noisy + 40)), fatDepth + skull * 0.36);
        over(signal.bone, fatDepth + skull * 0.68);
        over(signal.csf * 0.9, fatDepth + skull * thick);
      }
      const under = depth - hull - (thick - 1) * (scalp + skull);
      const bottom = Math.min(under, groove[k]);
      if (under > -2) {
        const ribbon = cortex * (1 + 0.16 * grain.at(x / 9, y / 9, noisy + 20));
        const grey = signal.grey * (1 + 0.03 * grain.at(x / 5, y / 5, noisy + 80));
        const white =
          signal.white *
          (1 + 0.025 * grain.at(x / 18, y / 18, 60 + z / 18) + 0.02 * grain.at(x / 2.4, y / 2.4, noisy + 120));
        over(signal.csf, depth - under);
        s += coverage(-bottom, edge) * (grey - s);
        const w = coverage(ribbon - bottom, tissueEdge);
        s += w * (white - s);
      }
      plane[k] = s;
    }
  }

  // ——— deep grey matter and the ventricles
  const fade = (from: number, to: number) => Math.max(0, Math.min(1, (z - from) / (to - from)));
  const low = 1 - fade(14, 26);
  const both = (points: Point[], key: number): Point[][] => {
    const wobble = 0.6 * wander.at(key, 31, z / 20);
    return [points.map(([x, y, r]) => [x + wobble, y, r] as const), mirror(points)];
  };
  const nucleus = (
    x: number,
    y: number,
    p: number,
    q: number,
    angle: number,
    value: number,
    soft: number,
    key: number
  ) => {
    for (const shape of both(ellipse(x, y, p, q, angle), key))
      paint(plane, polygonDistance(grid, put(shape), 4), value, Math.max(edge, soft));
  };
  const wide = ha / 62;
  const open = 1 + 0.25 * (ventricles - 1);
  if (low > 0.05) {
    nucleus(27 * wide, -4, 5.2 * low, 14.5 * low, 0.24, signal.deepGrey, 1.6, 1);
    nucleus(20.5 * wide, -1, 4 * low, 8.5 * low, 0.32, signal.pallidum, 1.8, 2);
    nucleus(10.5 * wide * open, 13, 7.5 * low, 12.5 * low, -0.42, signal.deepGrey * 0.985, 2.6, 3);
  }
  const caudate = 1 - fade(22, 34);
  if (caudate > 0.05)
    nucleus(13.5 * wide * open, -22 + 8 * fade(8, 26), 4.2 * caudate, 9.5, -0.3, signal.deepGrey, 1.4, 4);
  const bodies = fade(12, 22);
  const gone = 1 - fade(28, 44);
  if (gone > 0.3) {
    const v = ventricles * Math.sqrt(gone);
    const horn: Point[] = [
      [2.6, -3 - 6 * bodies, 1.4 * v],
      [4 + bodies, -13, 2.1 * v],
      [6.5, -21, 2.9 * v],
      [10.5 - 2 * bodies, -28, 2.5 * v],
      [14.5 - 3 * bodies, -33, 0.9 * v]
    ];
    const atrium: Point[] = [
      [11 - bodies, 27 - 6 * bodies, 1.6 * v],
      [18, 33, 3.6 * v],
      [23, 40, 3.8 * v],
      [24, 48, 2.4 * v],
      [23, 54, 0.9 * v]
    ];
    const body: Point[] = [
      [12, -30, 1.2 * v],
      [9, -23, 2.9 * v],
      [6.5, -8, 2.4 * v],
      [8, 8, 2.1 * v],
      [14, 23, 2.6 * v],
      [20, 32, 3.2 * v],
      [23, 40, 1.5 * v]
    ];
    const water = grid.plane(6);
    const parts = gone < 0.95 ? [body.slice(1, gone < 0.6 ? 5 : 6)] : bodies > 0.5 ? [body, atrium] : [horn, atrium];
    for (const part of parts) for (const shape of both(part, 9)) strokeDistance(grid, put(spline(shape, 4)), 6, water);
    if (low > 0.3)
      strokeDistance(
        grid,
        put(
          spline(
            [
              [0, -3, 0.9 * v],
              [0.2, 6, 1.2 * v],
              [0, 16, 0.9 * v]
            ] as Point[],
            3
          )
        ),
        6,
        water
      );
    if (low > 0.6)
      strokeDistance(
        grid,
        put([
          [0, 29, 2.5],
          [0, 33, 3.2],
          [0, 36, 2]
        ]),
        6,
        water
      );
    paint(plane, water, signal.csf, edge);
    if (bodies < 0.8)
      for (const side of [-1, 1])
        paint(
          plane,
          strokeDistance(
            grid,
            put([
              [side * 17.5, 33, 1],
              [side * 20, 38, 1.6]
            ]),
            4
          ),
          signal.grey * 0.9,
          1.6,
          0.7
        );
  }

  // ——— flow voids: the sagittal sinus, arteries in the fissures
  const vessels = random(seed, "brain", patient, "vessels");
  const dark = grid.plane(4);
  strokeDistance(
    grid,
    put([
      [0, hb - 1, 1],
      [0, hb + gap + 1, 2]
    ]),
    4,
    dark
  );
  if (z < 12)
    for (const side of [-1, 1])
      strokeDistance(
        grid,
        put([[side * vessels.between(30, 38), vessels.between(-20, 6), vessels.between(0.5, 1)]]),
        4,
        dark
      );
  strokeDistance(grid, put([[vessels.normal(0, 0.6), -hb * 0.5, 0.8]]), 4, dark);
  paint(plane, dark, 0.02, edge, 0.85);

  // ——— the scanner: coil shading, point spread, noise
  const gain = {T1: 1.75, T2: 1.25, FLAIR: 2.9, PD: 0.98, PDFS: 1.2}[contrast] * who.between(0.92, 1.06);
  const ramp = [who.normal(0, 0.1), who.normal(0, 0.1), who.between(0.02, 0.16), who.normal(0, 0.06)];
  const scan = (p: Float32Array) => {
    for (let k = 0; k < p.length; ++k) {
      if (p[k] === 0) continue;
      const x = (2 * grid.at(k % size)) / FOV;
      const y = (2 * grid.at((k - (k % size)) / size)) / FOV;
      p[k] *= gain * exp(ramp[0] * x + ramp[1] * y + ramp[2] * (x * x + y * y) + ramp[3] * x * y);
    }
    blur(grid, p, 0.45);
    return p;
  };

  // ——— a tumour: oedema, an irregular solid rim, a necrotic core
  let found: Pick<PhantomImage, "mask" | "lesion"> = {};
  if (lesion) {
    const chance = random(seed, "brain", patient, "lesion");
    const shape = Noise.of(seed, "brain", patient, "lesion");
    const radius = (lesion.radius ?? chance.between(7, 15)) * (0.9 + 0.25 * shape.at(0.5, 0.5, z / 12));
    const side = chance.uniform() < 0.5 ? -1 : 1;
    const angle = chance.between(-1.2, 1.2);
    const [[cx, cy]] = put([[side * ha * 0.5 * cos(angle), hb * 0.55 * sin(angle)]]);
    const strength = lesion.strength ?? 1;
    const before = Float32Array.from(plane);
    const distance = grid.plane(30);
    for (let k = 0; k < plane.length; ++k) {
      const x = grid.at(k % size) - cx;
      const y = grid.at((k - (k % size)) / size) - cy;
      const r = Math.sqrt(x * x + y * y);
      if (r > 3 * radius) continue;
      const ragged = 0.3 * radius * shape.fractal((1.1 * x) / radius, (1.1 * y) / radius, z / 20, 3);
      const inside = -head[k] - hull - 1;
      distance[k] = Math.max(r - radius + ragged, -inside);
      const swelling = 0.75 * coverage(distance[k] - 0.35 * radius, 0.6 * radius) * coverage(-inside, 1);
      plane[k] += strength * swelling * (signal.oedema - plane[k]);
      const solid = coverage(distance[k], 1.6);
      const speck = 1 + 0.12 * shape.fractal(x / 4, y / 4, z / 4, 2);
      plane[k] += strength * solid * ((contrast === "T1" ? 1.05 * signal.white : signal.tumour) * speck - plane[k]);
      const core = 0.9 * coverage(distance[k] + 0.45 * radius, 2.2);
      plane[k] += strength * core * (signal.necrosis - plane[k]);
    }
    found = measureLesion(grid, distance, [cx, cy], clamp(scan(Float32Array.from(plane))), clamp(scan(before)));
  }
  scan(plane);
  rician(grid, plane, contrast === "PD" ? 0.015 : 0.0095, random(seed, "brain", patient, slice, "scan"), 0.45);
  return {data: clamp(plane), modality: `simulated brain MRI axial ${contrast}`, ...found};
}
