import {spawnSync} from "node:child_process";
import {fileURLToPath} from "node:url";
import type {Engine} from "../../models/engines/engine.js";
import {version} from "../version.js";
import type {PoolImages} from "./pool.js";

/** A training's result: the record as JSON, and the weights' file that it describes. */
export interface Trained<R> {
  readonly record: R;
  readonly bytes: Uint8Array;
  /** One line for people. */
  readonly summary: string;
}

/** What every record says of its training. */
export interface TrainingFacts {
  readonly steps: number;
  readonly seed: number;
  readonly engine: string;
  /** How many parts of a batch were computed side by side; their number changes the rounding. */
  readonly parts: number;
  /** Wall time of the steps, over all sessions. */
  readonly seconds: number;
  readonly date: string;
  readonly bandscope: string;
  readonly commit: string | null;
  /** What it was trained on, in words. */
  readonly images: string;
}

export function trainingFacts(
  {steps, seed}: {readonly steps: number; readonly seed: number},
  engine: Engine,
  parts: number,
  seconds: number,
  commit: string | null,
  images: string
): TrainingFacts {
  return {
    steps,
    seed,
    engine: `${engine.name} (${engine.version})`,
    parts,
    seconds: Math.round(seconds),
    date: new Date().toISOString(),
    bandscope: version,
    commit,
    images
  };
}

export function whoseImages({simulated}: PoolImages): string {
  return simulated
    ? "simulated, of patients not trained on"
    : "of the datasets' validation split, of patients not trained on";
}

/** The commit that the code stands at, `+` for changes since; null outside a checkout. */
export function gitCommit(): string | null {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const git = (...args: string[]) => spawnSync("git", args, {cwd: root, encoding: "utf8"});
  const head = git("rev-parse", "--short=12", "HEAD");
  if (head.status !== 0) return null;
  const changed =
    git("status", "--porcelain", "--untracked-files=no", "loaders", "models", "src/measures").stdout !== "";
  return head.stdout.trim() + (changed ? "+" : "");
}

/** At most `n` points of a curve, each the mean of the steps that it stands for and named by the last of them. */
export function thin<K extends string>(
  curve: readonly ({readonly step: number} & {readonly [key in K]: number})[],
  n: number,
  digits: Readonly<Record<K, number>>
): ({step: number} & Record<K, number>)[] {
  const size = Math.ceil(curve.length / n);
  const points = [];
  for (let i = 0; i < curve.length; i += size) {
    const part = curve.slice(i, i + size);
    const means = (Object.keys(digits) as K[]).map((key) => [
      key,
      round(part.reduce((sum, step) => sum + step[key], 0) / part.length, digits[key])
    ]);
    points.push({step: part[part.length - 1].step, ...(Object.fromEntries(means) as Record<K, number>)});
  }
  return points;
}

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

export function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
