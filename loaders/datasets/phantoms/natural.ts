import {cos, exp, pow, sin} from "../../../src/measures/elementary.js";
import {random} from "../../../src/measures/random.js";
import {blur, clamp} from "./acquire.js";
import {Grid} from "./grid.js";
import {Noise} from "./noise.js";
import {measureLesion, type PhantomImage, type PhantomRequest} from "./request.js";

const FOV = 256;

/**
 * A scene of occluding leaves: discs, ellipses, stones and blades whose sizes follow r⁻³ (which gives edges at every
 * scale, and 1/f² power; Lee, Mumford & Huang, IJCV 2001), each with its own grey, 1/f texture, shading and cast shadow. Lengths
 * are in units of 1/256 of the width. `patient` is the scene, `slice` a view of it (a shift). The "lesion" is a blot.
 */
export function natural({seed, patient, slice, size, lesion}: PhantomRequest): PhantomImage {
  const grid = new Grid(size, FOV);
  const who = random(seed, "natural", patient);
  const texture = Noise.of(seed, "natural", patient, "texture");
  const light = who.between(0, 2 * Math.PI);
  const [lx, ly] = [cos(light), sin(light)];
  const sky = who.uniform() < 0.55 ? who.between(-0.75, -0.1) * FOV * 0.5 : -FOV;
  const blades = who.uniform();
  const stones = who.uniform();
  const contrastOfScene = who.between(0.55, 1);
  const middle = who.between(0.3, 0.5);
  const smallest = who.between(1.1, 2.2);
  const shiftX = (slice % 5) * 9 - 18;
  const shiftY = (Math.floor(slice / 5) % 4) * 9 - 13;

  const plane = grid.plane();
  const open = new Uint8Array(grid.length).fill(1);
  let left = grid.length;
  // the sky: bright, a gradient, clouds
  const horizon = new Float32Array(size);
  for (let i = 0; i < size; ++i) {
    const x = grid.at(i) + shiftX;
    horizon[i] = sky - shiftY + 22 * texture.fractal(x / 70, 3.3, 0, 6, 0.55);
  }
  for (let j = 0; j < size; ++j) {
    const y = grid.at(j);
    for (let i = 0; i < size; ++i) {
      const k = j * size + i;
      const x = grid.at(i) + shiftX;
      if (y >= horizon[i]) continue;
      const cloud = texture.fractal(x / 90, (y + shiftY) / 45, 40, 6, 0.6);
      plane[k] = 0.72 + 0.16 * (y / FOV) + 0.17 * cloud;
      open[k] = 0;
      --left;
    }
  }
  const leaves = random(seed, "natural", patient, "leaves");
  const shadow = grid.plane(1);
  for (let n = 0; n < 6000 && left > grid.length * 0.002; ++n) {
    // r⁻³ between the smallest and the largest radius, by inversion
    const u = leaves.uniform();
    const a = 1 / (smallest * smallest);
    const b = 1 / (70 * 70);
    const cx = leaves.between(-0.65, 0.65) * FOV - shiftX;
    const cy = leaves.between(-0.65, 0.65) * FOV - shiftY;
    // under a sky, what is farther is smaller
    const near = sky > -FOV ? Math.max(0.18, Math.min(1.3, (1.5 * (cy + shiftY - sky)) / FOV + 0.1)) : 1;
    const r = Math.max(smallest * 0.8, near / Math.sqrt(a + u * (b - a)));
    const kind = leaves.uniform();
    const stretch = kind < blades * 0.6 ? leaves.between(0.08, 0.3) : leaves.between(0.55, 1);
    const turn = kind < blades * 0.6 ? leaves.normal(1.57, 0.5) : leaves.between(0, 3.14);
    const jag = kind > 1 - 0.7 * stones ? leaves.between(0.15, 0.35) : leaves.between(0, 0.12);
    const tone = 0.24 * texture.at((cx + shiftX) / 60, (cy + shiftY) / 60, 77);
    const grey = Math.min(
      1,
      Math.max(0.02, middle + contrastOfScene * (tone + leaves.normal(0, 0.1 + 0.13 * Math.min(1, r / 14))))
    );
    const rough = leaves.between(0.03, 0.3) * contrastOfScene;
    const grainSize = leaves.between(0.06, 0.5) * Math.max(r, 6);
    const squeeze = leaves.between(1, 4);
    const round = leaves.between(0, 0.5);
    const key = n * 1.37;
    const co = cos(turn);
    const si = sin(turn);
    const along = r / Math.sqrt(stretch);
    const across = r * Math.sqrt(stretch);
    const reach = along * (1 + jag) + 1;
    const cast = Math.min(5, 0.15 * r);
    const i0 = Math.max(0, Math.ceil(grid.index(cx - reach - cast)));
    const i1 = Math.min(size - 1, Math.floor(grid.index(cx + reach + cast)));
    const j0 = Math.max(0, Math.ceil(grid.index(cy - reach - cast)));
    const j1 = Math.min(size - 1, Math.floor(grid.index(cy + reach + cast)));
    for (let j = j0; j <= j1; ++j)
      for (let i = i0; i <= i1; ++i) {
        const k = j * size + i;
        if (open[k] === 0) continue;
        const px = grid.at(i) - cx;
        const py = grid.at(j) - cy;
        const p = (co * px + si * py) / along;
        const q = (co * py - si * px) / across;
        let d = p * p + q * q;
        if (jag > 0.02 && d < 2) d *= 1 + jag * 1.6 * texture.fractal(p * 1.6, q * 1.6, key, 2, 0.6);
        if (d >= 1) {
          // what lies below is in this leaf's shadow, away from the light
          if (cast > 0.4 && d < 2.2) {
            const sx = px - lx * cast;
            const sy = py - ly * cast;
            const v = ((co * sx + si * sy) / along) ** 2 + ((co * sy - si * sx) / across) ** 2;
            if (v < 1) shadow[k] = Math.min(shadow[k], 0.55 + 0.4 * v);
          }
          continue;
        }
        const bump =
          rough *
          texture.fractal((p * along) / grainSize, (q * across * squeeze) / grainSize, key, r > 3 ? 5 : 2, 0.72);
        const lit = 1 + round * (0.55 * (-p * lx - q * ly) - 0.35 * d);
        plane[k] = Math.max(0, grey * (1 + 1.4 * bump) * lit) * shadow[k];
        open[k] = 0;
        --left;
      }
  }
  for (let k = 0; k < plane.length; ++k) {
    if (open[k] === 0) continue;
    // far ground between the leaves: rough, with ridges
    const x = grid.at(k % size) + shiftX;
    const y = grid.at((k - (k % size)) / size) + shiftY;
    const ridge = texture.fractal(x / 34, y / 17, 90, 5, 0.68);
    plane[k] = Math.max(0.02, middle * 0.75 * (1 + 0.75 * ridge)) * shadow[k];
  }

  const view = (p: Float32Array) => {
    for (let k = 0; k < p.length; ++k) p[k] = Math.max(0, p[k]);
    blur(grid, p, 0.42);
    return p;
  };
  let found: Pick<PhantomImage, "mask" | "lesion"> = {};
  if (lesion) {
    const chance = random(seed, "natural", patient, "lesion");
    const radius = lesion.radius ?? chance.between(5, 12);
    const centre = [chance.between(-80, 80), chance.between(-80, 80)] as const;
    const ragged = Noise.of(seed, "natural", patient, "lesion");
    const bright = chance.uniform() < 0.5 ? 0.2 : -0.2;
    const before = Float32Array.from(plane);
    const distance = grid.plane(30);
    for (let k = 0; k < plane.length; ++k) {
      const x = grid.at(k % size) - centre[0];
      const y = grid.at((k - (k % size)) / size) - centre[1];
      const r = Math.sqrt(x * x + y * y);
      if (r > 2 * radius) continue;
      distance[k] = r - radius * (1 + 0.25 * ragged.fractal((1.5 * x) / radius, (1.5 * y) / radius, 0, 3));
      const c = Math.max(0, Math.min(1, 0.5 - distance[k] / 2));
      const target = 0.5 + bright * 1.6;
      plane[k] += (lesion.strength ?? 1) * 0.7 * c * (target - plane[k]);
    }
    found = measureLesion(grid, distance, centre, clamp(view(Float32Array.from(plane))), clamp(view(before)));
  }
  view(plane);
  const noise = random(seed, "natural", patient, slice, "noise");
  const sd = 0.004 + 0.01 * pow(who.uniform(), 2);
  for (let k = 0; k < plane.length; ++k) plane[k] = plane[k] + sd * noise.normal() * exp(-plane[k] * 0.5);
  return {data: clamp(plane), modality: "simulated natural scene", ...found};
}
