import {readFileSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import type {AuditSide} from "../../src/components/site-data.js";
import {type AuditFeature, auditFeature, PairingAudit} from "../../src/measures/audit.js";
import {bandMeasuresOf, bandNames} from "../../src/measures/bands.js";
import {type Haar, haar} from "../../src/measures/dwt.js";
import {psnr} from "../../src/measures/fidelity.js";
import type {Plane} from "../../src/measures/image.js";
import {type Recipe, Store} from "../store/store.js";
import {codeHash, imageMeasures} from "./code-hash.js";
import {type PlaneRef, readPlane} from "./planes.js";
import {textOrder} from "./text-order.js";

export {textOrder};

/** An arm's pairing audit. */
export interface AuditTask {
  readonly kind: "audit";
  /** The store's folder. */
  readonly store: string;
  /** All of one size; `key` says what determines the pixels of both. */
  readonly images: readonly {
    readonly id: string;
    readonly key: string;
    readonly hr: PlaneRef;
    readonly output: PlaneRef;
  }[];
  /** The images of the list that the page shows: places in `images`. */
  readonly shown: readonly number[];
}

export interface AuditTaskResult {
  /** Correlation of the coarse pictures of the list: row, an output; column, an HR image. */
  readonly correlation: readonly (readonly number[])[];
  readonly paired: AuditSide;
  readonly mispaired: AuditSide;
}

/** Images that the page's list has at most: each of them is compared with every other. */
export const longestList = 96;

/** So many outputs that belong to another image are told one by one. */
const mostMispaired = 20;

export async function auditArm({store, images, shown}: AuditTask): Promise<AuditTaskResult> {
  const recipe = {
    kind: "site-audit",
    code: codeHash(["loaders/site/audit.ts", ...imageMeasures]),
    images: images.map(({id, key}) => [id, key]),
    shown: [...shown]
  } satisfies Recipe;
  const artefact = await new Store(store).compute(recipe, async (folder) => {
    const read = images.map(({id, hr, output}) => ({id, hr: () => readPlane(hr), output: () => readPlane(output)}));
    writeFileSync(join(folder, "audit.json"), JSON.stringify(auditOutputs(read, shown)));
    return {};
  });
  return JSON.parse(readFileSync(artefact.path("audit.json"), "utf8")) as AuditTaskResult;
}

/**
 * Do an arm's outputs belong to their images, and what would its numbers be if they had been paired as the study's script paired
 * them: positions in one list of names, sorted once as numbers and once as text? The first is asked of all images, the second of the
 * list of those that are shown.
 */
export function auditOutputs(
  images: readonly {readonly id: string; readonly hr: () => Plane; readonly output: () => Plane}[],
  shown: readonly number[]
): AuditTaskResult {
  const all = new PairingAudit();
  for (const {id, hr, output} of images) all.addFeatures(id, auditFeature(hr()), auditFeature(output()));
  const {verdict, sentence, top1, mispaired} = all.report();

  const list = shown.map((i) => ({hr: transformed(images[i].hr()), output: transformed(images[i].output())}));
  const outputs = textOrder(list.length).map((i) => list[i].output);
  const wrong = new PairingAudit();
  // the script knew its images by their numbers only
  list.forEach(({hr}, i) => {
    wrong.addFeatures(`hr_${i}`, hr.feature, outputs[i].feature);
  });
  const report = wrong.report();
  return {
    correlation: list.map(({output}) => list.map(({hr}) => round(correlation(output.haar.ll, hr.haar.ll)))),
    paired: {
      verdict,
      sentence,
      top1,
      ...means(list.map(({hr, output}) => [hr, output])),
      mispaired: mispaired.slice(0, mostMispaired).map(({id, belongsTo}) => ({id, belongsTo})),
      mispairedInAll: mispaired.length
    },
    mispaired: {
      verdict: report.verdict,
      sentence: report.sentence,
      top1: report.top1,
      ...means(list.map(({hr}, i) => [hr, outputs[i]]))
    }
  };
}

/** The places of at most `longestList` of `n` images, at even distances, so that every set is there. */
export function listPlaces(n: number): number[] {
  const count = Math.min(n, longestList);
  return Array.from({length: count}, (_, i) => Math.floor((i * n) / count));
}

/** The largest 8×8 block mean of an image: what the Parseval bound needs. */
export function peakOf(hr: Plane): number {
  const {data} = haar(hr).ll;
  let peak = 0;
  for (let i = 0; i < data.length; i++) peak = Math.max(peak, data[i]);
  return round(peak / 8);
}

/** Those of the commonest size. */
export function ofCommonSize<T extends {readonly width: number; readonly height: number}>(inputs: readonly T[]): T[] {
  const bySize = new Map<string, T[]>();
  for (const input of inputs) {
    const key = `${input.width}×${input.height}`;
    const own = bySize.get(key);
    if (own === undefined) bySize.set(key, [input]);
    else own.push(input);
  }
  return [...bySize.values()].sort((a, b) => b.length - a.length)[0] ?? [];
}

interface Transformed {
  readonly plane: Plane;
  readonly haar: Haar;
  readonly feature: AuditFeature;
}

function transformed(plane: Plane): Transformed {
  return {plane, haar: haar(plane), feature: auditFeature(plane)};
}

/** PSNR and band PSNR over some pairs. */
function means(pairs: readonly (readonly [hr: Transformed, output: Transformed])[]): Pick<AuditSide, "psnr" | "bands"> {
  const psnrs: number[] = [];
  const bands = Object.fromEntries(bandNames().map((band) => [band, [] as number[]]));
  for (const [hr, output] of pairs) {
    psnrs.push(psnr(hr.plane, output.plane));
    const measures = bandMeasuresOf(hr.haar, output.haar).bands;
    for (const band of bandNames()) bands[band].push(measures[band].psnr);
  }
  const mean = (values: readonly number[]) => round(values.reduce((sum, value) => sum + value, 0) / values.length);
  return {
    psnr: mean(psnrs),
    bands: Object.fromEntries(Object.entries(bands).map(([band, values]) => [band, mean(values)]))
  };
}

/** Pearson's r. */
function correlation(a: Plane, b: Plane): number {
  const n = a.data.length;
  let sumA = 0;
  let sumB = 0;
  for (let i = 0; i < n; i++) {
    sumA += a.data[i];
    sumB += b.data[i];
  }
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < n; i++) {
    const x = a.data[i] - sumA / n;
    const y = b.data[i] - sumB / n;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
