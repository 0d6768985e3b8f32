import {fromArrow} from "arquero";
import {fileUrl} from "./file-url.js";
import {loadTable} from "./site-tables.js";
import type {SiteStudy, StudyRow, StudyTable} from "./study-data.js";

/** One of a study's tables, fetched when first asked for: one row per image × arm × seed × pairing. */
export function fetchStudyRows({files}: SiteStudy, table: StudyTable): Promise<StudyRow[]> {
  return loadTable(fileUrl(`tables/${files[table]}`), async (response) => studyRows(await response.arrayBuffer()));
}

/** The rows of a table, as src/measures/studies takes them. Absent values are null, equal images' PSNR is Infinity. */
export function studyRows(arrow: ArrayBuffer | Uint8Array): StudyRow[] {
  const table = fromArrow(arrow);
  const names = table.columnNames();
  const columns = names.map((name) => table.column(name)!);
  const rows: StudyRow[] = [];
  table.scan((at) => {
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
export function studyOf<S extends {readonly id: string}>(studies: readonly S[], id?: string | null): S | undefined {
  return studies.find((study) => study.id === id) ?? studies[0];
}
