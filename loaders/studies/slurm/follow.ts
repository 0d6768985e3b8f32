import {mkdirSync, readFileSync} from "node:fs";
import {join} from "node:path";
import {InputError} from "../../../models/errors.js";
import {writeFileAtomic} from "../../files.js";
import {type JobArray, jobArrays, type SlurmStep} from "./arrays.js";
import {cancel, hasEnded, isBlocked, NoAnswer, submit, type TaskState, taskStates} from "./queue.js";
import {batchScript, type SlurmOptions} from "./script.js";

/** What was handed to SLURM: `jobs.json` in the folder of the scripts and logs, for whoever looks at it later. */
export interface Submission {
  readonly study: string;
  readonly date: string;
  readonly arrays: readonly (JobArray & {readonly job: number})[];
}

/** How the tasks of a submission stand. */
export interface Standing {
  readonly waiting: number;
  readonly running: number;
  readonly done: number;
  readonly failed: number;
  /** Tasks that can never run, since one before them failed. */
  readonly blocked: number;
  /** Tasks that SLURM has forgotten and that left no result. */
  readonly lost: number;
  readonly all: number;
}

/**
 * Writes the batch scripts and hands them to sbatch, each array waiting for the tasks that it needs. If one is refused, those
 * already in the queue are taken out again.
 * @param folder that all nodes see: scripts, lists of tasks and logs
 * @param command words that, with a step's id behind, do the step
 * @throws InputError with SLURM's own words
 */
export function submitArrays(
  study: string,
  steps: readonly SlurmStep[],
  {folder, command, cwd, options}: {folder: string; command: readonly string[]; cwd: string; options: SlurmOptions}
): Submission {
  mkdirSync(folder, {recursive: true});
  const jobs: number[] = [];
  const arrays = jobArrays(steps);
  try {
    for (const [i, array] of arrays.entries()) {
      const stem = join(folder, `${String(i).padStart(3, "0")}-${array.name}`);
      writeFileAtomic(`${stem}.tasks`, array.tasks.map((ids) => `${ids.join(" ")}\n`).join(""));
      const log = join(folder, "%x-%A_%a.log");
      writeFileAtomic(`${stem}.sh`, batchScript(array, options, {command, tasks: `${stem}.tasks`, log, folder: cwd}));
      jobs.push(
        submit(
          `${stem}.sh`,
          array.after.map(({array: before, task}) => `${jobs[before]}_${task}`)
        )
      );
    }
  } catch (error) {
    if (jobs.length > 0) cancel(jobs);
    throw error;
  }
  const submission = {
    study,
    date: new Date().toISOString(),
    arrays: arrays.map((array, i) => ({...array, job: jobs[i]}))
  };
  writeFileAtomic(join(folder, "jobs.json"), `${JSON.stringify(submission, null, 1)}\n`);
  return submission;
}

/** The last submission whose scripts lie in `folder`. @throws InputError when there is none */
export function readSubmission(folder: string): Submission {
  try {
    return JSON.parse(readFileSync(join(folder, "jobs.json"), "utf8")) as Submission;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new InputError(`nothing was handed to SLURM from ${folder}`);
  }
}

/** A task of a submission, under its array's name. */
export type Task = TaskState & {readonly name: string};

/**
 * Every task, with SLURM's word for it. Of one that is in neither queue nor accounts the store tells: it is COMPLETED if all of
 * its results are there, else UNKNOWN.
 * @param made is the result of this step there?
 * @throws NoAnswer
 */
export function standings({arrays}: Submission, made: (step: string) => boolean): {tasks: Task[]; standing: Standing} {
  const known = new Map(taskStates(arrays.map(({job}) => job)).map((state) => [`${state.job}_${state.task}`, state]));
  const tasks = arrays.flatMap(({job, name, tasks: own}) =>
    own.map((steps, task) => {
      const forgotten = () => ({job, task, state: steps.every(made) ? "COMPLETED" : "UNKNOWN", reason: ""});
      return {name, ...(known.get(`${job}_${task}`) ?? forgotten())};
    })
  );
  const count = (test: (state: TaskState) => boolean) => tasks.filter(test).length;
  const done = count(({state}) => state === "COMPLETED");
  const lost = count(({state}) => state === "UNKNOWN");
  const blocked = count(isBlocked);
  const failed = count((state) => hasEnded(state) && state.state !== "COMPLETED");
  const running = count(({state}) => state === "RUNNING" || state === "COMPLETING" || state === "CONFIGURING");
  return {
    tasks,
    standing: {
      waiting: tasks.length - done - lost - blocked - failed - running,
      running,
      done,
      failed,
      blocked,
      lost,
      all: tasks.length
    }
  };
}

/** The state of each array as lines for people. */
export function standingsText({arrays}: Submission, tasks: readonly Task[]): string {
  const width = Math.max(...arrays.map(({name}) => name.length));
  return arrays
    .map(({job, name}) => {
      const counts = new Map<string, number>();
      for (const task of tasks) {
        if (task.job !== job) continue;
        const text = isBlocked(task) ? "BLOCKED" : task.state;
        counts.set(text, (counts.get(text) ?? 0) + 1);
      }
      const words = [...counts].map(([state, n]) => `${n} ${state.toLowerCase()}`);
      return `${String(job).padStart(8)}  ${name.padEnd(width)}  ${words.join(", ")}\n`;
    })
    .join("");
}

/** A controller that is restarted is back sooner, in milliseconds. */
const patience = 10 * 60_000;

/**
 * Waits until no task waits or runs. What can never run because another failed is taken out of the queue.
 * @param stopped true ends the waiting; the jobs go on
 * @returns how the tasks stood last; undefined when it was stopped before that was known
 * @throws NoAnswer when there has been none for ten minutes; the jobs go on
 */
export async function follow(
  submission: Submission,
  {
    made,
    stopped,
    onStanding,
    onNote,
    seconds = 5
  }: {
    made: (step: string) => boolean;
    stopped: () => boolean;
    onStanding: (standing: Standing) => void;
    onNote: (text: string) => void;
    seconds?: number;
  }
): Promise<{tasks: Task[]; standing: Standing} | undefined> {
  let last: ReturnType<typeof standings> | undefined;
  let heard = performance.now();
  let silent = false;
  for (;;) {
    try {
      last = standings(submission, made);
      heard = performance.now();
      silent = false;
      onStanding(last.standing);
      if (last.standing.waiting + last.standing.running === 0) {
        const dead = [...new Set(last.tasks.filter(isBlocked).map(({job}) => job))];
        if (dead.length > 0) cancel(dead);
        return last;
      }
    } catch (error) {
      if (!(error instanceof NoAnswer) || performance.now() - heard > patience) throw error;
      if (!silent) onNote(`${error.message}; asking again`);
      silent = true;
    }
    for (let waited = 0; waited < seconds * 1000; waited += 200) {
      if (stopped()) return last;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
