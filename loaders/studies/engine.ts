import {existsSync} from "node:fs";
import {type EngineName, engineNames} from "../../models/engines/engine.js";
import {readManifest} from "../../models/engines/native/folder.js";
import {InputError} from "../../models/errors.js";

/**
 * The engine that a study's steps will run on, found without starting one: what was asked for, else the native one if it is set
 * up here (on the GPU if the library and the machine have one), else wasm. A step's id depends on it.
 * @throws InputError when there is no engine of that name
 */
export function plannedEngine(asked?: string): EngineName {
  const wanted = asked ?? process.env.BANDSCOPE_ENGINE;
  if (wanted && wanted !== "auto") {
    if ((engineNames as readonly string[]).includes(wanted)) return wanted as EngineName;
    throw new InputError(`there is no engine ${JSON.stringify(wanted)}; the engines are ${engineNames.join(", ")}`);
  }
  const native = readManifest();
  if (native === undefined) return "wasm";
  return native.variant === "gpu" && existsSync("/proc/driver/nvidia/version") ? "tfjs-node-gpu" : "tfjs-node";
}
