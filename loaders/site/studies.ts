import {existsSync, readdirSync, readFileSync} from "node:fs";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {InputError} from "../../models/errors.js";
import {paperData} from "../../src/components/paper-data.js";
import type {Overview, Published} from "../../src/components/site-data.js";
import type {SiteStudy, StudyResults, StudyRow, StudyTable, StudyTraining} from "../../src/components/study-data.js";
import {studyTables} from "../../src/components/study-data.js";
import {joinRows} from "../../src/measures/studies/rows.js";
import {json} from "../analyse/report.js";
import {sha256} from "../files.js";
import {decodeStudyTable, encodeStudyTable} from "../studies/results/arrow.js";
import {isResultsFolder, readResults} from "../studies/results/read.js";
import {pseudonymsOf} from "./pseudonyms.js";

/** Where the results that ship lie, a folder a study. */
const shipped = fileURLToPath(new URL("../../data/results", import.meta.url));

/** Points of a loss curve that a page is given: more than a chart of its size can show. */
const curvePoints = 60;

/**
 * The folders of results that a site shows: those that BANDSCOPE_STUDIES names, separated by commas (`none`: no study), else those
 * that ship. @throws InputError when a named one is no results folder
 */
export function studyFolders(named: string | undefined, folder = shipped): string[] {
  if (named) {
    if (named === "none") return [];
    const folders = named
      .split(",")
      .map((text) => text.trim())
      .filter((text) => text !== "");
    for (const one of folders) {
      if (!isResultsFolder(one)) {
        throw new InputError(
          `BANDSCOPE_STUDIES names ${one}, which has no results.json: bandscope run makes such a folder`
        );
      }
    }
    return folders;
  }
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .filter(isResultsFolder);
}

/** Changes whenever what the studies' files say does. */
export function studiesHash(folders: readonly string[]): string {
  const files = ["results.json", ...Object.keys(studyTables).map((name) => `${name}.arrow`)];
  return sha256(
    folders
      .flatMap((folder) => files.map((file) => join(folder, file)))
      .map((path) => (existsSync(path) ? sha256(readFileSync(path)) : "none"))
      .join("\n")
  );
}

/**
 * What the pages load of the studies: the list that is `studies.json`, and for each study, in `folder`, its tables and what Paper and us
 * says of it, by the names that the list gives them, so that a page loads those of the study that it shows. With `pseudonyms`, images
 * and patients that are not simulated get the names that the site's own would get.
 */
export function siteStudies(
  folders: readonly string[],
  folder: string,
  published: Published,
  overview: Pick<Overview, "ours" | "gaps">,
  {pseudonyms = false}: {pseudonyms?: boolean} = {}
): {readonly studies: SiteStudy[]; readonly tables: ReadonlyMap<string, Uint8Array>} {
  const found = folders.map(readResults);
  const ids = found.map(({results}) => results.id);
  const twice = ids.findIndex((id, i) => ids.indexOf(id) !== i);
  if (twice >= 0) {
    const first = folders[ids.indexOf(ids[twice])];
    throw new InputError(
      `${first} and ${folders[twice]} are both results of a study called ${ids[twice]}: show one of them`
    );
  }
  const tables = new Map<string, Uint8Array>();
  const studies = found.map(({folder: from, results, tables: read}, place): SiteStudy => {
    const named = pseudonyms ? pseudonymsIn(results) : new Map<string, never>();
    const files = {} as Record<StudyTable, string>;
    const all: StudyRow[][] = [];
    for (const table of Object.keys(studyTables) as StudyTable[]) {
      const rows = decodeStudyTable(table, read[table], join(from, `${table}.arrow`)).map((row) => {
        const own = named.get(row.image);
        return own === undefined ? row : {...row, image: own.id, patient: own.patient};
      });
      files[table] = `${folder}/${place}.${table}.arrow`;
      tables.set(files[table], encodeStudyTable(table, rows));
      all.push(rows);
    }
    const shown = compact({...results, images: results.images.map((image) => rename(image, named))});
    const paper = `${folder}/${place}.paper.json`;
    const data = paperData(published, overview, {results: shown, rows: joinRows(...all)});
    tables.set(paper, Buffer.from(json(data)));
    return {...shown, files, paper};
  });
  return {studies, tables};
}

type Names = ReadonlyMap<string, {readonly id: string; readonly patient: string | null}>;

function pseudonymsIn({sets, images}: StudyResults): Names {
  const real = new Set(sets.filter(({simulated}) => !simulated).map(({id}) => id));
  return pseudonymsOf(images.filter(({set}) => real.has(set)));
}

function rename<T extends {readonly id: string; readonly patient: string | null}>(image: T, names: Names): T {
  const own = names.get(image.id);
  return own === undefined ? image : {...image, ...own};
}

/** Loss curves of few points, hashes of as many digits as a page shows. */
function compact({tables: _, ...results}: StudyResults): StudyResults {
  const thin = <T extends StudyTraining | null>(training: T): T =>
    training === null ? training : {...training, loss: curve(training.loss)};
  return {
    ...results,
    autoencoders: results.autoencoders.map((one) => ({...one, training: thin(one.training)})),
    generators: results.generators.map((one) => ({...one, training: thin(one.training)})),
    runs: results.runs.map((run) => ({
      ...run,
      measures: run.measures.slice(0, 16),
      outputs: run.outputs.slice(0, 16)
    }))
  };
}

/** At most `curvePoints`, each the mean of the points that it stands for, at the last one's step. */
function curve(points: StudyTraining["loss"]): StudyTraining["loss"] {
  const size = Math.max(1, Math.ceil(points.length / curvePoints));
  return Array.from({length: Math.ceil(points.length / size)}, (_, i) => {
    const own = points.slice(i * size, (i + 1) * size);
    const mean = own.reduce((sum, {loss}) => sum + loss, 0) / own.length;
    return {step: own.at(-1)!.step, loss: Number(mean.toPrecision(4))};
  });
}
