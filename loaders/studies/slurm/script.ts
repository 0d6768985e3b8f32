import type {JobArray} from "./arrays.js";

/** What a site asks of its users, and how often a task is tried. */
export interface SlurmOptions {
  /** Options of sbatch, each whole: `--partition=gpu`, `--gres=gpu:1`. */
  readonly extra: readonly string[];
  /** How often a task that fails is begun again. */
  readonly retries: number;
}

/**
 * The batch script of an array. Each task does its steps one after the other; one that fails is tried again, except for a
 * wrong command line (2) or when it was told to stop (130), which another try would not mend.
 * @param command what does a step, before its id: words, none of which needs a shell
 * @param tasks the file with a task a line, ids of steps between spaces
 */
export function batchScript(
  array: JobArray,
  {extra, retries}: SlurmOptions,
  {command, tasks, log, folder}: {command: readonly string[]; tasks: string; log: string; folder: string}
): string {
  const {cores, memoryGiB, minutes} = array.resources;
  const options = [
    `--job-name=bandscope-${array.name}`,
    `--array=0-${array.tasks.length - 1}`,
    `--cpus-per-task=${cores}`,
    `--mem=${Math.ceil(memoryGiB * 1024)}M`,
    // estimates are for this machine: a slower one must not be cut off
    `--time=${Math.max(10, Math.ceil(minutes * 4))}`,
    `--output=${log}`,
    `--chdir=${folder}`,
    "--requeue",
    ...extra
  ];
  return `#!/bin/bash
${options.map((option) => `#SBATCH ${option}`).join("\n")}

export BANDSCOPE_THREADS=\${SLURM_CPUS_PER_TASK:-1}
export TF_NUM_INTRAOP_THREADS=$BANDSCOPE_THREADS OMP_NUM_THREADS=$BANDSCOPE_THREADS
steps=$(sed -n "$((SLURM_ARRAY_TASK_ID + 1))p" ${quoted(tasks)})
for step in $steps; do
  for try in $(seq 0 ${retries}); do
    [ "$try" -gt 0 ] && echo "try $((try + 1)) of ${retries + 1}"
    code=0
    ${command.map(quoted).join(" ")} "$step" || code=$?
    case $code in 0 | 2 | 130) break ;; esac
  done
  [ "$code" -eq 0 ] || exit "$code"
done
`;
}

/** A word for a POSIX shell. */
export function quoted(word: string): string {
  return /^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
