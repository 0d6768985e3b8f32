import type {
  StudyArm,
  StudyAutoencoder,
  StudyGenerator,
  StudyImage,
  StudyPairing,
  StudySet
} from "../../src/components/study-data.js";
import type {ImageRecord} from "../../src/measures/tables/record.js";
import type {Artefact} from "../store/store.js";
import type {Study} from "./study.js";

/** All measures of one output. `arm` is the arm's id, without a seed. */
export interface StudyRecord extends ImageRecord {
  /** PSNR against decode(encode(HR)) by the arm's own autoencoder; null for an arm that has none; may be Infinity. */
  readonly self_psnr: number | null;
}

/** One arm on one dataset with one seed, measured in one pairing. */
export interface MeasuredRun {
  /** Id of the arm. */
  readonly arm: string;
  readonly set: string;
  /** Null where nothing is random. */
  readonly seed: number | null;
  readonly pairing: StudyPairing;
  /** Its provenance has what a result must say: date, seconds, bandscope. */
  readonly measures: Artefact;
  /** Its provenance has `engine`, `date`, `seconds`, `bandscope`; `engine` is absent where none was needed. */
  readonly outputs: Artefact;
  /** Read from the store when asked for, in the order of the dataset's images. */
  records(): readonly StudyRecord[];
}

/** A study whose runs are all there: what `writeResults` makes the results folder of. */
export interface MeasuredStudy {
  readonly study: Study;
  /** SHA-256 of the study file's canonical JSON. */
  readonly sha256: string;
  /** Where the outputs were made: `tfjs-node (tfjs 4.22.0, TensorFlow 2.21.0)`; several are joined by `; `. */
  readonly engine: string;
  /** `bicubic-x4` */
  readonly degradation: string;
  readonly sets: readonly StudySet[];
  readonly autoencoders: readonly StudyAutoencoder[];
  readonly generators: readonly StudyGenerator[];
  readonly arms: readonly StudyArm[];
  readonly images: readonly StudyImage[];
  /** In the order of the study file: sets, then arms, then seeds, then pairings. */
  readonly runs: readonly MeasuredRun[];
  /** The study file's, and what this run has to add. */
  readonly notes: readonly string[];
}

/** What loaders/studies/results offers. */
export type WriteResults = (
  measured: MeasuredStudy,
  folder: string,
  options?: {
    /** For the comparisons' bootstrap. */
    readonly resamples?: number;
    readonly seed?: number;
    /** After each comparison, with the number of all. */
    readonly onComparison?: (total: number) => void;
  }
) => Promise<void>;
