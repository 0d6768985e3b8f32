import {spawn, spawnSync} from "node:child_process";
import {readdirSync, readFileSync} from "node:fs";
import {createRequire} from "node:module";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";
import {InputError} from "../../models/errors.js";
import {sha256} from "../files.js";

const require = createRequire(import.meta.url);
const nodeApiHeaders: string = require("node-api-headers").include_dir;
const ownSource = fileURLToPath(new URL("./source", import.meta.url));

/** What the binding is built from: the version of the package with its C++ source, and a hash of our own source. */
export const bindingSource = `${require("@tensorflow/tfjs-node-gpu/package.json").version}+${hashOfOwnSource()}`;

function hashOfOwnSource(): string {
  const files = readdirSync(ownSource).sort();
  return sha256(files.map((file) => readFileSync(join(ownSource, file), "utf8")).join("\0")).slice(0, 12);
}

/** Where a TensorFlow library and its headers are. */
export interface BuildOptions {
  readonly includeFolder: string;
  /** Paths of the libraries, or other words for the linker. */
  readonly libraries: readonly string[];
  /** Where they are looked for when the binding is loaded. */
  readonly runPath: readonly string[];
}

/** Looks for a C++ compiler: CXX, else g++, c++, clang++. @throws InputError when there is none. */
export function findCompiler(): string {
  const names = process.env.CXX ? [process.env.CXX] : ["g++", "c++", "clang++"];
  const found = names.find((name) => spawnSync(name, ["--version"], {stdio: "ignore"}).status === 0);
  if (found) return found;
  throw new InputError(
    process.env.CXX
      ? `CXX names ${process.env.CXX}, which does not run: set it to a C++17 compiler`
      : "setup-native compiles tfjs-node's binding, and found no C++ compiler: install g++ (Debian: apt install g++)"
  );
}

/**
 * Compiles tfjs-node's binding, from the source in its npm package, against a TensorFlow library, for N-API version 8.
 * That takes a compiler and nothing else: no make, no Python, and no download of Node's headers.
 */
export async function compileBinding(
  compiler: string,
  {includeFolder, libraries, output, runPath}: BuildOptions & {output: string}
): Promise<void> {
  const source = join(dirname(require.resolve("@tensorflow/tfjs-node-gpu/package.json")), "binding");
  const rpath = runPath.map((path) => `-Wl,-rpath,${path}`);
  await run(compiler, [
    ...sharedModule,
    ...["-I", includeFolder, "-I", source],
    ...[join(source, "tfjs_backend.cc"), join(source, "tfjs_binding.cc"), join(ownSource, "log-level.cc")],
    ...libraries,
    ...rpath,
    // a symbol that is missing then is an error that can be caught when the binding is loaded, not the end of the process
    "-Wl,-z,now",
    ...["-o", output]
  ]);
}

/**
 * Compiles our own operations (group normalisation, additions in place, attention, the optimizer). A library whose C API
 * lacks what they need does without them: the module then says so.
 */
export async function compileKernels(
  compiler: string,
  {includeFolder, libraries, output, runPath}: BuildOptions & {output: string}
): Promise<void> {
  await run(compiler, [
    ...sharedModule,
    "-O3",
    "-DNODE_GYP_MODULE_NAME=kernels",
    ...["-I", includeFolder, join(ownSource, "kernels.cc")],
    ...libraries,
    ...runPath.map((path) => `-Wl,-rpath,${path}`),
    "-Wl,-z,now",
    ...["-o", output]
  ]);
}

/** Compiles the module that keeps TensorFlow's greetings off stderr. */
export async function compileMute(compiler: string, output: string): Promise<void> {
  await run(compiler, [...sharedModule, "-DNODE_GYP_MODULE_NAME=mute", join(ownSource, "mute.cc"), "-o", output]);
}

const sharedModule = ["-std=c++17", "-O2", "-fPIC", "-shared", "-DNAPI_VERSION=8", "-I", nodeApiHeaders];

async function run(compiler: string, args: string[]): Promise<void> {
  const child = spawn(compiler, args, {stdio: ["ignore", "ignore", "pipe"]});
  let complaint = "";
  child.stderr.on("data", (chunk) => (complaint += chunk));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (status === 0) return;
  const line = complaint.split("\n").find((text) => /error|undefined reference|cannot find/.test(text));
  throw new InputError(
    `${compiler} could not build the binding (status ${status}): ${line?.trim() ?? "it gave no reason"}`
  );
}
