import {InputError} from "../../models/errors.js";
import {PairingAudit, type PairingReport} from "../../src/measures/audit.js";
import type {AnalysisReport, InputFolder} from "../../src/measures/tables/analysis.js";
import {summarise} from "../../src/measures/tables/summary.js";
import {sha256} from "../files.js";
import {version} from "../version.js";
import type {LpipsInputs, OpenLpips} from "./lpips.js";
import type {TaskResult} from "./measure-task.js";
import {type AnalysisInputs, complaint, type Plan, planAnalysis} from "./plan.js";
import {measureAll} from "./pool.js";
import {someOf} from "./some-of.js";

export interface AnalysisOptions {
  /** Threads for so many images. */
  readonly workers: (images: number) => number;
  readonly resamples?: number;
  readonly seed?: number;
  readonly margin?: number;
  /** Weights for LPIPS, which is absent without them. */
  readonly lpips?: LpipsInputs;
  /** After each pair, with the number of all. */
  readonly onLpips?: (total: number) => void;
  /** After each image, with the number of all. */
  readonly onMeasured?: (total: number) => void;
  readonly onCompared?: (total: number) => void;
  /** Something that the person should read. */
  readonly onNote?: (note: string) => void;
}

/**
 * Measures, audits, summarises. The report depends on the files and options only, not on the number of threads or their
 * timing; the date in `provenance` excepted, and LPIPS' last digits, which are the engine's.
 * @throws InputError on unpaired ids, differing sizes (both unless `allowMissing`), and files that cannot be read.
 */
export async function analyse(inputs: AnalysisInputs, options: AnalysisOptions): Promise<AnalysisReport> {
  const plan = planAnalysis(inputs);
  if (options.lpips === undefined) return run(inputs, plan, options);
  // opened before anything is measured: weights that do not fit should be heard of at once. TensorFlow loads only here
  const {openLpips} = await import("./lpips.js");
  const lpips = await openLpips(options.lpips);
  try {
    return await run(inputs, plan, options, lpips);
  } finally {
    lpips.dispose();
  }
}

async function run(
  inputs: AnalysisInputs,
  plan: Plan,
  options: AnalysisOptions,
  lpips?: OpenLpips
): Promise<AnalysisReport> {
  const {workers, resamples = 10_000, seed = 1, margin, onMeasured, onLpips, onCompared, onNote} = options;
  if (plan.masks !== null) onNote?.(`note: ${plan.masks}`);
  if (plan.unpaired.length > 0) onNote?.(`note: ${complaint(plan.unpaired).replace(/\. Images pair by.*$/, "")}`);
  const total = plan.tasks.length;
  const results = await measureAll(plan.tasks, {
    workers: workers(total),
    strict: !inputs.allowMissing,
    onDone: () => onMeasured?.(total)
  });
  const mismatches = results.flatMap((result) => result.mismatches);
  const measured = results.flatMap((result) => result.records);
  if (mismatches.length > 0) {
    const sentence = `${mismatches.length} ${mismatches.length === 1 ? "pair differs" : "pairs differ"} in size: ${someOf(mismatches)}`;
    if (!inputs.allowMissing || measured.length === 0) {
      const way = inputs.allowMissing ? "no pair is left" : "--allow-missing leaves them out";
      throw new InputError(`${sentence}; ${way}`);
    }
    onNote?.(`note: ${sentence}; they are left out`);
  }
  const records =
    lpips === undefined ? measured : await lpips.addTo(measured, plan.tasks, () => onLpips?.(measured.length));
  const clamped = results.flatMap((result) => Object.values(result.clamped));
  const furthest = clamped.reduce((a, b) => Math.max(a, b), 0);
  if (clamped.length > 0) {
    const files = clamped.length === 1 ? "1 SR or AE file has" : `${clamped.length} SR or AE files have`;
    onNote?.(
      `note: ${files} values outside [0, 1], by at most ${furthest.toPrecision(3)}; they are clamped, as the measures are defined`
    );
  }
  const pairing = auditPairing(plan.arms, results);
  const summary = summarise(records, plan.arms, {
    resamples,
    seed,
    margin,
    spreads: results.flatMap((result) => result.spreads),
    onComparison: onCompared
  });
  const hashes = new Map(results.flatMap((result) => Object.entries(result.hashes)));
  const patients = new Set(records.map(({patient}) => patient));
  return {
    format: "bandscope-analysis",
    version: 1,
    provenance: {
      bandscope: version,
      node: process.version,
      date: new Date().toISOString(),
      inputs: inputFolders(inputs, plan, hashes),
      options: {
        resamples,
        seed,
        margin: margin ?? null,
        factor: inputs.factor ?? null,
        patients: inputs.patients ?? null,
        allowMissing: inputs.allowMissing ?? false,
        recursive: inputs.recursive ?? false,
        sfrc: inputs.sfrc ?? false
      },
      lpips: lpips?.provenance ?? null
    },
    coverage: {
      images: new Set(records.map(({id}) => id)).size,
      pairs: records.length,
      patients: inputs.patients === undefined ? null : patients.size,
      unpaired: plan.unpaired,
      mismatchedSizes: mismatches,
      clamped: {files: clamped.length, by: furthest}
    },
    pairing,
    summary,
    images: records
  };
}

/** The audit of each arm: are its images those of the HR images of the same name? */
function auditPairing(arms: readonly string[], results: readonly TaskResult[]): Record<string, PairingReport> {
  return Object.fromEntries(
    arms.map((name) => {
      const audit = new PairingAudit();
      for (const {records, features} of results) {
        const own = features.arms.find(({arm}) => arm === name);
        if (own !== undefined) audit.addFeatures(records[0].id, features.hr, own.sr);
      }
      return [name, audit.report()];
    })
  );
}

function inputFolders(inputs: AnalysisInputs, plan: Plan, hashes: ReadonlyMap<string, string>) {
  const folder = (path: string, files: readonly {id: string; path: string}[]): InputFolder => ({
    folder: path,
    images: files.length,
    sha256: sha256(files.map((file) => `${file.id}\t${hashes.get(file.path)}\n`).join(""))
  });
  const folders: Record<string, InputFolder> = {
    hr: folder(
      inputs.hr,
      plan.tasks.map(({id, hr}) => ({id, path: hr}))
    )
  };
  const pick = (path: (task: Plan["tasks"][number]) => string | null | undefined) =>
    plan.tasks.flatMap((task) => {
      const found = path(task);
      return found === null || found === undefined ? [] : [{id: task.id, path: found}];
    });
  for (const {name, path} of inputs.sr) {
    folders[`sr ${name}`] = folder(
      path,
      pick((task) => task.arms.find(({arm}) => arm === name)?.sr)
    );
  }
  for (const {name, path} of inputs.ae) {
    const label = name === null ? "ae" : `ae ${name}`;
    const served = (arm: string) => (name === null ? !inputs.ae.some((other) => other.name === arm) : arm === name);
    folders[label] = folder(
      path,
      pick((task) => task.arms.find(({arm}) => served(arm))?.ae)
    );
  }
  if (inputs.masks !== undefined)
    folders.masks = folder(
      inputs.masks,
      pick(({mask}) => (typeof mask === "string" ? mask : null))
    );
  if (inputs.lr !== undefined)
    folders.lr = folder(
      inputs.lr,
      pick(({lr}) => lr)
    );
  return folders;
}
