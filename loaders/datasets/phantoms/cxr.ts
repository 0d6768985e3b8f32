import {cos, exp, log, pow, sin} from "../../../src/measures/elementary.js";
import {type Random, random} from "../../../src/measures/random.js";
import {blur, clamp} from "./acquire.js";
import {mirror, place, spline} from "./curves.js";
import {coverage, Grid, type Point, polygonDistance, strokeDistance} from "./grid.js";
import {Noise} from "./noise.js";
import {measureLesion, type PhantomImage, type PhantomRequest} from "./request.js";

const FOV = 335;
// linear attenuation in 1/mm at about 70 keV (effective, of a 120 kV beam)
const SOFT = 0.0195;
const BONE = 0.042;
const LUNG = 0.0055;

/**
 * A frontal chest radiograph: attenuation integrated along the beam through a thorax of ellipsoids and tubes
 * (Beer–Lambert), scatter, photon noise, and the film's curve; dense is bright. `slice` is another exposure of the same
 * patient: breath, rotation and noise differ.
 */
export function cxr({seed, patient, slice, size, lesion}: PhantomRequest): PhantomImage {
  const grid = new Grid(size, FOV);
  const {mm} = grid;
  const who = random(seed, "cxr", patient);
  const now = random(seed, "cxr", patient, slice, "exposure");
  const wave = Noise.of(seed, "cxr", patient, "shape");
  const grain = Noise.of(seed, "cxr", patient, "grain");
  const turn = who.normal(0, 0.02) + now.normal(0, 0.01);
  const dx = now.normal(0, 6);
  const dy = who.normal(0, 6) + now.normal(0, 5);
  const put = (points: readonly Point[]) => place(points, turn, dx, dy);

  // ——— who this is; x to the right of the picture is the patient's left
  const halfChest = who.between(124, 142);
  const deep = who.between(85, 105);
  const fat = who.between(0, 1) * who.between(0, 1);
  const breath = now.between(0.82, 1.08);
  const heart = who.between(0.88, 1.15);
  const apex = -128 + who.normal(0, 6);
  const base = (78 + who.normal(0, 8)) * breath + 4;
  const opacity = who.between(0.8, 1.2);

  /** Integral of the attenuation along the beam, per pixel. */
  const mu = grid.plane();
  const addTube = (points: readonly Point[], density: number, {shell = 0, scale = 1} = {}) => {
    const reach = Math.max(...points.map((p) => p[2] ?? 0));
    tube(grid, put(points), reach, (chord, inner) => scale * (density * (chord - shell * inner)), mu);
  };

  // ——— the trunk, the neck, the shoulders, the arms
  const shoulder = 168 + 25 * fat;
  const torso: Point[] = [
    [0, -260],
    [34 + 8 * fat, -240],
    [36 + 8 * fat, -178],
    [58, -160],
    [110, -150],
    [shoulder, -134],
    [shoulder + 22, -104],
    [shoulder + 26, -60],
    [shoulder + 24, 20],
    [shoulder + 12, 30],
    [halfChest + 40 + 30 * fat, 10],
    [halfChest + 38 + 36 * fat, 60],
    [halfChest + 36 + 44 * fat, 130],
    [halfChest + 34 + 46 * fat, 260]
  ];
  const outline = spline(
    [...torso, ...mirror(torso).reverse().slice(0, -1)].map(
      ([x, y]) => [x * 0.97 + 4 * wave.at(x / 60, y / 60, 0), y] as const
    ),
    4,
    true
  );
  const skin = polygonDistance(grid, put(outline), 90);
  for (let k = 0; k < mu.length; ++k) {
    const y = grid.at((k - (k % size)) / size) - dy;
    const d = -skin[k];
    if (d <= -mm) continue;
    // thick in the middle, round at the sides; shallower at the neck
    const half = (deep + 22 * fat) * (y < -150 ? 0.62 : y < -90 ? 0.62 + (0.38 * (y + 150)) / 60 : 1);
    const edge = Math.min(1, Math.max(0, d + 0.5 * mm) / 78);
    mu[k] += SOFT * 2 * half * Math.sqrt(1 - (1 - edge) * (1 - edge)) * 0.92;
  }
  // axillary folds and arms beside the chest
  for (const side of [-1, 1]) {
    const arm: Point[] = [
      [side * (shoulder - 8), -112, 10],
      [side * (shoulder + 4), -70, 11],
      [side * (shoulder + 10), -10, 10.5],
      [side * (shoulder + 14), 60, 10]
    ];
    addTube(spline(arm, 6), BONE * 0.9, {shell: 0.62});
    // the head of the humerus, the shoulder blade's borders and spine
    addTube(
      [
        [side * (shoulder - 14), -118, 17],
        [side * (shoulder - 12), -116, 17]
      ],
      BONE * 0.5,
      {shell: 0.35}
    );
    const scapula: Point[] = [
      [side * (shoulder - 22), -116, 3],
      [side * (shoulder - 44), -84, 2.4],
      [side * (halfChest - 10), -34, 2],
      [side * (halfChest - 12), 2, 2.6]
    ];
    addTube(spline(scapula, 6), BONE * 0.5);
    addTube(
      spline(
        [
          [side * (shoulder - 8), -132, 4.5],
          [side * (shoulder - 40), -118, 3],
          [side * (shoulder - 70), -106, 1.6]
        ],
        6
      ),
      BONE * 0.5
    );
    addTube(
      spline(
        [
          [side * (shoulder - 22), -112, 3.4],
          [side * (shoulder - 20), -60, 2],
          [side * (halfChest - 10), 0, 2]
        ],
        6
      ),
      BONE * 0.4
    );
  }
  // breasts or pectoral muscles: soft shadows with a rim below
  const breast = who.between(0, 1) < 0.5 ? who.between(8, 24) : who.between(3, 8);
  for (const side of [-1, 1]) ellipsoid(grid, put([[side * 78, 38]])[0], 56, 46 + 0.3 * breast, breast, SOFT, mu);

  // ——— the lungs: air takes tissue away, most in the middle of each
  const rotate = now.normal(0, 4);
  const lungs: {field: Float32Array; side: number}[] = [];
  for (const side of [-1, 1]) {
    const wide = halfChest * (side < 0 ? 1 : 0.985);
    const dome = base - (side < 0 ? 9 : 0);
    const inner = side < 0 ? 18 : 20;
    const points: Point[] = [
      [side * (inner + 12), apex + 16],
      [side * (inner + 36), apex],
      [side * (inner + 60), apex + 12],
      [side * (wide * 0.76), apex + 44],
      [side * (wide * 0.91), apex + 92],
      [side * (wide * 0.98), apex + 140],
      [side * wide, dome - 20],
      [side * (wide - 3), dome + 26],
      [side * (wide - 18), dome + 12],
      [side * (wide * 0.72), dome - 8],
      [side * (wide * 0.5), dome - 14],
      [side * (inner + 16), dome - 4],
      [side * (inner + 2), dome - 12],
      [side * inner, dome - 60],
      [side * (inner - 2), -50],
      [side * (inner + 2), -90]
    ];
    const smooth = spline(
      points.map(
        ([x, y]) =>
          [
            x + rotate * 0.4 + 2.2 * wave.at(x / 30, y / 30, side * 3),
            y + 2 * wave.at(x / 30, y / 30, 20 + side * 3)
          ] as const
      ),
      5,
      true
    );
    lungs.push({field: polygonDistance(grid, put(smooth), 60), side});
  }
  /** Length of the beam inside the lung, in mm. */
  const air = grid.plane();
  for (const {field} of lungs)
    for (let k = 0; k < air.length; ++k) {
      const d = -field[k] + 0.4 * mm;
      if (d <= 0) continue;
      const e = Math.min(1, d / 52);
      air[k] = 1.62 * deep * Math.sqrt(1 - (1 - e) * (1 - e)) * coverage(field[k], mm) * 0.98;
    }
  // the heart and the great vessels stand in front of and between the lungs: air gives way to blood
  const dense = grid.plane();
  const hx = 22 * heart;
  const drop = base - 52;
  ellipsoid(grid, put([[hx + 6, drop + 4]])[0], 66 * heart, 53, 58 * heart, 1, dense, 0.48);
  ellipsoid(grid, put([[-14, drop]])[0], 33 * heart, 52, 48, 1, dense);
  ellipsoid(grid, put([[30, -60]])[0], 17, 19, 30, 1, dense);
  ellipsoid(grid, put([[6, -36]])[0], 36, 48, 44, 1, dense);
  ellipsoid(grid, put([[0, -80]])[0], 27, 54, 40, 1, dense);
  for (let k = 0; k < mu.length; ++k) {
    const blood = Math.min(dense[k] * 0.8, 150);
    const left = Math.max(0, air[k] - blood);
    const rear = air[k] > 0 ? left : 0;
    const i = k % size;
    const x = grid.at(i);
    const y = grid.at((k - i) / size);
    const mottle = rear <= 0 ? 1 : 1 + 0.06 * grain.fractal(x / 14, y / 14, 5, 5, 0.8);
    mu[k] -= (SOFT - LUNG * opacity * mottle) * rear;
    air[k] = rear;
    // gut and liver below the diaphragm are thicker than the wall
    mu[k] += SOFT * 0.2 * Math.max(0, Math.min(60, y - dy - base + 20)) * coverage(skin[k] + 26, 20);
  }
  // stomach bubble
  if (who.uniform() < 0.6)
    ellipsoid(
      grid,
      put([[62 + who.normal(0, 8), base + 22]])[0],
      who.between(14, 26),
      who.between(7, 12),
      28,
      -SOFT * 0.8,
      mu,
      0.2
    );
  // trachea and main bronchi: a column of air
  const windpipe: Point[] = [
    [0, -250, 8],
    [1, -150, 8],
    [-2, -100, 7.5],
    [-2, -66, 7.5]
  ];
  tube(grid, put(spline(windpipe, 5)), 8, (chord) => -SOFT * 0.85 * chord, mu);
  tube(
    grid,
    put([
      [-2, -66, 6],
      [-24, -44, 5],
      [-34, -30, 4]
    ]),
    7,
    (chord) => -SOFT * 0.6 * chord,
    mu
  );
  tube(
    grid,
    put([
      [-2, -66, 6],
      [30, -42, 5],
      [44, -30, 4]
    ]),
    7,
    (chord) => -SOFT * 0.6 * chord,
    mu
  );

  // ——— vessels: trees that branch from both hila to the chest wall
  const tree = random(seed, "cxr", patient, "vessels");
  const branches: Point[][] = [];
  for (const {side} of lungs) {
    const hilum: readonly [number, number] = [side * 36, -28 + (side < 0 ? 6 : 0)];
    for (let b = 0; b < 15; ++b) {
      const angle = -1.45 + (3.05 * (b + 0.3 + 0.4 * tree.uniform())) / 15;
      grow(
        tree,
        branches,
        [hilum[0] + side * tree.between(-9, 5), hilum[1] + tree.between(-14, 16)],
        side,
        angle,
        tree.between(2.2, 3.8),
        0
      );
    }
    ellipsoid(grid, put([[hilum[0] - side * 4, hilum[1] + 2]])[0], 14, 24, 26, SOFT * 0.62, mu);
  }
  const vessels = grid.plane();
  for (const branch of branches) {
    const reach = Math.max(...branch.map((p) => p[2]!));
    tube(grid, put(branch), reach, (chord) => chord, vessels);
  }
  for (let k = 0; k < mu.length; ++k) if (air[k] > 0) mu[k] += 1.35 * SOFT * Math.min(1, air[k] / 40) * vessels[k];

  // ——— the spine: bodies, discs, pedicles, spinous processes
  for (let v = 0; v < 17; ++v) {
    const y = -250 + v * 23.5 + v * v * 0.22;
    const w = 15 + 0.35 * v;
    addBlock(grid, put([[0, y]])[0], w, 9.6 + 0.12 * v, BONE * 5.5, 4, mu, turn);
    for (const side of [-1, 1]) ellipsoid(grid, put([[side * (w - 5), y - 2]])[0], 3.6, 5, 7, BONE * 0.6, mu);
    ellipsoid(grid, put([[0.5, y + 8]])[0], 2.6, 6, 8, BONE * 0.45, mu);
    for (const side of [-1, 1])
      addTube(
        [
          [side * w * 0.9, y - 3, 4],
          [side * (w + 15), y - 6, 3]
        ],
        BONE * 0.55
      );
  }
  // ——— ribs: slanting rings; the beam runs far along them at the sides, so there they are bright
  for (let n = 0; n < 11; ++n) {
    const level = apex - 12 + n * (22.5 * (0.92 + 0.08 * breath)) + n * n * 0.35;
    const widest = halfChest * Math.min(1.03, 0.44 + 0.2 * Math.sqrt(n) + 0.012 * n);
    const slope = 0.3 + 0.05 * n;
    const thick = 5 + who.between(0, 0.8);
    for (const side of [-1, 1]) {
      const back: Point[] = [];
      const factor: number[] = [];
      for (let s = 0; s <= 34; ++s) {
        // from the spine (behind) around the side to the breastbone (in front)
        const t = -Math.PI / 2 + ((Math.PI * s) / 34) * (n < 7 ? 0.9 : 0.9 - 0.09 * (n - 6));
        const x = widest * cos(t);
        const zz = deep * 0.98 * sin(t);
        const u = s / 34;
        const y =
          level +
          slope * 62 * (1 - cos(Math.PI * Math.min(1, u * 0.93))) * 0.72 -
          11 * sin(Math.PI * Math.min(1, u * 2.2)) * (u < 0.46 ? 1 : 0) +
          (u > 0.7 ? -26 * (u - 0.7) * (n / 8) : 0);
        back.push([side * Math.max(13, x), y, thick * (s < 3 ? 0.8 : 1) * (u > 0.5 ? 1.12 : 1)]);
        factor.push(zz);
      }
      rib(grid, put(back), factor, mu);
    }
  }
  // ——— clavicles and breastbone
  for (const side of [-1, 1]) {
    const y = apex + 22 + who.normal(0, 3);
    addTube(
      spline(
        [
          [side * 15, y + 14, 6.5],
          [side * 42, y + 5, 5],
          [side * 86, y - 6, 4.6],
          [side * 118, y - 14, 5],
          [side * 146, y - 12, 6]
        ] as Point[],
        6
      ),
      BONE * 1.7,
      {shell: 0.62}
    );
  }
  addBlock(grid, put([[0, -30]])[0], 17, 62, BONE * 5, 10, mu, turn);

  // ——— a nodule: a ball of tissue in the lung
  let field: Float32Array | undefined;
  let centre: Point = [0, 0];
  const without = lesion ? Float32Array.from(mu) : undefined;
  if (lesion) {
    const chance = random(seed, "cxr", patient, "lesion");
    const radius = lesion.radius ?? chance.between(7, 16);
    const ragged = Noise.of(seed, "cxr", patient, "lesion");
    const side = chance.uniform() < 0.5 ? -1 : 1;
    [centre] = put([[side * chance.between(0.5, 0.78) * halfChest, chance.between(apex + 55, base - 40)]]);
    field = grid.plane(30);
    for (let k = 0; k < mu.length; ++k) {
      const i = k % size;
      const x = grid.at(i) - centre[0];
      const y = grid.at((k - i) / size) - centre[1];
      const r = Math.sqrt(x * x + y * y);
      if (r > 2 * radius) continue;
      const d = r - radius * (1 + 0.22 * ragged.fractal((1.6 * x) / radius, (1.6 * y) / radius, 0, 3));
      field[k] = d;
      if (d < 0) mu[k] += (lesion.strength ?? 1) * 1.9 * (SOFT - LUNG) * 2 * Math.sqrt(-d * (2 * radius + d));
    }
  }

  // ——— exposure: primary + scatter, quantum noise, focal spot and detector blur, the film's curve
  const quanta = now.between(40000, 110000) * (mm / (FOV / 256)) ** 2;
  const scatterShare = 0.22;
  const reference = without ?? mu;
  const lungLevel = average(reference, (k) => air[k] > 90);
  const dullLevel = average(reference, (k) => skin[k] < -50 && air[k] <= 0);
  const [toe, slope] = [who.normal(-0.45, 0.2), who.between(2, 2.7)];
  const expose = (attenuation: Float32Array, noise?: Random) => {
    const primary = grid.plane();
    for (let k = 0; k < primary.length; ++k) primary[k] = exp(-Math.max(0, attenuation[k]));
    blur(grid, primary, 0.45);
    const scatter = coarse(grid, primary, 16);
    const out = grid.plane();
    for (let k = 0; k < out.length; ++k) {
      let light = (1 - scatterShare) * primary[k] + scatterShare * scatter[k];
      if (noise) light += Math.sqrt(light / quanta) * noise.normal();
      const density = -log(Math.max(light, 1e-5));
      // the sigmoid of a film: thin lung at a third, the abdomen near the top
      const t = (density - lungLevel) / (dullLevel - lungLevel);
      out[k] = 1 / (1 + exp(-toe - slope * t));
    }
    return out;
  };
  const data = expose(mu, random(seed, "cxr", patient, slice, "quanta"));
  const marks =
    who.uniform() < 0.8
      ? strokeDistance(
          grid,
          [
            [150, -158, 1.2],
            [150, -144, 1.2],
            [158, -144, 1.2]
          ],
          4
        )
      : undefined;
  if (marks) for (let k = 0; k < data.length; ++k) data[k] += 0.9 * coverage(marks[k], mm) * (0.98 - data[k]);
  let found: Pick<PhantomImage, "mask" | "lesion"> = {};
  if (field && without) found = measureLesion(grid, field, centre, clamp(expose(mu)), clamp(expose(without)));
  return {data: clamp(data), modality: "simulated chest X-ray PA", ...found};
}

function average(plane: Float32Array, chosen: (k: number) => boolean): number {
  let sum = 0;
  let count = 0;
  for (let k = 0; k < plane.length; ++k) {
    if (!chosen(k)) continue;
    sum += plane[k];
    ++count;
  }
  return count > 0 ? sum / count : 0;
}

/** A plane of zeros that each user leaves as zeros: a new one for every vessel would cost more than the vessel. */
const scratches = new WeakMap<Grid, Float64Array>();
function scratchOf(grid: Grid): Float64Array {
  let plane = scratches.get(grid);
  if (plane === undefined) {
    plane = new Float64Array(grid.length);
    scratches.set(grid, plane);
  }
  return plane;
}

/** Adds f(chord, inner chord) of a tube seen from the side, where chord is the beam's length inside it in mm. */
function tube(
  grid: Grid,
  points: readonly Point[],
  reach: number,
  f: (chord: number, inner: number) => number,
  out: Float32Array
): void {
  // of the pieces that overlap at a joint only the strongest counts
  const best = scratchOf(grid);
  const touched: number[] = [];
  const {size, mm} = grid;
  for (let s = 1; s < points.length; ++s) {
    const [ax, ay, ar = 0] = points[s - 1];
    const [bx, by, br = 0] = points[s];
    const pad = reach + mm;
    const i0 = Math.max(0, Math.ceil(grid.index(Math.min(ax, bx) - pad)));
    const i1 = Math.min(size - 1, Math.floor(grid.index(Math.max(ax, bx) + pad)));
    const j0 = Math.max(0, Math.ceil(grid.index(Math.min(ay, by) - pad)));
    const j1 = Math.min(size - 1, Math.floor(grid.index(Math.max(ay, by) + pad)));
    const dx = bx - ax;
    const dy = by - ay;
    const norm = dx * dx + dy * dy || 1;
    for (let j = j0; j <= j1; ++j)
      for (let i = i0; i <= i1; ++i) {
        const px = grid.at(i) - ax;
        const py = grid.at(j) - ay;
        const t = Math.max(0, Math.min(1, (px * dx + py * dy) / norm));
        const ex = px - t * dx;
        const ey = py - t * dy;
        const r = ar + t * (br - ar);
        // a tube thinner than a pixel keeps its mass: widened, and thinned by as much
        const wide = Math.max(r, 0.7 * mm);
        const square = (ex * ex + ey * ey) / (wide * wide);
        if (square >= 1) continue;
        const chord = 2 * Math.sqrt(1 - square) * r * (r / wide);
        const inner = square < 0.55 ? 2 * Math.sqrt(0.55 - square) * r * (r / wide) : 0;
        const value = f(chord, inner);
        const k = j * size + i;
        if (best[k] === 0) touched.push(k);
        if (Math.abs(value) > Math.abs(best[k])) best[k] = value;
      }
  }
  for (const k of touched) {
    out[k] += best[k];
    best[k] = 0;
  }
}

/** Adds a hollow rib: the chord grows where the rib runs along the beam (`z` in mm per vertex). */
function rib(grid: Grid, points: readonly Point[], z: readonly number[], out: Float32Array): void {
  const {size, mm} = grid;
  for (let s = 1; s < points.length; ++s) {
    const [ax, ay, r = 4] = points[s - 1];
    const [bx, by] = points[s];
    const dx = bx - ax;
    const dy = by - ay;
    const flat = dx * dx + dy * dy;
    if (flat < 1e-6) continue;
    const dz = z[s] - z[s - 1];
    const along = Math.min(2.2, Math.sqrt((flat + dz * dz) / flat));
    const length = Math.sqrt(flat);
    const pad = r + mm;
    const i0 = Math.max(0, Math.ceil(grid.index(Math.min(ax, bx) - pad)));
    const i1 = Math.min(size - 1, Math.floor(grid.index(Math.max(ax, bx) + pad)));
    const j0 = Math.max(0, Math.ceil(grid.index(Math.min(ay, by) - pad)));
    const j1 = Math.min(size - 1, Math.floor(grid.index(Math.max(ay, by) + pad)));
    for (let j = j0; j <= j1; ++j)
      for (let i = i0; i <= i1; ++i) {
        const px = grid.at(i) - ax;
        const py = grid.at(j) - ay;
        const u = (px * dx + py * dy) / length;
        // each segment owns a strip that fades over a pixel, so that joints neither gap nor double
        const own = Math.max(0, Math.min(1, u / mm + 0.5)) - Math.max(0, Math.min(1, (u - length) / mm + 0.5));
        if (own <= 0) continue;
        const v = (px * dy - py * dx) / length;
        const square = (v * v) / (r * r);
        if (square >= 1) continue;
        const outer = Math.sqrt(1 - square);
        const inner = square < 0.62 ? Math.sqrt(0.62 - square) : 0;
        out[j * size + i] += own * along * 0.55 * r * (0.05 * (outer - inner) + 0.018 * inner) * 1.5;
      }
  }
}

/** Adds density × the chord through an ellipsoid of half-axes a (x), b (y), c (along the beam), turned by `turn`. */
function ellipsoid(
  grid: Grid,
  [x0, y0]: Point,
  a: number,
  b: number,
  c: number,
  density: number,
  out: Float32Array,
  turn = 0
): void {
  const {size} = grid;
  const reach = Math.max(a, b);
  const co = cos(turn);
  const si = sin(turn);
  const i0 = Math.max(0, Math.ceil(grid.index(x0 - reach)));
  const i1 = Math.min(size - 1, Math.floor(grid.index(x0 + reach)));
  const j0 = Math.max(0, Math.ceil(grid.index(y0 - reach)));
  const j1 = Math.min(size - 1, Math.floor(grid.index(y0 + reach)));
  for (let j = j0; j <= j1; ++j)
    for (let i = i0; i <= i1; ++i) {
      const px = grid.at(i) - x0;
      const py = grid.at(j) - y0;
      const u = (co * px + si * py) / a;
      const v = (co * py - si * px) / b;
      const q = 1 - u * u - v * v;
      if (q > 0) out[j * size + i] += density * 2 * c * Math.sqrt(q);
    }
}

/** Adds a soft-edged block with a brighter rim: a vertebral body, a breastbone. */
function addBlock(
  grid: Grid,
  [x0, y0]: Point,
  w: number,
  h: number,
  amount: number,
  round: number,
  out: Float32Array,
  turn: number
): void {
  const {size, mm} = grid;
  const i0 = Math.max(0, Math.ceil(grid.index(x0 - w - 4)));
  const i1 = Math.min(size - 1, Math.floor(grid.index(x0 + w + 4)));
  const j0 = Math.max(0, Math.ceil(grid.index(y0 - h - 4)));
  const j1 = Math.min(size - 1, Math.floor(grid.index(y0 + h + 4)));
  const co = cos(turn);
  const si = sin(turn);
  for (let j = j0; j <= j1; ++j)
    for (let i = i0; i <= i1; ++i) {
      const px = grid.at(i) - x0;
      const py = grid.at(j) - y0;
      const qx = Math.abs(co * px + si * py) - w + round;
      const qy = Math.abs(co * py - si * px) - h + round;
      const ox = Math.max(qx, 0);
      const oy = Math.max(qy, 0);
      const d = Math.sqrt(ox * ox + oy * oy) + Math.min(0, Math.max(qx, qy)) - round;
      const rim = 0.35 * coverage(Math.abs(d + 1.2) - 0.8, 1.6);
      out[j * size + i] += amount * coverage(d, Math.max(mm, 2.2)) * (0.75 + rim);
    }
}

/** One vessel and its children: thinner by Murray's law, until too thin to see. */
function grow(
  tree: Random,
  out: Point[][],
  [x, y]: readonly [number, number],
  side: number,
  angle: number,
  r: number,
  level: number
): void {
  const length = tree.between(14, 26) * (level === 0 ? 1.1 : 0.85);
  const points: Point[] = [[x, y, r]];
  let heading = angle;
  const steps = 4;
  for (let s = 1; s <= steps; ++s) {
    heading += tree.normal(0, 0.13);
    x += (side * length * cos(heading)) / steps;
    y += (length * sin(heading)) / steps;
    points.push([x, y, r * (1 - 0.18 * (s / steps))]);
  }
  out.push(points);
  if (level > 5 || r < 0.45) return;
  const split = tree.between(0.35, 0.5);
  const fork = tree.between(0.25, 0.65);
  grow(tree, out, [x, y], side, heading - fork * split, r * pow(1 - split, 0.36), level + 1);
  grow(tree, out, [x, y], side, heading + fork * (1 - split), r * pow(split, 0.45), level + 1);
}

/** A wide blur, computed on blocks of `step` pixels at 256 and read back bilinearly: scatter has no fine structure. */
function coarse(grid: Grid, plane: Float32Array, step: number): Float32Array {
  const {size} = grid;
  const small = new Grid(Math.max(8, Math.min(size, Math.round(256 / step) * 2)), grid.fov);
  const block = small.plane();
  const count = small.plane();
  for (let j = 0; j < size; ++j)
    for (let i = 0; i < size; ++i) {
      const k = Math.floor((j * small.size) / size) * small.size + Math.floor((i * small.size) / size);
      block[k] += plane[j * size + i];
      ++count[k];
    }
  for (let k = 0; k < block.length; ++k) block[k] /= Math.max(1, count[k]);
  blur(small, block, 3);
  const out = grid.plane();
  const last = small.size - 1;
  for (let j = 0; j < size; ++j) {
    const v = Math.max(0, Math.min(last, small.index(grid.at(j))));
    const j0 = Math.min(last - 1, Math.floor(v));
    for (let i = 0; i < size; ++i) {
      const u = Math.max(0, Math.min(last, small.index(grid.at(i))));
      const i0 = Math.min(last - 1, Math.floor(u));
      const k = j0 * small.size + i0;
      const top = block[k] + (u - i0) * (block[k + 1] - block[k]);
      const bottom = block[k + small.size] + (u - i0) * (block[k + small.size + 1] - block[k + small.size]);
      out[j * size + i] = top + (v - j0) * (bottom - top);
    }
  }
  return out;
}
