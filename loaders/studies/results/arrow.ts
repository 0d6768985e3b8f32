import {
  type DataType,
  Dictionary,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  makeData,
  makeVector,
  Table,
  tableFromIPC,
  tableToIPC,
  Utf8,
  type Vector,
  vectorFromArray
} from "apache-arrow";
import {InputError} from "../../../models/errors.js";
import {type StudyPairing, type StudyRow, type StudyTable, studyTables} from "../../../src/components/study-data.js";

/** The columns that say of what a row is. */
const texts = ["study", "set", "image", "patient", "arm", "pairing"] as const;

/** PSNR is compared to the last digit; bands and rates need no more than float32 has. */
const wide: Readonly<Record<StudyTable, boolean>> = {fidelity: true, bands: false, hallucination: false};

/** Rows as one of a study's tables: an Arrow file. Equal rows give equal bytes. */
export function encodeStudyTable(table: StudyTable, rows: readonly StudyRow[]): Uint8Array {
  const columns: Record<string, Vector> = {};
  for (const [id, name] of texts.entries()) {
    columns[name] = textVector(
      rows.map((row) => row[name]),
      id
    );
  }
  const {data, nulls} = numbers(rows, "seed", Int32Array);
  columns.seed = makeVector(makeData({type: new Int32(), length: rows.length, data, ...nulls}));
  for (const key of studyTables[table]) {
    const column = wide[table] ? numbers(rows, key, Float64Array) : numbers(rows, key, Float32Array);
    const type = wide[table] ? new Float64() : new Float32();
    columns[key] = makeVector(
      makeData({type, length: rows.length, data: column.data as Float64Array<ArrayBuffer>, ...column.nulls} as never)
    ) as Vector;
  }
  return tableToIPC(new Table(columns), "file");
}

/** A column of texts. Arrow's own builder would take a second for what this does in a hundredth. */
function textVector(values: readonly (string | null)[], id: number): Vector {
  // without rows there is no batch, and a dictionary without a batch stops arquero's reader
  if (values.length === 0) return vectorFromArray([], new Utf8());
  const places = new Map<string, number>();
  const indices = values.map((value) => {
    if (value === null) return 0;
    const known = places.get(value);
    if (known !== undefined) return known;
    places.set(value, places.size);
    return places.size - 1;
  });
  const count = places.size;
  const [index, data] =
    count < 128
      ? [new Int8(), Int8Array.from(indices)]
      : count < 32_768
        ? [new Int16(), Int16Array.from(indices)]
        : [new Int32(), Int32Array.from(indices)];
  return makeVector(
    makeData({
      // an id of our own: Arrow would number all dictionaries of a process
      type: new Dictionary(new Utf8(), index as TKeys, id),
      length: values.length,
      data,
      dictionary: vectorFromArray([...places.keys()], new Utf8()),
      ...nullsOf(values)
    } as never)
  ) as Vector;
}

function numbers<T extends Int32Array | Float32Array | Float64Array>(
  rows: readonly StudyRow[],
  key: string,
  kind: new (length: number) => T
): {data: T; nulls: Nulls} {
  const values = rows.map((row) => row[key] ?? null) as (number | null)[];
  const data = new kind(values.length);
  for (let i = 0; i < values.length; i++) data[i] = values[i] ?? 0;
  return {data, nulls: nullsOf(values)};
}

type TKeys = Int8 | Int16 | Int32;

interface Nulls {
  readonly nullCount: number;
  readonly nullBitmap?: Uint8Array;
}

/** A bit for each value, 1 where there is one; left out where none is null. */
function nullsOf(values: readonly unknown[]): Nulls {
  const nullBitmap = new Uint8Array(Math.ceil(values.length / 64) * 8);
  let nullCount = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i] === null) nullCount++;
    else nullBitmap[i >> 3] |= 1 << (i & 7);
  }
  return nullCount === 0 ? {nullCount} : {nullCount, nullBitmap};
}

/**
 * The rows of such a file. @param source names it in messages
 * @throws InputError when it is none
 */
export function decodeStudyTable(table: StudyTable, bytes: Uint8Array, source: string): StudyRow[] {
  let decoded: Table;
  try {
    decoded = tableFromIPC(bytes);
  } catch (error) {
    throw new InputError(`${source} is no Arrow file: ${(error as Error).message}`);
  }
  const names = [...texts, "seed", ...studyTables[table]];
  const columns = names.map((name) => {
    const column = decoded.getChild(name) as Vector<DataType> | null;
    if (column === null) throw new InputError(`${source} has no column ${name}; bandscope run writes it anew`);
    return column;
  });
  return Array.from({length: decoded.numRows}, (_, i) => {
    const row: Record<string, string | number | null> = {};
    for (const [k, name] of names.entries()) row[name] = columns[k].get(i) as string | number | null;
    return row as {pairing: StudyPairing} & typeof row as StudyRow;
  });
}
