import type {AuditSide, SiteAudit} from "../../src/components/site-data.js";
import {auditFeature, PairingAudit} from "../../src/measures/audit.js";
import {bandMeasuresOf, bandNames} from "../../src/measures/bands.js";
import {type Haar, haar} from "../../src/measures/dwt.js";
import {psnr} from "../../src/measures/fidelity.js";
import type {Plane} from "../../src/measures/image.js";

/** An image with every arm's output. */
export interface AuditInput {
  readonly id: string;
  readonly set: string;
  readonly hr: Plane;
  readonly outputs: ReadonlyMap<string, Plane>;
}

/**
 * Do the site's outputs belong to their images, and what would its numbers be if they had been paired as the study's
 * script paired them: positions in one list of names, sorted once as numbers and once as text? Images of another size
 * than most are left out.
 */
export function auditSite(inputs: readonly AuditInput[]): SiteAudit {
  const images = ofCommonSize(inputs);
  const order = textOrder(images.length);
  const arms: Record<string, SiteAudit["arms"][string]> = {};
  const hr = images.map((image) => ({plane: image.hr, haar: haar(image.hr)}));
  for (const arm of images[0]?.outputs.keys() ?? []) {
    const outputs = images.map((image) => {
      const plane = image.outputs.get(arm)!;
      return {plane, haar: haar(plane)};
    });
    const side = (order: readonly number[], names: readonly string[]) =>
      sideOf(
        names,
        hr,
        order.map((i) => outputs[i])
      );
    arms[arm] = {
      correlation: outputs.map((output) => hr.map((image) => round(correlation(output.haar.ll, image.haar.ll)))),
      paired: side(
        images.map((_, i) => i),
        images.map(({id}) => id)
      ),
      // the script knew its images by their numbers only
      mispaired: side(
        order,
        images.map((_, i) => `hr_${i}`)
      )
    };
  }
  // the largest 8×8 block mean: what the Parseval bound needs
  const peaks = hr.map(({haar: {ll}}) => round(Math.max(0, ...ll.data) / 8));
  return {images: images.map(({id, set}) => ({id, set})), order, arms, peaks};
}

/** 0, 1, 10, 11, …, 2, 20, …: where a list of numbers goes when it is sorted as text. */
export function textOrder(n: number): number[] {
  return Array.from({length: n}, (_, i) => String(i))
    .sort()
    .map(Number);
}

interface Transformed {
  readonly plane: Plane;
  readonly haar: Haar;
}

function sideOf(names: readonly string[], hr: readonly Transformed[], outputs: readonly Transformed[]): AuditSide {
  const audit = new PairingAudit();
  const psnrs: number[] = [];
  const bands = Object.fromEntries(bandNames().map((band) => [band, [] as number[]]));
  names.forEach((name, i) => {
    audit.addFeatures(name, auditFeature(hr[i].plane), auditFeature(outputs[i].plane));
    psnrs.push(psnr(hr[i].plane, outputs[i].plane));
    const measures = bandMeasuresOf(hr[i].haar, outputs[i].haar).bands;
    for (const band of bandNames()) bands[band].push(measures[band].psnr);
  });
  const {verdict, sentence, top1} = audit.report();
  const mean = (values: readonly number[]) => round(values.reduce((sum, value) => sum + value, 0) / values.length);
  return {
    verdict,
    sentence,
    top1,
    psnr: mean(psnrs),
    bands: Object.fromEntries(Object.entries(bands).map(([band, values]) => [band, mean(values)]))
  };
}

function ofCommonSize(inputs: readonly AuditInput[]): AuditInput[] {
  const bySize = new Map<string, AuditInput[]>();
  for (const input of inputs) {
    const key = `${input.hr.width}×${input.hr.height}`;
    bySize.set(key, [...(bySize.get(key) ?? []), input]);
  }
  return [...bySize.values()].sort((a, b) => b.length - a.length)[0] ?? [];
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
