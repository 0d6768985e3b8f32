import {InputError} from "../../models/errors.js";
import type {Plane} from "../../src/measures/image.js";
import type {LookupTable, Volume, Window} from "./volume.js";

/** How values become grey: a window, the whole range, two percentiles, or what the file itself proposes. */
export type Windowing = Window | "minmax" | {readonly percentile: readonly [number, number]} | "file";

/**
 * Reads `minmax`, `file`, `percentile 1 99.5`, or a window as `40 400` (center, width).
 *
 * @throws InputError when the text is none of these.
 */
export function parseWindowing(text: string): Windowing {
  const words = text
    .trim()
    .toLowerCase()
    .split(/[\s,]+/);
  if (words.length === 1 && (words[0] === "minmax" || words[0] === "file")) return words[0];
  const numbers = words.slice(-2).map(Number);
  if (numbers.every(Number.isFinite)) {
    const [a, b] = numbers;
    if (words.length === 3 && words[0] === "percentile" && a >= 0 && a < b && b <= 100) return {percentile: [a, b]};
    if (words.length === 2 && b > 0) return {center: a, width: b};
  }
  throw new InputError(
    `the window ${JSON.stringify(text)} isn't understood; write minmax, file, "percentile 1 99.5", or center and width as "40 400"`
  );
}

/**
 * A plane with values in [0, 1] from one in a file's own unit.
 *
 * @param windowing what becomes black and white; `file` takes the volume's table or first window, and the whole
 *   range where it   proposes none
 * @param plane its values, and the volume's, must not change afterwards: what is found in them is kept
 * @param volume where `minmax` and `percentile` look, so that the slices of a volume share their scale; also gives
 *   `file`   and says whether high values are dark. Without it the plane itself counts.
 * @param nan what NaN and infinite values become; unless given they are refused
 * @throws InputError when a value is NaN or infinite and `nan` isn't given.
 */
export function toUnitRange(
  plane: Plane,
  windowing: Windowing,
  {volume, nan, source = "the image"}: {volume?: Volume; nan?: number; source?: string} = {}
): Plane {
  const transfer = transferOf(windowing, volume, volume?.data ?? plane.data);
  const inverted = volume?.inverted ?? false;
  const data = new Float32Array(plane.data.length);
  let odd = 0;
  for (let i = 0; i < data.length; i++) {
    const value = plane.data[i];
    if (!Number.isFinite(value)) {
      odd++;
      data[i] = nan ?? 0;
      continue;
    }
    const grey = Math.min(1, Math.max(0, transfer(value)));
    data[i] = inverted ? 1 - grey : grey;
  }
  if (odd > 0 && nan === undefined) {
    throw new InputError(
      `${source} has ${odd} NaN or infinite ${odd === 1 ? "pixel" : "pixels"}; an image has values in [0, 1]`
    );
  }
  return {data, width: plane.width, height: plane.height};
}

function transferOf(
  windowing: Windowing,
  volume: Volume | undefined,
  values: Plane["data"]
): (value: number) => number {
  if (windowing === "file") {
    if (volume?.lookup !== undefined) return lookup(volume.lookup);
    if (volume !== undefined && volume.windows.length > 0) return windowFunction(volume.windows[0]);
    return between(...limits(values));
  }
  if (windowing === "minmax") return between(...limits(values));
  if ("percentile" in windowing) return between(...percentiles(values, windowing.percentile));
  return windowFunction(windowing);
}

function lookup({first, entries, bits}: LookupTable): (value: number) => number {
  const white = 2 ** bits - 1;
  return (value) => entries[Math.min(entries.length - 1, Math.max(0, Math.floor(value) - first))] / white;
}

function windowFunction({center, width, function: shape = "linear_exact"}: Window): (value: number) => number {
  if (shape === "sigmoid") return (value) => 1 / (1 + Math.exp((-4 * (value - center)) / width));
  if (shape === "linear" && width > 1) return (value) => (value - (center - 0.5)) / (width - 1) + 0.5;
  if (shape === "linear") return (value) => (value > center - 0.5 ? 1 : 0);
  return (value) => (value - center) / width + 0.5;
}

/** Found once for the values of a volume, whose slices then share it. */
const found = new WeakMap<Plane["data"], Map<string, [number, number]>>();

function once(values: Plane["data"], key: string, find: () => [number, number]): [number, number] {
  let ranges = found.get(values);
  if (ranges === undefined) {
    ranges = new Map();
    found.set(values, ranges);
  }
  let range = ranges.get(key);
  if (range === undefined) {
    range = find();
    ranges.set(key, range);
  }
  return range;
}

/** Linear from black to white; a constant image is black. */
function between(low: number, high: number): (value: number) => number {
  return high > low ? (value) => (value - low) / (high - low) : () => 0;
}

function limits(values: Plane["data"]): [number, number] {
  return once(values, "limits", () => {
    let low = Infinity;
    let high = -Infinity;
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    return [low, high];
  });
}

function percentiles(values: Plane["data"], [p, q]: readonly [number, number]): [number, number] {
  return once(values, `${p} ${q}`, () => {
    const finite = values.every(Number.isFinite) ? values.slice() : values.filter(Number.isFinite);
    return [percentile(finite, p), percentile(finite, q)];
  });
}

/** The percentile with linear interpolation (numpy's default) by selection; `values` are reordered. */
function percentile(values: Plane["data"], p: number): number {
  if (values.length === 0) return Number.NaN;
  const position = (p / 100) * (values.length - 1);
  const k = Math.floor(position);
  const low = select(values, k);
  if (k === position) return low;
  // after the selection the next larger value is the smallest of those behind it
  let high = Infinity;
  for (let i = k + 1; i < values.length; i++) if (values[i] < high) high = values[i];
  return low + (position - k) * (high - low);
}

/** Hoare's selection: after it, values before k are not larger and those behind it not smaller. */
function select(values: Plane["data"], k: number): number {
  let left = 0;
  let right = values.length - 1;
  while (left < right) {
    const pivot = values[(left + right) >> 1];
    let i = left;
    let j = right;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i <= j) {
        const value = values[i];
        values[i++] = values[j];
        values[j--] = value;
      }
    }
    if (k <= j) right = j;
    else if (k >= i) left = i;
    else break;
  }
  return values[k];
}
