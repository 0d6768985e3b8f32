import type {Engine, EngineName} from "../../models/engines/engine.js";
import type {Store} from "../store/store.js";

/** What a step needs of the process that it runs in. */
export interface StepContext {
  readonly store: Store;
  readonly engine: EngineName;
  /** A part of the step is done: 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
  /** Another process makes what is wanted. */
  readonly onWait?: (holder: string) => void;
  /** Whether to stop after the batch at hand. */
  readonly stopped?: () => boolean;
}

/** The step was told to stop. What it had finished is kept. */
export class Stopped extends Error {
  constructor() {
    super("stopped");
    this.name = "Stopped";
  }
}

/** Hands out items in batches of a fixed make-up, so that a resumed step computes what an uninterrupted one would. @throws Stopped */
export async function eachBatch<T>(
  items: readonly T[],
  size: number,
  {stopped, onProgress}: StepContext,
  run: (batch: readonly T[], number: number) => Promise<void>
): Promise<void> {
  for (let i = 0; i < items.length; i += size) {
    if (stopped?.()) throw new Stopped();
    await run(items.slice(i, i + size), i / size);
    onProgress?.(Math.min(1, (i + size) / items.length));
    await new Promise((resolve) => setImmediate(resolve)); // lets signals and messages in
  }
}

/** Starts the engine that the plan was made for. TensorFlow loads only here. */
export async function startPlanned({engine}: StepContext): Promise<Engine> {
  const {startEngine} = await import("../../models/engines/index.js");
  return startEngine(engine);
}

/** `tfjs-node (tfjs 4.22.0, TensorFlow 2.21.0, 2 threads)` */
export function engineText({name, version, threads, device}: Engine): string {
  const where = device ? `, ${device}` : threads > 0 ? `, ${threads} thread${threads === 1 ? "" : "s"}` : "";
  return `${name} (${version}${where})`;
}
