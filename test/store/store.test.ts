import {spawn} from "node:child_process";
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {afterEach, beforeEach, describe, expect, it} from "vitest";
import {canonicalJson, recipeHash} from "../../loaders/store/canonical.js";
import {tryLock} from "../../loaders/store/lock.js";
import {type Recipe, Store} from "../../loaders/store/store.js";

const worker = fileURLToPath(new URL("./worker.ts", import.meta.url));
const recipe = (n: number): Recipe => ({kind: "test", n});
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bandscope-store-"));
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));

function start(args: string[]) {
  const child = spawn(process.execPath, ["--import", "tsx", worker, folder, ...args], {
    stdio: ["ignore", "pipe", "inherit"]
  });
  const out: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  const exit = new Promise<{code: number | null; text: string}>((resolve) =>
    child.on("close", (code) => resolve({code, text: Buffer.concat(out).toString()}))
  );
  return {child, exit};
}

describe("canonicalJson", () => {
  it("does not depend on the order of keys, and leaves absent members out", () => {
    expect(canonicalJson({b: [1, {d: 2, c: null}], a: undefined})).toBe('{"b":[1,{"c":null,"d":2}]}');
    expect(recipeHash({a: 1, b: 2})).toBe(recipeHash({b: 2, a: 1}));
    expect(recipeHash({a: 1})).not.toBe(recipeHash({a: 2}));
  });
  it("refuses what JSON would turn into null", () => {
    expect(() => canonicalJson({a: Number.NaN})).toThrow("invalid value in a recipe: NaN");
  });
});

describe("Store", () => {
  it("computes a result once and finds it afterwards, with its provenance", async () => {
    const store = new Store(folder);
    let made = 0;
    const make = async (dir: string) => {
      made++;
      writeFileSync(join(dir, "a.txt"), "alpha");
      return {engine: "wasm"};
    };
    const first = await store.compute(recipe(1), make);
    const second = await store.compute(recipe(1), make);
    expect(made).toBe(1);
    expect(second.read("a.txt").toString()).toBe("alpha");
    expect(first.provenance.engine).toBe("wasm");
    expect([...store.list()].map((a) => a.id)).toEqual([recipeHash({kind: "test", n: 1})]);
  });

  it("finds a damaged result by its hash and computes it again", async () => {
    const store = new Store(folder);
    const make = async (dir: string) => {
      writeFileSync(join(dir, "a.txt"), "alpha");
      return {};
    };
    const {path} = await store.compute(recipe(1), make);
    writeFileSync(path("a.txt"), "alphb");
    expect(() => [...store.list()][0].read("a.txt")).toThrow("was altered");
    expect(await store.get(recipe(1))).toBeUndefined();
    expect((await store.compute(recipe(1), make)).read("a.txt").toString()).toBe("alpha");
  });

  it("keeps nothing of a computation that throws", async () => {
    const store = new Store(folder);
    const failing = store.compute(recipe(1), async (dir) => {
      writeFileSync(join(dir, "a.txt"), "half");
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await store.get(recipe(1))).toBeUndefined();
    expect(readdirSync(join(folder, "making"))).toEqual([]);
    expect(readdirSync(join(folder, "locks"))).toEqual([]);
  });

  it("lets one of several processes compute while the others wait and take its result", async () => {
    const runs = await Promise.all([1, 2, 3].map(() => start(["7", "300"]).exit));
    expect(runs.map((r) => r.code)).toEqual([0, 0, 0]);
    expect(runs.map((r) => r.text.includes("made")).filter(Boolean)).toHaveLength(1);
    expect(new Set(runs.map((r) => r.text.match(/id (\w+)/)?.[1])).size).toBe(1);
  });

  it("survives kill -9 in the middle: nothing half-written is ever taken for a result, and the next run makes it", async () => {
    for (let i = 0; i < 3; i++) {
      const {child, exit} = start([String(i), "5000"]);
      await new Promise((resolve) => child.stdout.once("data", resolve)); // it says that it has begun
      child.kill("SIGKILL");
      await exit;
      expect(await new Store(folder).get(recipe(i))).toBeUndefined();
      const again = await start([String(i), "0"]).exit;
      expect(again.text).toContain("made");
    }
  });
});

describe("tryLock", () => {
  it("is refused while held, with the holder's name, and is free after release", () => {
    const path = join(folder, "x.lock");
    const lock = tryLock(path);
    expect(tryLock(path)).toEqual({holder: expect.stringContaining(String(process.pid))});
    if ("release" in lock) lock.release();
    expect(existsSync(path)).toBe(false);
  });
  it("takes over the lock of a dead process", () => {
    const path = join(folder, "x.lock");
    const text = JSON.stringify({...JSON.parse(lockText(path)), pid: 2 ** 22 + 1});
    writeFileSync(path, text);
    expect("release" in tryLock(path)).toBe(true);
  });
});

function lockText(path: string): string {
  const lock = tryLock(path);
  const text = readFileSync(path, "utf8");
  if ("release" in lock) lock.release();
  return text;
}
