import {spawnSync} from "node:child_process";
import {InputError} from "../../../models/errors.js";

/** Where a task of an array stands. */
export interface TaskState {
  readonly job: number;
  readonly task: number;
  /** SLURM's word: PENDING, RUNNING, COMPLETED, FAILED, TIMEOUT, OUT_OF_MEMORY, CANCELLED, NODE_FAIL, … */
  readonly state: string;
  /** Why it waits or failed, in SLURM's words; empty where it says nothing. */
  readonly reason: string;
}

const ended = [
  "COMPLETED",
  "FAILED",
  "TIMEOUT",
  "OUT_OF_MEMORY",
  "CANCELLED",
  "NODE_FAIL",
  "BOOT_FAIL",
  "DEADLINE",
  "PREEMPTED"
];

export function hasEnded({state}: TaskState): boolean {
  return ended.includes(state);
}

/** A task that will never run, since one that it waits for has failed. */
export function isBlocked({state, reason}: TaskState): boolean {
  return state === "PENDING" && reason.includes("DependencyNeverSatisfied");
}

/** squeue could not ask the controller. That may pass. */
export class NoAnswer extends InputError {
  constructor(what: string) {
    super(`squeue gets no answer: ${what}`);
  }
}

/** Submits a script. @returns the job's number @throws InputError with what sbatch said */
export function submit(script: string, after: readonly string[]): number {
  const dependency = after.length > 0 ? [`--dependency=${after.map((id) => `afterok:${id}`).join(",")}`] : [];
  const text = slurm("sbatch", ["--parsable", ...dependency, script]);
  const job = Number.parseInt(text, 10);
  if (!(job > 0)) throw new InputError(`sbatch did not name a job but said ${JSON.stringify(text.trim())}`);
  return job;
}

/** Takes jobs out of the queue. */
export function cancel(jobs: readonly number[]): void {
  slurm("scancel", jobs.map(String));
}

/**
 * The tasks of some jobs: those that wait or run from squeue; those that left it from sacct, where the site keeps accounts.
 * A task that neither knows has no entry: what it left in the store tells how it ended.
 * @throws NoAnswer
 */
export function taskStates(jobs: readonly number[]): TaskState[] {
  const states = new Map<string, TaskState>();
  const accounts = spawnSync("sacct", ["-n", "-P", "-X", "-j", jobs.join(","), "-o", "JobID,State,Reason"], {
    encoding: "utf8",
    // else a list of tasks is cut off after 64 characters
    env: {...process.env, SLURM_BITSTR_LEN: "0"}
  });
  if (accounts.status === 0) for (const s of parseSacct(accounts.stdout)) states.set(`${s.job}_${s.task}`, s);
  const queue = spawnSync("squeue", ["-h", "-r", "-t", "all", "-j", jobs.join(","), "-o", "%i|%T|%r"], {
    encoding: "utf8"
  });
  if (queue.error)
    throw new InputError(`squeue can't be run: ${queue.error.message}; is this a machine of the cluster?`);
  if (queue.status === 0) for (const s of parseSqueue(queue.stdout)) states.set(`${s.job}_${s.task}`, s);
  // a job that was purged from the controller's memory is an error of squeue's, too
  else if (!/invalid job id/i.test(queue.stderr)) throw new NoAnswer(queue.stderr.trim());
  return [...states.values()].sort((a, b) => a.job - b.job || a.task - b.task);
}

/** Lines `12_3|RUNNING|None`. */
export function parseSqueue(text: string): TaskState[] {
  return lines(text).flatMap((line) => {
    const [id, state, reason = ""] = line.split("|");
    return taskOf(id, state, reason === "None" ? "" : reason);
  });
}

/**
 * Lines `12_3|CANCELLED by 0|…`; of the reasons only those that say something. The line of tasks that wait, `12_[0-7]|PENDING|…`,
 * may still name some that have begun or ended since: these have lines of their own, which count.
 */
export function parseSacct(text: string): TaskState[] {
  const states = new Map<string, TaskState>();
  const all = lines(text);
  for (const line of [...all.filter((l) => l.includes("[")), ...all.filter((l) => !l.includes("["))]) {
    const [id, state, reason = ""] = line.split("|");
    for (const s of taskOf(id, state.split(" ")[0], reason === "None" ? "" : reason))
      states.set(`${s.job}_${s.task}`, s);
  }
  return [...states.values()];
}

/** `12_3`, or for several that wait `12_[4-7]`, `12_[0,5,7-8]`, `12_[0-300:3]`, perhaps with a limit `%2` behind. */
function taskOf(id: string, state: string, reason: string): TaskState[] {
  const match = /^(\d+)_(?:(\d+)|\[([\d,:-]+)(?:%\d+)?\])$/.exec(id);
  if (match === null) return [];
  const job = Number(match[1]);
  const tasks =
    match[2] !== undefined
      ? [Number(match[2])]
      : match[3].split(",").flatMap((part) => {
          const [range, step = "1"] = part.split(":");
          const [from, to = from] = range.split("-").map(Number);
          return Array.from({length: Math.floor((to - from) / Number(step)) + 1}, (_, i) => from + i * Number(step));
        });
  return tasks.map((task) => ({job, task, state, reason}));
}

function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function slurm(command: string, words: readonly string[]): string {
  const {error, status, stdout, stderr} = spawnSync(command, words, {encoding: "utf8"});
  if (error)
    throw new InputError(`${command} can't be run: ${error.message}; --engine slurm needs a machine of the cluster`);
  if (status !== 0) throw new InputError(`${command} failed: ${(stderr || stdout).trim()}`);
  return stdout;
}
