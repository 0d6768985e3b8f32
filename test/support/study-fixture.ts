import type {
  StudyArm,
  StudyAutoencoder,
  StudyComparison,
  StudyGenerator,
  StudyImage,
  StudyPairing,
  StudyResults,
  StudyRow,
  StudyRun,
  StudySet,
  StudyTable
} from "../../src/components/study-data.js";
import {studyTables} from "../../src/components/study-data.js";
import {bandNames} from "../../src/measures/bands.js";
import {random} from "../../src/measures/random.js";
import {comparePaired} from "../../src/measures/statistics/index.js";

/** What chance made up for a test: the shape of a study's results without a study. Never part of a site. */
export interface StudyFixture {
  readonly results: StudyResults;
  /** Every measure of every table, one row per image × arm × seed × pairing. */
  readonly rows: readonly StudyRow[];
  /** The same rows with one table's columns only, as its Arrow file has them. */
  readonly tables: Readonly<Record<StudyTable, readonly StudyRow[]>>;
}

const date = "2026-11-23T20:00:00.000Z";
const engine = "fixture (made up for a test)";
const side = 256;

const sets: (StudySet & {readonly level: number; readonly gain: number})[] = [
  simulatedSet("knee", "Knee MRI (simulated)", 24, 1.9),
  simulatedSet("brain", "Brain MRI (simulated)", 27, 2.8),
  simulatedSet("cxr", "Chest X-ray (simulated)", 29, 3.4)
];

function simulatedSet(anatomy: string, label: string, level: number, gain: number) {
  return {
    id: `simulated-${anatomy}`,
    label,
    anatomy,
    images: 24,
    patients: 12,
    simulated: true,
    licence: "MIT",
    level,
    gain
  };
}

/** Channels, factor, and what each does to PSNR as a share of the set's gain: at the ceiling, and at the output. */
const autoencoderSpecs = [
  ["natural-f8c4", "natural", 4, 8, 0, 0],
  ["natural-f4c3", "natural", 3, 4, 1.6, 0.93],
  ["medical-f8c1", "medical", 1, 8, -0.5, -0.2],
  ["medical-f8c4", "medical", 4, 8, 0.3, 0.15],
  ["medical-f4c1", "medical", 1, 4, 0.9, 0.55],
  ["medical-f4c3", "medical", 3, 4, 1.95, 1],
  ["medical-f4c4", "medical", 4, 4, 2.15, 1.04]
] as const;

const autoencoders: StudyAutoencoder[] = autoencoderSpecs.map(([id, domain, channels, factor], i) => ({
  id,
  label: id,
  domain,
  geometry: {channels, factor},
  parameters: 270_000 + 900 * i,
  sha256: hex(`ae ${id}`),
  licence: "MIT",
  training: training(i)
}));

const ablated = ["natural-f8c4", "medical-f4c3"];
const generatorSpecs = [
  ["x0", "diffusion", "x0", "unit-variance", "all"],
  ["epsilon", "diffusion", "epsilon", "unit-variance", ablated],
  ["v", "diffusion", "v", "unit-variance", ablated],
  ["flow", "flow", "velocity", "unit-variance", ablated],
  ["x0-raw", "diffusion", "x0", "raw", ablated]
] as const;

const generators: StudyGenerator[] = generatorSpecs.flatMap(([id, process, target, scaling, which]) =>
  autoencoderSpecs
    .filter(([ae]) => which === "all" || which.includes(ae))
    .map(([autoencoder], i) => ({
      id,
      autoencoder,
      process,
      target,
      timesteps: 1000,
      scaling,
      latent: "mean" as const,
      trainingSeed: 1,
      parameters: 1_200_000,
      sha256: hex(`generator ${id} ${autoencoder}`),
      training: training(10 + i)
    }))
);

const seeds = [1, 2, 3];
const samplers = (generator: string): [string, number][] =>
  generator === "flow"
    ? [["euler", 20]]
    : generator === "x0"
      ? (["ddim", "published"] as const).flatMap((name) => [5, 20, 50].map((steps): [string, number] => [name, steps]))
      : [["ddim", 20]];

const arms: StudyArm[] = [
  arm("bicubic", "Bicubic", "bicubic", null, []),
  ...autoencoders.map(({id}) => arm(`ae:${id}`, `${id} alone`, "ae", id, [])),
  ...generators.flatMap(({id, autoencoder}) =>
    samplers(id).map(([sampler, steps]) => ({
      ...arm(
        `sr:${autoencoder}:${id}:${sampler}-${steps}`,
        `${autoencoder}, ${id}, ${sampler} ${steps}`,
        "sr",
        autoencoder,
        seeds
      ),
      generator: id,
      sampler,
      steps
    }))
  )
];

function arm(id: string, label: string, kind: StudyArm["kind"], autoencoder: string | null, own: readonly number[]) {
  return {id, label, kind, autoencoder, generator: null, sampler: null, steps: null, seeds: own} as StudyArm;
}

const images: StudyImage[] = sets.flatMap((set) =>
  Array.from({length: 12}, (_, patient) =>
    [0, 1].map((slice) => ({
      id: `${set.anatomy}-p${String(patient + 1).padStart(2, "0")}-s${slice}`,
      set: set.id,
      patient: `${set.anatomy}-p${String(patient + 1).padStart(2, "0")}`,
      modality: set.anatomy === "cxr" ? "CR" : "MR"
    }))
  ).flat()
);

let made: StudyFixture | undefined;

/** Seeded results of a study that nobody ran: three sets of twelve patients with two images each. The same at each call. */
export function studyFixture(): StudyFixture {
  made ??= make();
  return made;
}

function make(): StudyFixture {
  const rows: StudyRow[] = [];
  const runs: StudyRun[] = [];
  for (const one of arms) {
    const pairings: StudyPairing[] = one.kind === "sr" ? ["correct", "published-bug"] : ["correct"];
    for (const set of sets) {
      for (const seed of one.seeds.length > 0 ? one.seeds : [null]) {
        for (const pairing of pairings) {
          runs.push({
            arm: one.id,
            set: set.id,
            seed,
            pairing,
            measures: hex(`measures ${one.id} ${set.id} ${seed} ${pairing}`),
            outputs: hex(`outputs ${one.id} ${set.id} ${seed} ${pairing}`),
            engine,
            date,
            seconds: 12,
            bandscope: "0.1.0"
          });
          for (const image of images) if (image.set === set.id) rows.push(row(one, set, image, seed, pairing));
        }
      }
    }
  }
  const results: StudyResults = {
    format: "bandscope-study",
    version: 1,
    id: "fixture",
    title: "Made up for a test",
    study: hex("study"),
    bandscope: "0.1.0",
    date,
    engine,
    degradation: "bicubic 4×, antialiased",
    seeds,
    sets: sets.map(({level: _, gain: __, ...set}) => set),
    autoencoders,
    generators,
    arms,
    images,
    runs,
    comparisons: sets.map((set) => comparison(rows, set.id)),
    notes: ["left out: regression:rlfn (the budget did not reach it)"]
  };
  const only = (table: StudyTable) =>
    rows.map((all) => {
      const {study, set, image, patient, arm, seed, pairing} = all;
      return {
        study,
        set,
        image,
        patient,
        arm,
        seed,
        pairing,
        ...Object.fromEntries(studyTables[table].map((key) => [key, all[key] ?? null]))
      };
    });
  return {
    results,
    rows,
    tables: {fidelity: only("fidelity"), bands: only("bands"), hallucination: only("hallucination")}
  };
}

const bands = bandNames(3);
/** Which share of the error lies in each band, coarse to fine, before chance. */
const shares = bands.map((band) => (band === "LL3" ? 0.12 : 0.06 + 0.05 * (3 - Number(band[2]))));
const shareTotal = shares.reduce((total, share) => total + share, 0);

function row(one: StudyArm, set: (typeof sets)[number], image: StudyImage, seed: number | null, pairing: StudyPairing) {
  const ofPatient = random(`fixture patient ${image.patient}`, 1).normal(0, 1.2);
  const ofImage = random(`fixture image ${image.id}`, 1).normal(0, 0.5);
  const chance = random(`fixture ${one.id} ${image.id} ${seed}`, 1);
  const spec = autoencoderSpecs.find(([id]) => id === one.autoencoder);
  const base = set.level + ofPatient + ofImage;
  // patients differ in what an autoencoder does to them, so a patient's two images are alike
  const ofBoth = spec ? random(`fixture ${image.patient} ${one.autoencoder}`, 1).normal(0, 0.6) : 0;
  const ceiling = spec ? base + 3 + spec[4] * set.gain + ofBoth : base + 2;
  const psnr =
    pairing === "published-bug"
      ? 13 + 0.2 * ofImage + chance.normal(0, 0.8)
      : one.kind === "bicubic"
        ? base + 2 + chance.normal(0, 0.2)
        : one.kind === "ae"
          ? ceiling + chance.normal(0, 0.25)
          : base + spec![5] * set.gain + ofBoth + samplerEffect(one) + generatorEffect(one) + chance.normal(0, 0.35);
  const self = one.kind === "sr" ? psnr + (pairing === "correct" ? 0.8 : 0.1) + chance.normal(0, 0.1) : null;
  const sse = side ** 2 * 10 ** (-psnr / 10);
  const weights = shares.map((share) => (share / shareTotal) * Math.exp(chance.normal(0, 0.15)));
  const weightTotal = weights.reduce((total, weight) => total + weight, 0);
  const ofBand: Record<string, number> = {};
  bands.forEach((band, i) => {
    const own = (sse * weights[i]) / weightTotal;
    ofBand[`band_sse_${band}`] = own;
    ofBand[`band_psnr_${band}`] = psnr + 6 - (band === "LL3" ? -8 : 3 * (4 - Number(band[2]))) + chance.normal(0, 0.3);
  });
  const rate = Math.min(0.6, Math.max(0.002, (pairing === "correct" ? 0.05 : 0.25) + 0.01 * chance.normal()));
  const mean = 0.3 + 0.02 * ofPatient;
  const autoencoder = spec ? side ** 2 * 10 ** (-(ceiling + 0.2) / 10) : null;
  const cross = one.kind === "sr" ? 0.05 * sse * chance.normal() : null;
  return {
    study: "fixture",
    set: set.id,
    image: image.id,
    patient: image.patient,
    arm: one.id,
    seed,
    pairing,
    psnr,
    self_psnr: self,
    ssim: Math.min(1, 0.55 + 0.012 * psnr),
    ssim_skimage: Math.min(1, 0.53 + 0.012 * psnr),
    ms_ssim: Math.min(1, 0.7 + 0.008 * psnr),
    mae: 0.6 * Math.sqrt(sse / side ** 2),
    mean_hr: mean,
    mean_sr: mean + chance.normal(0.001, 0.003),
    region_psnr_inside: image.set === "simulated-brain" ? psnr - 2 : null,
    ...ofBand,
    frc_half: Math.min(0.5, Math.max(0.02, 0.01 * psnr - 0.05)),
    frc_seventh: Math.min(0.5, Math.max(0.03, 0.011 * psnr - 0.03)),
    hallu_rate: rate,
    loss_rate: Math.min(1, Math.max(0, rate + chance.normal(0, 0.004))),
    rate_absolute: Math.min(1, 2 * rate),
    rate_brighter: rate,
    rate_darker: Math.min(1, rate * 1.02),
    measurement_consistency: one.kind === "bicubic" ? 0.008 : Math.abs(0.015 + chance.normal(0, 0.003)),
    invented_sse: 0.7 * sse,
    measured_sse: 0.3 * sse,
    invented_energy_ratio: Math.max(0.05, 0.6 + chance.normal(0, 0.1)),
    error_autoencoder: one.kind === "sr" ? autoencoder : null,
    error_generator: one.kind === "sr" ? Math.max(0, sse - autoencoder! - 2 * cross!) : null,
    error_cross: cross,
    sfrc_lowest: Math.max(0.02, 0.08 + chance.normal(0, 0.02))
  } satisfies StudyRow;
}

function samplerEffect({sampler, steps}: StudyArm): number {
  if (sampler === "published") return -0.3 - 0.004 * steps!;
  return steps === 5 ? 0.1 : steps === 50 ? -0.05 : 0;
}

function generatorEffect({generator, autoencoder}: StudyArm): number {
  const raw = autoencoder === "natural-f8c4" ? -0.5 : -0.05;
  return generator === null ? 0 : ({epsilon: -0.4, v: -0.1, flow: 0.05, "x0-raw": raw}[generator] ?? 0);
}

function comparison(rows: readonly StudyRow[], set: string): StudyComparison {
  const [a, b] = ["sr:natural-f8c4:x0:ddim-20", "sr:medical-f4c3:x0:ddim-20"];
  const of = (which: string) =>
    rows.filter((one) => one.set === set && one.arm === which && one.seed === 1 && one.pairing === "correct");
  const [left, right] = [of(a), of(b)];
  return {
    set,
    pairing: "correct",
    title: "medical against natural, each at its study's geometry",
    a,
    b,
    measure: "psnr",
    flavour: "default",
    unit: "dB",
    better: "higher",
    leftOut: 0,
    holmLog10p: null,
    holmP: null,
    ...comparePaired(
      left.map(({psnr}) => psnr as number),
      right.map(({psnr}) => psnr as number),
      {patients: left.map(({patient}) => patient!), margin: 0.15, resamples: 500}
    )
  };
}

function training(seed: number) {
  const chance = random("fixture training", seed);
  return {
    steps: 3000,
    seed: 1,
    seconds: 1800,
    engine,
    date,
    images: "simulated",
    loss: Array.from({length: 30}, (_, i) => ({
      step: 100 * (i + 1),
      loss: 0.1 / (i + 1) + 0.02 + 0.002 * chance.uniform()
    }))
  };
}

function hex(text: string): string {
  const chance = random(text, 0);
  return Array.from({length: 8}, () => chance.bits().toString(16).padStart(8, "0")).join("");
}
