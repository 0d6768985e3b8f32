import {type ChildProcess, spawn} from "node:child_process";
import {availableParallelism, freemem} from "node:os";
import {fileURLToPath} from "node:url";
import {type EngineName, isGpuEngine} from "../../models/engines/engine.js";
import {InputError} from "../../models/errors.js";
import type {Store} from "../store/store.js";
import type {Step} from "./step.js";
import {Stopped} from "./stepContext.js";
import type {Answer, Order} from "./worker.js";

const bin = fileURLToPath(new URL("../../bin/bandscope.mjs", import.meta.url));

export interface LocalOptions {
  readonly store: Store;
  readonly engine: EngineName;
  /** Worker processes; by default as many as the cores and the memory allow. */
  readonly workers?: number;
  readonly stopped: () => boolean;
  /** A step moved on: seconds of the estimate that are done, of all. */
  readonly onProgress: (done: number, note: string) => void;
  readonly onNote: (text: string) => void;
}

/** How many threads the arithmetic may have in all. */
export function coresHere(): number {
  return Math.max(1, Math.floor(Number(process.env.BANDSCOPE_THREADS) || availableParallelism()));
}

/** Processes that share a GPU: each has a context and buffers of its own there. */
const mostOnGpu = 4;

/** Worker processes within the cores and the memory (GiB) that is free. */
export function workersFor(steps: readonly Step[], engine: EngineName, cores: number, free = memoryHere()): number {
  const largest = Math.max(0.5, ...steps.map(({resources}) => resources.memoryGiB));
  const processes = isGpuEngine(engine) ? Math.min(cores, mostOnGpu) : cores;
  return Math.max(1, Math.min(processes, steps.length, Math.floor((0.8 * free) / largest)));
}

function memoryHere(): number {
  const {availableMemory} = process as {availableMemory?: () => number};
  return (availableMemory?.() ?? freemem()) / 2 ** 30;
}

/**
 * Does the steps that are not cached: trainings one after the other with all cores, the rest in processes with an equal share of
 * them. A process that dies is replaced and its step begun again, once.
 * @throws Stopped when told to stop; InputError of the first step that fails, after the running ones are done
 */
export async function runLocally(steps: readonly Step[], options: LocalOptions): Promise<void> {
  const open = steps.filter(({cached}) => !cached);
  if (open.length === 0) return;
  const cores = coresHere();
  const trains = ({kind}: Step) => kind === "autoencoder" || kind === "generator";
  const trainings = open.filter(trains);
  const rest = open.filter((step) => !trains(step));
  const done = {seconds: 0};
  if (trainings.length > 0) await new Pool(steps, trainings, 1, cores, options, done).run();
  if (rest.length === 0) return;
  const workers = options.workers ?? workersFor(rest, options.engine, cores);
  const threads = Math.max(1, Math.floor(cores / workers));
  options.onNote(
    `${options.engine}: ${workers} ${workers === 1 ? "process" : "processes"}, ${threads} ${threads === 1 ? "thread" : "threads"} each`
  );
  await new Pool(steps, rest, workers, threads, options, done).run();
}

/** A number of worker processes with steps to do. */
class Pool {
  private readonly waiting: Step[];
  private readonly unfinished: Set<string>;
  private readonly busy = new Map<ChildProcess, {step: Step; fraction: number}>();
  private readonly tries = new Map<string, number>();
  private readonly idle = new Set<ChildProcess>();
  private readonly living = new Set<ChildProcess>();
  private failure: Error | undefined;
  private told = false;
  private settle!: () => void;

  constructor(
    private readonly steps: readonly Step[],
    todo: readonly Step[],
    private readonly workers: number,
    private readonly threads: number,
    private readonly options: LocalOptions,
    private readonly done: {seconds: number}
  ) {
    this.waiting = [...todo];
    this.unfinished = new Set(todo.map(({id}) => id));
  }

  async run(): Promise<void> {
    const watch = setInterval(() => {
      if (!this.options.stopped() || this.told) return;
      this.told = true;
      for (const child of this.living) tell(child, {order: "stop"});
      this.feed();
    }, 100);
    try {
      await new Promise<void>((resolve) => {
        this.settle = resolve;
        for (let i = 0; i < Math.min(this.workers, this.waiting.length); i++) this.start();
        this.feed();
      });
    } finally {
      clearInterval(watch);
      await Promise.all([...this.living].map(endOf));
    }
    if (this.failure) throw this.failure;
    if (this.unfinished.size > 0) throw new Stopped();
  }

  /** Gives idle workers what is ready; ends when there is nothing more to do or to wait for. */
  private feed(): void {
    for (const child of [...this.idle]) {
      if (this.failure || this.told) break;
      const at = this.waiting.findIndex(({needs}) => needs.every((id) => !this.unfinished.has(id)));
      if (at < 0) break;
      const [step] = this.waiting.splice(at, 1);
      this.idle.delete(child);
      this.busy.set(child, {step, fraction: 0});
      tell(child, {order: "step", id: step.id});
    }
    const over = this.waiting.length === 0 || this.failure !== undefined || this.told;
    if (over && this.busy.size === 0) this.settle();
  }

  private start(): void {
    const threads = String(this.threads);
    const {engine, store} = this.options;
    const child = spawn(process.execPath, [bin, "run", "--worker"], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      env: {
        ...process.env,
        npm_lifecycle_event: "",
        BANDSCOPE_ENGINE: engine,
        BANDSCOPE_THREADS: threads,
        TF_NUM_INTRAOP_THREADS: threads,
        OMP_NUM_THREADS: threads
      }
    });
    this.living.add(child);
    this.idle.add(child);
    child.on("message", (answer: Answer) => this.hear(child, answer));
    child.on("exit", (code, signal) => this.lost(child, signal ?? `exit status ${code}`));
    child.on("error", (error) => this.lost(child, error.message));
    tell(child, {order: "begin", steps: this.steps, engine, store: store.folder});
  }

  private hear(child: ChildProcess, answer: Answer): void {
    const doing = this.busy.get(child);
    if (doing?.step.id !== answer.id) return;
    const {step} = doing;
    if (answer.answer === "progress") {
      doing.fraction = answer.fraction;
      this.report(step);
      return;
    }
    if (answer.answer === "waits") {
      this.options.onNote(`${step.title}: ${answer.holder} is at it; waiting`);
      return;
    }
    this.busy.delete(child);
    this.idle.add(child);
    if (answer.answer === "done") {
      this.unfinished.delete(step.id);
      this.done.seconds += step.seconds;
      this.report(step);
    } else if (answer.answer === "failed") {
      const message = `${step.title}: ${answer.message}`;
      this.failure ??= answer.input ? new InputError(message) : new Error(message);
    }
    this.feed();
  }

  private report(step: Step): void {
    let part = 0;
    for (const {step: other, fraction} of this.busy.values()) part += other.seconds * fraction;
    this.options.onProgress(this.done.seconds + part, step.title);
  }

  /** A worker ended on its own: out of memory, killed, or a library's crash. */
  private lost(child: ChildProcess, how: string): void {
    if (!this.living.delete(child)) return;
    this.idle.delete(child);
    const doing = this.busy.get(child);
    this.busy.delete(child);
    if (doing) {
      const {step} = doing;
      const tries = (this.tries.get(step.id) ?? 0) + 1;
      this.tries.set(step.id, tries);
      if (tries > 1) {
        const hint = how === "SIGKILL" ? "; if memory ran out, --workers 1 needs less" : "";
        this.failure ??= new InputError(`${step.title}: its process ended twice (${how})${hint}`);
      } else {
        this.options.onNote(`${step.title}: its process ended (${how}); begun again`);
        this.waiting.unshift(step);
      }
    }
    if (!this.failure && !this.told && this.waiting.length > 0) this.start();
    this.feed();
  }
}

function tell(child: ChildProcess, order: Order): void {
  if (child.connected) child.send(order);
}

/** Lets a worker go, and sees that it goes. */
function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
    child.removeAllListeners("exit");
    child.once("exit", () => {
      clearTimeout(late);
      resolve();
    });
    if (child.connected) child.disconnect();
  });
}
