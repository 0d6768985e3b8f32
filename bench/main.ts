import {spawnSync} from "node:child_process";
import {readdirSync} from "node:fs";
import {availableParallelism, cpus, totalmem} from "node:os";
import {fileURLToPath, pathToFileURL} from "node:url";
import {version} from "../loaders/version.js";

/** A benchmark: a file bench/NAME.ts that exports `name` and `run`. */
export interface Benchmark {
  readonly name: string;
  /** Measures, and resolves to what is to be printed. */
  run(): Promise<Record<string, unknown>>;
}

const folder = fileURLToPath(new URL(".", import.meta.url));
const marker = "@benchmark ";

const [first, second] = process.argv.slice(2);
if (first === "--child") await child(second);
else process.exitCode = parent(process.argv.slice(2));

/**
 * `npm run bench [-- NAME…]`: runs the benchmarks one after the other, each in a process of its own (peak memory is a
 * process's), and prints one JSON object. BENCH_PAIRS sets how often each is timed, BENCH_NETWORKS picks autoencoders.
 */
function parent(names: string[]): number {
  const all = readdirSync(folder)
    .filter((file) => file.endsWith(".ts") && file !== "main.ts")
    .map((file) => file.slice(0, -3))
    .sort();
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length > 0 || names.some((name) => name.startsWith("-"))) {
    process.stderr.write(`Usage: npm run bench [-- NAME…]; the benchmarks are ${all.join(", ")}\n`);
    return 2;
  }
  const machine = {
    processor: cpus()[0]?.model.trim(),
    threads: availableParallelism(),
    memory: totalmem(),
    node: process.version,
    bandscope: version,
    date: new Date().toISOString()
  };
  const benchmarks: Record<string, unknown> = {};
  let failed = false;
  for (const name of names.length > 0 ? names : all) {
    process.stderr.write(`${name}…\n`);
    const script = fileURLToPath(import.meta.url);
    const {stdout, status, signal} = spawnSync(process.execPath, ["--import", "tsx", script, "--child", name], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
      maxBuffer: 2 ** 28
    });
    const line = stdout.split("\n").find((text) => text.startsWith(marker));
    benchmarks[name] = line ? JSON.parse(line.slice(marker.length)) : {error: `ended with ${signal ?? status}`};
    failed ||= line === undefined;
  }
  process.stdout.write(`${JSON.stringify({machine, benchmarks}, null, 2)}\n`);
  return failed ? 1 : 0;
}

async function child(name: string): Promise<void> {
  const benchmark: Benchmark = await import(pathToFileURL(`${folder}${name}.ts`).href);
  const result = await benchmark.run();
  const peakMemory = process.resourceUsage().maxRSS * 1024;
  process.stdout.write(`\n${marker}${JSON.stringify({...result, peakMemory})}\n`);
}
