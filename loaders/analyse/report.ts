import type {PairingReport} from "../../src/measures/audit.js";
import type {ImageRecord} from "../../src/measures/tables/record.js";
import type {Summary} from "../../src/measures/tables/summary.js";
import type {Unpaired} from "./plan.js";

/** A folder that was read: how many images, and one hash over all their ids and contents. */
export interface InputFolder {
  readonly folder: string;
  readonly images: number;
  readonly sha256: string;
}

/** Everything that changes from one run to the next, or from one machine to the next, stands here. */
export interface Provenance {
  readonly bandscope: string;
  readonly node: string;
  readonly date: string;
  readonly inputs: Readonly<Record<string, InputFolder>>;
  readonly options: Readonly<Record<string, string | number | boolean | null>>;
}

export interface Coverage {
  readonly images: number;
  readonly pairs: number;
  /** Null where patients are not known. */
  readonly patients: number | null;
  /** What --allow-missing let pass. */
  readonly unpaired: readonly Unpaired[];
  readonly mismatchedSizes: readonly string[];
}

/** The JSON of `bandscope analyse`; data/schemas/analyse.schema.json describes it. */
export interface AnalysisReport {
  readonly format: "bandscope-analysis";
  readonly version: 1;
  readonly provenance: Provenance;
  readonly coverage: Coverage;
  /** The pairing audit of each arm. */
  readonly pairing: Readonly<Record<string, PairingReport>>;
  readonly summary: Summary;
  readonly images: readonly ImageRecord[];
}

/**
 * The report as JSON text, one line an image and a comparison, so that two reports can be compared by `diff`. Infinity
 * (the PSNR of equal images) becomes the text "Infinity", which JavaScript's Number() and Python's float() take back.
 * @throws RangeError on NaN, which no measure may be.
 */
export function reportJson({images, summary, pairing, ...head}: AnalysisReport): string {
  const lines = Object.entries(head).map(([key, value]) => `${JSON.stringify(key)}: ${json(value)}`);
  lines.push(`"pairing": {${block(Object.entries(pairing).map(([arm, v]) => `${JSON.stringify(arm)}: ${json(v)}`))}}`);
  const arms = Object.entries(summary.arms).map(([arm, v]) => `${JSON.stringify(arm)}: ${json(v)}`);
  lines.push(
    `"summary": {\n"arms": {${block(arms)}},\n"comparisons": [${block(summary.comparisons.map(json))}],\n"holmFamily": ${summary.holmFamily}}`
  );
  lines.push(`"images": [${block(images.map(json))}]`);
  return `{\n${lines.join(",\n")}\n}\n`;
}

/** What `reportJson` wrote, with its infinities back. @throws SyntaxError when it is no JSON. */
export function parseReport(text: string): AnalysisReport {
  return JSON.parse(text, (_, value) => (value === "Infinity" ? Infinity : value === "-Infinity" ? -Infinity : value));
}

function block(lines: readonly string[]): string {
  return lines.length === 0 ? "" : `\n${lines.join(",\n")}\n`;
}

function json(value: unknown): string {
  return JSON.stringify(value, (key, v) => {
    if (typeof v !== "number" || Number.isFinite(v)) return v;
    if (Number.isNaN(v)) throw new RangeError(`invalid value of ${key}: NaN`);
    return v > 0 ? "Infinity" : "-Infinity";
  });
}
