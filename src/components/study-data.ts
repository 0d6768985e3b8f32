/** What a study's results are, as `bandscope run` writes them and pages read them. Types only. */

import type {TostResult} from "../measures/statistics/tost.js";
import type {Role} from "../measures/studies/roles.js";
import type {ArmComparison} from "../measures/tables/summary.js";

/** A dataset as a study used it. */
export interface StudySet {
  readonly id: string;
  /** `Brain MRI (simulated)` */
  readonly label: string;
  readonly anatomy: string;
  readonly images: number;
  readonly patients: number | null;
  readonly simulated: boolean;
  readonly licence: string;
}

export interface StudyAutoencoder {
  readonly id: string;
  readonly label: string;
  readonly domain: "natural" | "medical" | null;
  readonly geometry: {readonly channels: number; readonly factor: number};
  /** Whose part it plays of the published study's autoencoders, where the study file says so. */
  readonly role?: Role | null;
  readonly parameters: number;
  readonly sha256: string;
  readonly licence: string | null;
  /** How it was trained, of those that were trained here. */
  readonly training: StudyTraining | null;
}

/** What a training record says. */
export interface StudyTraining {
  readonly steps: number;
  readonly seed: number;
  readonly seconds: number;
  readonly engine: string;
  readonly date: string;
  readonly images: string;
  readonly loss: readonly {readonly step: number; readonly loss: number}[];
}

export interface StudyGenerator {
  /** `x0`: its name in the study file. */
  readonly id: string;
  /** The autoencoder in whose latents it works. */
  readonly autoencoder: string;
  readonly process: "diffusion" | "flow";
  /** `x0`, `epsilon`, `v`; `velocity` for a flow. */
  readonly target: string;
  /** Time steps of the training's schedule. */
  readonly timesteps: number;
  readonly scaling: "raw" | "unit-variance";
  readonly latent: "mean" | "sampled";
  readonly trainingSeed: number;
  readonly parameters: number;
  readonly sha256: string;
  readonly training: StudyTraining;
}

/** One way to an output. */
export interface StudyArm {
  /** `bicubic`, `ae:<autoencoder>`, `sr:<autoencoder>:<generator>:<sampler>-<steps>`, `regression:<name>`, `external:<name>` */
  readonly id: string;
  readonly label: string;
  readonly kind: "bicubic" | "ae" | "sr" | "regression" | "external";
  readonly autoencoder: string | null;
  /** The study's name of the generator, and how it was sampled; null for other kinds. */
  readonly generator: string | null;
  readonly sampler: string | null;
  readonly steps: number | null;
  readonly seeds: readonly number[];
}

export interface StudyImage {
  readonly id: string;
  readonly set: string;
  readonly patient: string | null;
  readonly modality: string;
}

/** One arm on one dataset with one seed. */
export interface StudyRun {
  readonly arm: string;
  readonly set: string;
  /** Null where nothing is random. */
  readonly seed: number | null;
  readonly pairing: StudyPairing;
  /** The measures' artefact, and that of the outputs that they were taken of. */
  readonly measures: string;
  readonly outputs: string;
  readonly engine: string;
  readonly date: string;
  readonly seconds: number;
  readonly bandscope: string;
}

/** `published-bug`: outputs named by their place in a list sorted as text, as the study's public code did. */
export type StudyPairing = "correct" | "published-bug";

/**
 * A comparison that the study file asks for, on one dataset, as `compareStudyArms` (src/measures/studies) makes it. All differences
 * are B − A, positive where B has the higher value. Tests, effect sizes and the bootstrap run on patients' means of the means over
 * seeds.
 */
export interface StudyComparison extends ArmComparison {
  readonly set: string;
  readonly pairing: StudyPairing;
  /** What is compared with what, in words. */
  readonly title: string;
  /** Of the two mean rates, B against A; null (or absent) for what is no rate. */
  readonly cohensH?: number | null;
  /** 95 % bootstrap interval of h, patients resampled. */
  readonly cohensHInterval?: readonly [number, number] | null;
  /** Rates only: TOST of 2·asin √rate, patient by patient, with its margin in units of Cohen's h. */
  readonly tostH?: TostResult | null;
}

/** `results.json` of a study. */
export interface StudyResults {
  readonly format: "bandscope-study";
  readonly version: 1;
  readonly id: string;
  readonly title: string;
  /** SHA-256 of the study file's canonical JSON. */
  readonly study: string;
  readonly bandscope: string;
  readonly date: string;
  readonly engine: string;
  readonly degradation: string;
  readonly seeds: readonly number[];
  readonly sets: readonly StudySet[];
  readonly autoencoders: readonly StudyAutoencoder[];
  readonly generators: readonly StudyGenerator[];
  readonly arms: readonly StudyArm[];
  readonly images: readonly StudyImage[];
  readonly runs: readonly StudyRun[];
  readonly comparisons: readonly StudyComparison[];
  /** What a reader must know: what the budget did not reach, and the like. */
  readonly notes: readonly string[];
  /** The Arrow files beside `results.json`: tables that do not have these hashes belong to other results. */
  readonly tables?: Readonly<
    Record<"fidelity" | "bands" | "hallucination", {readonly rows: number; readonly sha256: string}>
  >;
}

/** An entry of the site's `studies.json`. */
export interface SiteStudy extends StudyResults {
  /** Its tables' names, below `tables/`. */
  readonly files: Readonly<Record<StudyTable, string>>;
  /** Likewise its `PaperData`, as JSON. */
  readonly paper: string;
}

/**
 * The numbers behind a study, one row per image × arm × seed × pairing, one column a measure, in three Arrow files beside
 * `results.json`: `fidelity.arrow`, `bands.arrow`, `hallucination.arrow`. Texts are dictionaries; measures are float64 (float32
 * where that halves a file and the digits are not needed); an absent value is null, an infinite PSNR is Infinity.
 */
export interface StudyRow {
  readonly study: string;
  readonly set: string;
  readonly image: string;
  readonly patient: string | null;
  readonly arm: string;
  readonly seed: number | null;
  readonly pairing: StudyPairing;
  /** Measures by their key in src/measures/tables/measures.ts. */
  readonly [measure: string]: string | number | null;
}

/** Which measures each table has. `self_psnr`: against decode(encode(HR)) by the same autoencoder, the study's self-referential PSNR. */
export const studyTables = {
  fidelity: ["psnr", "self_psnr", "ssim", "ssim_skimage", "ms_ssim", "mae", "mean_hr", "mean_sr", "region_psnr_inside"],
  bands: [
    ...["LL3", "LH3", "HL3", "HH3", "LH2", "HL2", "HH2", "LH1", "HL1", "HH1"].flatMap((band) => [
      `band_psnr_${band}`,
      `band_sse_${band}`
    ]),
    "frc_half",
    "frc_seventh"
  ],
  hallucination: [
    "hallu_rate",
    "loss_rate",
    "rate_absolute",
    "rate_brighter",
    "rate_darker",
    "measurement_consistency",
    "invented_sse",
    "measured_sse",
    "invented_energy_ratio",
    "error_autoencoder",
    "error_generator",
    "error_cross",
    "sfrc_lowest"
  ]
} as const;

export type StudyTable = keyof typeof studyTables;
