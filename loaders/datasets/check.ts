import {sha256} from "../files.js";
import type {Dataset, Entry} from "./dataset.js";
import {quantise} from "./quantise.js";
import type {Sample} from "./sample.js";
import {type Fingerprint, fingerprint, nearDuplicates} from "./similarity.js";
import {spectralSlope} from "./spectral-slope.js";

/** What reading a whole dataset tells. */
export interface DatasetCheck {
  readonly id: string;
  readonly title: string;
  readonly rule: string;
  readonly simulated: boolean;
  readonly count: number;
  readonly patients: number;
  /** Images and patients of each split × modality. */
  readonly groups: readonly {split: string; modality: string; images: number; patients: number; masks: number}[];
  /** How many images have each size, the commonest first. */
  readonly sizes: readonly {width: number; height: number; images: number}[];
  /** Shares of the pixels in 64 equal bins of [0, 1]. */
  readonly histogram: readonly number[];
  readonly mean: number;
  readonly sd: number;
  /** Mean and SD of the exponent of the radial power spectrum over up to 200 images; null where none has one. */
  readonly spectrum: {readonly exponent: number; readonly sd: number} | null;
  readonly problems: readonly Problem[];
}

export interface Problem {
  /** `unreadable`, `flat`, `duplicate`, `duplicate-across-splits`, `near-duplicate-across-splits`, `hash`. The first and the last three are faults. */
  readonly kind:
    | "unreadable"
    | "flat"
    | "duplicate"
    | "duplicate-across-splits"
    | "near-duplicate-across-splits"
    | "hash";
  readonly ids: readonly string[];
  readonly message: string;
}

const NOTES: ReadonlySet<Problem["kind"]> = new Set(["flat", "duplicate"]);

/** Whether a problem makes results wrong (and the check's exit status 3), or is only worth a look. */
export function isFault({kind}: Problem): boolean {
  return !NOTES.has(kind);
}

/** SHA-256 of the 8-bit pixels, row by row: what manifests promise. */
export function pixelSha256({data}: Pick<Sample, "data">): string {
  return sha256(quantise(data));
}

/**
 * Reads every image once and looks at sizes, intensities, copies within and between splits, and what the manifest promised.
 * Memory: about 5 kB an image.
 */
export async function checkDataset(dataset: Dataset, advance: () => void = () => {}): Promise<DatasetCheck> {
  const problems: Problem[] = [];
  const sizes = new Map<string, number>();
  const groups = new Map<
    string,
    {split: string; modality: string; images: number; patients: Set<string>; masks: number}
  >();
  const histogram = new Float64Array(64);
  const byHash = new Map<string, Entry[]>();
  const prints: {item: Entry; group: string; print: Fingerprint}[] = [];
  let pixels = 0;
  let sum = 0;
  let square = 0;
  const slopes: number[] = [];
  const every = Math.max(1, Math.floor(dataset.count / 200));
  for (const [index, entry] of dataset.list().entries()) {
    let sample: Sample;
    try {
      sample = await dataset.read(entry.id);
    } catch (error) {
      problems.push({kind: "unreadable", ids: [entry.id], message: (error as Error).message});
      advance();
      continue;
    }
    const {data, width, height, mask} = sample;
    const size = `${width}×${height}`;
    sizes.set(size, (sizes.get(size) ?? 0) + 1);
    const split = entry.split ?? "none";
    const key = `${split}\u0000${entry.modality}`;
    let group = groups.get(key);
    if (group === undefined) {
      group = {split, modality: entry.modality, images: 0, patients: new Set(), masks: 0};
      groups.set(key, group);
    }
    ++group.images;
    group.patients.add(entry.patient);
    if (mask?.includes(1)) ++group.masks;
    let low = Infinity;
    let high = -Infinity;
    for (const v of data) {
      ++histogram[Math.min(63, Math.max(0, Math.floor(v * 64)))];
      sum += v;
      square += v * v;
      if (v < low) low = v;
      if (v > high) high = v;
    }
    pixels += data.length;
    if (index % every === 0 && high > low && width >= 32 && height >= 32) slopes.push(spectralSlope(sample));
    if (high - low < 1 / 255)
      problems.push({kind: "flat", ids: [entry.id], message: `${entry.id} is flat (all ${low.toFixed(3)})`});
    const hash = pixelSha256(sample);
    if (entry.pixelSha256 !== undefined && entry.pixelSha256 !== hash)
      problems.push({
        kind: "hash",
        ids: [entry.id],
        message: `${entry.id} has other pixels than its manifest promises (${hash.slice(0, 12)}…, not ${entry.pixelSha256.slice(0, 12)}…)`
      });
    byHash.set(hash, [...(byHash.get(hash) ?? []), entry]);
    prints.push({item: entry, group: split, print: fingerprint(sample)});
    advance();
  }
  const copies = new Set<string>();
  for (const entries of byHash.values()) {
    if (entries.length < 2) continue;
    const across = new Set(entries.map((entry) => entry.split ?? "none")).size > 1;
    const ids = entries.map((entry) => entry.id);
    if (across) for (const id of ids) copies.add(id);
    problems.push({
      kind: across ? "duplicate-across-splits" : "duplicate",
      ids,
      message: `${entries.map(({id, split}) => `${id} (${split ?? "no split"})`).join(" and ")} have the same pixels`
    });
  }
  for (const {a, b, correlation} of nearDuplicates(prints)) {
    if (copies.has(a.id) && copies.has(b.id)) continue;
    problems.push({
      kind: "near-duplicate-across-splits",
      ids: [a.id, b.id],
      message: `${a.id} (${a.split ?? "no split"}) and ${b.id} (${b.split ?? "no split"}) look the same (coarse correlation ${correlation.toFixed(4)})`
    });
  }
  const mean = pixels > 0 ? sum / pixels : 0;
  return {
    id: dataset.id,
    title: dataset.title,
    rule: dataset.rule,
    simulated: dataset.simulated,
    count: dataset.count,
    patients: new Set(dataset.list().map((entry) => entry.patient)).size,
    groups: [...groups.values()]
      .map((group) => ({...group, patients: group.patients.size}))
      .sort((a, b) => order(a.split) - order(b.split) || (a.modality < b.modality ? -1 : 1)),
    sizes: [...sizes]
      .map(([size, images]) => ({width: Number(size.split("×")[0]), height: Number(size.split("×")[1]), images}))
      .sort((a, b) => b.images - a.images),
    histogram: Array.from(histogram, (n) => (pixels > 0 ? n / pixels : 0)),
    mean,
    sd: pixels > 0 ? Math.sqrt(Math.max(0, square / pixels - mean * mean)) : 0,
    spectrum: spread(slopes.filter(Number.isFinite)),
    problems
  };
}

function spread(values: readonly number[]): {exponent: number; sd: number} | null {
  if (values.length === 0) return null;
  const exponent = values.reduce((a, b) => a + b, 0) / values.length;
  return {exponent, sd: Math.sqrt(values.reduce((a, b) => a + (b - exponent) ** 2, 0) / values.length)};
}

/** train, valid, test, then the rest. */
export function order(split: string): number {
  const at = ["train", "valid", "test"].indexOf(split);
  return at < 0 ? 3 : at;
}

const BARS = "▁▂▃▄▅▆▇█";

/** Heights as block characters; roots of the shares, so that a black background doesn't flatten the rest. */
export function sparkline(shares: readonly number[]): string {
  const most = Math.max(...shares, 1e-12);
  return shares
    .map((share) => (share === 0 ? " " : BARS[Math.min(7, Math.floor(8 * Math.sqrt(share / most)))]))
    .join("");
}
