import {createRequire} from "node:module";
import {availableParallelism} from "node:os";
import {pathToFileURL} from "node:url";
import {Worker} from "node:worker_threads";
import {InputError} from "../../models/errors.js";
import {type ResultOf, runTask, type Task} from "./tasks.js";

export type Reply =
  | {readonly id: number; readonly result: unknown}
  | {readonly id: number; readonly error: {readonly message: string; readonly input: boolean}};

/** Below so many pairs to measure, threads take longer to start than to help. */
const worthThreads = 400;

/** How many threads a site of so many pairs is made on; 0: none but this one. */
export function threadsFor(pairs: number): number {
  return pairs < worthThreads ? 0 : Math.min(8, availableParallelism());
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly doing: Map<number, Waiting>;
}

/** Runs tasks on threads of its own, or with none in this one. A thread has two tasks at most; the others wait here. */
export class Pool {
  private readonly threads: Thread[] = [];
  private readonly queue: {readonly task: Task; readonly waiting: Waiting}[] = [];
  private readonly rooms: (() => void)[] = [];
  private next = 0;
  private failure: Error | undefined;

  constructor(private readonly size: number) {}

  run<T extends Task>(task: T): Promise<ResultOf<T>> {
    if (this.size === 0) return runTask(task);
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) return reject(this.failure);
      this.queue.push({task, waiting: {resolve: resolve as (result: unknown) => void, reject}});
      this.feed();
    });
  }

  /** Resolves once few tasks wait: before the next one is made, so that their pixels do not pile up. */
  async room(): Promise<void> {
    while (this.failure === undefined && this.queue.length >= 2 * Math.max(1, this.size)) {
      await new Promise<void>((resolve) => {
        this.rooms.push(resolve);
      });
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.threads.map(({worker}) => worker.terminate()));
  }

  private feed(): void {
    while (this.queue.length > 0) {
      let thread = this.threads.find(({doing}) => doing.size === 0);
      if (thread === undefined && this.threads.length < this.size) thread = this.start();
      thread ??= this.threads.find(({doing}) => doing.size < 2);
      if (thread === undefined) return;
      const {task, waiting} = this.queue.shift()!;
      const id = this.next++;
      thread.doing.set(id, waiting);
      thread.worker.postMessage({id, task});
      this.rooms.shift()?.();
    }
  }

  private start(): Thread {
    const thread: Thread = {worker: startThread(), doing: new Map()};
    thread.worker.on("message", (reply: Reply) => {
      const waiting = thread.doing.get(reply.id)!;
      thread.doing.delete(reply.id);
      if ("error" in reply) {
        const {message, input} = reply.error;
        waiting.reject(input ? new InputError(message) : new Error(message));
      } else waiting.resolve(reply.result);
      this.feed();
    });
    // a thread that dies (out of memory) takes its tasks with it, and nothing goes on
    thread.worker.on("error", (error) => {
      this.failure = error as Error;
      for (const {waiting} of this.queue.splice(0)) waiting.reject(this.failure);
      for (const {doing} of this.threads) for (const {reject} of doing.values()) reject(this.failure);
      for (const go of this.rooms.splice(0)) go();
    });
    this.threads.push(thread);
    return thread;
  }
}

/** A thread that runs worker.ts. Threads do not inherit the TypeScript loader, so this one registers it first. */
function startThread(): Worker {
  const tsx = new URL("./esm/api/index.mjs", pathToFileURL(createRequire(import.meta.url).resolve("tsx")));
  const script = new URL("./worker.ts", import.meta.url);
  const source = `import {register} from ${JSON.stringify(tsx.href)}; register(); await import(${JSON.stringify(script.href)});`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {execArgv: []});
}
