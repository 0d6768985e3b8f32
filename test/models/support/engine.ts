import {type EngineName, engineName, startEngine} from "../../../models/engines/index.js";

/**
 * The engine that BANDSCOPE_ENGINE names, or wasm, with one thread unless told otherwise: vitest has a process for each core already, and threads that
 * wait for one another on a busy core are slower than one.
 */
export async function startTestEngine(name?: EngineName): Promise<void> {
  process.env.BANDSCOPE_THREADS ??= "1";
  await startEngine(name ?? engineName(process.env.BANDSCOPE_ENGINE || "wasm"));
}

/** The engines on which parity is asked for, that work here: wasm always, the native one after `setup-native`. */
export async function parityEngines(): Promise<EngineName[]> {
  try {
    await startTestEngine("tfjs-node");
    return ["wasm", "tfjs-node"];
  } catch {
    return ["wasm"];
  }
}
