import {random} from "../../src/measures/random.js";
import {resize} from "../../src/measures/resize.js";
import type {Dataset, Entry} from "./dataset.js";
import type {Sample} from "./sample.js";

export interface ContactSheetOptions {
  /** How many images; 24 unless told. */
  readonly count?: number;
  /** In pixels; 192 unless told. */
  readonly tile?: number;
  /** Draws the images by chance with this seed; without it they are spread evenly over the dataset. */
  readonly seed?: string | number;
  /** Outline the masks. */
  readonly outlines?: boolean;
}

/** A sheet of images in rows, each fitted into a square tile, with its entries in the same order. */
export async function contactSheet(
  dataset: Dataset,
  {count = 24, tile = 192, seed, outlines = true}: ContactSheetOptions = {},
  advance: () => void = () => {}
): Promise<{data: Float32Array; width: number; height: number; entries: readonly Entry[]}> {
  const entries = chosen(dataset.list(), count, seed);
  const columns = Math.max(1, Math.min(entries.length, Math.ceil(Math.sqrt(entries.length * 1.5))));
  const rows = Math.max(1, Math.ceil(entries.length / columns));
  const gap = 2;
  const width = columns * (tile + gap) + gap;
  const height = rows * (tile + gap) + gap;
  const data = new Float32Array(width * height).fill(0.25);
  for (const [n, entry] of entries.entries()) {
    const sample = await dataset.read(entry.id);
    const small = tileOf(sample, tile, outlines);
    const left = gap + (n % columns) * (tile + gap) + ((tile - small.width) >> 1);
    const top = gap + Math.floor(n / columns) * (tile + gap) + ((tile - small.height) >> 1);
    for (let y = 0; y < small.height; ++y)
      data.set(small.data.subarray(y * small.width, (y + 1) * small.width), (top + y) * width + left);
    advance();
  }
  return {data, width, height, entries};
}

function tileOf(sample: Sample, tile: number, outlines: boolean): {data: Float32Array; width: number; height: number} {
  const scale = tile / Math.max(sample.width, sample.height);
  const width = Math.max(1, Math.round(sample.width * scale));
  const height = Math.max(1, Math.round(sample.height * scale));
  const source = outlines && sample.mask ? {...sample, data: outlined(sample)} : sample;
  return {
    data: Float32Array.from(resize(source, width, height, scale < 1 ? "bicubic" : "bilinear").data),
    width,
    height
  };
}

/** White pixels just outside the mask. */
function outlined({data, width, height, mask}: Sample): Float32Array {
  const out = data.slice();
  if (!mask) return out;
  const inside = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height && mask[y * width + x] === 1;
  for (let y = 0; y < height; ++y)
    for (let x = 0; x < width; ++x)
      if (!inside(x, y) && (inside(x - 1, y) || inside(x + 1, y) || inside(x, y - 1) || inside(x, y + 1)))
        out[y * width + x] = 1;
  return out;
}

function chosen(entries: readonly Entry[], count: number, seed: string | number | undefined): Entry[] {
  if (entries.length <= count) return entries.slice();
  if (seed === undefined)
    return Array.from({length: count}, (_, i) => entries[Math.floor(((i + 0.5) * entries.length) / count)]);
  const picked = random("contact sheet", seed)
    .shuffle(entries.map((_, i) => i))
    .slice(0, count)
    .sort((a, b) => a - b);
  return picked.map((i) => entries[i]);
}
