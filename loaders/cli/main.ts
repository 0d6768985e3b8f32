import {outOfMemory} from "../../models/engines/out-of-memory.js";
import {InputError} from "../../models/errors.js";
import {type Command, UsageError} from "./command.js";

// Loaded one at a time: `bandscope --help` must not wait for TensorFlow.
const commands: Record<string, () => Promise<{command: Command}>> = {
  doctor: () => import("./commands/doctor.js"),
  "setup-native": () => import("./commands/setup-native.js"),
  "fetch-weights": () => import("./commands/fetch-weights.js"),
  import: () => import("./commands/import.js"),
  data: () => import("./commands/data.js"),
  reconstruct: () => import("./commands/reconstruct.js"),
  "super-resolve": () => import("./commands/super-resolve.js"),
  analyse: () => import("./commands/analyse.js"),
  audit: () => import("./commands/audit.js"),
  calibrate: () => import("./commands/calibrate.js"),
  train: () => import("./commands/train.js"),
  run: () => import("./commands/run.js"),
  results: () => import("./commands/results.js"),
  new: () => import("./commands/new.js"),
  publish: () => import("./commands/publish.js"),
  cache: () => import("./commands/cache.js")
};

/** Runs `bandscope ARGV` and resolves to its exit status. Everything a person should read goes to stderr, results to stdout. */
export async function main(argv: string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    const topic = name === "help" ? rest[0] : undefined;
    if (topic !== undefined && topic in commands) return main([topic, "--help"]);
    process.stdout.write(await overview());
    return name === undefined ? 2 : 0;
  }
  if (name === "--version" || name === "-V") {
    const {version} = await import("../version.js");
    process.stdout.write(`bandscope ${version}\n`);
    return 0;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) {
    process.stderr.write(`bandscope: there is no command ${JSON.stringify(name)}; bandscope --help lists them\n`);
    return 2;
  }
  try {
    const {command} = await load();
    if (rest.includes("--help") || rest.includes("-h")) {
      process.stdout.write(`${command.help.trim()}\n`);
      return 0;
    }
    return await command.run(rest);
  } catch (error) {
    process.stderr.write(`bandscope ${name}: ${explain(error, name)}\n`);
    if (process.env.BANDSCOPE_DEBUG) process.stderr.write(`${(error as Error).stack}\n`);
    return error instanceof InputError ? error.exitCode : 1;
  }
}

async function overview(): Promise<string> {
  const rows = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => `  ${name.padEnd(15)}${(await load()).command.summary}`)
  );
  return `bandscope: see where in frequency an autoencoder loses detail, and what the generator then makes up

Usage: bandscope COMMAND [OPTION…]

${rows.join("\n")}

bandscope COMMAND --help tells more. Exit status: 0 done, 1 something is wrong with the input or the machine,
2 the command line is wrong; further ones stand in a command's own help.
`;
}

/** One clear sentence for whatever went wrong. */
function explain(error: unknown, name: string): string {
  if (error instanceof UsageError) return `${error.message}; bandscope ${name} --help shows the options`;
  const memory = outOfMemory(error);
  if (memory) return memory.message;
  if (error instanceof InputError || error instanceof RangeError) return error.message;
  const {code, path, message} = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return `there is no ${path ?? "such file"}`;
  if (code === "EACCES" || code === "EPERM") return `may not open ${path ?? "a file"}: permission denied`;
  if (code === "ENOSPC") return "the disk is full; what was finished is kept, so free some space and run it again";
  if (code === "EISDIR") return `${path ?? "the path"} is a folder where a file was expected`;
  if (code === "ENOTDIR") return `${path ?? "the path"} is a file where a folder was expected`;
  return `${message} (unexpected: BANDSCOPE_DEBUG=1 shows where)`;
}
