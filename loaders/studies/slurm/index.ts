import {join, resolve} from "node:path";
import {fileURLToPath} from "node:url";
import {InputError} from "../../../models/errors.js";
import type {Store} from "../../store/store.js";
import type {Step} from "../step.js";
import {Stopped} from "../stepContext.js";
import {follow, readSubmission, type Standing, standings, standingsText, submitArrays} from "./follow.js";
import {isBlocked} from "./queue.js";
import type {SlurmOptions} from "./script.js";

export type {SlurmOptions} from "./script.js";

const bin = fileURLToPath(new URL("../../../bin/bandscope.mjs", import.meta.url));

export interface SlurmRun {
  readonly store: Store;
  /** The study file. */
  readonly study: string;
  /** Options of `bandscope run` that change the plan, to be given to each task. */
  readonly flags: readonly string[];
  /** Of the scripts and logs. */
  readonly folder: string;
  readonly options: SlurmOptions;
  readonly stopped: () => boolean;
  readonly onStanding: (standing: Standing) => void;
  readonly onNote: (text: string) => void;
}

/** Job numbers in few words: `7, 12–40`. */
export function jobRanges(jobs: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const job of jobs) {
    const range = ranges.at(-1);
    if (range !== undefined && job === range[1] + 1) range[1] = job;
    else ranges.push([job, job]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`)).join(", ");
}

/** Where the scripts and logs of a study's results folder lie. */
export function slurmFolder(out: string): string {
  return resolve(out, "slurm");
}

/**
 * Hands the steps that are not cached to SLURM and waits for them. Store, study file, data and this program must be on a
 * folder that the nodes share.
 * @throws Stopped when told to stop: the jobs go on; InputError when tasks failed, with the log of the first
 */
export async function runOnSlurm(steps: readonly Step[], run: SlurmRun): Promise<void> {
  const {store, study, flags, folder, options, stopped, onStanding, onNote} = run;
  if (steps.every(({cached}) => cached)) return;
  const path = resolve(study);
  const command = [process.execPath, bin, "run", path, "--store", resolve(store.folder), ...flags, "--only"];
  const submission = submitArrays(path, steps, {folder, command, cwd: process.cwd(), options});
  const tasks = submission.arrays.reduce((sum, array) => sum + array.tasks.length, 0);
  onNote(
    `${tasks} ${tasks === 1 ? "task" : "tasks"} in ${submission.arrays.length} job ${submission.arrays.length === 1 ? "array" : "arrays"} (${jobRanges(submission.arrays.map(({job}) => job))}); scripts and logs in ${folder}`
  );
  const last = await follow(submission, {made: isIn(store), stopped, onStanding, onNote});
  if (last === undefined || last.standing.waiting + last.standing.running > 0) {
    onNote("the jobs go on; the same command with --status shows them, and without it collects what they made");
    throw new Stopped();
  }
  const {tasks: ended, standing} = last;
  if (standing.failed + standing.blocked === 0) return;
  const bad = ended.find((task) => !isBlocked(task) && task.state !== "COMPLETED" && task.state !== "UNKNOWN");
  const rest = standing.blocked > 0 ? `; ${standing.blocked} that waited for them were taken out of the queue` : "";
  const log = bad ? `; see ${join(folder, `bandscope-${bad.name}-${bad.job}_${bad.task}.log`)}` : "";
  throw new InputError(
    `${standing.failed} of ${standing.all} tasks failed${rest}${log}; the same command begins them again`
  );
}

/** Whether a step's result is in the store. */
function isIn(store: Store): (step: string) => boolean {
  return (step) => store.peek(step) !== undefined;
}

/** What the last submission of a study is doing, for people. @throws InputError when there was none */
export function slurmStatus(folder: string, store: Store): string {
  const submission = readSubmission(folder);
  const {tasks, standing} = standings(submission, isIn(store));
  const {waiting, running, done, failed, blocked, lost, all} = standing;
  const words = [`${done} of ${all} tasks done`, `${running} running`, `${waiting} waiting`];
  if (failed > 0) words.push(`${failed} failed`);
  if (blocked > 0) words.push(`${blocked} blocked by failed ones`);
  if (lost > 0) words.push(`${lost} that SLURM has forgotten and that left no result`);
  return `${submission.study}, handed in ${submission.date}\n${standingsText(submission, tasks)}${words.join(", ")}\n`;
}
