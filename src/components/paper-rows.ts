import {bandLabel} from "../measures/bands.js";
import {cohensD, leastSquares, mean, pearson, quantileSorted, standardDeviation} from "../measures/statistics/index.js";
import {gap} from "../measures/studies/gaps.js";
import {armMean} from "../measures/studies/means.js";
import {type Resampling, studyResampling} from "../measures/studies/resampling.js";
import {
  aeArm,
  autoencoderRoles,
  publishedDataset,
  type Role,
  referenceConfiguration,
  retrainings,
  type StudyArmLayout,
  type StudyLayout,
  srArm
} from "../measures/studies/roles.js";
import {imageValues, type Pairing, type ResultRow} from "../measures/studies/rows.js";
import {grouped} from "./format.js";
import type {OverviewGap, OverviewRow, Published, PublishedRow} from "./site-data.js";
import type {StudyAutoencoder, StudyResults} from "./study-data.js";

/** Our number for a published one, with what a reader needs to judge it. */
export interface OurNumber {
  readonly value: number;
  readonly sd: number | null;
  /** 95 % bootstrap interval over patients, where one was computed. */
  readonly interval: readonly [low: number, high: number] | null;
  readonly images: number;
  readonly patients: number | null;
  /** Which of our arms, in words. */
  readonly arms: string;
  readonly pairing: Pairing;
  /** `study`: from a study's tables; `site`: from what this build measured itself, autoencoders without a generator. */
  readonly from: "study" | "site";
  readonly seeds: string;
  readonly artefact: string;
  readonly engine: string;
  readonly date: string | null;
}

/** A published number, ours beside it, and what is to be said of the two. */
export interface PaperRow {
  readonly published: PublishedRow;
  readonly quantity: string;
  /** Which arm of the study, or which two. */
  readonly arm: string;
  readonly dataset: string;
  /** Claims of the study that rest on this number, as numbered on the page. */
  readonly claims: readonly number[];
  /** How far the published number may be off because of how it was read; null where the source does not say. */
  readonly tolerance: number | null;
  readonly mispaired: boolean;
  readonly ours: OurNumber | null;
  /** Ours − published. */
  readonly difference: number | null;
  /** Whether the published number, give or take its tolerance, lies in our interval; null without one. */
  readonly within: boolean | null;
  /** Why the two differ, or why there is no number of ours. */
  readonly reasons: readonly string[];
}

/** What this build has to set beside the published numbers. */
export interface OurResults {
  /** A study and its rows, all measures of all tables; null in a build without a study. */
  readonly study: {readonly results: StudyResults; readonly rows: readonly ResultRow[]} | null;
  /** What the site itself measured: bicubic and autoencoders alone. */
  readonly overview: readonly OverviewRow[];
  readonly gaps: readonly OverviewGap[];
}

/** Every published number with ours. Intervals take most of the time. */
export function paperRows(
  published: Published,
  ours: OurResults,
  resampling: Resampling = studyResampling
): PaperRow[] {
  const find = finder(ours, resampling);
  return published.values.map((row) => {
    const source = published.sources[row.source];
    const tolerance = readingTolerance(row, source.precision);
    const mispaired = source.mispaired === true;
    const found = find(row, mispaired);
    const own = typeof found === "string" ? null : found;
    const reasons = typeof found === "string" ? [found] : differences(row, found, mispaired, ours);
    const difference = own === null ? null : own.value - row.value;
    const slack = tolerance ?? 0;
    const within =
      own?.interval == null ? null : row.value + slack >= own.interval[0] && row.value - slack <= own.interval[1];
    return {
      published: row,
      quantity: quantityOf(row),
      arm: armText(row),
      dataset: row.dataset === undefined ? "all three" : published.datasets[row.dataset].label,
      claims: claimsOf(row),
      tolerance,
      mispaired,
      ours: own,
      difference,
      within,
      reasons
    };
  });
}

/**
 * How far off a number may be for how it was read, from the words in published.json (`0.04 dB, 0.02 to 0.05 in log10 power:
 * measured in the raster`): the larger of two, and at least half of the last digit of a number that was printed.
 */
export function readingTolerance({measure, value}: PublishedRow, precision: string): number | null {
  const printed = /^exact|as written/.test(precision) || measure.endsWith("_gap");
  const digits = /\.(\d+)$/.exec(String(value))?.[1].length ?? 0;
  const half = printed ? 0.5 * 10 ** -Math.max(digits, 2) : 0;
  if (precision.startsWith("exact")) return half;
  const [, pattern] = precisions.find(([name]) => name.test(measure))!;
  const found = pattern
    .exec(precision)
    ?.slice(1)
    .filter((text) => text !== undefined);
  return found === undefined ? null : Math.max(half, ...found.map(Number));
}

/** Where in the words the number for a measure stands. */
const precisions: readonly (readonly [measure: RegExp, words: RegExp])[] = [
  [/^lpips$/, /([\d.]+) LPIPS/],
  [/^radial/, /([\d.]+)(?: to ([\d.]+))? in log10 power/],
  [/^cohens_d$/, /([\d.]+) \(d\)/],
  [/^bland/, /([\d.]+) \(bias\)/],
  [/_rate$/, /^([\d.]+)(?: to ([\d.]+))?:/],
  [/./, /([\d.]+)(?: to ([\d.]+))? dB/]
];

/** What each claim rests on, by the numbers of study.md: 1 gain, 2 bands, 3 stability, 4 rates, 5 ceiling, 6 geometry. */
export function claimsOf({measure, arm}: PublishedRow): number[] {
  if (measure === "psnr") return arm?.startsWith("ae:") ? [1, 5] : [1];
  if (/^(psnr_|cohens_d$|lpips$)/.test(measure)) return [1];
  if (/^(band_psnr|radial_log_power)$/.test(measure)) return [2];
  if (measure.startsWith("klf4_seed_sweep")) return [3, 6];
  if (/_rate$/.test(measure)) return [4];
  if (measure.startsWith("ceiling_fit")) return [5];
  if (/(^capacity_|domain|geometry|adaptation|pretraining)/.test(measure)) return [6];
  return [];
}

const quantities: Readonly<Record<string, string>> = {
  psnr: "PSNR",
  psnr_gap: "PSNR gain",
  lpips: "LPIPS",
  cohens_d: "Cohen’s d (pooled SD) of PSNR",
  psnr_median: "Median PSNR",
  psnr_min: "Lowest PSNR",
  psnr_max: "Highest PSNR",
  bland_altman_bias: "Bland–Altman bias of the mean grey level",
  hallucination_rate: "“Hallucination” rate",
  loss_rate: "“Loss” rate",
  capacity_domain: "Ladder: domain",
  capacity_resolution: "Ladder: latent resolution",
  capacity_capacity: "Ladder: capacity",
  domain_at_64sq: "Domain at equal geometry, autoencoder alone",
  geometry_AE_gain_SDVAE_to_KLf4: "Geometry alone, autoencoder alone",
  geometry_SR_gain: "Geometry alone, super-resolution",
  pretraining_SR_gain: "Domain at equal geometry, super-resolution",
  klf4_seed_sweep_mean: "Mean PSNR over seeds",
  klf4_seed_sweep_sd: "SD of PSNR over seeds",
  adaptation_AE_gain: "Fine-tuning on the data, autoencoder alone",
  adaptation_SR_gain: "Fine-tuning on the data, super-resolution",
  ceiling_fit_slope: "SR on ceiling: slope",
  ceiling_fit_intercept: "SR on ceiling: intercept",
  ceiling_fit_r: "SR on ceiling: Pearson’s r",
  ceiling_fit_R2: "SR on ceiling: R²"
};

function quantityOf(row: PublishedRow): string {
  if (row.measure === "band_psnr") return `Band PSNR, ${row.band} (${bandLabel(row.band as never)})`;
  if (row.measure === "radial_log_power") return `Radial log power, ring ${row.bin! + 1} of 10`;
  return quantities[row.measure] ?? row.measure;
}

const names: Readonly<Record<string, string>> = {
  sdvae: "SD-VAE",
  "kl-f4": "KL-f4",
  "medvae-8-1": "MedVAE 8-1",
  "medvae-8-4": "MedVAE 8-4",
  "medvae-4-1": "MedVAE 4-1",
  "medvae-4-3": "MedVAE",
  "medvae-4-4": "MedVAE 4-4",
  realesrgan: "Real-ESRGAN",
  swinir: "SwinIR"
};

/** What a published difference or ladder step takes from what, as arms of the study. */
const steps: Readonly<Record<string, readonly [from: string, to: string]>> = {
  capacity_domain: ["sr:sdvae", "sr:medvae-8-4"],
  capacity_resolution: ["sr:medvae-8-4", "sr:medvae-4-1"],
  capacity_capacity: ["sr:medvae-4-1", "sr:medvae-4-3"],
  domain_at_64sq: ["ae:kl-f4", "ae:medvae-4-3"],
  geometry_AE_gain_SDVAE_to_KLf4: ["ae:sdvae", "ae:kl-f4"],
  geometry_SR_gain: ["sr:sdvae", "sr:kl-f4"],
  pretraining_SR_gain: ["sr:kl-f4", "sr:medvae-4-3"]
};

function armName(arm: string): string {
  const [kind, name] = arm.split(":");
  if (kind === "bicubic") return "Bicubic";
  if (kind === "hr") return "HR";
  return `${names[name] ?? name}${kind === "ae" ? " alone" : ""}`;
}

function armText({arm, against, measure}: PublishedRow): string {
  const step = steps[measure];
  if (step !== undefined) return `${armName(step[1])} − ${armName(step[0])}`;
  if (measure.startsWith("klf4")) return "KL-f4";
  if (arm === undefined) return "–";
  return against === undefined ? armName(arm) : `${armName(arm)} − ${armName(against)}`;
}

type Finder = (row: PublishedRow, mispaired: boolean) => OurNumber | string;

const noStudy = "this build has no study results";

/** Looks up or computes our number for a published one; a sentence where there is none. */
function finder({study, overview, gaps}: OurResults, resampling: Resampling): Finder {
  const site = siteFinder(overview, gaps);
  if (study === null) return (row) => site(row) ?? without(row) ?? noStudy;
  const {results, rows} = study;
  const layout = results as StudyLayout;
  const roles = autoencoderRoles(layout);
  const configuration = referenceConfiguration(layout);
  const setOf = (dataset: string) => results.sets.find(({anatomy}) => publishedDataset(anatomy) === dataset);
  const armOf = (arm: string): StudyArmLayout | undefined => {
    const [kind, name] = arm.split(":");
    if (kind === "bicubic") return layout.arms.find((one) => one.kind === "bicubic");
    if (kind === "external") return layout.arms.find(({id}) => id === arm || id === `regression:${name}`);
    const own = roles[name as Role];
    if (own === undefined) return undefined;
    return kind === "ae" ? aeArm(layout, own) : configuration ? srArm(layout, own, configuration) : undefined;
  };
  const provenance = (arms: readonly StudyArmLayout[], set: string | null, pairing: Pairing) => {
    const runs = results.runs.filter(
      (run) => arms.some(({id}) => id === run.arm) && (set === null || run.set === set) && run.pairing === pairing
    );
    const seeds = [...new Set(runs.flatMap(({seed}) => (seed === null ? [] : [seed])))];
    return {
      arms: arms.map(({label}) => label).join(" against "),
      pairing,
      from: "study" as const,
      seeds: seeds.length === 0 ? "none: nothing is random" : seeds.join(", "),
      artefact: runs[0]?.measures ?? results.study,
      engine: [...new Set(runs.map(({engine}) => engine))].join(", ") || results.engine,
      date:
        runs
          .map(({date}) => date)
          .sort()
          .at(-1) ?? results.date
    };
  };

  return (row, mispaired) => {
    const {measure, convention, dataset} = row;
    const missing = without(row);
    if (missing !== null) return missing;
    const set = dataset === undefined ? undefined : setOf(dataset);
    if (dataset !== undefined && set === undefined) return "our study has no set of this anatomy";
    const self = convention === "self-referential";
    const psnr = self ? "self_psnr" : "psnr";
    const need = (name: string): StudyArmLayout | string =>
      armOf(name) ?? `our study has no counterpart of ${armName(name)}`;

    const keys: Readonly<Record<string, string>> = {
      psnr: row.arm?.startsWith("sr:") ? psnr : "psnr",
      band_psnr: `band_psnr_${row.band}`,
      hallucination_rate: "hallu_rate",
      loss_rate: "loss_rate"
    };
    const key = keys[measure];
    if (key !== undefined) {
      const arm = need(row.arm!);
      if (typeof arm === "string") return arm;
      const pairings: readonly Pairing[] = mispaired ? ["published-bug", "correct"] : ["correct"];
      for (const pairing of pairings) {
        const own = armMean(rows, {set: set!.id, arm: arm.id, measure: key, pairing}, resampling);
        if (own.mean === null) continue;
        return {
          value: own.mean,
          sd: own.sd,
          interval: own.low === null || own.high === null ? null : [own.low, own.high],
          images: own.nImages,
          patients: own.nPatients,
          ...provenance([arm], set!.id, pairing)
        };
      }
      return "our study's tables do not have this measure of this arm";
    }
    const step = measure === "psnr_gap" ? ([row.against!, row.arm!] as const) : steps[measure];
    if (step !== undefined) {
      const [a, b] = step.map(need);
      if (typeof a === "string") return a;
      if (typeof b === "string") return b;
      const own = gap(
        rows,
        {set: set!.id, a: a.id, b: b.id, measure: measure === "psnr_gap" ? psnr : "psnr"},
        resampling
      );
      if (own === null) return "our study's tables do not have both arms on the same images";
      return {
        value: own.mean,
        sd: own.sd,
        interval: own.low === null || own.high === null ? null : [own.low, own.high],
        images: own.nImages,
        patients: own.nPatients,
        ...provenance([b, a], set!.id, "correct")
      };
    }
    if (measure.startsWith("ceiling_fit")) return ceilingFit(measure);
    const arm = need(row.arm ?? "sr:kl-f4");
    if (typeof arm === "string") return arm;
    const values = (measure: string, of: StudyArmLayout = arm) =>
      imageValues(rows, {set: set!.id, arm: of.id, measure}).filter(
        (one): one is typeof one & {value: number} => one.value !== null && Number.isFinite(one.value)
      );
    const counts = (own: readonly {readonly patient: string | null}[]) => ({
      images: own.length,
      patients: own.some(({patient}) => patient === null) ? null : new Set(own.map(({patient}) => patient)).size
    });
    const plain = (value: number, own: readonly {readonly patient: string | null}[], sd: number | null = null) => ({
      value,
      sd,
      interval: null,
      ...counts(own),
      ...provenance([arm], set!.id, "correct" as const)
    });
    if (/^psnr_(median|min|max)$/.test(measure)) {
      const own = values(psnr);
      if (own.length === 0) return "our study's tables do not have this measure of this arm";
      const sorted = own.map(({value}) => value).sort((a, b) => a - b);
      const at = {median: 0.5, min: 0, max: 1}[measure.slice(5) as "median" | "min" | "max"];
      return plain(quantileSorted(sorted, at)!, own);
    }
    if (measure === "cohens_d") {
      const other = need(row.against!);
      if (typeof other === "string") return other;
      const [x, y] = [values(psnr), values(psnr, other)];
      const d = cohensD(
        x.map(({value}) => value),
        y.map(({value}) => value)
      );
      if (d === undefined) return "our study's tables do not have both arms";
      return {...plain(d, x), ...provenance([arm, other], set!.id, "correct")};
    }
    if (measure === "bland_altman_bias") {
      const hr = new Map(values("mean_hr").map(({image, value}) => [image, value]));
      const own = values("mean_sr").filter(({image}) => hr.has(image));
      if (own.length === 0) return "our study's tables do not have mean grey levels";
      const differences = own.map(({image, value}) => value - hr.get(image)!);
      const bias = mean(differences)!;
      const squares = differences.reduce((sum, d) => sum + (d - bias) ** 2, 0);
      return plain(bias, own, own.length > 1 ? Math.sqrt(squares / (own.length - 1)) : null);
    }
    // klf4_seed_sweep: each training's mean over the images, then their mean and SD; where there is one training, each draw's
    const trainings = retrainings(layout, arm);
    const each =
      trainings.length > 1
        ? trainings.map(({id}) => ({arm: id, seeds: undefined}))
        : arm.seeds.map((seed) => ({arm: arm.id, seeds: [seed]}));
    const means = each.flatMap((one) => {
      const own = armMean(rows, {set: set!.id, measure: "psnr", ...one}, {resamples: 1}).mean;
      return own === null ? [] : [own];
    });
    const value = measure.endsWith("_sd") ? standardDeviation(means) : mean(means);
    if (value === undefined || means.length < 2) return "our study has fewer than two seeds of this arm";
    const of =
      trainings.length > 1 ? "trainings of its generator, each with its own seed" : "seeds of the sampling noise";
    return {
      ...plain(value, values("psnr")),
      ...(trainings.length > 1 && provenance(trainings, set!.id, "correct")),
      arms: `${arm.label}, ${means.length} ${of}`
    };
  };

  /** The same fit on our points: each published arm and set, ceiling against self-referential SR. */
  function ceilingFit(measure: string): OurNumber | string {
    const used: StudyArmLayout[] = [];
    const x: number[] = [];
    const y: number[] = [];
    let images = 0;
    for (const set of results.sets) {
      if (publishedDataset(set.anatomy) === null) continue;
      for (const name of ["sdvae", "medvae-4-3"]) {
        const [ae, sr] = [armOf(`ae:${name}`), armOf(`sr:${name}`)];
        if (ae === undefined || sr === undefined) continue;
        const ceiling = armMean(rows, {set: set.id, arm: ae.id, measure: "psnr"}, {resamples: 1});
        const output = armMean(rows, {set: set.id, arm: sr.id, measure: "self_psnr"}, {resamples: 1});
        if (ceiling.mean === null || output.mean === null) continue;
        x.push(ceiling.mean);
        y.push(output.mean);
        images += output.nImages;
        if (!used.includes(sr)) used.push(sr);
      }
    }
    if (x.length < 3) return "our study has fewer than three such points";
    const fit = leastSquares(x, y);
    const {r} = pearson(x, y);
    const of: Record<string, number | null> = {slope: fit.slope, intercept: fit.intercept, r, R2: fit.r2};
    const value = of[measure.replace("ceiling_fit_", "")];
    if (value === null || value === undefined) return "the fit is undefined on our points";
    return {value, sd: null, interval: null, images, patients: null, ...provenance(used, null, "correct")};
  }
}

/** Published numbers for which nothing of ours can exist, whatever the study. */
function without({measure, arm}: PublishedRow): string | null {
  if (measure === "lpips")
    return "our tables have no LPIPS: bandscope analyse computes it where AlexNet’s weights are given";
  if (measure === "radial_log_power") return "our tables keep errors by band; see the spectra on the page Bands";
  if (measure.startsWith("adaptation")) return "we fine-tuned no autoencoder on the test data’s kind";
  if (arm?.startsWith("external:")) return "this network was not run in our study";
  return null;
}

/** What a build without a study can say: PSNR of bicubic and of autoencoders alone, and differences of these. */
function siteFinder(overview: readonly OverviewRow[], gaps: readonly OverviewGap[]) {
  return ({measure, dataset, arm}: PublishedRow): OurNumber | null => {
    const common = {pairing: "correct", from: "site"} as const;
    if (measure === "psnr" && arm !== undefined && !arm.startsWith("sr:")) {
      const row = overview.find((one) => publishedDataset(one.anatomy) === dataset && siteRole(one.arm) === arm);
      if (row === undefined) return null;
      return {
        ...common,
        value: row.mean,
        sd: row.sd,
        interval: row.low === null || row.high === null ? null : [row.low, row.high],
        images: row.n,
        patients: row.patients,
        arms: row.armLabel,
        seeds: row.seeds,
        artefact: row.artefact,
        engine: row.engine,
        date: row.date
      };
    }
    const step = steps[measure];
    if (step === undefined || !step[0].startsWith("ae:")) return null;
    const own = gaps.find(
      (one) => publishedDataset(one.anatomy) === dataset && siteRole(one.a) === step[0] && siteRole(one.b) === step[1]
    );
    if (own === undefined) return null;
    return {
      ...common,
      value: own.mean,
      sd: own.sd,
      interval: own.low === null || own.high === null ? null : [own.low, own.high],
      images: own.n,
      patients: own.patients,
      arms: `${own.labelB} against ${own.labelA}`,
      seeds: own.seeds,
      artefact: own.artefact,
      engine: own.engine,
      date: own.date
    };
  };
}

/** `ae:medical-f4c3` → `ae:medvae-4-3`: the part that an arm of the site plays, by its name. */
function siteRole(arm: string): string {
  const match = /^ae:(natural|medical)-f(\d)c(\d)$/.exec(arm);
  if (match === null) return arm;
  const [, domain, factor, channels] = match;
  if (domain === "medical") return `ae:medvae-${factor}-${channels}`;
  return factor === "8" && channels === "4" ? "ae:sdvae" : factor === "4" && channels === "3" ? "ae:kl-f4" : arm;
}

/** What makes our number another one, as far as it can be known. */
function differences(row: PublishedRow, own: OurNumber, mispaired: boolean, {study, overview}: OurResults): string[] {
  const reasons: string[] = [];
  if (mispaired) {
    reasons.push(
      own.pairing === "published-bug"
        ? "the study compared images of different patients; ours is mispaired in the same way"
        : "the study compared images of different patients; ours are paired"
    );
  }
  if (row.measure === "bland_altman_bias") reasons.push("the study’s spread is affected by its mispairing");
  const simulated =
    own.from === "study"
      ? study!.results.sets.some(
          (set) => set.simulated && (row.dataset === undefined || publishedDataset(set.anatomy) === row.dataset)
        )
      : overview.some((one) => one.simulated && publishedDataset(one.anatomy) === row.dataset);
  if (simulated) reasons.push("simulated images, not patients’");
  const small = own.from === "study" ? smallest(study!.results.autoencoders) : null;
  if (row.arm !== "bicubic") {
    reasons.push(small === null ? "small autoencoders" : `small autoencoders (${grouped(small)} parameters and up)`);
  }
  if (own.patients !== null && row.n !== undefined && own.images < row.n)
    reasons.push(`${own.images} images, not ${row.n}`);
  return reasons;
}

function smallest(autoencoders: readonly StudyAutoencoder[]): number | null {
  return autoencoders.length === 0 ? null : Math.min(...autoencoders.map(({parameters}) => parameters));
}
