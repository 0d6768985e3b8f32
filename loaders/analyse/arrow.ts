import {Dictionary, Int32, makeVector, Table, tableToIPC, Utf8, vectorFromArray} from "apache-arrow";
import {type TidyRow, tidyColumns} from "../../src/measures/tables/tidy.js";

/** Tidy rows as an Arrow file (Feather 2): texts as dictionaries, the value as float64, the seed as int32 or null. */
export function tidyArrow(rows: Iterable<TidyRow>): Uint8Array {
  const {seed, value, ...texts} = tidyColumns(rows);
  const text = (values: (string | null)[]) => vectorFromArray(values, new Dictionary(new Utf8(), new Int32()));
  const table = new Table({
    image: text(texts.image),
    patient: text(texts.patient),
    arm: text(texts.arm),
    seed: vectorFromArray(seed, new Int32()),
    measure: text(texts.measure),
    flavour: text(texts.flavour),
    value: makeVector(value),
    unit: text(texts.unit)
  });
  return tableToIPC(table, "file");
}
