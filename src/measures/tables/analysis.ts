import type {PairingReport} from "../audit.js";
import type {ImageRecord} from "./record.js";
import type {Summary} from "./summary.js";

/** Images that stand in one folder and not in the other. */
export interface Unpaired {
  /** `sr NAME`, `ae NAME`, `ae` or `lr`. */
  readonly input: string;
  /** Ids of HR that it lacks. */
  readonly lacking: readonly string[];
  /** Ids that HR lacks. */
  readonly extra: readonly string[];
}

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
  /** The weights that LPIPS was computed with, and the engine; null without LPIPS. */
  readonly lpips: {readonly backbone: WeightsFile; readonly heads: WeightsFile; readonly engine: string} | null;
}

export interface WeightsFile {
  readonly file: string;
  readonly sha256: string;
}

export interface Coverage {
  readonly images: number;
  readonly pairs: number;
  /** Null where patients are not known. */
  readonly patients: number | null;
  /** What --allow-missing let pass. */
  readonly unpaired: readonly Unpaired[];
  readonly mismatchedSizes: readonly string[];
  /** SR and AE files with values outside [0, 1], which were clamped, and how far the furthest lay outside. */
  readonly clamped: {readonly files: number; readonly by: number};
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

/** Reads the JSON of `bandscope analyse`, its infinities back as numbers. @throws SyntaxError when it is no JSON. */
export function parseAnalysis(text: string): AnalysisReport {
  return JSON.parse(text, (_, value) => (value === "Infinity" ? Infinity : value === "-Infinity" ? -Infinity : value));
}
