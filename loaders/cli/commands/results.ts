import {existsSync, readFileSync, statSync} from "node:fs";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {InputError} from "../../../models/errors.js";
import type {Published} from "../../../src/components/site-data.js";
import {studyReport} from "../../../src/measures/studies/index.js";
import {writeFileAtomic} from "../../files.js";
import {factsCsv, resultFacts} from "../../studies/results/facts.js";
import {isResultsFolder, type ReadResults, readResults, resultRows} from "../../studies/results/read.js";
import {tablesLatex, tablesMarkdown, tablesText} from "../../studies/results/render.js";
import {type ResultTable, resultTables} from "../../studies/results/tables.js";
import {type Command, numberOption, parseCommandLine, UsageError} from "../command.js";
import {requireFiles} from "../outputs.js";
import {Progress} from "../progress.js";

const project = fileURLToPath(new URL("../../..", import.meta.url));

export const command: Command = {
  summary: "print a study's tables, and what of the published claims its numbers bear out",
  help: `
bandscope results: print a study's tables, and what of the published claims its numbers bear out

Usage: bandscope results STUDY_OR_FOLDER [OPTION…]

  STUDY_OR_FOLDER   a results folder of bandscope run (results.json with three Arrow tables), or the study file, whose
                    results are then looked for in out/studies/<id> and data/results/<id>

PSNR of each arm on each dataset (against HR, and self-referential) with its interval over patients; the error by Haar band;
hallucination measures, paired and mispaired; whether the autoencoder's PSNR predicts SR's (pooled, within each dataset, leaving
one out); the gap's stability under ablation; geometry against domain; the study's own comparisons; and each published claim with
the published number beside ours. Levels everywhere: the mean over seeds, then over a patient's images, then over patients;
intervals resample patients.

Options:
  --only ID…        these tables only: psnr, self_psnr, bands, hallucination, ceiling, ablations, ladder, comparisons, claims
  --csv FILE        every number as a row: table, set, what, measure, pairing, unit, value, low, high, images, patients,
                    published, verdict
  --latex FILE      the tables for LaTeX (booktabs, longtable)
  --markdown FILE   the tables as Markdown
  --into DIR        copy the results to this folder, such as data/results/<id>, from where the site shows them
  --resamples N     of the bootstrap of the tables' intervals (default 10000); the comparisons keep theirs

Examples:
  bandscope results data/studies/embedded.json
  bandscope results out/studies/embedded --only claims --latex claims.tex
  bandscope results out/studies/real --into data/results/real

Exit status: 0 done; 1 something is wrong with a file; 2 the command line is wrong.`,
  async run(argv) {
    const {values, positionals} = parseCommandLine({
      args: argv,
      allowPositionals: true,
      options: {
        only: {type: "string", multiple: true},
        csv: {type: "string"},
        latex: {type: "string"},
        markdown: {type: "string"},
        into: {type: "string"},
        resamples: {type: "string"}
      }
    });
    if (positionals.length !== 1) throw new UsageError("name one study file or results folder");
    const resamples = numberOption("resamples", values.resamples ?? "10000", {min: 100, max: 1e6, integer: true});
    const only = values.only?.flatMap((text) => text.split(",")) ?? [];
    for (const id of only) {
      if (!tableIds.includes(id))
        throw new UsageError(`--only must be ${tableIds.join(", ")}, not ${JSON.stringify(id)}`);
    }
    requireFiles({csv: values.csv, latex: values.latex, markdown: values.markdown});
    const read = readResults(folderOf(positionals[0]));
    const rows = resultRows(read);
    const {results} = read;
    const {values: published} = JSON.parse(readFileSync(join(project, "data/published.json"), "utf8")) as Published;
    let progress: Progress | undefined;
    const report = studyReport(results, rows, published, {
      resamples,
      onPart: (total) => {
        progress ??= new Progress("tables", total);
        progress.advance();
      }
    });
    progress?.finish();
    const tables = resultTables(results, report).filter(
      ({id}) => only.length === 0 || only.includes(id.startsWith("claim-") ? "claims" : id)
    );

    process.stdout.write(`${head(read)}\n${tablesText(tables)}${notes(read)}`);
    if (values.csv !== undefined) writeFileAtomic(values.csv, factsCsv(resultFacts(results, report)));
    if (values.latex !== undefined) writeFileAtomic(values.latex, tablesLatex(tables));
    if (values.markdown !== undefined) writeFileAtomic(values.markdown, markdown(read, tables));
    if (values.into !== undefined) copyResults(read, values.into);
    return 0;
  }
};

const tableIds = [
  "psnr",
  "self_psnr",
  "bands",
  "hallucination",
  "ceiling",
  "ablations",
  "ladder",
  "comparisons",
  "claims"
];

/** A results folder, or where those of a study file are. */
function folderOf(path: string): string {
  const stat = statSync(path, {throwIfNoEntry: false});
  if (stat === undefined) throw new InputError(`there is no ${path}; name a study file or a results folder`);
  if (stat.isDirectory()) return path;
  let id: unknown;
  try {
    id = (JSON.parse(readFileSync(path, "utf8")) as {id?: unknown} | null)?.id;
  } catch (error) {
    throw new InputError(`${path} is not JSON: ${(error as Error).message}`);
  }
  if (typeof id !== "string") throw new InputError(`${path} is no study file: it has no id`);
  const places = [join("out", "studies", id), join(project, "data", "results", id)];
  const found = places.find(isResultsFolder);
  if (found === undefined) {
    throw new InputError(
      `there are no results of ${id} in ${places[0]} or data/results/${id}: bandscope run ${path} makes them`
    );
  }
  return found;
}

function head({results}: ReadResults): string {
  const {title, id, sets, arms, runs, engine, date, bandscope, seeds} = results;
  const images = sets.reduce((sum, set) => sum + set.images, 0);
  return [
    title,
    `${id}: ${sets.length} datasets, ${images} images, ${arms.length} arms, ${runs.length} runs, seeds ${seeds.join(", ")}`,
    `made with Bandscope ${bandscope} on ${engine}; ${date.slice(0, 10)}`,
    ""
  ].join("\n");
}

function notes({results}: ReadResults): string {
  return results.notes.length === 0 ? "" : `\nNotes\n=====\n${results.notes.map((note) => `- ${note}`).join("\n")}\n`;
}

function markdown(read: ReadResults, tables: readonly ResultTable[]): string {
  const {title} = read.results;
  const said = head(read).split("\n").slice(1).join("  \n").trim();
  const list = read.results.notes.map((note) => `- ${note}`).join("\n");
  return `## ${title}\n\n${said}\n\n${tablesMarkdown(tables)}${list === "" ? "" : `\n### Notes\n\n${list}\n`}`;
}

/** The tables first, results.json, which has their hashes, last. */
function copyResults({folder, tables}: ReadResults, into: string): void {
  if (existsSync(into) && !statSync(into).isDirectory()) throw new InputError(`--into ${into} is a file, not a folder`);
  for (const [name, bytes] of Object.entries(tables)) writeFileAtomic(join(into, `${name}.arrow`), bytes);
  writeFileAtomic(join(into, "results.json"), readFileSync(join(folder, "results.json")));
}
