import {readdirSync, readFileSync, statSync} from "node:fs";
import {join} from "node:path";
import {InputError} from "../errors.js";

export interface WeightFiles {
  readonly files: string[];
  /** The folder's `config.json` (diffusers), where there is one. */
  readonly config?: Record<string, unknown>;
}

const weightFile = /\.(safetensors|ckpt|pt|pth|bin)$/i;

/** The files of a model: those that are named, or those of the one folder that is (Node only). @throws InputError */
export function weightFiles(paths: readonly string[]): WeightFiles {
  if (paths.length === 0) {
    throw new InputError("no weights were given; name a file, an encoder's and a decoder's, or a folder");
  }
  if (paths.length > 1) return {files: [...paths]};
  const [path] = paths;
  if (!isFolder(path)) return {files: [path]};
  const names = readdirSync(path).sort();
  const found = names.filter((name) => weightFile.test(name));
  // of a model that is there in several precisions or formats, the plain safetensors is the one that is meant
  const plain = "diffusion_pytorch_model.safetensors";
  const files = found.includes(plain) ? [plain] : found;
  if (files.length === 0) throw new InputError(`${path} holds no weights (.safetensors, .ckpt, .pt, .pth or .bin)`);
  if (files.length > 2) {
    throw new InputError(
      `${path} holds ${files.length} files of weights (${files[0]}, ${files[1]}, …); name the ones to load`
    );
  }
  return {
    files: files.map((name) => join(path, name)),
    config: names.includes("config.json") ? readConfig(join(path, "config.json")) : undefined
  };
}

function isFolder(path: string): boolean {
  return statSync(path, {throwIfNoEntry: false})?.isDirectory() ?? false;
}

function readConfig(path: string): Record<string, unknown> {
  let config: unknown;
  try {
    config = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new InputError(`${path} is not valid JSON: ${(error as Error).message}`);
  }
  if (typeof config === "object" && config !== null && !Array.isArray(config)) return config as Record<string, unknown>;
  throw new InputError(`${path} must hold a JSON object`);
}
