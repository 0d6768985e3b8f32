import {fromArrow} from "arquero";
import {fileUrl} from "./file-url.js";
import type {PaperData} from "./paper-data.js";
import {loadTable} from "./site-tables.js";
import type {SiteStudy, StudyRow, StudyTable} from "./study-data.js";

/** One of a study's tables, fetched when first asked for: one row per image × arm × seed × pairing. */
export function fetchStudyRows({files}: SiteStudy, table: StudyTable): Promise<StudyRow[]> {
  return loadTable(fileUrl(`tables/${files[table]}`), async (response) => studyRows(await response.arrayBuffer()));
}

/** What the page Paper and us shows of a study. */
export function fetchPaper({paper}: SiteStudy): Promise<PaperData> {
  return loadTable(fileUrl(`tables/${paper}`), (response) => response.json() as Promise<PaperData>);
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

/** The study that a page shows: the one named, else the first; undefined where a build has none. */
export function studyOf<S extends {readonly id: string}>(studies: readonly S[], id?: string | null): S | undefined {
  return studies.find((study) => study.id === id) ?? studies[0];
}
