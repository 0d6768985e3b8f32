import {join} from "node:path";
import type {StudyPairing, StudyResults, StudyRow, StudyRun, StudyTable} from "../../../src/components/study-data.js";
import {studyTables} from "../../../src/components/study-data.js";
import {type Measure, measureOf} from "../../../src/measures/tables/measures.js";
import {json} from "../../analyse/report.js";
import {sha256, writeFileAtomic} from "../../files.js";
import {version} from "../../version.js";
import type {MeasuredRun, MeasuredStudy, WriteResults} from "../measured.js";
import {encodeStudyTable} from "./arrow.js";
import {comparedByDefault, studyComparisons} from "./comparisons.js";

/** The names of the tables, in the order in which they are written. */
export const tableNames = Object.keys(studyTables) as StudyTable[];

/**
 * Writes a study's results folder: `fidelity.arrow`, `bands.arrow`, `hallucination.arrow`, and last `results.json`, which has their
 * hashes. Each file appears whole or not at all. The bytes follow from what was measured, but for `date` (SOURCE_DATE_EPOCH
 * where that is set).
 */
export const writeResults: WriteResults = async (measured, folder, options = {}) => {
  const {results, rows} = makeResults(measured, options);
  const tables = Object.fromEntries(tableNames.map((name) => [name, encodeStudyTable(name, rows)]));
  for (const name of tableNames) writeFileAtomic(join(folder, `${name}.arrow`), tables[name]);
  const hashes = Object.fromEntries(
    tableNames.map((name) => [name, {rows: rows.length, sha256: sha256(tables[name])}])
  ) as NonNullable<StudyResults["tables"]>;
  writeFileAtomic(join(folder, "results.json"), resultsJson({...results, tables: hashes}));
};

/** The same in memory, without the tables' hashes. */
export function makeResults(
  measured: MeasuredStudy,
  options: Parameters<WriteResults>[2] = {}
): {results: StudyResults; rows: StudyRow[]} {
  const {study, sets, autoencoders, generators, arms, images, runs, notes} = measured;
  const compared = study.comparisons.flatMap((spec) => spec.measures ?? comparedByDefault);
  const keys = [...new Set([...Object.values(studyTables).flat(), ...compared])].map(measureOf);
  const rows = runs.flatMap((run) => rowsOfRun(study.id, run, keys));
  const pairings = study.pairing.filter((pairing): pairing is StudyPairing =>
    runs.some((run) => run.pairing === pairing)
  );
  return {
    rows,
    results: {
      format: "bandscope-study",
      version: 1,
      id: study.id,
      title: study.title,
      study: measured.sha256,
      bandscope: version,
      date: buildDate(),
      engine: measured.engine,
      degradation: measured.degradation,
      seeds: study.seeds,
      sets,
      autoencoders,
      generators,
      arms,
      images,
      runs: runs.map(runOf),
      comparisons: studyComparisons(study.comparisons, sets, pairings, rows, options),
      notes
    }
  };
}

function buildDate(): string {
  const epoch = process.env.SOURCE_DATE_EPOCH;
  return (epoch ? new Date(1000 * Number(epoch)) : new Date()).toISOString();
}

function rowsOfRun(study: string, run: MeasuredRun, measures: readonly Measure[]): StudyRow[] {
  const {arm, set, seed, pairing} = run;
  return run.records().map((record) => ({
    study,
    set,
    image: record.id,
    patient: record.patient,
    arm,
    seed,
    pairing,
    ...Object.fromEntries(measures.map((measure) => [measure.key, measure.value(record)]))
  }));
}

function runOf({arm, set, seed, pairing, measures, outputs}: MeasuredRun): StudyRun {
  const {engine, date, seconds, bandscope} = outputs.provenance;
  return {
    arm,
    set,
    seed,
    pairing,
    measures: measures.id,
    outputs: outputs.id,
    engine: typeof engine === "string" ? engine : "none",
    date,
    seconds,
    bandscope
  };
}

/** One line a run, a comparison, an image: two versions can be compared by `diff`. */
export function resultsJson(results: StudyResults): string {
  const members = Object.entries(results).map(([key, value]) => {
    if (!Array.isArray(value) || value.length === 0 || typeof value[0] !== "object") {
      return `${JSON.stringify(key)}: ${json(value)}`;
    }
    return `${JSON.stringify(key)}: [\n${value.map((entry) => json(entry)).join(",\n")}\n]`;
  });
  return `{\n${members.join(",\n")}\n}\n`;
}
