import {type ColumnTable, fromArrow} from "arquero";
import type {StudyResults, StudyRow} from "./study-data.js";

/**
 * One of the site's study tables (`study-fidelity.arrow` and its like) as a table of arquero: one row per image × arm × seed ×
 * pairing, of all studies. @example loadStudyTable(await FileAttachment("data/study-fidelity.arrow").arrayBuffer())
 */
export function loadStudyTable(buffer: ArrayBuffer | Uint8Array): ColumnTable {
  return fromArrow(buffer);
}

/** The rows of one study, as src/measures/studies takes them. Absent values are null, equal images' PSNR is Infinity. */
export function studyRows(table: ColumnTable, study: string): StudyRow[] {
  const names = table.columnNames();
  const columns = names.map((name) => table.column(name)!);
  const own = names.indexOf("study");
  if (own < 0) return [];
  const rows: StudyRow[] = [];
  table.scan((at) => {
    if (columns[own].at(at!) !== study) return;
    const row: Record<string, string | number | null> = {};
    for (let k = 0; k < names.length; k++) row[names[k]] = (columns[k].at(at!) ?? null) as string | number | null;
    rows.push(row as StudyRow);
  });
  return rows;
}

/** Rows of several tables of the same outputs, side by side. @throws RangeError when they are not of the same outputs */
export function joinRows(...tables: readonly (readonly StudyRow[])[]): StudyRow[] {
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
    return Object.assign({}, row, ...others.map((other) => other[i])) as StudyRow;
  });
}

/** The study that a page shows: the one named, else the first; undefined where a build has none. */
export function studyOf(studies: readonly StudyResults[], id?: string | null): StudyResults | undefined {
  return studies.find((study) => study.id === id) ?? studies[0];
}
