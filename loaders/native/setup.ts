import {spawnSync} from "node:child_process";
import {existsSync, mkdirSync, readdirSync, renameSync, rmSync, statfsSync, statSync} from "node:fs";
import {basename, dirname, join, resolve} from "node:path";
import {examineEngine} from "../../models/engines/examine.js";
import {type NativeManifest, nativeFolder, readManifest} from "../../models/engines/native/folder.js";
import type {SelfTest} from "../../models/engines/self-test.js";
import {InputError} from "../../models/errors.js";
import {Progress} from "../cli/progress.js";
import {sha256File, writeFileAtomic} from "../files.js";
import {
  type BuildOptions,
  bindingSource,
  compileBinding,
  compileKernels,
  compileMute,
  findCompiler
} from "./compile.js";
import {downloadWheel, findPip} from "./pip.js";
import {
  extraRequirements,
  isNvidiaLibrary,
  isTensorflowHeader,
  isTensorflowLibrary,
  type Unpacked,
  unpackWheel
} from "./wheel.js";

/** Where wheels and headers lie until all is built. */
const wheelFolder = "bandscope-wheels";
const headerFolder = "bandscope-headers";

/** What `setup-native` was asked for. */
export interface SetupOptions {
  /** `auto` takes the GPU's where an NVIDIA driver answers. */
  readonly variant: "auto" | "cpu" | "gpu";
  /** A version of TensorFlow; the newest when undefined. */
  readonly version?: string;
  /** Make everything anew. */
  readonly force: boolean;
  /** Says one line of what is going on. */
  readonly say: (line: string) => void;
}

/** What is there afterwards. */
export interface SetupResult {
  readonly manifest: NativeManifest;
  readonly engine: "tfjs-node-gpu" | "tfjs-node";
  readonly selfTest: readonly SelfTest[];
  /** Nothing had to be done. */
  readonly present: boolean;
}

/**
 * Provides a TensorFlow library and tfjs-node's binding to it in the native folder, then compares the engine with
 * `cpu` in a process of its own. Each step is kept: what was cut off goes on with the next call.
 *
 * @throws InputError when something is missing here (pip, a compiler, a wheel, room on the disk), or the engine is wrong.
 */
export async function setupNative(options: SetupOptions): Promise<SetupResult> {
  const {say} = options;
  const root = nativeFolder();
  const variant = options.variant === "auto" ? (hasNvidiaDriver() ? "gpu" : "cpu") : options.variant;
  const manifest = readManifest(root);
  if (manifest && !options.force && fits(manifest, variant, options.version)) {
    const checked = await check(manifest).catch((error: InputError) => say(`${error.message}; building it anew`));
    if (checked) return {...checked, present: true};
  }
  mkdirSync(root, {recursive: true});
  const made = process.env.LIBTENSORFLOW_DIR
    ? await fromFolder(root, process.env.LIBTENSORFLOW_DIR, say)
    : await fromWheel(root, variant, options, say);
  writeFileAtomic(join(root, "native.json"), `${JSON.stringify(made, null, 2)}\n`);
  say("comparing it with the cpu engine");
  let checked: Omit<SetupResult, "present">;
  try {
    checked = await check(made);
  } catch (error) {
    rmSync(join(root, "native.json"), {force: true});
    throw error;
  }
  // only what is ours by name: BANDSCOPE_NATIVE may name a folder that holds other things
  for (const name of [wheelFolder, headerFolder]) rmSync(join(root, name), {recursive: true, force: true});
  if (manifest && manifest.folder !== made.folder && /^tensorflow-[\w.-]+$/.test(manifest.folder)) {
    rmSync(join(root, manifest.folder), {recursive: true, force: true});
  }
  return {...checked, present: false};
}

/** Does an NVIDIA driver answer here? */
export function hasNvidiaDriver(): boolean {
  return spawnSync("nvidia-smi", ["-L"], {stdio: "ignore", timeout: 30_000}).status === 0;
}

function fits(manifest: NativeManifest, variant: "cpu" | "gpu", version: string | undefined): boolean {
  if (manifest.binding !== bindingSource) return false;
  const folder = process.env.LIBTENSORFLOW_DIR;
  if (folder) return manifest.source === resolve(folder);
  return manifest.variant === variant && (version === undefined || manifest.tensorflow === version);
}

async function check(manifest: NativeManifest): Promise<Omit<SetupResult, "present">> {
  const name = manifest.variant === "gpu" ? "tfjs-node-gpu" : "tfjs-node";
  const examination = await examineEngine(name);
  if (!examination.usable) throw new InputError(`the native engine does not work: ${examination.reason}`);
  return {manifest, engine: name, selfTest: examination.selfTest};
}

async function fromWheel(
  root: string,
  variant: "cpu" | "gpu",
  {version, force}: SetupOptions,
  say: (line: string) => void
): Promise<NativeManifest> {
  const compiler = findCompiler();
  const pip = findPip();
  const downloads = join(root, wheelFolder);
  const pinned = version === undefined ? "" : `==${version}`;
  // on ARM64 the plain wheel is the processor's
  const name = variant === "cpu" && process.arch === "x64" ? "tensorflow-cpu" : "tensorflow";
  needRoom(root, variant === "cpu" ? 1.3e9 : 9e9);
  say(`fetching ${name}${pinned} with pip`);
  const wheel = await downloadWheel(pip, `${name}${pinned}`, downloads);
  const tensorflow = basename(wheel).split("-")[1];
  const folder = `tensorflow-${variant}-${tensorflow}`;
  const target = join(root, folder);
  if (force) rmSync(target, {recursive: true, force: true});
  const libraries = await unpackWheel(wheel, target, isTensorflowLibrary);
  if (libraries.length < 2)
    throw new InputError(`${basename(wheel)} has no libtensorflow_cc and libtensorflow_framework`);
  const cuda: Unpacked[] = [];
  if (variant === "gpu") {
    for (const requirement of await extraRequirements(wheel, "and-cuda")) {
      const nvidia = await downloadWheel(pip, requirement, downloads);
      cuda.push(...(await unpackWheel(nvidia, target, isNvidiaLibrary)));
    }
  }
  // the headers lie beside the libraries only while they are needed
  const headers = join(root, headerFolder);
  await unpackWheel(wheel, headers, isTensorflowHeader);
  say(`building the binding with ${compiler}`);
  const built = await build(compiler, target, {
    includeFolder: join(headers, "tensorflow", "include"),
    // CUDA's libraries are linked too: TensorFlow opens them by name, and finds those that are loaded already
    libraries: [
      ...libraries.map(({path}) => join(target, path)),
      ...(cuda.length > 0 ? ["-Wl,--no-as-needed", ...cuda.map(({path}) => join(target, path))] : [])
    ],
    runPath: [...new Set([...libraries, ...cuda].map(({path}) => `$ORIGIN/${dirname(path)}`))]
  });
  return {
    format: 1,
    variant,
    tensorflow,
    source: basename(wheel),
    folder,
    binding: bindingSource,
    files: [...built, ...libraries, ...cuda]
  };
}

/** A library that the person has: the folder of libtensorflow's own archive, or of a Python package. */
async function fromFolder(root: string, folder: string, say: (line: string) => void): Promise<NativeManifest> {
  const compiler = findCompiler();
  const base = resolve(folder);
  const includeFolder = [join(base, "include"), base].find((path) => existsSync(join(path, "tensorflow/c/c_api.h")));
  if (!includeFolder) throw new InputError(`LIBTENSORFLOW_DIR=${folder} has no include/tensorflow/c/c_api.h`);
  const libraries = findLibraries(base);
  if (libraries.length < 2) {
    throw new InputError(
      `LIBTENSORFLOW_DIR=${folder} has no libtensorflow.so and libtensorflow_framework.so (nor has its lib/)`
    );
  }
  const target = join(root, "tensorflow-own");
  rmSync(target, {recursive: true, force: true});
  say(`building the binding with ${compiler}`);
  const runPath = [...new Set(libraries.map((path) => dirname(path)))];
  const files = await build(compiler, target, {includeFolder, libraries, runPath});
  const [version, gpu] = askLibrary(target);
  return {
    format: 1,
    variant: gpu ? "gpu" : "cpu",
    tensorflow: version,
    source: base,
    folder: "tensorflow-own",
    binding: bindingSource,
    files
  };
}

function findLibraries(base: string): string[] {
  const patterns = [/^libtensorflow(_cc)?\.so(\.\d+)*$/, /^libtensorflow_framework\.so(\.\d+)*$/];
  for (const folder of [join(base, "lib"), base]) {
    const names = existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder).sort() : [];
    const found = patterns.map((pattern) => names.find((name) => pattern.test(name)));
    if (found.every((name) => name !== undefined)) return found.map((name) => join(folder, name!));
  }
  return [];
}

/** The library's version, and whether it lists a GPU, asked in a process of its own. */
function askLibrary(folder: string): [version: string, gpu: boolean] {
  const script = `const binding = require(${JSON.stringify(join(folder, "binding.node"))});
    process.stdout.write(JSON.stringify([binding.TF_Version, binding.isUsingGpuDevice()]));`;
  const {status, stdout, stderr} = spawnSync(process.execPath, ["-e", script], {encoding: "utf8", timeout: 120_000});
  if (status === 0) return JSON.parse(stdout);
  const line = stderr.split("\n").find((text) => /error|symbol|cannot open/i.test(text));
  throw new InputError(
    `the library in LIBTENSORFLOW_DIR=${process.env.LIBTENSORFLOW_DIR} does not load: ${line?.trim()}`
  );
}

async function build(compiler: string, target: string, options: BuildOptions): Promise<Unpacked[]> {
  mkdirSync(target, {recursive: true});
  for (const mark of readdirSync(target)) if (mark.startsWith("loads-")) rmSync(join(target, mark));
  const modules: Record<string, (output: string) => Promise<void>> = {
    "mute.node": (output) => compileMute(compiler, output),
    "kernels.node": (output) => compileKernels(compiler, {...options, output}),
    "binding.node": (output) => compileBinding(compiler, {...options, output})
  };
  const progress = new Progress("build", Object.keys(modules).length, "modules");
  const made: Unpacked[] = [];
  for (const [name, compile] of Object.entries(modules)) {
    const output = join(target, name);
    const temporary = `${output}.${process.pid}.tmp`;
    try {
      await compile(temporary);
      renameSync(temporary, output);
    } catch (error) {
      // our own operations make it faster; an older library's C API may lack what they need
      if (name !== "kernels.node") throw error;
      rmSync(output, {force: true});
      continue;
    } finally {
      rmSync(temporary, {force: true});
    }
    made.push({path: name, bytes: statSync(output).size, sha256: await sha256File(output)});
    progress.advance();
  }
  progress.finish();
  return made;
}

function needRoom(folder: string, bytes: number): void {
  const {bavail, bsize} = statfsSync(folder);
  if (bavail * bsize >= bytes) return;
  const gigabytes = (n: number) => (n / 1e9).toFixed(1);
  throw new InputError(
    `the disk of ${folder} has ${gigabytes(bavail * bsize)} GB free, and setup-native needs ${gigabytes(bytes)} GB while it works; BANDSCOPE_NATIVE names another folder`
  );
}
