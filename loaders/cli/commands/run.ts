import {join} from "node:path";
import {engineNames} from "../../../models/engines/engine.js";
import {InputError} from "../../../models/errors.js";
import {Store} from "../../store/store.js";
import {dryRun} from "../../studies/dryRun.js";
import {plannedEngine} from "../../studies/engine.js";
import {executeStep} from "../../studies/executeStep.js";
import {type Plan, planStudy, stepOf} from "../../studies/plan.js";
import {planJson, planTable} from "../../studies/planTable.js";
import {readStudy} from "../../studies/readStudy.js";
import {coresHere, runLocally} from "../../studies/runLocally.js";
import type {Standing} from "../../studies/slurm/follow.js";
import {runOnSlurm, type SlurmRun, slurmFolder, slurmStatus} from "../../studies/slurm/index.js";
import type {Step} from "../../studies/step.js";
import {Stopped} from "../../studies/stepContext.js";
import {serve} from "../../studies/worker.js";
import {type Command, numberOption, parseCommandLine, spreadValues, UsageError} from "../command.js";
import {Interrupt} from "../interrupt.js";
import {duration, Progress} from "../progress.js";

export const command: Command = {
  summary: "carry out a study: train, sample, decode, measure, compare; goes on where it was cut off",
  help: `
bandscope run: carry out a study

Usage: bandscope run STUDY.json --plan [--json]
       bandscope run STUDY.json [--out DIR] [OPTION…]
       bandscope run STUDY.json --only STEP…

A study file names datasets, autoencoders, generators, samplers, arms and the comparisons asked of them; data/studies has some,
data/schemas/study.schema.json describes them. Every arm is run on every dataset: images, training where no weights are there,
outputs, measures (paired correctly and, if asked for, as the study's published script paired), and at the end the results folder:
results.json and three Arrow tables. Each step's result goes into the store, named by all that determines it, so that the same
command goes on wherever it was cut off and does nothing twice. Two at once share the work.

  --plan            say what would run, how long it should take and what is there already; start nothing
  --json            --plan: every step, as JSON
  --only STEP…      do these steps (ids, or their beginnings) and what they need, in this process; no results folder
  --out DIR         results folder (default: out/studies/<id>)
  --store DIR       the store (default: .bandscope/store in the project; BANDSCOPE_STORE)
  --seeds N…        the samplers' seeds, in place of the study's
  --trained         leave out arms whose weights would have to be trained or are missing
  --retrain         train everything that has a recipe from nothing, into the store, rather than take models/weights
  --dry-run         go the same ways in minutes, without data or weights: simulated images of the same anatomy, narrow networks
                    of the same geometry, two training steps, few sampling steps; the numbers mean nothing
  --workers N       processes (default: as many as cores and memory allow, on a GPU up to 4); each gets an equal share of
                    the cores
  --engine NAME     ${engineNames.join(", ")} (default: the best that is set up here; BANDSCOPE_ENGINE),
                    or slurm: hand the steps to the cluster as job arrays, wait for them, collect the results
  --resamples N     of the comparisons' bootstrap (default 10000)

With --engine slurm (project, store and data on a folder that all nodes see):
  --status          show what the study's last submission is doing, from squeue and sacct
  --sbatch OPTION…  options for every job: --sbatch=--partition=gpu --sbatch=--gres=gpu:1 --sbatch=--account=lab
  --retries N       how often a task that fails is begun again (default 1)
  --node-engine E   the engine on the nodes (default: the best that is set up here; BANDSCOPE_ENGINE)

Environment: BANDSCOPE_THREADS, how many cores to use (default: all).

Examples:
  bandscope run data/studies/embedded.json --plan
  bandscope run data/studies/embedded.json
  BANDSCOPE_DATA=../shared/data BANDSCOPE_WEIGHTS_DIR=../shared/weights bandscope run data/studies/real.json

Exit status: 0 done; 1 something is wrong; 2 the command line is wrong; 130 Ctrl-C (what was finished is kept; the second
Ctrl-C ends at once).`,
  async run(argv) {
    const {values, positionals} = parseCommandLine({
      args: spreadValues(argv, ["--only", "--seeds"]),
      allowPositionals: true,
      options: {
        plan: {type: "boolean"},
        json: {type: "boolean"},
        only: {type: "string", multiple: true},
        out: {type: "string"},
        store: {type: "string"},
        seeds: {type: "string", multiple: true},
        trained: {type: "boolean"},
        retrain: {type: "boolean"},
        "dry-run": {type: "boolean"},
        workers: {type: "string"},
        engine: {type: "string"},
        status: {type: "boolean"},
        sbatch: {type: "string", multiple: true},
        retries: {type: "string"},
        "node-engine": {type: "string"},
        resamples: {type: "string"},
        worker: {type: "boolean"}
      }
    });
    if (values.worker) return serve();
    if (positionals.length !== 1) throw new UsageError("name one study file");
    if (values.json && !values.plan) throw new UsageError("--json goes with --plan");
    if (values.plan && values.only) throw new UsageError("give either --plan or --only");
    if (values.trained && values.retrain) throw new UsageError("give either --trained or --retrain");
    const workers =
      values.workers === undefined ? undefined : numberOption("workers", values.workers, {min: 1, integer: true});
    const resamples =
      values.resamples === undefined
        ? undefined
        : numberOption("resamples", values.resamples, {min: 100, integer: true});
    const seeds = values.seeds
      ?.flatMap((text) => text.split(","))
      .map((text) => numberOption("seeds", text, {min: 0, integer: true}));
    const whole = readStudy(positionals[0]);
    const file = values["dry-run"] ? dryRun(whole) : whole;
    const onSlurm = values.engine === "slurm";
    const out = values.out ?? join("out", "studies", file.study.id);
    if (!onSlurm && (values.status || values.sbatch || values.retries || values["node-engine"])) {
      throw new UsageError("--status, --sbatch, --retries and --node-engine go with --engine slurm");
    }
    const store = new Store(values.store);
    if (values.status) {
      process.stdout.write(slurmStatus(slurmFolder(out), store));
      return 0;
    }
    const engine = plannedEngine(onSlurm ? values["node-engine"] : values.engine);
    const plan = await planStudy(file, {
      store,
      engine,
      retrain: values.retrain,
      trainedOnly: values.trained,
      seeds: seeds && [...new Set(seeds)]
    });
    if (values.plan) {
      const cores = coresHere();
      process.stdout.write(values.json ? planJson(plan) : planTable(plan, cores));
      return 0;
    }
    if (plan.missing.length > 0) {
      const more = plan.missing.length > 1 ? ` (and ${plan.missing.length - 1} more: --plan lists them)` : "";
      throw new InputError(`${plan.missing[0]}${more}`);
    }
    if (plan.runs.length === 0)
      throw new InputError(`${file.path} has no arm that can be run; ${plan.notes.join("; ")}`);
    for (const note of plan.notes) process.stderr.write(`note: ${note}\n`);
    if (values.only) return only(plan, values.only, store);
    const slurm: SlurmChoice | undefined = onSlurm
      ? {
          study: file.path,
          flags: [
            "--engine",
            engine,
            ...(seeds ? [`--seeds=${seeds.join(",")}`] : []),
            ...(values.trained ? ["--trained"] : []),
            ...(values.retrain ? ["--retrain"] : []),
            ...(values["dry-run"] ? ["--dry-run"] : [])
          ],
          options: {
            extra: values.sbatch ?? [],
            retries: numberOption("retries", values.retries ?? "1", {min: 0, max: 10, integer: true})
          }
        }
      : undefined;
    return all(plan, out, store, {workers, resamples, slurm});
  }
};

async function only(plan: Plan, ids: readonly string[], store: Store): Promise<number> {
  const chosen = ids.flatMap((text) => text.split(",")).map((id) => stepOf(plan, id));
  const steps = new Map(plan.steps.map((step) => [step.id, step]));
  return stoppable(async (stopped) => {
    for (const step of chosen) {
      const progress = new Progress(step.title, 1000);
      let done = 0;
      const artefact = await executeStep(step, steps, {
        store,
        engine: plan.engine,
        stopped,
        onProgress: (fraction) => {
          const now = Math.floor(1000 * fraction);
          progress.advance(now - done);
          done = now;
        },
        onWait: (holder) => process.stderr.write(`${step.title}: ${holder} is at it; waiting\n`)
      });
      progress.finish();
      process.stdout.write(`${artefact.id}  ${step.title}\n`);
    }
    return 0;
  });
}

/** How a study is to run on a cluster. */
type SlurmChoice = Pick<SlurmRun, "study" | "flags" | "options">;

async function all(
  plan: Plan,
  out: string,
  store: Store,
  {workers, resamples, slurm}: {workers?: number; resamples?: number; slurm?: SlurmChoice}
): Promise<number> {
  const started = performance.now();
  return stoppable(async (stopped) => {
    const {verified} = await import("../../studies/verified.js");
    const steps = await verified(plan.steps, store);
    const seconds = steps.reduce((sum, step) => sum + (step.cached ? 0 : step.seconds), 0);
    const progress = new Progress(plan.file.study.id, Math.max(1, Math.round(seconds)), "planned s");
    let advanced = 0;
    const advance = (done: number, note: string) => {
      const now = Math.round(done);
      if (now > advanced) progress.advance(now - advanced, note);
      advanced = Math.max(advanced, now);
    };
    const onNote = (text: string) => process.stderr.write(`${text}\n`);
    if (slurm) {
      const onStanding = ({done, running, waiting, failed, all: tasks}: Standing) => {
        const text = `${done} of ${tasks} tasks done, ${running} running, ${waiting} waiting`;
        advance((seconds * done) / Math.max(1, tasks), failed > 0 ? `${text}, ${failed} failed` : text);
      };
      await runOnSlurm(steps, {store, folder: slurmFolder(out), stopped, onStanding, onNote, ...slurm});
      const lacking: Step[] = [];
      for (const step of steps) if (!(await store.get(step.recipe))) lacking.push(step);
      if (lacking.length > 0) {
        throw new InputError(
          `${lacking.length} steps are not in the store though their jobs ended (the first: ${lacking[0].title}); see the logs in ${slurmFolder(out)}`
        );
      }
    } else {
      await runLocally(steps, {store, engine: plan.engine, workers, stopped, onProgress: advance, onNote});
    }
    progress.finish();
    const {writeStudyResults} = await import("../../studies/collect.js");
    const {writeResults} = await import("../../studies/results/write.js");
    let comparing: Progress | undefined;
    const results = await writeStudyResults(plan, store, out, writeResults, {
      resamples,
      onComparison: (total) => {
        comparing ??= new Progress("compare", total);
        comparing.advance();
      }
    });
    comparing?.finish();
    const made = steps.filter(({cached}) => !cached).length;
    process.stderr.write(
      `${plan.file.study.id}: ${made} of ${steps.length} steps done now, the others were there; ${duration(performance.now() - started)}\n`
    );
    process.stdout.write(`${join(out, "results.json")}  ${results.id.slice(0, 12)}\n`);
    return 0;
  });
}

/** 130 when the work was told to stop. */
async function stoppable(work: (stopped: () => boolean) => Promise<number>): Promise<number> {
  const interrupt = new Interrupt(
    "stopping after the batches at hand; what is finished is kept (Ctrl-C again ends at once)"
  );
  interrupt.listen();
  try {
    return await work(() => interrupt.requested);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    process.stderr.write("stopped; the same command goes on\n");
    return 130;
  } finally {
    interrupt.ignore();
  }
}
