import {wasmIsFull} from "../out-of-memory.js";
import {require} from "../packages.js";

interface Heap {
  /** The place of so many bytes, or 0 where there is none. */
  _malloc(bytes: number): number;
  _free(place: number): void;
}

/** An engine that is started again has the heap that it had. */
const guarded = new WeakSet<Heap>();

/**
 * The backend takes the 0 of a full heap for a place, and computes on with wrong numbers: here that is an error.
 * @param backend tfjs' wasm backend, once it has started
 */
export function guardHeap(backend: object): void {
  const {wasm} = backend as {wasm: Heap};
  if (guarded.has(wasm)) return;
  guarded.add(wasm);
  // emscripten puts the real function in place at its first call
  wasm._free(wasm._malloc(8));
  const malloc = wasm._malloc;
  wasm._malloc = (bytes) => {
    // the size is a 32-bit number there
    const place = bytes < 2 ** 32 ? malloc(bytes) : 0;
    if (place === 0 && bytes > 0) throw wasmIsFull();
    return place;
  };
}

/**
 * XNNPACK, when there is no room for what it needs itself, leaves the output as it is, and the backend does no more than to warn.
 * @param start loads the backend: one without threads keeps the `console.warn` of that moment, one with threads writes to stderr
 */
export async function guardOperations<T>(start: () => Promise<T>): Promise<T> {
  const {warn} = console;
  let started = false;
  console.warn = (...words: unknown[]) => {
    check(words[0]);
    if (started) warn(...words);
  };
  fs.writeSync = writeSync;
  try {
    return await start();
  } finally {
    started = true;
    console.warn = warn;
  }
}

const fs: {writeSync: (...args: unknown[]) => unknown} = require("node:fs");
const write = fs.writeSync;

function writeSync(...args: unknown[]): unknown {
  if (args[0] === 2) check(args[1]);
  return write(...args);
}

/** @throws InputError when the warning is XNNPACK's */
function check(warning: unknown): void {
  if (/^XNN status for .* is not successful/.test(String(warning))) throw wasmIsFull(new Error(String(warning)));
}
