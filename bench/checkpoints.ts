import {execFileSync, spawnSync} from "node:child_process";
import {closeSync, mkdtempSync, openSync, rmSync, writeSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {openCheckpoint} from "../models/checkpoints/open.js";
import {seededBytes} from "./support/bytes.js";
import {median, round} from "./support/statistics.js";

export const name = "checkpoints";

/** As large as SD-VAE in single precision: 83,653,863 parameters. */
const parameters = 83_653_863;
const pairs = 5;
const dtypes = {F32: {bytes: 4, python: "float32"}, F16: {bytes: 2, python: "float16"}} as const;

/**
 * Loading a safetensors file of SD-VAE's size, all tensors into memory as float32, each time in a process of its own; beside it
 * Python's safetensors into PyTorch tensors of float32, by turns, where `python3` (or BANDSCOPE_PYTHON) has both. The file is warm.
 */
export async function run(): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), "bandscope-bench-"));
  try {
    const results: Record<string, unknown> = {};
    for (const dtype of ["F32", "F16"] as const) {
      const path = join(folder, `${dtype}.safetensors`);
      const bytes = writeModel(path, dtype);
      const ours: Loaded[] = [];
      const theirs: Loaded[] = [];
      loadInChild(path);
      for (let i = 0; i < pairs; i++) {
        ours.push(loadInChild(path));
        const reference = loadInPython(path);
        if (reference !== undefined) theirs.push(reference);
      }
      const ms = median(ours.map((run) => run.ms));
      const python = theirs.length > 0 ? median(theirs.map((run) => run.ms)) : undefined;
      const peak = Math.max(...ours.map((run) => run.peak));
      results[dtype] = {
        bytes,
        ms: round(ms),
        worst: round(Math.max(...ours.map((run) => run.ms))),
        // what the file adds: the process without it takes `idle`
        peakMemory: peak,
        idleMemory: ours[0].idle,
        peakOverFile: peak - bytes,
        python:
          python === undefined ? null : {ms: round(python), peakMemory: Math.max(...theirs.map((run) => run.peak))},
        ratio: python === undefined ? null : round(median(theirs.map((run, i) => run.ms / ours[i].ms)), 3)
      };
      rmSync(path);
    }
    return results;
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

interface Loaded {
  readonly ms: number;
  /** Bytes resident at most, and before the file was opened. */
  readonly peak: number;
  readonly idle: number;
}

/** A file of 256 tensors of about the same size, with a tail, of random bits whose exponents are ordinary. */
function writeModel(path: string, dtype: keyof typeof dtypes): number {
  const {bytes} = dtypes[dtype];
  const each = Math.floor(parameters / 255);
  const header: Record<string, unknown> = {};
  let end = 0;
  for (let i = 0; i < 256; i++) {
    const count = i < 255 ? each : parameters - 255 * each;
    header[`layer.${i}.weight`] = {dtype, shape: [count], data_offsets: [end, end + count * bytes]};
    end += count * bytes;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const fd = openSync(path, "w");
  try {
    writeSync(fd, length);
    writeSync(fd, text);
    const chunk = seededBytes(1 << 22);
    // no infinities or NaN: the top exponent bit stays 0
    for (let i = bytes - 1; i < chunk.length; i += bytes) chunk[i] &= 0xbf;
    for (let done = 0; done < end; done += chunk.length) writeSync(fd, chunk, 0, Math.min(chunk.length, end - done));
  } finally {
    closeSync(fd);
  }
  return 8 + text.length + end;
}

function loadInChild(path: string): Loaded {
  const script = fileURLToPath(import.meta.url);
  const {stdout, status} = spawnSync(process.execPath, ["--import", "tsx", script, path], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    env: {...process.env, BANDSCOPE_BENCH_LOAD: "1"}
  });
  if (status !== 0) throw new Error(`loading ended with ${status}`);
  return JSON.parse(stdout);
}

const pythonScript = `
import json, resource, sys, time
import torch
from safetensors import safe_open
start = time.perf_counter()
tensors = {}
with safe_open(sys.argv[1], "pt") as file:
    for key in file.keys():
        tensor = file.get_tensor(key)
        tensors[key] = tensor.clone() if tensor.dtype == torch.float32 else tensor.to(torch.float32)
ms = 1000 * (time.perf_counter() - start)
print(json.dumps({"ms": ms, "idle": 0, "peak": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
`;

function loadInPython(path: string): Loaded | undefined {
  try {
    const python = process.env.BANDSCOPE_PYTHON ?? "python3";
    return JSON.parse(
      execFileSync(python, ["-c", pythonScript, path], {encoding: "utf8", stdio: ["ignore", "pipe", "ignore"]})
    );
  } catch {
    return undefined;
  }
}

if (process.env.BANDSCOPE_BENCH_LOAD === "1") {
  const idle = process.memoryUsage.rss();
  const start = performance.now();
  const checkpoint = openCheckpoint(process.argv[2]);
  const tensors = [...checkpoint.tensors.keys()].map((key) => checkpoint.read(key));
  checkpoint.close();
  const ms = performance.now() - start;
  const count = tensors.reduce((sum, values) => sum + values.length, 0);
  if (count !== parameters) throw new Error(`${count} values were read, not ${parameters}`);
  process.stdout.write(JSON.stringify({ms, idle, peak: process.resourceUsage().maxRSS * 1024}));
}
