import {spawnSync} from "node:child_process";
import {existsSync, mkdirSync, writeFileSync} from "node:fs";
import {availableParallelism} from "node:os";
import {join} from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import {InputError} from "../../errors.js";
import type {Engine} from "../engine.js";
import {registerGradients, tfjsVersion} from "../packages.js";
import {loadBinding, registerTensorflow} from "./binding.js";
import {nativeFolder, readManifest} from "./folder.js";

/**
 * TensorFlow's own kernels, on the library that `bandscope setup-native` provided.
 *
 * @param gpu - true asks for the GPU and false for the processor; undefined takes what the library finds.
 * @throws InputError when nothing is provided, or it does not load here.
 */
export async function startNative(gpu?: boolean): Promise<Engine> {
  const root = nativeFolder();
  const manifest = readManifest(root);
  if (!manifest) throw new InputError(`no native TensorFlow is set up; bandscope setup-native provides it`);
  if (gpu === true && manifest.variant === "cpu") throw noGpu("the library that is set up has no CUDA");
  const threads = Math.max(1, Math.floor(Number(process.env.BANDSCOPE_THREADS) || availableParallelism()));
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
  // each context has threads of its own, as many as it asks for: those of a training's steps ask for one
  process.env.TF_OVERRIDE_GLOBAL_THREADPOOL ??= "1";
  // the GPU's memory is not ours alone
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= "true";
  if (gpu === false) process.env.CUDA_VISIBLE_DEVICES = "";
  const folder = join(root, manifest.folder);
  checkInChild(folder, manifest.files.find(({path}) => path === "binding.node")?.sha256 ?? "");
  registerGradients();
  const loaded = loadBinding(folder);
  const {binding, onGpu} = loaded;
  if (gpu === true && !onGpu) throw noGpu("TensorFlow lists no GPU");
  registerTensorflow(loaded);
  if (!(await tf.setBackend("tensorflow"))) throw new InputError("the native TensorFlow did not start");
  const engine = {backend: "tensorflow", version: `${tfjsVersion}, TensorFlow ${binding.TF_Version}`};
  return onGpu
    ? {name: "tfjs-node-gpu", ...engine, threads: 0, device: gpuName()}
    : {name: "tfjs-node", ...engine, threads};
}

/**
 * Loads the binding in a process of its own first: a library that lacks a symbol ends the process, which nobody can
 * catch. One success is remembered for this binding, this Node and this machine's libraries.
 */
function checkInChild(folder: string, binding: string): void {
  const mark = join(folder, `loads-${binding.slice(0, 12)}-node-${process.version}`);
  if (existsSync(mark)) return;
  const script = `require(${JSON.stringify(join(folder, "mute.node"))});
    const binding = require(${JSON.stringify(join(folder, "binding.node"))});
    process.stdout.write(JSON.stringify([binding.TF_Version, binding.isUsingGpuDevice()]));`;
  const child = spawnSync(process.execPath, ["-e", script], {
    encoding: "utf8",
    timeout: 120_000,
    env: {...process.env, NODE_OPTIONS: ""}
  });
  if (child.status !== 0) {
    const lines = `${child.stderr}`
      .split("\n")
      .filter((line) => /error|undefined symbol|cannot open|not found/i.test(line));
    const reason =
      lines[0]?.trim() ?? (child.signal ? `it was ended by ${child.signal}` : `exit status ${child.status}`);
    throw new InputError(
      `the native TensorFlow in ${folder} does not load (${reason}); bandscope setup-native --force makes it anew`
    );
  }
  try {
    mkdirSync(folder, {recursive: true});
    writeFileSync(mark, child.stdout);
  } catch {
    // a folder that can't be written to: it is checked again next time
  }
}

function noGpu(reason: string): InputError {
  return new InputError(
    `${reason}; bandscope setup-native --variant gpu, on a machine with an NVIDIA driver, is the cure`
  );
}

function gpuName(): string | undefined {
  const child = spawnSync("nvidia-smi", ["--query-gpu=name", "--format=csv,noheader"], {
    encoding: "utf8",
    timeout: 20_000
  });
  return child.status === 0 ? child.stdout.split("\n")[0].trim() : undefined;
}
