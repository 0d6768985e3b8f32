import {type ChildProcess, spawn} from "node:child_process";
import {fileURLToPath} from "node:url";

const bin = fileURLToPath(new URL("../../bin/bandscope.mjs", import.meta.url));

/** What a run of the command line gave. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts `bandscope ARGS` as a process of its own, as a person would. */
export function startBandscope(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {}
): {child: ChildProcess; exit: Promise<Outcome>} {
  const child = spawn(process.execPath, [bin, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {...process.env, BANDSCOPE_ENGINE: "wasm", BANDSCOPE_THREADS: "1", npm_lifecycle_event: "", ...env}
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  const exit = new Promise<Outcome>((resolve) =>
    child.on("close", (code) =>
      resolve({code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString()})
    )
  );
  return {child, exit};
}

/** Runs `bandscope ARGS` to its end. */
export function bandscope(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Outcome> {
  return startBandscope(args, env).exit;
}
