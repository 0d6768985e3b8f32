import {existsSync, readFileSync} from "node:fs";
import {csvParse} from "d3-dsv";
import {InputError} from "../../models/errors.js";
import {stemOf} from "../images/index.js";
import {someOf} from "./some-of.js";

const imageColumns = ["id", "image", "image_id", "file", "filename"];
const patientColumns = ["patient", "patient_id", "subject", "subject_id"];

/**
 * Patient by image id: `spec` is a CSV file (a column id, image or file, and a column patient or subject, each also with _id), or a
 * regular expression whose group (`patient` or the first) is the patient in an image's id.
 * @throws InputError when ids are left without a patient, or the file or expression cannot serve.
 */
export function patientsOf(spec: string, ids: readonly string[]): Map<string, string> {
  const patients = existsSync(spec) || /\.(csv|tsv)$/i.test(spec) ? fromCsv(spec, ids) : fromExpression(spec, ids);
  const unknown = ids.filter((id) => !patients.has(id));
  if (unknown.length > 0) {
    throw new InputError(
      `--patients ${spec} gives no patient for ${unknown.length} of ${ids.length} images: ${someOf(unknown)}`
    );
  }
  return patients;
}

function fromCsv(path: string, ids: readonly string[]): Map<string, string> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new InputError(`--patients ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`, {
      cause: error
    });
  }
  const rows = csvParse(text.replace(/^\uFEFF/, ""));
  const column = (names: string[]) => names.find((name) => rows.columns.includes(name));
  const imageColumn = column(imageColumns);
  const patientColumn = column(patientColumns);
  if (imageColumn === undefined || patientColumn === undefined) {
    throw new InputError(
      `${path} must have a column ${imageColumns.join(", ")} and a column ${patientColumns.join(", ")}; it has ${rows.columns.join(", ")}`
    );
  }
  const wanted = new Set(ids);
  const patients = new Map<string, string>();
  for (const row of rows) {
    const name = row[imageColumn]!;
    const id = wanted.has(name) ? name : stemOf(name);
    const patient = row[patientColumn]?.trim() ?? "";
    if (!wanted.has(id) || patient === "") continue;
    const other = patients.get(id);
    if (other !== undefined && other !== patient) {
      throw new InputError(`${path} gives image ${id} two patients: ${other} and ${patient}`);
    }
    patients.set(id, patient);
  }
  return patients;
}

function fromExpression(source: string, ids: readonly string[]): Map<string, string> {
  let expression: RegExp;
  try {
    expression = new RegExp(source);
  } catch (error) {
    throw new InputError(
      `--patients ${source} is neither a file nor a regular expression: ${(error as Error).message}`,
      {
        cause: error
      }
    );
  }
  const groups = new RegExp(`${source}|`).exec("")!.length - 1;
  if (groups === 0) {
    throw new InputError(
      `--patients ${source} must have a group for the patient, like "^(.+)_[a-z]$"; there is no file of that name`
    );
  }
  const patients = new Map<string, string>();
  for (const id of ids) {
    const match = expression.exec(id);
    const patient = match?.groups?.patient ?? match?.[1];
    if (patient !== undefined && patient !== "") patients.set(id, patient);
  }
  return patients;
}
