import {spawn, spawnSync} from "node:child_process";
import {mkdirSync, mkdtempSync, readdirSync, rmSync, statSync} from "node:fs";
import {join} from "node:path";
import {createInterface} from "node:readline";
import {InputError} from "../../models/errors.js";
import {Progress} from "../cli/progress.js";

/** A pip that answers, and how to call it. */
export interface Pip {
  readonly command: string;
  readonly args: readonly string[];
  /** Version of its Python, e.g. `3.11`. */
  readonly python: string;
}

/** Looks for pip under its usual names. @throws InputError when there is none. */
export function findPip(): Pip {
  const candidates = [["python3", "-m", "pip"], ["python", "-m", "pip"], ["pip3"], ["pip"]];
  for (const [command, ...args] of candidates) {
    const {status, stdout} = spawnSync(command, [...args, "--version"], {encoding: "utf8", timeout: 60_000});
    const match = status === 0 ? /^pip .*\(python (\d+\.\d+)\)/m.exec(stdout) : null;
    if (match) return {command, args, python: match[1]};
  }
  throw new InputError(
    "setup-native fetches TensorFlow with pip, and found none (python3 -m pip): install Python's pip, " +
      "or set LIBTENSORFLOW_DIR to a folder with libtensorflow"
  );
}

/** Pythons that a wheel may be for; which one does not matter, since only the C library inside is used. */
function pythonVersions(local: string): string[] {
  return [...new Set([local, "3.12", "3.13", "3.11", "3.10"])];
}

/** The names of this machine's kind in wheels, newest first. @throws InputError where there are no such wheels. */
export function wheelPlatforms(): string[] {
  const machine = {x64: "x86_64", arm64: "aarch64"}[process.arch as string];
  if (process.platform !== "linux" || machine === undefined) {
    throw new InputError(
      `setup-native knows Linux on x86-64 and ARM64, not ${process.platform} on ${process.arch}: set LIBTENSORFLOW_DIR to a folder with libtensorflow`
    );
  }
  const header = (process.report.getReport() as unknown as {header: {glibcVersionRuntime?: string}}).header;
  const minor = Number(header.glibcVersionRuntime?.split(".")[1]);
  if (!(minor >= 17))
    throw new InputError("TensorFlow's wheels need glibc 2.17 or newer; this system has another C library");
  const versions = [35, 34, 31, 28, 27, 24, 17].filter((version) => version <= minor);
  return [...versions.map((version) => `manylinux_2_${version}_${machine}`), `manylinux2014_${machine}`];
}

/**
 * Downloads the wheel of a requirement, without what it depends on, into `folder`; a wheel that is there already is
 * taken. pip itself compares it with the index's checksum.
 *
 * @throws InputError when no index that pip knows has one; the message ends with pip's own words.
 */
export async function downloadWheel(pip: Pip, requirement: string, folder: string): Promise<string> {
  mkdirSync(folder, {recursive: true});
  const present = findWheel(folder, requirement);
  if (present) return present;
  const platforms = wheelPlatforms().flatMap((platform) => ["--platform", platform]);
  let complaint = "";
  for (const version of pythonVersions(pip.python)) {
    const tag = `cp${version.replace(".", "")}`;
    const python = ["--python-version", version, "--implementation", "cp", "--abi", tag];
    const result = await run(pip, folder, [
      ...["download", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--dest", folder],
      ...platforms,
      ...python,
      requirement
    ]);
    const wheel = result.status === 0 ? findWheel(folder, requirement) : undefined;
    if (wheel) return wheel;
    complaint = result.complaint;
    // only the lack of a wheel for this Python is mended by another Python
    if (!/no matching distribution|from versions/i.test(complaint)) break;
  }
  throw new InputError(`pip could not fetch ${requirement}: ${complaint || "it gave no reason"}`);
}

function findWheel(folder: string, requirement: string): string | undefined {
  const [name, version] = requirement.split("==");
  const stem = `${name.replaceAll("-", "_").toLowerCase()}-${version === undefined ? "" : `${version}-`}`;
  const wheels = readdirSync(folder).filter((file) => file.endsWith(".whl") && file.toLowerCase().startsWith(stem));
  const newest = wheels.sort((a, b) => statSync(join(folder, b)).mtimeMs - statSync(join(folder, a)).mtimeMs)[0];
  return newest && join(folder, newest);
}

async function run(pip: Pip, folder: string, args: string[]): Promise<{status: number | null; complaint: string}> {
  // pip downloads into TMPDIR first: a folder of its own lets us see how far it is
  const temporary = mkdtempSync(join(folder, "pip-"));
  const child = spawn(pip.command, [...pip.args, ...args, "--progress-bar", "off"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {...process.env, PYTHONUNBUFFERED: "1", TMPDIR: temporary}
  });
  let progress: Progress | undefined;
  let done = 0;
  const watch = setInterval(() => {
    const bytes = folderBytes(temporary);
    progress?.advance(Math.max(0, Math.floor(bytes / 1e6) - done));
    done = Math.max(done, Math.floor(bytes / 1e6));
  }, 500);
  createInterface({input: child.stdout}).on("line", (line) => {
    const match = /Downloading \S*?([^/ ]+\.whl)\S* \(([\d.]+) MB\)/.exec(line);
    if (match)
      progress = new Progress(`download ${match[1].split("-").slice(0, 2).join(" ")}`, Math.ceil(+match[2]), "MB");
  });
  let complaint = "";
  createInterface({input: child.stderr}).on("line", (line) => {
    if (/^ERROR: /.test(line)) complaint ||= line.slice(7);
  });
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
    });
    return {status, complaint};
  } finally {
    clearInterval(watch);
    progress?.finish();
    rmSync(temporary, {recursive: true, force: true});
  }
}

function folderBytes(folder: string): number {
  try {
    return readdirSync(folder, {recursive: true, withFileTypes: true})
      .filter((file) => file.isFile())
      .reduce((sum, file) => sum + (statSync(join(file.parentPath, file.name), {throwIfNoEntry: false})?.size ?? 0), 0);
  } catch {
    return 0; // pip moved something away meanwhile
  }
}
