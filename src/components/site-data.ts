/** What the loaders hand to the pages. Types only: nothing of this reaches a browser. */

/** A group of images that belongs together in every chart: one anatomy of one source. */
export interface SiteSet {
  readonly id: string;
  /** `Brain MRI (simulated)` */
  readonly label: string;
  readonly anatomy: string;
  readonly images: number;
  readonly patients: number | null;
  readonly simulated: boolean;
  readonly licence: string;
  /** Over the pixels of all its images; made when the site's tables are. */
  readonly sha256?: string;
}

/** One way to an output, as this build ran it. */
export interface SiteArm {
  /** `bicubic`, `ae:<name>` or `sr:<autoencoder>:<generator>:<sampler>-<steps>` */
  readonly id: string;
  readonly label: string;
  readonly kind: "baseline" | "autoencoder" | "super-resolution";
  readonly description: string;
  readonly geometry?: {readonly channels: number; readonly factor: number};
  /** Of the autoencoder, of a super-resolution arm the generator's; absent where they are not known. */
  readonly parameters?: number;
  readonly licence?: string;
  /** On what, and for how long, in words; of networks of our own. */
  readonly training?: string;
  readonly weights?: {
    readonly sha256: string;
    readonly files: readonly string[];
    /** Names under `weights/` for a page to load; absent for autoencoders too large for one. */
    readonly browser?: readonly string[];
  };
  /** Of a super-resolution arm: the arm of the autoencoder in whose latents it works, and how it draws. */
  readonly generator?: {
    readonly autoencoder: string;
    readonly sha256: string;
    readonly file: string;
    readonly sampler: string;
    readonly steps: number;
    /** Of the noise of the output that is shown and measured. */
    readonly seed: number;
  };
  readonly engine: string;
}

/** How much a generator's outputs for one image differ from seed to seed. */
export interface SiteSpread {
  /** A picture, relative to `images/`: the standard deviation at each pixel, white at `scale` grey levels and above. */
  readonly file: string;
  readonly scale: number;
  readonly seeds: readonly number[];
  readonly artefact: string;
  /** Mean standard deviation over the pixels, in grey levels. */
  readonly meanSd: number;
  /** Spearman's correlation of the spread with the error of the mean: does it know where it errs? */
  readonly calibration: number | null;
  /** PSNR of the mean output minus the mean PSNR, dB, and what a perfect posterior sampler would gain. */
  readonly gain: number | null;
  readonly posteriorGain: number;
}

export interface SiteOutput {
  /** Relative to `images/`. */
  readonly file: string;
  readonly artefact: string;
  /** When it was computed; null in a build that leaves dates out. */
  readonly date: string | null;
  /** Where several seeds were drawn. */
  readonly spread?: SiteSpread;
}

/** A lesion of a simulated image. */
export interface SiteLesion {
  /** Mean over the mask of (image with lesion − image without), grey levels. */
  readonly contrast: number;
  readonly pixels: number;
}

/** What every page knows of an image; the rest is in a file of its own, `SiteDetail`. */
export interface SiteImage {
  readonly id: string;
  readonly set: string;
  readonly patient: string | null;
  readonly modality: string;
  readonly width: number;
  readonly height: number;
  readonly seed: number | null;
  /** Absent in a site without images. */
  readonly lesion?: SiteLesion;
}

/** `index.json`: small, however many images there are. */
export interface SiteIndex {
  readonly title: string;
  /** Published without any pixel: the names of pictures are empty. */
  readonly withoutImages?: boolean;
  /** Names of images and patients are not their own. */
  readonly pseudonyms?: boolean;
  readonly bandscope: string;
  readonly engine: string;
  readonly sets: readonly SiteSet[];
  readonly arms: readonly SiteArm[];
  /** By arm, when the last of its outputs was computed; null in a build that leaves dates out. */
  readonly computed: Readonly<Record<string, string | null>>;
  /** Those of a set stand together. */
  readonly images: readonly SiteImage[];
  /** What there is for some image in some arm, in the order of the tables. */
  readonly measures: readonly SiteMeasure[];
  /** By super-resolution arm whose autoencoder is an arm too. */
  readonly pairing: Readonly<Record<string, SitePairing>>;
  /**
   * The folder, under `tables/`, of what pages load when they need it; files by places in `images`, `sets` and `arms`:
   * `images/I.json` (`SiteDetail`), `sets/S.json` (`SetSummary`), `columns/S.MEASURE.bin` (float32, arms × the set's images, NaN
   * where absent), `errors/S.A.bin` (see histogram-codec.ts), `audit/A.json` (correlations of the audit's list).
   */
  readonly tables: string;
  /** Sheets of square thumbnails, in the order of `images`, `each` on a sheet. */
  readonly thumbnails: {
    readonly files: readonly string[];
    readonly each: number;
    readonly size: number;
    readonly columns: number;
  };
}

export interface SiteMeasure {
  readonly measure: string;
  readonly flavour: string;
  readonly unit: string;
  /** One number a Haar band. */
  readonly banded: boolean;
}

/** All of one image. */
export interface SiteDetail {
  readonly id: string;
  /** SHA-256 of the float32 pixels; empty under a pseudonym. */
  readonly sha256: string;
  /** Relative to `images/`; empty in a site without images, as all names of pictures. */
  readonly hr: string;
  /** What a super-resolution method starts from, as a picture of its own size. */
  readonly lr: string;
  /** A lesion's mask as runs of pixels, row-major: start, length, start, length, … */
  readonly mask?: readonly number[];
  readonly outputs: Readonly<Record<string, SiteOutput>>;
  /** By arm, then `measure`, or `measure band`. */
  readonly measures: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** log10 of the mean radial power, of `hr` and by arm. */
  readonly spectra: Readonly<Record<string, readonly (number | null)[]>>;
}

/** A number for each frequency with its 95 % interval. */
export interface SetCurve {
  readonly value: readonly (number | null)[];
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

/** What charts show of a whole set. */
export interface SetSummary {
  /** Cycles per pixel. */
  readonly frequencies: readonly number[];
  /** By arm: output power over HR power, dB, and Fourier ring correlation with HR. */
  readonly ratio: Readonly<Record<string, SetCurve>>;
  readonly correlation: Readonly<Record<string, SetCurve>>;
  /** By measure of bands, then arm: a row a band of which some image has it. */
  readonly bands: Readonly<Record<string, Readonly<Record<string, readonly BandSummary[]>>>>;
}

export interface BandSummary {
  readonly band: string;
  readonly mean: number;
  readonly sd: number | null;
  readonly n: number;
}

/** One number for one image in one arm. */
export interface MeasureRow {
  readonly image: string;
  readonly set: string;
  readonly patient: string | null;
  readonly arm: string;
  readonly measure: string;
  /** The Haar band that it belongs to, or empty. */
  readonly band: string;
  readonly flavour: string;
  readonly value: number;
  readonly unit: string;
}

/** Threshold rates of outputs: shares of their pixels. */
export interface SiteRates {
  readonly brighter: number;
  readonly darker: number;
}

/**
 * What mispairing does to the rates of a super-resolution arm, threshold mean + 2 SD of its autoencoder's |error| on the image of
 * the same place in the list: means over `n` images, with the output of its own image and with that at its place in a list sorted
 * as text.
 */
export interface SitePairing {
  readonly n: number;
  readonly paired: SiteRates;
  readonly mispaired: SiteRates;
}

/** How well each measure tells planted lesions from noise and blur, on the site's HR images. */
export interface SiteCalibration {
  readonly images: number;
  readonly patients: number | null;
  readonly noise: number;
  readonly blur: number;
  readonly date: string | null;
  readonly artefact: string;
  readonly lesions: readonly {
    readonly id: string;
    readonly label: string;
    readonly contrast: number;
    readonly diameter: number;
    readonly scores: readonly SiteScore[];
  }[];
}

export interface SiteScore {
  readonly score: string;
  /** Lesion against noise and blur; lesion in noise against noise; lesion in blur against blur. Null: absent. */
  readonly against: SiteRoc | null;
  readonly inNoise: SiteRoc | null;
  readonly inBlur: SiteRoc | null;
}

export interface SiteRoc {
  readonly auc: number;
  /** [false positive rate, true positive rate] from (0, 0) to (1, 1), corners only. */
  readonly points: readonly (readonly [number, number])[];
}

/** The mean of a measure over a set. */
export interface OverviewRow {
  readonly set: string;
  readonly anatomy: string;
  readonly label: string;
  readonly arm: string;
  readonly armLabel: string;
  readonly mean: number;
  readonly sd: number | null;
  /** 95 % bootstrap interval of the mean, patients resampled. */
  readonly low: number | null;
  readonly high: number | null;
  readonly n: number;
  readonly patients: number | null;
  readonly engine: string;
  readonly date: string | null;
  /** Of a super-resolution arm: the generator's. */
  readonly weights: string | null;
  /** Of a super-resolution arm. */
  readonly autoencoderWeights?: string;
  /** On what these weights were trained, where that is known. */
  readonly training: string | null;
  readonly simulated: boolean;
  readonly seeds: string;
  /** The first, and how many more there are. */
  readonly artefact: string;
  readonly moreArtefacts: number;
}

/** What one way to pair outputs with images gives. */
export interface AuditSide {
  readonly verdict: string;
  readonly sentence: string;
  /** Share of the outputs that are at least as like their image as any other. */
  readonly top1: number | null;
  /** Means over the pairs, dB; bands in the published flavour. */
  readonly psnr: number;
  readonly bands: Readonly<Record<string, number>>;
  /** Of the pairs as they are: outputs that belong to another image, the first of them, and how many there are. */
  readonly mispaired?: readonly {readonly id: string; readonly belongsTo: string}[];
  readonly mispairedInAll?: number;
}

/** The pairing audit of the site's own images. */
export interface SiteAudit {
  /** Those of the commonest size; where there are many, a list of them at even distances. */
  readonly images: readonly {readonly id: string; readonly set: string}[];
  /** How many there are of that size: the verdict on the pairs as they are is over all of them, the rest over the list. */
  readonly audited: number;
  /** At position i of a list sorted as text stands the image that has this place in numerical order. */
  readonly order: readonly number[];
  readonly arms: Readonly<Record<string, {readonly paired: AuditSide; readonly mispaired: AuditSide}>>;
  /** The largest 8×8 block mean of an image: least, middle and most of all images. */
  readonly peaks: readonly [least: number, middle: number, most: number];
}

/** A number that the study reports (data/published.json). */
export interface PublishedRow {
  readonly source: string;
  readonly dataset?: string;
  readonly arm?: string;
  readonly against?: string;
  readonly measure: string;
  readonly band?: string;
  readonly bin?: number;
  readonly convention: string;
  readonly value: number;
  readonly sd?: number;
  readonly low?: number;
  readonly high?: number;
  readonly unit: string;
  readonly n?: number;
  readonly reading?: string;
}

export interface Published {
  readonly title: string;
  readonly citation: {
    readonly arxiv: string;
    readonly titles: readonly string[];
    readonly url: string;
    readonly code: string;
    readonly commit: string;
  };
  readonly conventions: Readonly<Record<string, string>>;
  readonly datasets: Readonly<
    Record<
      string,
      {readonly label: string; readonly anatomy: string; readonly images: number; readonly patients: number | null}
    >
  >;
  readonly sources: Readonly<
    Record<string, {readonly where: string; readonly precision: string; readonly mispaired?: boolean}>
  >;
  readonly values: readonly PublishedRow[];
}

/** By how much arm B is ahead of arm A on one set: the mean over patients of the differences of the same images. */
export interface OverviewGap {
  readonly set: string;
  readonly anatomy: string;
  readonly label: string;
  readonly a: string;
  readonly b: string;
  readonly labelA: string;
  readonly labelB: string;
  /** PSNR of B − PSNR of A, dB. */
  readonly mean: number;
  readonly sd: number | null;
  /** 95 % bootstrap interval, patients resampled. */
  readonly low: number | null;
  readonly high: number | null;
  readonly n: number;
  readonly patients: number | null;
  readonly simulated: boolean;
  readonly seeds: string;
  readonly engine: string;
  readonly date: string | null;
  /** One of those that the difference was taken from. */
  readonly artefact: string;
}

export interface Overview {
  readonly engine: string;
  readonly ours: readonly OverviewRow[];
  /** Between each two autoencoders alone, and each two that generate. */
  readonly gaps: readonly OverviewGap[];
  /** Head of published.json with the PSNR rows and those of the coarsest band only. */
  readonly published: Published;
}
