/** A row of a study's tables: what was measured of one output. `StudyRow` of src/components/study-data.ts is one. */
export interface ResultRow {
  readonly set: string;
  readonly image: string;
  /** Null where patients are not known. */
  readonly patient: string | null;
  readonly arm: string;
  /** Null where nothing is random. */
  readonly seed: number | null;
  readonly pairing: string;
  /** Measures by their key; null where absent; a PSNR may be Infinity. */
  readonly [measure: string]: string | number | null;
}

/** `correct`, or `published-bug`: outputs named by their place in a list sorted as text. */
export type Pairing = "correct" | "published-bug";

/** Which numbers of a study. */
export interface Selection {
  readonly set: string;
  readonly arm: string;
  /** Key of a measure. */
  readonly measure: string;
  /** `correct` unless said. */
  readonly pairing?: Pairing;
  /** One seed only; as `seeds` with one. */
  readonly seed?: number;
  /** These seeds only (a row without a seed is one of any); all of them unless said. */
  readonly seeds?: readonly number[];
}

/** One image's number: the mean over the seeds. */
export interface ImageValue {
  readonly image: string;
  readonly patient: string | null;
  /** Null where a seed lacks it; Infinity where a seed has that. */
  readonly value: number | null;
  readonly seeds: number;
}

/** Rows of several tables of the same outputs, side by side. @throws RangeError when they are not of the same outputs */
export function joinRows(...tables: readonly (readonly ResultRow[])[]): ResultRow[] {
  const [first, ...others] = tables;
  return (first ?? []).map((row, i) => {
    for (const other of others) {
      const one = other[i];
      if (
        one === undefined ||
        one.image !== row.image ||
        one.set !== row.set ||
        one.arm !== row.arm ||
        one.seed !== row.seed ||
        one.pairing !== row.pairing
      ) {
        throw new RangeError(`the study tables differ in row ${i}`);
      }
    }
    return Object.assign({}, row, ...others.map((other) => other[i])) as ResultRow;
  });
}

const indices = new WeakMap<readonly ResultRow[], Map<string, ResultRow[]>>();

/** The rows of one arm on one set in one pairing, in their order. An index is kept with `rows`, which must not change. */
export function rowsOf(
  rows: readonly ResultRow[],
  {set, arm, pairing = "correct"}: Pick<Selection, "set" | "arm" | "pairing">
): readonly ResultRow[] {
  let index = indices.get(rows);
  if (index === undefined) {
    index = new Map();
    for (const row of rows) {
      const key = keyOf(row.set, row.arm, row.pairing);
      const own = index.get(key);
      if (own === undefined) index.set(key, [row]);
      else own.push(row);
    }
    indices.set(rows, index);
  }
  return index.get(keyOf(set, arm, pairing)) ?? [];
}

function keyOf(set: string, arm: string, pairing: string): string {
  return `${set}\n${arm}\n${pairing}`;
}

/** One value an image: the mean over its seeds. Images in the order of their first row. */
export function imageValues(rows: readonly ResultRow[], selection: Selection): ImageValue[] {
  const {measure, seed, seeds = seed === undefined ? undefined : [seed]} = selection;
  const images = new Map<string, {patient: string | null; total: number | null; seeds: number}>();
  for (const row of rowsOf(rows, selection)) {
    if (seeds !== undefined && row.seed !== null && !seeds.includes(row.seed)) continue;
    const value = row[measure] ?? null;
    if (typeof value === "string") throw new RangeError(`invalid measure: ${measure}; it is a text`);
    const entry = images.get(row.image);
    if (entry === undefined) images.set(row.image, {patient: row.patient, total: value, seeds: 1});
    else {
      entry.total = entry.total === null || value === null ? null : entry.total + value;
      entry.seeds++;
    }
  }
  return Array.from(images, ([image, {patient, total, seeds}]) => ({
    image,
    patient,
    value: total === null ? null : total / seeds,
    seeds
  }));
}
