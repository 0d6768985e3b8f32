import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {Store} from "../../loaders/store/store.js";
import {executeStep} from "../../loaders/studies/executeStep.js";
import {type Plan, type PlanOptions, planStudy} from "../../loaders/studies/plan.js";
import {readStudy} from "../../loaders/studies/readStudy.js";
import type {StepContext} from "../../loaders/studies/stepContext.js";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const weights = join(root, "models/weights/medical-f4c3.safetensors");

/** A folder that goes when the tests are done. */
export function scratch(): {path: string; remove(): void} {
  const path = mkdtempSync(join(tmpdir(), "bandscope-study-"));
  return {path, remove: () => rmSync(path, {recursive: true, force: true})};
}

/** A study of a few seconds: bicubic and one of our autoencoders on small phantoms. */
export const tinyStudy = {
  id: "tiny",
  title: "A study for tests",
  datasets: [
    {
      id: "knee",
      label: "Knee (simulated)",
      anatomy: "knee",
      dataset: "simulated:knee,patients=20,slices=1,first=500",
      images: 20,
      size: 64
    }
  ],
  degradation: {kind: "bicubic", factor: 4},
  autoencoders: [{id: "ours", label: "ours", domain: "medical", weights: [weights]}],
  generators: [] as unknown[],
  samplers: [] as unknown[],
  arms: [{kind: "bicubic"}, {kind: "ae", autoencoders: "all"}] as unknown[],
  seeds: [1],
  pairing: ["correct", "published-bug"],
  comparisons: [{title: "ceiling against bicubic", a: "bicubic", b: "ae:ours", margin: 0.5}] as unknown[]
};

/** A generator and an autoencoder that a few steps train: their numbers mean nothing. */
export const tinyGenerator = {
  id: "x0",
  kind: "generator",
  pool: {kinds: ["knee"], seed: 7, patients: 2, slicesPerPatient: 1, sizes: [32]},
  crop: 32,
  batch: 1,
  process: {kind: "diffusion", target: "x0", schedule: "cosine", timesteps: 50},
  scaling: "unit-variance",
  latent: "mean",
  architecture: {
    channels: 8,
    multipliers: [1, 2],
    resBlocks: 1,
    attention: [false, true],
    headChannels: 8,
    normGroups: 4
  },
  training: {loss: "l1", steps: 3, learningRate: 0.001, warmup: 1, weightDecay: 0.01, clip: 1, ema: 0.9, seed: 1}
};
export const tinyAutoencoder = {
  id: "small-f4c3",
  domain: "medical",
  licence: "MIT",
  pool: {kinds: ["knee"], seed: 7, patients: 2, slicesPerPatient: 1, sizes: [32]},
  crop: 32,
  batch: 1,
  architecture: {imageChannels: 1, channels: 8, multipliers: [1, 2, 2], resBlocks: 1, latentChannels: 3, normGroups: 2},
  training: {
    steps: 3,
    learningRate: 0.002,
    warmup: 1,
    weightDecay: 0.01,
    kl: 0.000001,
    gradient: 0.5,
    clip: 1,
    ema: 0.9,
    seed: 1
  }
};

/** Writes a study into a folder, and gives its path. */
export function writeStudy(folder: string, changes: object = {}): string {
  mkdirSync(folder, {recursive: true});
  const path = join(folder, "study.json");
  writeFileSync(path, JSON.stringify({...tinyStudy, ...changes}));
  return path;
}

export async function planOf(path: string, store: Store, options: Partial<PlanOptions> = {}): Promise<Plan> {
  return planStudy(readStudy(path), {store, engine: "wasm", ...options});
}

/** Does all of a plan's steps in this process. @throws Stopped */
export async function executeAll(plan: Plan, store: Store, context: Partial<StepContext> = {}): Promise<void> {
  process.env.BANDSCOPE_THREADS ??= "1";
  const steps = new Map(plan.steps.map((step) => [step.id, step]));
  for (const step of plan.steps) await executeStep(step, steps, {store, engine: plan.engine, ...context});
}

/** What a store holds: every artefact's files by their hashes. */
export function contentsOf(folder: string): Record<string, Record<string, string>> {
  return Object.fromEntries(
    [...new Store(folder).list()].map(({id, files}) => [
      id,
      Object.fromEntries(Object.entries(files).map(([name, {sha256}]) => [name, sha256]))
    ])
  );
}
