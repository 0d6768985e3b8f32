import {textOrder} from "../../../loaders/site/audit.js";
import type {Artefact} from "../../../loaders/store/store.js";
import type {MeasuredRun, MeasuredStudy, StudyRecord} from "../../../loaders/studies/measured.js";
import type {StudyArm, StudyImage, StudyPairing} from "../../../src/components/study-data.js";
import {bandErrorSplit, errorSplit} from "../../../src/measures/error-split.js";
import {measureImage} from "../../../src/measures/measure-image.js";
import {random} from "../../../src/measures/random.js";

const side = 16;
const sets = ["knee", "brain"];
const autoencoders = [
  {id: "natural-f8c4", domain: "natural", factor: 8, channels: 4, noise: 0.08},
  {id: "natural-f4c3", domain: "natural", factor: 4, channels: 3, noise: 0.05},
  {id: "medical-f4c3", domain: "medical", factor: 4, channels: 3, noise: 0.04}
] as const;

/** Noise that stands for each arm's error: what is measured is real, what it is measured of is not. */
const arms: (StudyArm & {readonly noise: number})[] = [
  {...armOf("bicubic", "bicubic", null), noise: 0.1},
  ...autoencoders.map(({id, noise}) => ({...armOf(`ae:${id}`, "ae", id), noise})),
  ...autoencoders.flatMap(({id, noise}) =>
    [20, 50].map((steps) => ({
      ...armOf(`sr:${id}:x0:ddim-${steps}`, "sr", id),
      generator: "x0",
      sampler: "ddim",
      steps,
      seeds: [1, 2],
      noise: 2 * noise + steps / 5000
    }))
  )
];

function armOf(id: string, kind: StudyArm["kind"], autoencoder: string | null): StudyArm {
  return {id, label: id, kind, autoencoder, generator: null, sampler: null, steps: null, seeds: []};
}

function plane(name: string, seed: number, scale = 1) {
  const source = random(name, seed);
  return {width: side, height: side, data: Float64Array.from({length: side ** 2}, () => source.normal(0, scale))};
}

function noisy(hr: {width: number; height: number; data: Float64Array}, name: string, noise: number) {
  const errors = plane(name, 1, noise);
  return {...hr, data: hr.data.map((value, i) => Math.min(1, Math.max(0, value + errors.data[i])))};
}

export const images: StudyImage[] = sets.flatMap((set) =>
  Array.from({length: 12}, (_, i) => ({
    id: `${set}-${i}`,
    set,
    patient: `${set}-p${i >> 1}`,
    modality: "MR"
  }))
);

const truth = new Map(
  images.map(({id}) => {
    const source = random(`hr ${id}`, 1);
    return [id, {width: side, height: side, data: Float64Array.from({length: side ** 2}, () => source.uniform())}];
  })
);

const made = new Map<string, StudyRecord[]>();

/** All records of one run; one output is its HR image exactly. */
export function recordsOf(arm: string, set: string, seed: number | null, pairing: StudyPairing): StudyRecord[] {
  const key = `${arm} ${set} ${seed} ${pairing}`;
  let records = made.get(key);
  if (records === undefined) {
    records = makeRecords(arm, set, seed, pairing);
    made.set(key, records);
  }
  return records;
}

function makeRecords(arm: string, set: string, seed: number | null, pairing: StudyPairing): StudyRecord[] {
  const {noise, autoencoder} = arms.find(({id}) => id === arm)!;
  const own = images.filter((image) => image.set === set);
  const order = pairing === "correct" ? own.map((_, i) => i) : textOrder(own.length);
  return own.map(({id, patient}, i): StudyRecord => {
    const hr = truth.get(id)!;
    const source = own[order[i]].id;
    const exact = arm === "bicubic" && source === "knee-0";
    const sr = exact ? truth.get(source)! : noisy(truth.get(source)!, `${arm} ${source} ${seed}`, noise);
    const spec = autoencoders.find((one) => one.id === autoencoder);
    const ae = spec === undefined ? undefined : noisy(hr, `ae:${spec.id} ${id} null`, spec.noise);
    return {
      id,
      arm,
      patient,
      width: side,
      height: side,
      ...measureImage(hr, sr, ae),
      null_space: null,
      measurement_consistency: 0.01 + 0.001 * i,
      error_split: ae === undefined ? null : {...errorSplit(hr, sr, ae), bands: bandErrorSplit(hr, sr, ae)},
      mean_hr: 0.5,
      mean_sr: 0.5,
      region: null,
      sfrc: null,
      lpips: null
    };
  });
}

function artefact(id: string): Artefact {
  const provenance = {bandscope: "0.1.0", date: "2026-11-23T20:00:00.000Z", seconds: 1.5, engine: "test"};
  return {id, provenance, recipe: {kind: "test"}, files: {}, path: (file) => file, read: () => Buffer.alloc(0)};
}

/** A study of two sets, three autoencoders and noise instead of networks, as `bandscope run` hands it to its results. */
export function measuredStudy(): MeasuredStudy {
  const pairings: StudyPairing[] = ["correct", "published-bug"];
  const runs: MeasuredRun[] = sets.flatMap((set) =>
    arms.flatMap(({id: arm, seeds}) =>
      (seeds.length > 0 ? seeds : [null]).flatMap((seed) =>
        pairings.map((pairing): MeasuredRun => {
          const name = `${arm} ${set} ${seed}`;
          return {
            arm,
            set,
            seed,
            pairing,
            measures: artefact(`measures ${name} ${pairing}`),
            outputs: artefact(`outputs ${name}`),
            records: () => recordsOf(arm, set, seed, pairing)
          };
        })
      )
    )
  );
  const training = {
    steps: 3000,
    seed: 1,
    seconds: 60,
    engine: "test",
    date: "2026-11-23T20:00:00.000Z",
    images: "simulated",
    loss: Array.from({length: 200}, (_, i) => ({step: 15 * (i + 1), loss: 1 / (i + 1)}))
  };
  return {
    study: {
      id: "tiny",
      title: "Noise instead of networks",
      datasets: sets.map((id) => ({id, label: id, anatomy: id, dataset: `simulated:${id}`, size: side})),
      degradation: {kind: "bicubic", factor: 4},
      autoencoders: autoencoders.map(({id}) => ({id})),
      generators: [],
      samplers: [],
      arms: [],
      seeds: [1, 2],
      pairing: pairings,
      comparisons: [
        {
          title: "medical f4c3 against natural f8c4",
          a: "sr:natural-f8c4:x0:ddim-20",
          b: "sr:medical-f4c3:x0:ddim-20",
          margin: 0.15
        },
        {
          title: "T = 50 against T = 20",
          a: "sr:medical-f4c3:x0:ddim-20",
          b: "sr:medical-f4c3:x0:ddim-50",
          measures: ["psnr", "lpips"]
        }
      ]
    },
    sha256: "0".repeat(64),
    engine: "test",
    degradation: "bicubic-x4",
    sets: sets.map((id) => ({
      id,
      label: `${id} (simulated)`,
      anatomy: id,
      images: 12,
      patients: 6,
      simulated: id === "knee",
      licence: "MIT"
    })),
    autoencoders: autoencoders.map(({id, domain, factor, channels}) => ({
      id,
      label: id,
      domain,
      geometry: {factor, channels},
      parameters: 1000,
      sha256: "1".repeat(64),
      licence: "MIT",
      training
    })),
    generators: autoencoders.map(({id}) => ({
      id: "x0",
      autoencoder: id,
      process: "diffusion",
      target: "x0",
      timesteps: 1000,
      scaling: "unit-variance",
      latent: "mean",
      trainingSeed: 1,
      parameters: 1000,
      sha256: "2".repeat(64),
      training
    })),
    arms: arms.map(({noise: _, ...arm}) => arm),
    images,
    runs,
    notes: ["left out: everything real"]
  };
}
