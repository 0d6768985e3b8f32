import {cos, exp, sin} from "../../../src/measures/elementary.js";
import {random} from "../../../src/measures/random.js";
import {blur, clamp, rician} from "./acquire.js";
import {place, spline} from "./curves.js";
import {coverage, Grid, type Point, paint, polygonDistance, strokeDistance} from "./grid.js";
import {Noise} from "./noise.js";
import {measureLesion, type PhantomImage, type PhantomRequest} from "./request.js";
import {signals} from "./tissue.js";

const FOV = 142;

/** One sagittal slice of a knee, front to the left, the patella at the upper left. Slices run from medial to lateral. */
export function knee({seed, patient, slice, slices, size, lesion, contrast = "PDFS"}: PhantomRequest): PhantomImage {
  const grid = new Grid(size, FOV);
  const who = random(seed, "knee", patient);
  const signal = signals(contrast);
  const edge = Math.max(grid.mm, 0.55);
  // −1 at the medial end, 1 at the lateral; the notch is about 0. The outermost slices would miss the joint.
  const lateral = (slices > 1 ? (2 * slice) / (slices - 1) - 1 : 0) * 0.8;
  const condyle = Math.min(1, Math.abs(lateral) / 0.35);
  const notch = 1 - condyle;

  const big = who.between(0.92, 1.08);
  const bend = who.normal(0, 0.05);
  const turn = who.normal(0.02, 0.04);
  const dx = who.normal(-5, 3);
  const dy = who.normal(2, 5);
  const fatty = who.between(0.7, 1.5);
  const wave = Noise.of(seed, "knee", patient, "shape");
  const grain = Noise.of(seed, "knee", patient, "grain");
  const depth = lateral * 3;
  let shape = 0;
  const put = (points: readonly Point[]) =>
    place(
      points.map(([x, y, r]) => [x * big, y * big, r] as const),
      turn,
      dx,
      dy
    );
  /** The outline of a bone or muscle, with a wobble of its own that changes slowly from slice to slice. */
  const closed = (points: readonly Point[], wobble = 1, angle = 0): Point[] => {
    const key = ++shape * 3.7;
    return put(
      spline(place(points, angle), 5, true).map(
        ([x, y]) =>
          [
            x + wobble * (wave.at(x / 14, y / 14 + key, depth) + 0.4 * wave.at(x / 5, y / 5 + key, 2 * depth)),
            y + wobble * (wave.at(x / 14 + key, y / 14, depth + 9) + 0.4 * wave.at(x / 5 + key, y / 5, 2 * depth))
          ] as const
      )
    );
  };
  const fieldOf = (points: readonly Point[], band = 10, wobble = 1, angle = 0) =>
    polygonDistance(grid, closed(points, wobble, angle), band);

  // ——— textures, one plane each, so that a shape can be painted with any of them
  const marrow = grid.plane();
  const lipid = grid.plane();
  const fibres = grid.plane();
  const pad = grid.plane();
  for (let j = 0; j < size; ++j) {
    const y = grid.at(j);
    for (let i = 0; i < size; ++i) {
      const x = grid.at(i);
      const k = j * size + i;
      const trabecula = grain.at(x / 1.3, y / 1.9, depth * 4) + 0.8 * grain.at(x / 0.7, y / 0.8, depth * 4 + 30);
      const patch = grain.at(x / 16, y / 16, depth + 60);
      marrow[k] = signal.marrow * (1 + 0.1 * patch + 0.13 * trabecula);
      const septum = Math.abs(grain.at(x / 3.2 + 5, y / 4.5, depth * 3));
      lipid[k] =
        signal.fat * (1 + 0.12 * grain.at(x / 8, y / 8, depth + 20)) +
        (septum < 0.06 ? (0.06 - septum) * 5 * (contrast === "PDFS" ? 1 : -1) : 0);
      // muscle: bundles along the thigh and calf, fat and tendon sheets between them
      const u = x + 0.22 * y;
      const bundle = grain.at(u / 3.4, y / 26, depth * 2 + 90) + 0.6 * grain.at(u / 1.5, y / 14, depth * 2 + 140);
      const sheet = Math.abs(grain.at(u / 9, y / 160, depth + 200));
      fibres[k] =
        signal.muscle *
        (1 + 0.14 * bundle + 0.1 * grain.at(x / 12, y / 12, depth + 44)) *
        (1 - 0.35 * Math.max(0, 1 - sheet / 0.03));
      pad[k] =
        signal.fat * (1.05 + 0.2 * grain.at(x / 5, y / 5, depth * 2 + 70)) +
        (contrast === "PDFS" ? 0.1 : -0.1) * Math.max(0, grain.at(x / 2, y / 2.6, depth * 3 + 11));
    }
  }

  const plane = grid.plane();
  // ——— the limb: skin, fat, fascia, muscle
  const limb = fieldOf(
    [
      [-36, -100],
      [-40, -60],
      [-45, -30],
      [-46, -14],
      [-41, 4],
      [-35, 24],
      [-32, 50],
      [-29, 100],
      [62, 100],
      [62, 60],
      [60, 30],
      [54, 4],
      [51, -14],
      [53, -40],
      [58, -70],
      [62, -100]
    ],
    16,
    2
  );
  paint(plane, limb, signal.skin, edge);
  const inside = (by: number) => {
    const d = grid.plane();
    for (let k = 0; k < d.length; ++k) d[k] = limb[k] + by;
    return d;
  };
  paint(plane, inside(1.5), lipid, edge);

  // the back: hamstrings above, gastrocnemius below; the front: quadriceps above the patella
  const muscles: Point[][] = [
    [
      [30, -100],
      [27, -66],
      [31, -44],
      [40, -37],
      [47, -46],
      [50, -70],
      [52, -100]
    ],
    [
      [26, -16],
      [31, -26],
      [40, -24],
      [48, -2],
      [53, 22],
      [56, 50],
      [57, 100],
      [31, 100],
      [30, 60],
      [29, 34],
      [33, 16],
      [30, -2]
    ],
    [
      [-36, -100],
      [-35, -74],
      [-30, -50],
      [-24, -46],
      [-20, -60],
      [-16, -100]
    ]
  ];
  muscles.forEach((points, m) => {
    const d = fieldOf(
      points.map(([x, y]) => [x + fatty * (m === 2 ? 1 : -1.5), y] as const),
      8,
      2.4
    );
    paint(plane, d, fibres, edge * 2);
  });
  if (lateral > 0.25 || lateral < -0.25)
    paint(
      plane,
      fieldOf(
        [
          [24, 24],
          [31, 18],
          [33, 40],
          [31, 100],
          [18, 100],
          [22, 60]
        ],
        6,
        1.5
      ),
      fibres,
      edge * 2
    );

  // popliteal vessels: a dark lumen with a bright wall, near the middle
  if (Math.abs(lateral) < 0.4) {
    const path = spline(
      [
        [22, -100, 2.6],
        [23, -60, 2.5],
        [24, -30, 2.4],
        [27, -8, 2.2],
        [26, 20, 2],
        [27, 60, 1.7]
      ] as Point[],
      5
    );
    const shifted = put(
      path.map(([x, y, r]) => [x + 6 * lateral + wave.at(y / 20, 70, depth), y, r! * (1 - Math.abs(lateral))] as const)
    );
    paint(
      plane,
      strokeDistance(
        grid,
        shifted.map(([x, y, r]) => [x, y, r! + 0.9] as const),
        4
      ),
      signal.fluid * 0.6,
      edge
    );
    paint(plane, strokeDistance(grid, shifted, 4), 0.04, edge);
  }

  // ——— bones, each with cortex (dark), then marrow
  const femurBottom = 2 - 7 * notch;
  const femur: Point[] = [
    [-13, -100],
    [-12, -66],
    [-14, -46],
    [-18, -30],
    [-21, -18],
    [-20, -6 - 2 * notch],
    [-12, 2 - 4 * notch],
    [-2, femurBottom + 2],
    [9, femurBottom],
    [19, -5 - 3 * notch],
    [25 - 3 * notch, -15],
    [24 - 3 * notch, -25],
    [17 - notch, -32],
    [12, -44],
    [11, -66],
    [12, -100]
  ];
  const tibiaTop = 9 + 0.6 * condyle;
  const tibia: Point[] = [
    [-19, tibiaTop + 3],
    [-12, tibiaTop],
    [-3, tibiaTop + 1.4 * condyle - 2.5 * notch],
    [8, tibiaTop + 1 * condyle - 2 * notch],
    [20, tibiaTop + 0.5],
    [25, tibiaTop + 5],
    [23, tibiaTop + 16],
    [18, 36],
    [14, 60],
    [13, 100],
    [-17, 100],
    [-19, 62],
    [-22, 40],
    [-22, 24]
  ];
  const femurField = fieldOf(femur, 9, 0.9, bend);
  const tibiaField = fieldOf(tibia, 9, 0.9);
  const high = who.normal(0, 2);
  const patellaShows = Math.abs(lateral) < 0.62;
  const patellaSize = Math.sqrt(Math.max(0, 1 - (lateral / 0.66) ** 2));
  const patella: Point[] = [
    [-37, -42],
    [-33.5, -44],
    [-28.5, -38],
    [-27, -30],
    [-28, -22],
    [-33, -18],
    [-36.5, -22],
    [-38.5, -32]
  ].map(([x, y]) => [-33 + (x + 33) * (0.6 + 0.5 * patellaSize), high - 31 + (y + 31) * patellaSize] as const);

  // the pad of fat behind the patellar tendon, and before the femur
  paint(
    plane,
    fieldOf(
      [
        [-33, -18],
        [-26, -18],
        [-20, -6],
        [-12, 5],
        [-16, 10],
        [-21, 18],
        [-25, 26],
        [-29, 14],
        [-33, -4]
      ],
      8,
      1.6
    ),
    pad,
    edge * 2
  );
  // joint fluid: behind and above the patella, between the bones, in the back
  const effusion = who.between(0.2, 1);
  const fluid = grid.plane(4);
  strokeDistance(
    grid,
    put(
      spline(
        [
          [-25, -60 - 6 * effusion, 0.5],
          [-24, -50, 0.8 + 1.3 * effusion],
          [-23.5, -40, 0.7 + 0.7 * effusion],
          [-24, -30, 0.5]
        ] as Point[],
        4
      )
    ),
    4,
    fluid
  );
  strokeDistance(
    grid,
    put(
      spline(
        [
          [-24, -16, 0.7],
          [-21, -5, 0.6 + effusion],
          [-12, 4, 0.6],
          [-2, 6, 0.4]
        ] as Point[],
        4
      )
    ),
    4,
    fluid
  );
  strokeDistance(
    grid,
    put(
      spline(
        [
          [22, 3, 0.7],
          [27, -6, 0.6 + 1.1 * effusion],
          [27, -18, 0.6]
        ] as Point[],
        4
      )
    ),
    4,
    fluid
  );
  const wetness = signal.fluid * (contrast === "PDFS" ? 0.95 : 1);
  paint(plane, fluid, wetness, edge * 1.3);

  // cartilage: a rim of the femur where it bears, of the tibia's plateau and of the patella's back
  const cartilage = grid.plane();
  const sheen = signal.cartilage * (contrast === "PDFS" ? 1.25 : 1);
  const thickness = who.between(1.7, 2.6);
  const rim = (field: Float32Array, weight: (x: number, y: number) => number) => {
    for (let k = 0; k < plane.length; ++k) {
      if (field[k] > 5) continue;
      const i = k % size;
      const x = (grid.at(i) - dx) / big;
      const y = (grid.at((k - i) / size) - dy) / big;
      const t = thickness * weight(x, y);
      if (t <= 0.1) continue;
      const c = coverage(field[k] - t, edge);
      cartilage[k] = Math.max(cartilage[k], c);
      plane[k] += c * (sheen * (0.92 + 0.12 * grain.at(x / 2.5, y / 2.5, depth)) - plane[k]);
    }
  };
  const ramp = (v: number, from: number, to: number) => Math.max(0, Math.min(1, (v - from) / (to - from)));
  rim(
    femurField,
    (x, y) =>
      ramp(y, -36, -26) *
      ramp(26 - x, -2, 4) *
      (0.35 + 0.65 * condyle + 0.5 * ramp(-x, 6, 14)) *
      ramp(30 - x + y, 0, 10)
  );
  rim(tibiaField, (x, y) => ramp(20 - y, 4, 7) * ramp(x, -20, -16) * ramp(26 - x, 0, 4) * condyle * 0.9);

  // ——— menisci: dark wedges in front and behind, where the condyles are
  const blackness = signal.meniscus;
  const wedge = grid.plane(4);
  const joint = 5.2;
  if (condyle > 0.25) {
    const w = condyle * who.between(0.9, 1.15);
    const front: Point[] = [
      [-17, joint - 4.5],
      [-17.5, joint + 3],
      [-16 + 9 * w, joint + 1.5]
    ];
    const back: Point[] = [
      [22.5, joint - 6],
      [23, joint + 3],
      [22 - 12 * w, joint + 1]
    ];
    for (const points of [front, back]) {
      const d = polygonDistance(grid, put(points), 4);
      for (let k = 0; k < d.length; ++k) if (d[k] - 0.4 < wedge[k]) wedge[k] = d[k] - 0.4;
    }
    if (Math.abs(lateral) > 0.66)
      strokeDistance(
        grid,
        put([
          [-16, joint, 1.8],
          [2, joint + 0.3, 1.1],
          [21, joint, 2]
        ]),
        4,
        wedge
      );
    paint(plane, wedge, blackness, edge * 1.2);
  }

  const bone = (field: Float32Array, shell: number) => {
    paint(plane, field, signal.bone, edge);
    const shrunk = grid.plane();
    for (let k = 0; k < shrunk.length; ++k) {
      const i = k % size;
      const y = (grid.at((k - i) / size) - dy) / big;
      const shaft = ramp(Math.abs(y + 4), 30, 62);
      shrunk[k] = field[k] + shell + 1.6 * shaft;
    }
    paint(plane, shrunk, marrow, edge * 1.2);
  };
  bone(femurField, 0.6);
  bone(tibiaField, 0.7);
  // the growth plate's scar
  const scar = put(
    spline(
      [
        [-15, -27],
        [-6, -24 + who.normal(0, 1)],
        [4, -25],
        [14, -28]
      ] as Point[],
      4
    ).map(([x, y]) => [x, y + wave.at(x / 6, 3, depth), 0.2] as const)
  );
  paint(plane, strokeDistance(grid, scar, 3), signal.bone * 2, edge * 1.2, 0.45);
  const scar2 = put(
    spline(
      [
        [-18, 23],
        [-6, 21],
        [6, 22],
        [18, 21]
      ] as Point[],
      4
    ).map(([x, y]) => [x, y + wave.at(x / 6, 33, depth), 0.2] as const)
  );
  paint(plane, strokeDistance(grid, scar2, 3), signal.bone * 2, edge * 1.2, 0.35);
  if (lateral > 0.55)
    bone(
      fieldOf(
        [
          [16, 20],
          [22, 18],
          [27, 22],
          [26, 34],
          [24, 60],
          [24, 100],
          [18, 100],
          [18, 60],
          [16, 34]
        ],
        6,
        0.6
      ),
      0.9
    );

  if (patellaShows && patellaSize > 0.3) {
    const field = fieldOf(patella, 6, 0.6);
    rim(field, (x) => ramp(x, -33, -29) * 1.25);
    bone(field, 0.8);
  }
  // ——— tendons and ligaments
  const cords = grid.plane(4);
  const tendonShows = Math.max(0, 1 - Math.abs(lateral) / 0.42);
  if (tendonShows > 0.05) {
    const t = Math.sqrt(tendonShows);
    strokeDistance(
      grid,
      put(
        spline(
          [
            [-37, high - 22, 1.2 * t],
            [-36, -10, 1.9 * t],
            [-32, 8, 1.9 * t],
            [-27, 24, 2 * t],
            [-22.5, 34, 1.2 * t]
          ] as Point[],
          5
        )
      ),
      4,
      cords
    );
    strokeDistance(
      grid,
      put(
        spline(
          [
            [-35, high - 43, 1.6 * t],
            [-32, -60, 2.1 * t],
            [-28, -82, 2 * t],
            [-25, -100, 1.8 * t]
          ] as Point[],
          5
        )
      ),
      4,
      cords
    );
  }
  paint(plane, cords, signal.tendon, edge * 1.3);
  if (notch > 0.05) {
    const n = Math.sqrt(notch);
    // anterior cruciate: from the back of the notch's roof down and forward; striped. Posterior: an arch, darker.
    const acl = spline(
      [
        [10, -17, 2 * n],
        [3, -7, 2.4 * n],
        [-5, 3, 2.2 * n],
        [-10, 8, 2.4 * n]
      ] as Point[],
      5
    );
    if (lateral > -0.06) paint(plane, strokeDistance(grid, put(acl), 4), signal.ligament * 1.6, edge * 1.6, 0.9);
    const pcl = spline(
      [
        [0, -8, 2.4 * n],
        [8, -11, 2.6 * n],
        [16, -6, 2.6 * n],
        [20, 4, 2.3 * n],
        [22, 14, 1.8 * n]
      ] as Point[],
      5
    );
    if (lateral < 0.12) paint(plane, strokeDistance(grid, put(pcl), 4), signal.ligament * 0.9, edge * 1.4);
  }
  // small vessels and strands in the fat behind the joint
  const strands = random(seed, "knee", patient, "strands");
  const bright = grid.plane(3);
  for (let s = 0; s < 16; ++s) {
    let x = strands.between(25, 36);
    let y = strands.between(-44, 24);
    const path: Point[] = [];
    let heading = strands.between(0.9, 2.2);
    for (let i = 0; i < 6; ++i) {
      path.push([x, y, 0.25 + 0.35 * strands.uniform()]);
      heading += strands.normal(0, 0.35);
      x += 3 * cos(heading);
      y += 3 * sin(heading);
    }
    if (strands.uniform() < 0.8 - Math.abs(lateral) * 0.4) strokeDistance(grid, put(path), 3, bright);
  }
  paint(plane, bright, contrast === "PDFS" ? signal.fluid * 0.75 : signal.muscle * 0.6, edge * 1.6, 0.75);

  // ——— the scanner
  const gain = {T1: 1.75, T2: 1.9, FLAIR: 2.6, PD: 1.05, PDFS: 1.45}[contrast] * who.between(0.92, 1.08);
  const cx0 = who.normal(-4, 6);
  const cy0 = who.normal(-4, 8);
  const scan = (p: Float32Array) => {
    for (let k = 0; k < p.length; ++k) {
      if (p[k] === 0) continue;
      const x = (grid.at(k % size) - cx0) / 90;
      const y = (grid.at((k - (k % size)) / size) - cy0) / 90;
      p[k] *= gain * (0.55 + 0.6 * exp(-0.9 * y * y - 0.25 * x * x) + 0.12 * x);
    }
    blur(grid, p, 0.6);
    return p;
  };

  // ——— a lesion: a meniscal tear where there is a meniscus, else a bright patch of marrow oedema
  let found: Pick<PhantomImage, "mask" | "lesion"> = {};
  if (lesion) {
    const chance = random(seed, "knee", patient, "lesion");
    const strength = lesion.strength ?? 1;
    const before = Float32Array.from(plane);
    const distance = grid.plane(20);
    let centre: Point;
    const ragged = Noise.of(seed, "knee", patient, "lesion");
    if (condyle > 0.5 && chance.uniform() < 0.5) {
      const [p, q] = put([
        [13.5, joint - 0.5, 0],
        [22, joint - 2, 0]
      ]);
      const t = lesion.radius === undefined ? 0.75 : Math.min(1.4, lesion.radius / 4);
      // never thinner than the pixels can show
      const least = 0.71 * grid.mm;
      const tear: Point[] = [
        [p[0], p[1], Math.max(least, 0.45 * t)],
        [(p[0] + q[0]) / 2, (p[1] + q[1]) / 2 + 0.5, Math.max(least, 0.75 * t)],
        [q[0], q[1], Math.max(least, 0.65 * t)]
      ];
      strokeDistance(grid, tear, 20, distance);
      centre = [(p[0] + q[0]) / 2, (p[1] + q[1]) / 2 + 0.5];
      paint(plane, distance, wetness, edge, strength);
    } else {
      const radius = lesion.radius ?? chance.between(4, 9);
      const inTibia = chance.uniform() < 0.5;
      [centre] = put([
        inTibia
          ? [chance.between(-10, 15), tibiaTop + radius * 0.7]
          : [chance.between(-8, 14), -7 - radius * 0.6 - 5 * notch]
      ]);
      const bounds = inTibia ? tibiaField : femurField;
      for (let k = 0; k < plane.length; ++k) {
        const x = grid.at(k % size) - centre[0];
        const y = grid.at((k - (k % size)) / size) - centre[1];
        const r = Math.sqrt(x * x + y * y);
        if (r > 2.5 * radius) continue;
        distance[k] = Math.max(
          r - radius + 0.35 * radius * ragged.fractal(x / radius, y / radius, depth, 3),
          bounds[k] + 0.8
        );
        const c = coverage(distance[k], 0.45 * radius) * coverage(bounds[k] + 0.8, 1);
        const target = contrast === "T1" ? 0.45 * signal.marrow : 0.55 * wetness;
        plane[k] += strength * c * (target * (1 + 0.15 * ragged.at(x / 2, y / 2, 3)) - plane[k]);
      }
    }
    found = measureLesion(grid, distance, centre, clamp(scan(Float32Array.from(plane))), clamp(scan(before)));
  }
  scan(plane);
  rician(grid, plane, contrast === "PDFS" ? 0.022 : 0.012, random(seed, "knee", patient, slice, "scan"), 0.5);
  return {data: clamp(plane), modality: `simulated knee MRI sagittal ${contrast}`, ...found};
}
