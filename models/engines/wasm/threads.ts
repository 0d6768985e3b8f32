import {createRequire, syncBuiltinESMExports} from "node:module";
import type os from "node:os";
import {dirname, join} from "node:path";
import type {Worker, WorkerOptions} from "node:worker_threads";

const require = createRequire(import.meta.url);
const workerThreads: {Worker: typeof Worker} = require("node:worker_threads");
const operatingSystem: {cpus: typeof os.cpus} = require("node:os");

/**
 * Runs `start` in surroundings where the wasm backend's threads work in Node, then puts everything back.
 *
 * The backend's threads were written for browsers. Three things are in their way here: its workers start from a `blob:`
 * address (they get their source as text instead), their `load` message names no module that a Node worker can load
 * (it gets the package's real path), and emscripten halves the number of processors that it is told. The workers never
 * hold the process open.
 */
export async function withNodeThreads<T>(threads: number, start: () => Promise<T>): Promise<T> {
  const {Worker: NodeWorker} = workerThreads;
  const {cpus} = operatingSystem;
  const globalWorker = Object.getOwnPropertyDescriptor(globalThis, "Worker");
  const listeners = {
    uncaughtException: process.listeners("uncaughtException"),
    unhandledRejection: process.listeners("unhandledRejection")
  };

  workerThreads.Worker = wasmWorker(NodeWorker);
  operatingSystem.cpus = () => Array.from({length: 2 * threads}, () => cpus()[0]);
  syncBuiltinESMExports();
  try {
    return await start();
  } finally {
    workerThreads.Worker = NodeWorker;
    operatingSystem.cpus = cpus;
    syncBuiltinESMExports();
    if (globalWorker) Object.defineProperty(globalThis, "Worker", globalWorker);
    else delete (globalThis as {Worker?: unknown}).Worker;
    // emscripten adds listeners that throw an unhandled error once more, which hides where it came from
    for (const event of ["uncaughtException", "unhandledRejection"] as const) {
      for (const listener of process.listeners(event as "uncaughtException")) {
        if (!(listeners[event] as unknown[]).includes(listener)) process.removeListener(event, listener);
      }
    }
  }
}

/** A `Worker` that turns the backend's workers into Node's, and passes all others through. */
function wasmWorker(NodeWorker: typeof Worker): typeof Worker {
  const folder = join(dirname(require.resolve("@tensorflow/tfjs-backend-wasm/package.json")), "wasm-out");
  const module = join(folder, "tfjs-backend-wasm-threaded-simd.js");
  const {wasmWorkerContents}: {wasmWorkerContents: string} = require(
    join(folder, "tfjs-backend-wasm-threaded-simd.worker.js")
  );
  // the package holds the source as a template literal whose "\n" escapes have been expanded inside string literals
  const source = wasmWorkerContents.replace(/\n/g, "\\n");

  return class extends NodeWorker {
    private readonly ofBackend: boolean;

    constructor(file: string | URL, options?: WorkerOptions) {
      const ofBackend = String(file).startsWith("blob:");
      // no execArgv: a worker must not load tsx, or a test runner's hooks, once more
      if (ofBackend) super(source, {...options, eval: true, execArgv: []});
      else super(file, options);
      this.ofBackend = ofBackend;
      if (ofBackend) this.unref();
    }

    // emscripten refs a worker whenever a thread starts on it
    override ref(): void {
      if (!this.ofBackend) super.ref();
    }

    override postMessage(message: {cmd?: string}, transfer?: Parameters<Worker["postMessage"]>[1]): void {
      const loads = this.ofBackend && message?.cmd === "load";
      super.postMessage(loads ? {...message, urlOrBlob: module} : message, transfer);
    }
  };
}
