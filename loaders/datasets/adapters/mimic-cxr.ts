import {existsSync, readdirSync, readFileSync} from "node:fs";
import {join} from "node:path";
import {gunzipSync} from "node:zlib";
import {csvParse} from "d3-dsv";
import {InputError} from "../../../models/errors.js";
import {readImage} from "../../images/index.js";
import {type Dataset, type Entry, makeDataset} from "../dataset.js";
import {checkFolder, child} from "../files.js";
import {fitImage} from "../fit.js";
import {parseSplit, type SplitRule, splitOf, splitRule} from "../splits.js";

export interface MimicOptions {
  /** The folder with `files/` (or `p10` … `p19`) and the CSV files of MIMIC-CXR-JPG. */
  readonly root: string;
  readonly id?: string;
  readonly title?: string;
  /** Where the CSV files are, if not in `root`. */
  readonly tables?: string;
  /** Frontal views unless told: PA and AP. */
  readonly views?: readonly string[];
  /** Only studies that CheXpert labels positive (1.0) for this, such as "Edema" or "No Finding". */
  readonly finding?: string;
  /** No more than so many images of one patient; all unless told. */
  readonly perPatient?: number;
  /** The split table of MIMIC-CXR-JPG is followed unless told. */
  readonly split?: "published" | Partial<SplitRule>;
  /** 256 unless told: the middle square, resized by Lanczos. */
  readonly size?: number;
}

/**
 * MIMIC-CXR-JPG 2.0 (Johnson et al., 2019): `files/p10/p10000032/s50414267/DICOM_ID.jpg` with the metadata table (view position), the
 * CheXpert table and the split table, each `.csv` or `.csv.gz`. Patients keep their ids; images that aren't there are passed over.
 */
export function openMimicCxr(options: MimicOptions): Dataset {
  const {root, views = ["PA", "AP"], finding, perPatient = Infinity, size = 256} = options;
  checkFolder(root);
  const files = child(root, "files") ?? root;
  const tables = options.tables ?? root;
  const metadata = table(tables, "metadata", ["dicom_id", "subject_id", "study_id", "ViewPosition"]);
  if (metadata === undefined)
    throw new InputError(`${tables} has no metadata table (mimic-cxr-2.0.0-metadata.csv or .csv.gz)`);
  const published = (options.split ?? "published") === "published";
  const splitTable = published ? table(tables, "split", ["dicom_id", "split"]) : undefined;
  const rule = splitRule(typeof options.split === "object" ? options.split : undefined, root);
  const splits = new Map(splitTable?.map((row) => [row.dicom_id, parseSplit(row.split)]));
  const studies = finding === undefined ? undefined : positives(tables, finding);
  const wantedViews = new Set(views.map((view) => view.toUpperCase()));
  const count = new Map<string, number>();
  const folders = new Map<string, boolean>();
  const entries: Entry[] = [];
  for (const {dicom_id: image, subject_id: subject, study_id: study, ViewPosition: view} of metadata) {
    if (!wantedViews.has(view.trim().toUpperCase())) continue;
    if (studies !== undefined && !studies.has(study)) continue;
    if ((count.get(subject) ?? 0) >= perPatient) continue;
    const folder = `p${subject.slice(0, 2)}/p${subject}/s${study}`;
    // most people have a part of the tree only: ask once a study
    let there = folders.get(folder);
    if (there === undefined) {
      there = existsSync(join(files, folder));
      folders.set(folder, there);
    }
    if (!there) continue;
    const file = `${folder}/${image}.jpg`;
    if (!existsSync(join(files, file))) continue;
    count.set(subject, (count.get(subject) ?? 0) + 1);
    const patient = `mimic-p${subject}`;
    const split = splitTable === undefined ? splitOf(patient, rule) : splits.get(image);
    if (split === undefined) throw new InputError(`the split table of ${tables} has no image ${image}`);
    entries.push({
      id: `p${subject}_s${study}_${image}`,
      patient,
      modality: `chest X-ray ${view.trim().toUpperCase()}`,
      split,
      source: file,
      licence: "PhysioNet credentialed health data"
    });
  }
  if (entries.length === 0)
    throw new InputError(
      `${files} holds none of the ${metadata.length} images of the metadata table with view ${views.join(" or ")}${finding ? ` and ${finding}` : ""}`
    );
  return makeDataset({
    id: options.id ?? "mimic-cxr",
    title: options.title ?? "MIMIC-CXR",
    rule: `${views.join(" and ")} views${finding ? ` with ${finding}` : ""}; ${splitTable ? "the published split" : `splits by a hash of the patient (seed ${rule.seed})`}`,
    entries,
    async read({id, patient, modality, split, source}) {
      return {id, ...fitImage(await readImage(join(files, source)), {size}), patient, modality, split};
    }
  });
}

/** Whether a folder looks like MIMIC-CXR-JPG. */
export function isMimicCxr(root: string): boolean {
  const files = child(root, "files") ?? root;
  return readdirSync(files).some((name) => /^p1\d$/.test(name)) && findTable(root, "metadata") !== undefined;
}

function positives(tables: string, finding: string): Set<string> {
  const rows = table(tables, "chexpert", ["study_id", finding]);
  if (rows === undefined)
    throw new InputError(`${tables} has no CheXpert table (mimic-cxr-2.0.0-chexpert.csv or .csv.gz)`);
  return new Set(rows.filter((row) => Number(row[finding]) === 1).map((row) => row.study_id));
}

function findTable(folder: string, word: string): string | undefined {
  const name = readdirSync(folder).find((file) => new RegExp(`${word}\\.csv(\\.gz)?$`, "i").test(file));
  return name === undefined ? undefined : join(folder, name);
}

function table(folder: string, word: string, columns: readonly string[]): Record<string, string>[] | undefined {
  const path = findTable(folder, word);
  if (path === undefined) return undefined;
  const bytes = readFileSync(path);
  let text: string;
  try {
    text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString("utf8");
  } catch (error) {
    throw new InputError(`${path} is a damaged gzip file`, {cause: error});
  }
  const rows = csvParse(text.replace(/^\uFEFF/, ""));
  for (const column of columns)
    if (!rows.columns.includes(column))
      throw new InputError(`${path} has no column ${column}; it has ${rows.columns.join(", ").slice(0, 200)}`);
  return rows as Record<string, string>[];
}
