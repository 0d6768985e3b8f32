import {spawn} from "node:child_process";
import {createRequire} from "node:module";
import {fileURLToPath, pathToFileURL} from "node:url";
import type {Engine, EngineName} from "./engine.js";
import type {SelfTest} from "./self-test.js";

/** What was found out about an engine on this machine. */
export type Examination =
  | {readonly name: EngineName; readonly usable: false; readonly reason: string}
  | {
      readonly name: EngineName;
      readonly usable: true;
      readonly engine: Engine;
      readonly selfTest: readonly SelfTest[];
      /** Of a 3×3 convolution, 128 → 128 channels: billions of multiplications and additions a second. */
      readonly gflops?: number;
      /** Side of the image that the convolution was timed on. */
      readonly side?: number;
      /** Memory that the engine can use, in bytes. */
      readonly memory: number;
    };

/** What the child prints: the last line of its output. */
export const marker = "@examination ";

/**
 * Starts an engine in a process of its own, compares it with `cpu`, and times it if asked. Whatever goes wrong there,
 * a crash of a native library included, comes back as the reason why the engine is not usable.
 */
export function examineEngine(name: EngineName, {timed = false, timeout = 180_000} = {}): Promise<Examination> {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  const script = fileURLToPath(new URL("./examine-child.ts", import.meta.url));
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--import", tsx, script, name, timed ? "timed" : "quick"], {
      stdio: ["ignore", "pipe", "pipe"],
      env: {...process.env, NODE_OPTIONS: ""}
    });
    let output = "";
    let complaint = "";
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, timeout);
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (complaint += chunk));
    child.on("error", (error) => resolve({name, usable: false, reason: error.message}));
    child.on("close", (status, signal) => {
      clearTimeout(timer);
      const line = output.split("\n").find((text) => text.startsWith(marker));
      if (line) resolve(JSON.parse(line.slice(marker.length)) as Examination);
      else if (late) resolve({name, usable: false, reason: `it did not answer within ${timeout / 1000} s`});
      else resolve({name, usable: false, reason: crash(complaint, status, signal)});
    });
  });
}

function crash(complaint: string, status: number | null, signal: string | null): string {
  const line = complaint.split("\n").find((text) => /error|symbol|cannot|abort|fatal/i.test(text));
  return `its process ended with ${signal ?? `status ${status}`}${line ? ` (${line.trim()})` : ""}`;
}
