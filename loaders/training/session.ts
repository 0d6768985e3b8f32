import {appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {encodeSafetensors, type TensorToWrite} from "../../models/checkpoints/encode-safetensors.js";
import {openCheckpoint} from "../../models/checkpoints/open.js";
import type {Engine} from "../../models/engines/engine.js";
import {InputError} from "../../models/errors.js";
import type {OptimizationStep, Trainer} from "../../models/training/trainer.js";
import {writeFileAtomic} from "../files.js";
import {type Json, recipeHash} from "../store/canonical.js";
import {type Lock, tryLock} from "../store/lock.js";
import {silentReporter, type TrainingReporter} from "./reporter.js";
import {sparkline} from "./sparkline.js";

/** Where and how a training runs; nothing of it but the engine, and its number of threads by rounding, changes the result. */
export interface TrainingContext {
  /** Folder of the checkpoint and the loss curve; a training that finds its own there goes on from it. */
  readonly work: string;
  /** The engine that has been started. */
  readonly engine: Engine;
  /** Minutes between two checkpoints; 2 unless told. */
  readonly checkpointMinutes?: number;
  /** Forget the checkpoint and begin anew. */
  readonly restart?: boolean;
  /** Asked after every step; true stops after a checkpoint. */
  readonly interrupted?: () => boolean;
  /** Silent unless told. */
  readonly reporter?: TrainingReporter;
}

/** Thrown where a person asked to stop before the first step; there is nothing to keep yet. */
export class Interrupted extends Error {}

/** One training in its work folder, locked against a second one: restores, runs, writes checkpoints and the loss curve. */
export class TrainingSession<Step extends OptimizationStep> {
  /** Of training, over all sessions. */
  seconds = 0;
  /** Into how many parts the batch of the last step was divided, in whichever session that was. */
  parts = 1;
  readonly reporter: TrainingReporter;
  private readonly lock: Lock;
  private readonly recipeId: string;
  private readonly stateFile: string;
  private readonly lossFile: string;

  /** @throws InputError when another process is training here, or the checkpoint is another recipe's */
  constructor(
    private readonly trainer: Trainer,
    recipe: unknown,
    private readonly context: TrainingContext
  ) {
    const {work, restart = false, reporter = silentReporter} = context;
    this.reporter = reporter;
    mkdirSync(work, {recursive: true});
    const lock = tryLock(join(work, ".lock"));
    if (!("release" in lock)) throw new InputError(`${lock.holder} is training in ${work}`);
    this.lock = lock;
    this.recipeId = recipeHash(recipe as Json);
    this.stateFile = join(work, "training.safetensors");
    this.lossFile = join(work, "loss.jsonl");
    try {
      if (existsSync(this.stateFile) && !restart) this.restore();
      else writeFileSync(this.lossFile, "");
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /**
   * Takes the steps that are left.
   * @param step takes the one that is due
   * @param describe the step's figures for the progress bar
   * @returns whether all steps have been taken; if not, the training was interrupted
   * @throws InputError when the loss is no longer a number; the checkpoint before it stays
   */
  async run(steps: number, step: () => Step | Promise<Step>, describe: (step: Step) => string): Promise<boolean> {
    const {checkpointMinutes = 2, interrupted = () => false} = this.context;
    const losses = this.losses().map(({loss}) => loss);
    const progress = this.reporter.progress("train", steps - this.trainer.steps, "steps");
    let began = performance.now();
    const save = async () => {
      this.seconds += (performance.now() - began) / 1000;
      began = performance.now();
      await this.save();
    };
    while (this.trainer.steps < steps && !interrupted()) {
      let report: Step;
      try {
        report = await step();
        this.parts = this.trainer.parts;
      } catch (error) {
        progress.finish();
        if (error instanceof RangeError) throw new InputError(error.message, {cause: error});
        throw error;
      }
      appendFileSync(this.lossFile, `${JSON.stringify(report)}\n`);
      losses.push(report.loss);
      progress.advance(1, `${describe(report)} ${sparkline(losses, 12)}`);
      if (performance.now() - began > checkpointMinutes * 60_000) await save();
      await new Promise((resolve) => setImmediate(resolve)); // lets signals in
    }
    progress.finish();
    // before the first step there is nothing to go on from
    if (this.trainer.steps > 0) await save();
    if (this.trainer.steps < steps) {
      this.reporter.note(`stopped after step ${this.trainer.steps} of ${steps}; the same command goes on`);
      return false;
    }
    this.reporter.note(`loss ${sparkline(losses, 60)}`);
    return true;
  }

  /** To be awaited now and then in long work before the first step: lets signals in. @throws Interrupted */
  async pause(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (!this.context.interrupted?.()) return;
    this.reporter.note("stopped while preparing; the same command goes on");
    throw new Interrupted();
  }

  /** Every step so far, as loss.jsonl has it. */
  losses(): Step[] {
    if (!existsSync(this.lossFile)) return [];
    return readFileSync(this.lossFile, "utf8")
      .split("\n")
      .flatMap((line) => {
        try {
          return [JSON.parse(line) as Step];
        } catch {
          return []; // the last line of a process that was killed
        }
      });
  }

  /** Lets another process in. */
  close(): void {
    this.lock.release();
  }

  private async save(): Promise<void> {
    const tensors: TensorToWrite[] = [];
    for (const [name, tensor] of Object.entries(this.trainer.state())) {
      tensors.push({name, shape: tensor.shape, values: await tensor.data<"float32">()});
    }
    const metadata = {
      recipe: this.recipeId,
      steps: String(this.trainer.steps),
      seconds: String(this.seconds),
      parts: String(this.parts)
    };
    writeFileAtomic(this.stateFile, encodeSafetensors(tensors, {metadata}));
  }

  private restore(): void {
    const checkpoint = openCheckpoint(this.stateFile);
    try {
      const {recipe, steps, seconds, parts = "1"} = checkpoint.metadata as Record<string, string>;
      if (recipe !== this.recipeId) {
        throw new InputError(
          `${this.stateFile} belongs to another recipe: add --restart to begin anew, or name another --work`
        );
      }
      this.trainer.restore(Number(steps), (name) => checkpoint.read(name));
      this.seconds = Number(seconds);
      this.parts = Number(parts);
    } finally {
      checkpoint.close();
    }
    // steps after the checkpoint are taken again
    const kept = this.losses().filter(({step}) => step < this.trainer.steps);
    writeFileAtomic(this.lossFile, kept.map((line) => `${JSON.stringify(line)}\n`).join(""));
    this.reporter.note(`goes on after step ${this.trainer.steps}`);
  }
}
