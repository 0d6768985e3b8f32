import {spawnSync} from "node:child_process";
import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";
import {afterAll, beforeAll, describe, expect, it} from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const hasCompiler = spawnSync("g++", ["--version"]).status === 0;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "bandscope-native-"));
});
afterAll(() => rmSync(folder, {recursive: true, force: true}));

function bandscope(args: string[], env: Record<string, string> = {}) {
  return spawnSync(process.execPath, [join(root, "bin/bandscope.mjs"), ...args], {
    cwd: folder,
    encoding: "utf8",
    timeout: 55_000,
    env: {...process.env, BANDSCOPE_NATIVE: join(folder, "none"), BANDSCOPE_ENGINE: "", ...env}
  });
}

/** A PATH with nothing but these programs. */
function pathOf(...programs: string[]): string {
  const bin = mkdtempSync(join(folder, "bin-"));
  for (const program of programs) {
    const found = spawnSync("sh", ["-c", `command -v ${program}`], {encoding: "utf8"}).stdout.trim();
    symlinkSync(found, join(bin, program));
  }
  return bin;
}

describe("bandscope doctor", () => {
  it("finds wasm usable, with its speed, threads and distance from cpu", () => {
    const {status, stdout} = bandscope(["doctor", "--engine", "wasm", "--json"]);
    expect(status).toBe(0);
    const {engines, node} = JSON.parse(stdout);
    expect(node).toBe(process.version);
    expect(engines).toHaveLength(1);
    expect(engines[0]).toMatchObject({name: "wasm", usable: true, side: 256});
    expect(engines[0].gflops).toBeGreaterThan(0.1);
    expect(engines[0].engine.threads).toBeGreaterThanOrEqual(1);
    for (const {error} of engines[0].selfTest) expect(error).toBeLessThan(1e-5);
  });

  it("says what would provide the native engine, and exits with 1 where no engine is usable", () => {
    const {status, stdout} = bandscope(["doctor", "--engine", "tfjs-node"]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^tfjs-node +no +no native TensorFlow is set up; bandscope setup-native provides it$/m);
  });

  it("exits with 1 and names the engines where --engine names none", () => {
    const {status, stderr} = bandscope(["doctor", "--engine", "cuda"]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/no engine "cuda".*tfjs-node-gpu/);
  });

  it.skipIf(!hasCompiler)("survives a library that ends its process, and so does startEngine", () => {
    const native = join(folder, "deadly");
    mkdirSync(join(native, "cpu"), {recursive: true});
    const source = join(native, "deadly.cc");
    writeFileSync(source, "#include <unistd.h>\n__attribute__((constructor)) static void die() { _exit(127); }\n");
    const built = spawnSync("g++", ["-shared", "-fPIC", source, "-o", join(native, "cpu/mute.node")]);
    expect(built.status).toBe(0);
    const manifest = {format: 1, variant: "cpu", tensorflow: "0", source: "", folder: "cpu", binding: "", files: []};
    writeFileSync(join(native, "native.json"), JSON.stringify(manifest));
    const {status, stdout} = bandscope(["doctor", "--engine", "tfjs-node"], {BANDSCOPE_NATIVE: native});
    expect(status).toBe(1);
    expect(stdout).toMatch(/tfjs-node +no +the native TensorFlow in .* does not load \(exit status 127\)/);
    const script = `import {startEngine} from "./models/engines/index.ts"; process.stdout.write((await startEngine()).name)`;
    const child = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
      cwd: root,
      encoding: "utf8",
      env: {...process.env, BANDSCOPE_NATIVE: native, BANDSCOPE_ENGINE: "auto"}
    });
    expect([child.stdout, child.status]).toEqual(["wasm", 0]);
  });
});

describe("bandscope setup-native", () => {
  it("names what is missing: a compiler, pip", () => {
    const none = bandscope(["setup-native"], {PATH: pathOf(), CXX: ""});
    expect(none.status).toBe(1);
    expect(none.stderr).toMatch(/found no C\+\+ compiler: install g\+\+/);
    if (!hasCompiler) return;
    const noPip = bandscope(["setup-native"], {PATH: pathOf("g++")});
    expect(noPip.status).toBe(1);
    expect(noPip.stderr).toMatch(/found none \(python3 -m pip\).*LIBTENSORFLOW_DIR/);
  });

  it("names a wheel that pip can't fetch, with pip's own words", () => {
    const bin = pathOf("g++", "rm", "env", "sh");
    writeFileSync(
      join(bin, "pip3"),
      `#!/bin/sh
case "$1" in
  --version) echo "pip 23.0 from /x (python 3.11)" ;;
  *) echo "ERROR: No matching distribution found for tensorflow-cpu==9.9" >&2; exit 1 ;;
esac
`,
      {mode: 0o755}
    );
    const {status, stderr} = bandscope(["setup-native", "--variant", "cpu", "--tensorflow", "9.9"], {PATH: bin});
    expect(status).toBe(1);
    expect(stderr).toMatch(/pip could not fetch tensorflow(-cpu)?==9\.9: No matching distribution found/);
  });

  it("refuses a LIBTENSORFLOW_DIR that holds no library", () => {
    const empty = join(folder, "empty");
    mkdirSync(empty, {recursive: true});
    const noHeaders = bandscope(["setup-native"], {LIBTENSORFLOW_DIR: empty});
    expect(noHeaders.status).toBe(1);
    expect(noHeaders.stderr).toMatch(/has no include\/tensorflow\/c\/c_api\.h|no C\+\+ compiler/);
    const header = join(empty, "include/tensorflow/c/c_api.h");
    mkdirSync(dirname(header), {recursive: true});
    writeFileSync(header, "");
    const noLibrary = bandscope(["setup-native"], {LIBTENSORFLOW_DIR: empty});
    expect(noLibrary.status).toBe(1);
    expect(noLibrary.stderr).toMatch(/has no libtensorflow\.so and libtensorflow_framework\.so|no C\+\+ compiler/);
  });

  it("exits with 2 for an option that does not fit", () => {
    expect(bandscope(["setup-native", "--variant", "tpu"]).status).toBe(2);
    expect(bandscope(["setup-native", "--tensorflow", "new"]).status).toBe(2);
    expect(bandscope(["setup-native", "--speed"]).status).toBe(2);
  });
});
