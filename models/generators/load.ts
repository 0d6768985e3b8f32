import {existsSync, readFileSync, statSync} from "node:fs";
import {dirname, join} from "node:path";
import {openCheckpoint} from "../checkpoints/open.js";
import {InputError} from "../errors.js";
import {openUNet} from "../unet/load.js";
import {buildGenerator} from "./file.js";
import {buildStudyGenerator, type Generator} from "./generator.js";

/**
 * Loads a generator (Node only): a file of `bandscope train`, a Lightning checkpoint of the study, or a diffusers U-Net folder
 * with `scheduler_config.json` in it, beside it, or in the folder `scheduler` beside it.
 * @throws InputError
 */
export function loadGenerator(path: string): Generator {
  const checkpoint = openUNet(path);
  try {
    const config = schedulerConfig(path);
    return buildGenerator(
      config ? {...checkpoint, metadata: {scheduler_config: config, ...checkpoint.metadata}} : checkpoint
    );
  } finally {
    checkpoint.close();
  }
}

/** Loads a generator from one of the study's Lightning checkpoints (Node only). @throws InputError */
export function loadStudyGenerator(path: string): Generator {
  const checkpoint = openCheckpoint(path);
  try {
    return buildStudyGenerator(checkpoint);
  } finally {
    checkpoint.close();
  }
}

function schedulerConfig(path: string): Record<string, unknown> | undefined {
  if (!statSync(path, {throwIfNoEntry: false})?.isDirectory()) return undefined;
  const name = "scheduler_config.json";
  const file = [join(path, name), join(dirname(path), name), join(dirname(path), "scheduler", name)].find(existsSync);
  if (!file) return undefined;
  try {
    const config: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof config === "object" && config !== null && !Array.isArray(config))
      return config as Record<string, unknown>;
  } catch (error) {
    throw new InputError(`${file} is not valid JSON: ${(error as Error).message}`);
  }
  throw new InputError(`${file} must hold a JSON object`);
}
