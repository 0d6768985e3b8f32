import {assign, cyclesOf} from "./assignment.js";
import {checkPlane, checkSameSize} from "./check.js";
import {haar} from "./dwt.js";
import type {Plane} from "./image.js";

/** Verdict of a pairing audit. */
export type PairingVerdict =
  /** Each SR belongs to the HR of its name. */
  | "paired"
  /** Some SR images belong to the HR of another name. */
  | "mispaired"
  /** SR images are no more like their HR than like any other, and no permutation puts it right. */
  | "unrelated"
  /** Nothing to judge by: fewer than two images of one size with any structure. */
  | "undecided";

/** One SR image that belongs elsewhere. */
export interface Mispairing {
  /** The id under which the SR image stands. */
  readonly id: string;
  /** The id of the HR image that it shows. */
  readonly belongsTo: string;
  /** Correlation with the HR of its own name, and with that of the other. */
  readonly own: number;
  readonly other: number;
}

/** The order in which SR images were given their names, where it can be told. */
export type Reordering = "lexicographic" | "shifted" | "reversed" | "other";

export interface PairingReport {
  readonly verdict: PairingVerdict;
  /** The verdict in one sentence for a person. */
  readonly sentence: string;
  /** Pairs that were looked at. */
  readonly n: number;
  /** Share of the SR images that correlate with their own HR at least as well as with any other; null where n is 0. */
  readonly top1: number | null;
  /** Mean correlation of SR with its own HR, and with the others; null where there are none. */
  readonly ownCorrelation: number | null;
  readonly otherCorrelation: number | null;
  readonly mispaired: readonly Mispairing[];
  /** Null unless mispaired. */
  readonly reordering: Reordering | null;
  /** Pairs that were left out, with the reason. */
  readonly skipped: readonly {readonly id: string; readonly reason: string}[];
}

/** What the audit keeps of an image: the approximation of a Haar transform, about 32×32 coefficients. */
export interface AuditFeature {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/**
 * The approximation coefficients that the audit compares: LL3 at 256×256, deeper for larger images.
 * @throws RangeError when the image holds NaN or infinities.
 */
export function auditFeature(image: Plane): AuditFeature {
  checkPlane(image, "image");
  const levels = levelsOf(image);
  const {data} = levels >= 1 ? haar(image, levels).ll : image;
  return {width: image.width, height: image.height, data: Float32Array.from(data)};
}

const levelsOf = ({width, height}: {readonly width: number; readonly height: number}): number =>
  Math.max(0, Math.ceil(Math.log2(Math.max(width, height) / 32)));

/**
 * Do SR images belong to the HR images of their names? Collects pairs one by one (some kilobytes each), then compares
 * each SR with every HR of its size.
 *
 * The test is built not to cry wolf. It seeks the permutation of names that maximises the sum of inner products: for
 * images that are truly paired and only blurred (by any symmetric kernel with a non-negative spectrum) that is the
 * identity, however strong the blur. A cycle of the permutation counts only where, with the cycle's mean taken away (so
 * that common anatomy says nothing), the moved images agree: neighbouring slices that noise exchanges do not.
 */
export class PairingAudit {
  private readonly groups = new Map<string, Group>();
  private readonly skipped: {id: string; reason: string}[] = [];

  /** @throws RangeError when the sizes differ or a value is not finite. */
  add(id: string, hr: Plane, sr: Plane): void {
    checkSameSize(hr, sr);
    this.addFeatures(id, auditFeature(hr), auditFeature(sr));
  }

  /** The same where the features were made elsewhere, say in a worker. */
  addFeatures(id: string, hr: AuditFeature, sr: AuditFeature): void {
    const flat = [
      [hr, "HR"],
      [sr, "SR"]
    ].filter(([feature]) => isFlat((feature as AuditFeature).data));
    if (flat.length > 0) {
      this.skipped.push({id, reason: `${flat.map(([, name]) => name).join(" and ")} is constant`});
      return;
    }
    const key = `${hr.width}×${hr.height}`;
    let group = this.groups.get(key);
    if (group === undefined) {
      const scale = 2 ** levelsOf(hr);
      group = {width: Math.ceil(hr.width / scale), height: Math.ceil(hr.height / scale), entries: []};
      this.groups.set(key, group);
    }
    group.entries.push({id, hr: standardise(hr.data), sr: standardise(sr.data)});
  }

  report(): PairingReport {
    const skipped = [...this.skipped];
    const results: GroupResult[] = [];
    for (const group of this.groups.values()) {
      const {entries} = group;
      if (entries.length === 1) skipped.push({id: entries[0].id, reason: "is the only image of its size"});
      else for (const part of interleavedParts(entries)) results.push(auditGroup(part, group));
    }
    return summarise(results, skipped);
  }
}

/** A vector as mean, norm of what is left, and that as a unit vector. */
interface Standardised {
  readonly mean: number;
  readonly norm: number;
  readonly unit: Float32Array;
}

interface Entry {
  readonly id: string;
  readonly hr: Standardised;
  readonly sr: Standardised;
}

/** Images of one size, and that of their features. */
interface Group {
  readonly width: number;
  readonly height: number;
  readonly entries: Entry[];
}

interface GroupResult {
  readonly n: number;
  readonly top1: number;
  readonly own: number;
  readonly other: number;
  readonly mispaired: Mispairing[];
  readonly reordering: Reordering | null;
  /** What the names as they are deserve, where no exchange was found. */
  readonly standing: "paired" | "unrelated" | "undecided";
}

/** Of the differences within a cycle, at least this correlation must speak for the exchange. */
const LEAST_AGREEMENT = 0.5;
/** … and this part of what the names as they are leave unexplained must be explained by it. */
const LEAST_GAIN = 0.3;
/** More images of one size than this are audited in interleaved parts, so that memory stays bounded. */
const LARGEST_GROUP = 4000;

/** More images than this are compared by features of half the width and height, so that the cost of an image stays the same. */
const LARGEST_FINE = 1000;

function auditGroup(fine: Entry[], size: {readonly width: number; readonly height: number}): GroupResult {
  const n = fine.length;
  const entries = n > LARGEST_FINE ? fine.map((entry) => coarser(entry, size)) : fine;
  const correlation = products(entries);
  const d = entries[0].hr.unit.length;
  const score = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const {mean, norm} = entries[i].sr;
    for (let j = 0; j < n; j++) {
      const {hr} = entries[j];
      score[i * n + j] = d * mean * hr.mean + norm * hr.norm * correlation[i * n + j];
    }
  }
  let top1 = 0;
  for (let i = 0; i < n; i++) {
    let best = -Infinity;
    for (let j = 0; j < n; j++) if (correlation[i * n + j] > best) best = correlation[i * n + j];
    if (correlation[i * n + i] >= best - 1e-6) top1++;
  }
  const permutation = bestPermutation(entries, score);
  const believed = Int32Array.from({length: n}, (_, i) => i);
  for (const cycle of cyclesOf(permutation)) {
    if (speaksFor(cycle, permutation, entries, score, correlation)) for (const i of cycle) believed[i] = permutation[i];
  }
  const mispaired: Mispairing[] = [];
  for (let i = 0; i < n; i++) {
    const j = believed[i];
    if (j === i) continue;
    mispaired.push({
      id: entries[i].id,
      belongsTo: entries[j].id,
      own: correlation[i * n + i],
      other: correlation[i * n + j]
    });
  }
  const {own, all} = correlations(fine);
  return {
    n,
    top1,
    own,
    other: all - own,
    mispaired,
    reordering: mispaired.length === 0 ? null : reorderingOf(entries, believed, score),
    standing: standingOf(score, n)
  };
}

/** The permutation of names under which SR and HR agree best, ties left as they are. */
function bestPermutation(entries: Entry[], score: Float64Array): Int32Array {
  const n = entries.length;
  // compare SR with HR shrunk to SR's contrast: then most rows find their place at once
  let spreadHr = 0;
  let spreadSr = 0;
  const d = entries[0].hr.unit.length;
  for (const {hr, sr} of entries) {
    spreadHr += hr.norm ** 2 + d * hr.mean ** 2;
    spreadSr += sr.norm ** 2 + d * sr.mean ** 2;
  }
  const shrink = Math.sqrt(spreadSr / spreadHr);
  return assign(
    score,
    n,
    Float64Array.from(entries, ({hr}) => 0.5 * shrink * (hr.norm ** 2 + d * hr.mean ** 2))
  );
}

/** Whether the images of a cycle really are better off where the permutation puts them. */
function speaksFor(
  cycle: number[],
  permutation: Int32Array,
  entries: Entry[],
  score: Float64Array,
  correlation: Float32Array
): boolean {
  const raw = agreement(cycle, permutation, score, entries, (v) => [v.mean, v.norm]);
  const shape = agreement(cycle, permutation, correlation, entries, () => [0, 1]);
  return (
    raw.after >= LEAST_AGREEMENT &&
    raw.after - raw.before >= LEAST_GAIN * (1 - raw.before) &&
    shape.after >= LEAST_AGREEMENT &&
    shape.after > shape.before
  );
}

/** Correlation of SR with HR over a cycle, the cycle's means taken away, before and after the exchange. */
function agreement(
  cycle: number[],
  permutation: Int32Array,
  score: Float32Array | Float64Array,
  entries: Entry[],
  weights: (v: Standardised) => [mean: number, norm: number]
): {before: number; after: number} {
  const n = entries.length;
  const rows = sumOf(
    cycle.map((i) => entries[i].sr),
    weights
  );
  const columns = sumOf(
    cycle.map((i) => entries[i].hr),
    weights
  );
  let shared = 0;
  for (let k = 0; k < rows.sum.length; k++) shared += rows.sum[k] * columns.sum[k];
  shared /= cycle.length;
  const scale = Math.sqrt(rows.spread * columns.spread);
  let before = 0;
  let after = 0;
  for (const i of cycle) {
    before += score[i * n + i];
    after += score[i * n + permutation[i]];
  }
  return {before: (before - shared) / scale, after: (after - shared) / scale};
}

function sumOf(
  vectors: Standardised[],
  weights: (v: Standardised) => [mean: number, norm: number]
): {sum: Float64Array; spread: number} {
  const d = vectors[0].unit.length;
  const sum = new Float64Array(d);
  let squares = 0;
  for (const vector of vectors) {
    const [mean, norm] = weights(vector);
    for (let k = 0; k < d; k++) sum[k] += mean + norm * vector.unit[k];
    squares += norm * norm + d * mean * mean;
  }
  let square = 0;
  for (let k = 0; k < d; k++) square += sum[k] * sum[k];
  return {sum, spread: Math.max(0, squares - square / vectors.length)};
}

/** How the names may have got out of order: compared by what each explanation achieves, not by exact equality. */
function reorderingOf(entries: Entry[], believed: Int32Array, score: Float64Array): Reordering {
  const n = entries.length;
  const collator = new Intl.Collator("en", {numeric: true});
  const ids = entries.map(({id}) => id);
  const byNumber = ids.map((_, i) => i).sort((a, b) => collator.compare(ids[a], ids[b]) || compareText(ids[a], ids[b]));
  const byText = ids.map((_, i) => i).sort((a, b) => compareText(ids[a], ids[b]));
  const sum = (permutation: ArrayLike<number>) => {
    let total = 0;
    for (let i = 0; i < n; i++) total += score[i * n + permutation[i]];
    return total;
  };
  const identity = sum(Int32Array.from({length: n}, (_, i) => i));
  const best = sum(believed);
  const explains = (from: number[], to: number[]) => {
    const permutation = new Int32Array(n);
    for (let k = 0; k < n; k++) permutation[from[k]] = to[k];
    return sum(permutation) - identity >= 0.9 * (best - identity);
  };
  if (explains(byNumber, byText) || explains(byText, byNumber)) return "lexicographic";
  for (const order of [byNumber, byText]) {
    if (explains(order, order.toReversed())) return "reversed";
    const position = new Int32Array(n);
    for (let k = 0; k < n; k++) position[order[k]] = k;
    // the shift that most images ask for is the only one worth trying
    const votes = new Int32Array(n);
    for (let i = 0; i < n; i++) votes[(position[believed[i]] - position[i] + n) % n]++;
    const shift = votes.indexOf(Math.max(...votes.subarray(1)), 1);
    if (shift > 0 && explains(order, [...order.slice(shift), ...order.slice(0, shift)])) return "shifted";
  }
  return "other";
}

/**
 * How far Σ own scores lies above what random names would give, in standard deviations (Hoeffding 1951). True pairs reach at
 * least √(n−1), even where all images differ along one direction only.
 */
function standingOf(score: Float64Array, n: number): GroupResult["standing"] {
  const {row, column, all} = averages(score, n);
  let diagonal = 0;
  let squares = 0;
  let total = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const value = score[i * n + j] - row[i] - column[j] + all;
      squares += value * value;
      total += score[i * n + j] ** 2;
      if (i === j) diagonal += value;
    }
  }
  // all SR images alike: what is left of the scores is rounding
  if (squares <= 1e-12 * total) return n < 12 ? "undecided" : "unrelated";
  const support = diagonal / Math.sqrt(squares / (n - 1));
  if (n < 12) return support >= 0.5 * Math.sqrt(n - 1) ? "paired" : "undecided";
  return support >= 2.5 ? "paired" : "unrelated";
}

function averages(score: Float64Array, n: number): {row: Float64Array; column: Float64Array; all: number} {
  const row = new Float64Array(n);
  const column = new Float64Array(n);
  let all = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const value = score[i * n + j];
      row[i] += value / n;
      column[j] += value / n;
      all += value / (n * n);
    }
  }
  return {row, column, all};
}

function summarise(results: GroupResult[], skipped: {id: string; reason: string}[]): PairingReport {
  const n = add(results.map((r) => r.n));
  const others = add(results.map((r) => r.n * (r.n - 1)));
  const mispaired = results.flatMap((r) => r.mispaired);
  const largest = results.reduce<GroupResult | null>(
    (a, b) => (a === null || b.mispaired.length > a.mispaired.length ? b : a),
    null
  );
  const verdict: PairingVerdict =
    mispaired.length > 0
      ? "mispaired"
      : results.some((r) => r.standing === "unrelated")
        ? "unrelated"
        : results.every((r) => r.standing === "undecided")
          ? "undecided"
          : "paired";
  const report = {
    verdict,
    n,
    top1: n === 0 ? null : add(results.map((r) => r.top1)) / n,
    ownCorrelation: n === 0 ? null : add(results.map((r) => r.own)) / n,
    otherCorrelation: others === 0 ? null : add(results.map((r) => r.other)) / others,
    mispaired,
    reordering: largest?.reordering ?? null,
    skipped
  };
  return {...report, sentence: sentenceOf(report)};
}

function sentenceOf({
  verdict,
  n,
  top1,
  ownCorrelation,
  otherCorrelation,
  mispaired,
  reordering,
  skipped
}: Omit<PairingReport, "sentence">): string {
  const left =
    skipped.length === 0
      ? ""
      : ` (${skipped.length} could not be judged: ${skipped[0].id} ${skipped[0].reason}${skipped.length > 1 ? ", …" : ""})`;
  const correlations = `correlation ${ownCorrelation?.toFixed(3)} with the HR of the same name, ${otherCorrelation?.toFixed(3)} with the others`;
  if (verdict === "undecided")
    return `Undecided: an audit needs at least two pairs of one size that are not constant${left}.`;
  if (verdict === "unrelated") {
    return `Mispaired: the ${n} outputs are no more like the HR of their name than like any other (${correlations}), and no other order of them fits either${left}.`;
  }
  if (verdict === "paired" && top1! < 0.9) {
    return `Paired: no other order of the ${n} outputs fits better, though only ${Math.round(top1! * n)} of them are most like the HR of the same name (${correlations}), as happens with blurred images or neighbouring slices${left}.`;
  }
  if (verdict === "paired") {
    return `Paired: ${Math.round(top1! * n)} of ${n} outputs are most like the HR of the same name (${correlations})${left}.`;
  }
  const [{id, belongsTo}] = mispaired;
  const how = {
    lexicographic:
      "names were given in numeric order to images in text order (1, 10, 100, 2, …), or the other way round",
    shifted: "the names are shifted against the images",
    reversed: "the names run in the opposite order",
    other: mispaired.length <= n / 2 ? "the other names are right" : "in no order that could be told"
  }[reordering ?? "other"];
  return `Mispaired: ${mispaired.length} of ${n} outputs belong to the HR of another name, the first ${id} to ${belongsTo}; ${how} (${correlations})${left}.`;
}

/** Sum of the correlations of SR with HR of its own name, and of all with all. */
function correlations(entries: Entry[]): {own: number; all: number} {
  const d = entries[0].hr.unit.length;
  const sr = new Float64Array(d);
  const hr = new Float64Array(d);
  let own = 0;
  for (const entry of entries) {
    for (let k = 0; k < d; k++) {
      own += entry.sr.unit[k] * entry.hr.unit[k];
      sr[k] += entry.sr.unit[k];
      hr[k] += entry.hr.unit[k];
    }
  }
  let all = 0;
  for (let k = 0; k < d; k++) all += sr[k] * hr[k];
  return {own, all};
}

/** The approximation one level deeper. */
function coarser({id, hr, sr}: Entry, size: {readonly width: number; readonly height: number}): Entry {
  const halve = ({mean, norm, unit}: Standardised) =>
    standardise(Float32Array.from(haar({...size, data: unit.map((v) => mean + norm * v)}, 1).ll.data));
  return {id, hr: halve(hr), sr: halve(sr)};
}

/** All correlations SR i × HR j, n × n. Two by two at a time: each vector is read half as often. */
function products(entries: Entry[]): Float32Array {
  const n = entries.length;
  const out = new Float32Array(n * n);
  const d = entries[0].hr.unit.length;
  for (let i = 0; i < n; i += 2) {
    const a0 = entries[i].sr.unit;
    const a1 = entries[Math.min(n - 1, i + 1)].sr.unit;
    for (let j = 0; j < n; j += 2) {
      const b0 = entries[j].hr.unit;
      const b1 = entries[Math.min(n - 1, j + 1)].hr.unit;
      let s00 = 0;
      let s01 = 0;
      let s10 = 0;
      let s11 = 0;
      for (let k = 0; k < d; k++) {
        const x0 = a0[k];
        const x1 = a1[k];
        const y0 = b0[k];
        const y1 = b1[k];
        s00 += x0 * y0;
        s01 += x0 * y1;
        s10 += x1 * y0;
        s11 += x1 * y1;
      }
      out[i * n + j] = s00;
      if (j + 1 < n) out[i * n + j + 1] = s01;
      if (i + 1 < n) {
        out[(i + 1) * n + j] = s10;
        if (j + 1 < n) out[(i + 1) * n + j + 1] = s11;
      }
    }
  }
  return out;
}

function standardise(data: Float32Array): Standardised {
  let mean = 0;
  for (let i = 0; i < data.length; i++) mean += data[i];
  mean /= data.length;
  let squares = 0;
  for (let i = 0; i < data.length; i++) squares += (data[i] - mean) ** 2;
  const norm = Math.sqrt(squares);
  // what is not constant may be when it is halved
  return {mean, norm, unit: data.map((v) => (norm > 0 ? (v - mean) / norm : 0))};
}

function isFlat(data: Float32Array): boolean {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < data.length; i++) {
    if (data[i] < min) min = data[i];
    if (data[i] > max) max = data[i];
  }
  return max - min <= 1e-6 * Math.max(1, Math.abs(max));
}

function interleavedParts(group: Entry[]): Entry[][] {
  const parts = Math.ceil(group.length / LARGEST_GROUP);
  return Array.from({length: parts}, (_, part) => group.filter((_, i) => i % parts === part));
}

function add(values: number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
