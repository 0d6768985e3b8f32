import {availableParallelism} from "node:os";
import * as tf from "@tensorflow/tfjs-core";
import type {Engine} from "../engine.js";
import {registerGradients, require, tfjsVersion} from "../packages.js";
import {installKernels} from "./kernels/index.js";
import {guardHeap, guardOperations} from "./memory.js";
import {withNodeThreads} from "./threads.js";

/** The backend's pool has eight workers, and it can't add one while the main thread waits for it. */
const maxThreads = 8;

/**
 * WebAssembly with SIMD, one thread a processor (`BANDSCOPE_THREADS` gives another number), and this project's
 * replacements of the backend's missing and slow kernels.
 */
export async function startWasm(): Promise<Engine> {
  registerGradients();
  const wanted = Number(process.env.BANDSCOPE_THREADS) || availableParallelism();
  const threads = Math.max(1, Math.min(maxThreads, Math.floor(wanted)));
  const wasm = require("@tensorflow/tfjs-backend-wasm") as typeof import("@tensorflow/tfjs-backend-wasm");
  tf.env().set("WASM_HAS_SIMD_SUPPORT", true);
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", threads > 1);
  wasm.setThreadsCount(threads);
  const start = () => guardOperations(() => tf.setBackend("wasm"));
  const started = await (threads > 1 ? withNodeThreads(threads, start) : start());
  if (!started) throw new Error("the wasm backend did not start");
  guardHeap(tf.backend());
  installKernels();
  return {name: "wasm", backend: "wasm", version: `${tfjsVersion}, wasm simd`, threads: wasm.getThreadsCount()};
}
