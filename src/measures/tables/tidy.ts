import {measures} from "./measures.js";
import {armAndSeed, type ImageRecord} from "./record.js";

/** One number: the shape that arquero, Plot, pandas and R take at once. */
export interface TidyRow {
  readonly image: string;
  readonly patient: string | null;
  readonly arm: string;
  readonly seed: number | null;
  readonly measure: string;
  readonly flavour: string;
  readonly value: number;
  readonly unit: string;
}

export const tidyColumnNames = ["image", "patient", "arm", "seed", "measure", "flavour", "value", "unit"] as const;

/** The records as rows, one per measure that is there: an absent value has no row. Infinite PSNRs stay infinite. */
export function* tidyRows(records: Iterable<ImageRecord>): Generator<TidyRow> {
  for (const record of records) {
    const {arm, seed} = armAndSeed(record.arm);
    for (const {measure, flavour, unit, value: read} of measures) {
      const value = read(record);
      if (value === null) continue;
      yield {image: record.id, patient: record.patient, arm, seed, measure, flavour, value, unit};
    }
  }
}

/** Rows as columns, for `aq.table(columns)` or Arrow. */
export interface TidyColumns {
  readonly image: string[];
  readonly patient: (string | null)[];
  readonly arm: string[];
  readonly seed: (number | null)[];
  readonly measure: string[];
  readonly flavour: string[];
  readonly value: Float64Array;
  readonly unit: string[];
}

/** @example aq.table(tidyColumns(rows)).groupby("arm", "measure").rollup({mean: (d) => op.mean(d.value)}) */
export function tidyColumns(rows: Iterable<TidyRow>): TidyColumns {
  const all = [...rows];
  return {
    image: all.map((row) => row.image),
    patient: all.map((row) => row.patient),
    arm: all.map((row) => row.arm),
    seed: all.map((row) => row.seed),
    measure: all.map((row) => row.measure),
    flavour: all.map((row) => row.flavour),
    value: Float64Array.from(all, (row) => row.value),
    unit: all.map((row) => row.unit)
  };
}

/** The rows of one measure and flavour, as image × arm: what a scatter plot or a paired test needs. */
export function pivotArms(
  rows: Iterable<TidyRow>,
  measure: string,
  flavour = "default"
): {image: string; patient: string | null; values: Map<string, number>}[] {
  const images = new Map<string, {image: string; patient: string | null; values: Map<string, number>}>();
  for (const row of rows) {
    if (row.measure !== measure || row.flavour !== flavour) continue;
    let entry = images.get(row.image);
    if (entry === undefined) {
      entry = {image: row.image, patient: row.patient, values: new Map()};
      images.set(row.image, entry);
    }
    entry.values.set(row.seed === null ? row.arm : `${row.arm}@${row.seed}`, row.value);
  }
  return [...images.values()];
}
