import * as tf from "@tensorflow/tfjs-core";
import {InputError} from "../errors.js";
import type {Accelerator} from "../ops/index.js";
import {startCpu} from "./cpu.js";
import {type Engine, type EngineName, engineNames} from "./engine.js";
import {startNative} from "./native/start.js";
import {nativePasses} from "./native/steps/passes.js";
import {startWasm} from "./wasm/start.js";
import {startWebgpu} from "./webgpu/start.js";

export {type Engine, type EngineName, engineNames} from "./engine.js";
export {nativeSteppers} from "./native/steps/stepper.js";

const starters: Record<EngineName, () => Promise<Engine>> = {
  "tfjs-node-gpu": () => startNative(true),
  "tfjs-node": () => startNative(false),
  webgpu: startWebgpu,
  wasm: startWasm,
  cpu: startCpu
};

/** Best first. The two native engines are one library, which is asked once what it has. */
const automatic = [startNativeOnce, () => start("webgpu"), () => start("wasm"), () => start("cpu")];

const started = new Map<EngineName, Engine>();

/**
 * Starts an engine and makes it the current one. `auto` (or nothing) takes what BANDSCOPE_ENGINE names, else the best
 * one that works here. Starting one again makes it current again.
 *
 * @throws InputError when the engine that was asked for is unknown or unusable; the message says why, and the cure.
 */
export async function startEngine(name: EngineName | "auto" = "auto"): Promise<Engine> {
  const wanted = name === "auto" ? process.env.BANDSCOPE_ENGINE || "auto" : name;
  if (wanted !== "auto") return start(engineName(wanted));
  for (const candidate of automatic) {
    try {
      return await candidate();
    } catch {
      // the next one; `bandscope doctor` says why
    }
  }
  throw new InputError("no engine works on this machine; bandscope doctor says why");
}

/** What computes a network's passes over batches faster than one operation after the other; undefined where nothing does. */
export function batchAccelerator(): Accelerator | undefined {
  const engine = [...started.values()].find(({backend}) => backend === tf.getBackend());
  return engine && nativePasses(engine.threads);
}

/** @throws InputError when there is no engine of that name. */
export function engineName(text: string): EngineName {
  if ((engineNames as readonly string[]).includes(text)) return text as EngineName;
  throw new InputError(`there is no engine ${JSON.stringify(text)}; the engines are ${engineNames.join(", ")}`);
}

async function start(name: EngineName): Promise<Engine> {
  const running = started.get(name);
  if (running) {
    await tf.setBackend(running.backend);
    return running;
  }
  const engine = await starters[name]();
  started.set(name, engine);
  return engine;
}

async function startNativeOnce(): Promise<Engine> {
  for (const name of ["tfjs-node-gpu", "tfjs-node"] as const) if (started.has(name)) return start(name);
  const engine = await startNative();
  started.set(engine.name, engine);
  return engine;
}
