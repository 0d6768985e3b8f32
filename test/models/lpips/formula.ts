import type {Checkpoint} from "../../../models/checkpoints/checkpoint.js";
import type {Plane} from "../../../src/measures/image.js";

/** Uniform in [−scale, scale) from a linear congruential generator, so that Python could make the same numbers. */
function formula(n: number, scale: number, seed: number): Float32Array {
  const values = new Float32Array(n);
  let state = seed >>> 0;
  for (let i = 0; i < n; i++) {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    values[i] = ((state / 2 ** 32) * 2 - 1) * scale;
  }
  return values;
}

function checkpoint(source: string, tensors: Record<string, {shape: number[]; values: Float32Array}>): Checkpoint {
  return {
    source,
    metadata: {},
    tensors: new Map(Object.entries(tensors).map(([name, {shape}]) => [name, {name, dtype: "F32", shape}])),
    read: (name) => tensors[name].values,
    close() {}
  };
}

const layers = [
  ["features.0", 64, 3, 11],
  ["features.3", 192, 64, 5],
  ["features.6", 384, 192, 3],
  ["features.8", 256, 384, 3],
  ["features.10", 256, 256, 3]
] as const;

/** AlexNet's convolutions with weights from the formula. */
export function backbone(extra: Record<string, {shape: number[]; values: Float32Array}> = {}): Checkpoint {
  const tensors: Record<string, {shape: number[]; values: Float32Array}> = {...extra};
  layers.forEach(([name, o, c, k], i) => {
    const n = c * k * k;
    tensors[`${name}.weight`] = {shape: [o, c, k, k], values: formula(o * n, Math.sqrt(3 / n), 2 * i + 1)};
    tensors[`${name}.bias`] = {shape: [o], values: formula(o, 0.1, 2 * i + 2)};
  });
  return checkpoint("alexnet.pth", tensors);
}

/** LPIPS' linear layers, likewise. */
export function heads(): Checkpoint {
  return checkpoint(
    "alex.pth",
    Object.fromEntries(
      layers.map(([, o], i) => [
        `lin${i}.model.1.weight`,
        {shape: [1, o, 1, 1], values: formula(o, 1, 100 + i).map(Math.abs)}
      ])
    )
  );
}

/** Noise, and the same with more noise. */
export function pair(width: number, height: number): [Plane, Plane] {
  const hr = formula(width * height, 0.5, 7).map((v) => v + 0.5);
  const other = formula(width * height, 0.5, 9);
  const sr = hr.map((v, i) => Math.min(1, Math.max(0, v + 0.2 * other[i])));
  return [
    {data: hr, width, height},
    {data: sr, width, height}
  ];
}

/** PyTorch 2.13 on the same weights and images: width, height, with these heads, with the published ones. */
export const expected: [number, number, number, number][] = [
  [64, 64, 0.03570154681801796, 0.00478150462731719],
  [80, 47, 0.034506116062402725, 0.004340384621173143],
  [31, 31, 0.027539033442735672, 0.003230306087061763]
];
