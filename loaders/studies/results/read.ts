import {existsSync, readFileSync} from "node:fs";
import {join} from "node:path";
import {InputError} from "../../../models/errors.js";
import type {StudyResults, StudyRow, StudyTable} from "../../../src/components/study-data.js";
import {studyTables} from "../../../src/components/study-data.js";
import {sha256} from "../../files.js";
import {decodeStudyTable} from "./arrow.js";

/** A results folder. */
export interface ReadResults {
  readonly folder: string;
  readonly results: StudyResults;
  /** The bytes of each Arrow file. */
  readonly tables: Readonly<Record<StudyTable, Uint8Array>>;
}

/** Whether a folder is one that `writeResults` made. */
export function isResultsFolder(folder: string): boolean {
  return existsSync(join(folder, "results.json"));
}

/** @throws InputError when the folder is no results folder, or its tables are not those of its results.json */
export function readResults(folder: string): ReadResults {
  const path = join(folder, "results.json");
  if (!existsSync(path)) throw new InputError(`${folder} has no results.json: bandscope run makes such a folder`);
  let results: StudyResults;
  try {
    results = JSON.parse(readFileSync(path, "utf8"), (_, value) =>
      value === "Infinity" ? Infinity : value === "-Infinity" ? -Infinity : value
    ) as StudyResults;
  } catch (error) {
    throw new InputError(`${path} is not JSON: ${(error as Error).message}`);
  }
  if (results?.format !== "bandscope-study" || results.version !== 1) {
    throw new InputError(`${path} is not what bandscope run writes: its format must be "bandscope-study", version 1`);
  }
  const tables = {} as Record<StudyTable, Uint8Array>;
  for (const name of Object.keys(studyTables) as StudyTable[]) {
    const file = join(folder, `${name}.arrow`);
    if (!existsSync(file)) throw new InputError(`there is no ${file}, a table of ${path}`);
    tables[name] = readFileSync(file);
    const expected = results.tables?.[name].sha256;
    if (expected !== undefined && sha256(tables[name]) !== expected) {
      throw new InputError(`${file} does not belong to ${path}: bandscope run writes both anew`);
    }
  }
  return {folder, results, tables};
}

/** Every measure of each output: the three tables side by side. @throws InputError when they are not of the same outputs */
export function resultRows({folder, tables}: ReadResults): StudyRow[] {
  const [first, ...others] = (Object.keys(studyTables) as StudyTable[]).map((name) =>
    decodeStudyTable(name, tables[name], join(folder, `${name}.arrow`))
  );
  return first.map((row, i) => {
    const rest = others.map((rows) => rows[i]);
    for (const other of rest) {
      if (other === undefined || keyOf(other) !== keyOf(row)) {
        throw new InputError(`the tables in ${folder} are not of the same outputs: row ${i + 1} differs`);
      }
    }
    return Object.assign({}, row, ...rest) as StudyRow;
  });
}

function keyOf({study, set, image, arm, seed, pairing}: StudyRow): string {
  return JSON.stringify([study, set, image, arm, seed, pairing]);
}
