import {createRequire} from "node:module";
import {pathToFileURL} from "node:url";
import {Worker} from "node:worker_threads";
import {InputError} from "../../models/errors.js";
import {measureTask, type TaskResult} from "./measure-task.js";
import type {Task} from "./task.js";

export interface Request {
  readonly index: number;
  readonly task: Task;
}

export type Reply =
  | {readonly index: number; readonly result: TaskResult}
  | {readonly index: number; readonly error: {readonly message: string; readonly input: boolean}};

/** So many tasks wait in a worker: while one is measured, the next message is there already. */
const QUEUED = 2;

/**
 * Measures all tasks on `workers` threads (0: in this one). Results come in the order of the tasks, whichever thread is faster. A
 * worker reads its files itself, so the memory does not grow with the number of images.
 * `strict`: after the first pair whose sizes differ, the rest is only looked through for more of them.
 * @throws the error of the first task (by order) that fails; no new task is begun after it.
 */
export async function measureAll(
  tasks: readonly Task[],
  {workers, strict = false, onDone = () => {}}: {workers: number; strict?: boolean; onDone?: () => void}
): Promise<TaskResult[]> {
  let sizesOnly = false;
  const taskAt = (index: number): Task => (sizesOnly ? {...tasks[index], sizesOnly} : tasks[index]);
  const done = ({mismatches}: TaskResult) => {
    if (strict && mismatches.length > 0) sizesOnly = true;
    onDone();
  };
  if (workers > 0) return onThreads(tasks.length, taskAt, workers, done);
  const results: TaskResult[] = [];
  for (let index = 0; index < tasks.length; index++) {
    const result = await measureTask(taskAt(index));
    results.push(result);
    done(result);
  }
  return results;
}

async function onThreads(
  total: number,
  taskAt: (index: number) => Task,
  workers: number,
  onDone: (result: TaskResult) => void
): Promise<TaskResult[]> {
  const results = new Array<TaskResult>(total);
  let next = 0;
  let failure: {index: number; error: Error} | undefined;
  const fail = (index: number, error: Error) => {
    if (failure === undefined || index < failure.index) failure = {index, error};
  };

  const run = (worker: Worker) =>
    new Promise<void>((resolve) => {
      const waiting = new Set<number>();
      const feed = () => {
        while (waiting.size < QUEUED && next < total && failure === undefined) {
          const request: Request = {index: next, task: taskAt(next)};
          waiting.add(next++);
          worker.postMessage(request);
        }
        if (waiting.size === 0) resolve();
      };
      worker.on("message", (reply: Reply) => {
        waiting.delete(reply.index);
        if ("error" in reply) {
          const {message, input} = reply.error;
          fail(reply.index, input ? new InputError(message) : new Error(message));
        } else {
          results[reply.index] = reply.result;
          onDone(reply.result);
        }
        feed();
      });
      // a thread that dies (out of memory) takes its tasks with it
      worker.on("error", (error) => {
        fail(Math.min(next, ...waiting), error as Error);
        resolve();
      });
      feed();
    });

  const threads = Array.from({length: Math.min(workers, total)}, startThread);
  try {
    await Promise.all(threads.map(run));
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
  if (failure !== undefined) throw failure.error;
  return results;
}

/** A thread that runs worker.ts. Threads do not inherit the TypeScript loader, so this one registers it first. */
function startThread(): Worker {
  // `require.resolve` finds tsx's loader; its programming interface for modules stands beside it
  const tsx = new URL("./esm/api/index.mjs", pathToFileURL(createRequire(import.meta.url).resolve("tsx")));
  const script = new URL("./worker.ts", import.meta.url);
  const source = `import {register} from ${JSON.stringify(tsx.href)}; register(); await import(${JSON.stringify(script.href)});`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {execArgv: []});
}
