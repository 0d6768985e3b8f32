import {randomBytes} from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs";
import {open} from "node:fs/promises";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {InputError} from "../../models/errors.js";
import {sha256, sha256File} from "../files.js";
import {version} from "../version.js";
import {type Json, recipeHash} from "./canonical.js";
import {waitForLock} from "./lock.js";

/** Everything that determines a result: kind of work, inputs' hashes, configuration, seed, engine. */
export type Recipe = {readonly kind: string} & {readonly [key: string]: Json | undefined};

/** What `artefact.json` says: the recipe, how the result came about, and what its files must be. */
export interface ArtefactRecord {
  readonly id: string;
  readonly recipe: Recipe;
  readonly provenance: {
    readonly bandscope: string;
    readonly date: string;
    readonly seconds: number;
    readonly [key: string]: Json | undefined;
  };
  readonly files: Readonly<Record<string, {readonly bytes: number; readonly sha256: string}>>;
}

/** An immutable result in the store. */
export interface Artefact extends ArtefactRecord {
  /** The absolute path of one of its files. */
  path(file: string): string;
  /** A file's bytes, checked against their hash. @throws InputError when the file has been altered. */
  read(file: string): Buffer;
}

/** Where results go unless BANDSCOPE_STORE names another folder. */
export const defaultStoreFolder = fileURLToPath(new URL("../../.bandscope/store", import.meta.url));

/**
 * A folder of results, each named by the hash of its recipe. Several processes, also on several machines, may share it:
 * a result appears whole, by one rename, or not at all; whoever asks for one in the making waits for it.
 *
 *     store/ab/abcdef…/artefact.json, …    a result
 *     store/making/…                       results in the making; leftovers of a crash are cleaned by `gc`
 *     store/locks/abcdef….lock
 */
export class Store {
  constructor(readonly folder: string = process.env.BANDSCOPE_STORE ?? defaultStoreFolder) {}

  /**
   * The result of `recipe` if it is there and its files have their recorded sizes and hashes; a damaged one is removed.
   * Hashing runs at about a gigabyte a second: cheap beside whatever made the files.
   */
  async get(recipe: Recipe): Promise<Artefact | undefined> {
    const id = recipeHash(recipe as Json);
    const found = this.open(id);
    if (found === undefined) return undefined;
    if ((await this.damage(found)) === undefined) return found;
    this.remove(id);
    return undefined;
  }

  /**
   * The result of `recipe`: the stored one, or else what `make` writes into the empty folder that it is given. What
   * `make` returns is added to the provenance. If `make` throws or the process dies, the store is as it was.
   */
  async compute(
    recipe: Recipe,
    make: (folder: string) => Promise<{readonly [key: string]: Json | undefined} | undefined>,
    {onWait}: {onWait?: (holder: string) => void} = {}
  ): Promise<Artefact> {
    const ready = await this.get(recipe);
    if (ready) return ready;
    const id = recipeHash(recipe as Json);
    const lock = await waitForLock(join(this.folder, "locks", `${id}.lock`), onWait);
    try {
      const meanwhile = await this.get(recipe);
      if (meanwhile) return meanwhile;
      const making = join(this.folder, "making", `${id}.${process.pid}.${randomBytes(4).toString("hex")}`);
      mkdirSync(making, {recursive: true});
      try {
        const started = performance.now();
        const added = (await make(making)) ?? {};
        const seconds = Math.round(performance.now() - started) / 1000;
        const files: Record<string, {bytes: number; sha256: string}> = {};
        const made = [...walk(making)];
        // some at once: a file system then commits them together
        for (let from = 0; from < made.length; from += syncedAtOnce) {
          await Promise.all(made.slice(from, from + syncedAtOnce).map((file) => syncLater(join(making, file))));
        }
        for (const file of made) {
          const path = join(making, file);
          files[file] = {bytes: statSync(path).size, sha256: await hashOf(path)};
        }
        const record: ArtefactRecord = {
          id,
          recipe,
          provenance: {bandscope: version, date: new Date().toISOString(), seconds, ...added},
          files
        };
        writeFileSync(join(making, "artefact.json"), `${JSON.stringify(record, null, 1)}\n`);
        sync(join(making, "artefact.json"));
        const target = this.place(id);
        mkdirSync(join(target, ".."), {recursive: true});
        if (existsSync(target)) rmSync(making, {recursive: true});
        else renameSync(making, target);
      } catch (error) {
        rmSync(making, {recursive: true, force: true});
        throw error;
      }
    } finally {
      lock.release();
    }
    const made = this.open(id);
    if (!made) throw new InputError(`the result ${id.slice(0, 12)} vanished from ${this.folder} while it was written`);
    return made;
  }

  /** The result of this id, its files present in their recorded sizes but not hashed: for a plan, not for use. */
  peek(id: string): Artefact | undefined {
    const found = this.open(id);
    if (found === undefined) return undefined;
    const whole = Object.entries(found.files).every(
      ([file, {bytes}]) => statSync(found.path(file), {throwIfNoEntry: false})?.size === bytes
    );
    return whole ? found : undefined;
  }

  /** All results, in the order of their ids. */
  *list(): Generator<Artefact> {
    if (!existsSync(this.folder)) return;
    for (const prefix of readdirSync(this.folder).sort()) {
      if (!/^[0-9a-f]{2}$/.test(prefix)) continue;
      for (const id of readdirSync(join(this.folder, prefix)).sort()) {
        const found = this.open(id);
        if (found) yield found;
      }
    }
  }

  /** What is wrong with a result's files, in words; undefined when all is well. */
  async damage(artefact: Artefact): Promise<string | undefined> {
    if (recipeHash(artefact.recipe as Json) !== artefact.id) return "its recipe does not hash to its name";
    for (const [file, {bytes, sha256: expected}] of Object.entries(artefact.files)) {
      const path = artefact.path(file);
      if (!existsSync(path)) return `${file} is missing`;
      if (statSync(path).size !== bytes) return `${file} has ${statSync(path).size} bytes instead of ${bytes}`;
      if ((await hashOf(path)) !== expected) return `${file} does not have its recorded SHA-256`;
    }
    return undefined;
  }

  /** Takes a result out of the store. */
  remove(id: string): void {
    const trash = join(this.folder, "making", `${id}.${process.pid}.${randomBytes(4).toString("hex")}.trash`);
    mkdirSync(join(this.folder, "making"), {recursive: true});
    try {
      renameSync(this.place(id), trash); // gone at once for readers, then deleted
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      throw error;
    }
    rmSync(trash, {recursive: true, force: true});
  }

  private place(id: string): string {
    return join(this.folder, id.slice(0, 2), id);
  }

  private open(id: string): Artefact | undefined {
    const folder = this.place(id);
    let record: ArtefactRecord;
    try {
      record = JSON.parse(readFileSync(join(folder, "artefact.json"), "utf8")) as ArtefactRecord;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      if (error instanceof SyntaxError) {
        this.remove(id);
        return undefined;
      }
      throw error;
    }
    const path = (file: string) => {
      if (!Object.hasOwn(record.files, file)) throw new InputError(`the result ${id.slice(0, 12)} has no file ${file}`);
      return join(folder, file);
    };
    return {
      ...record,
      path,
      read(file) {
        const bytes = readFileSync(path(file));
        if (sha256(bytes) !== record.files[file].sha256) {
          throw new InputError(
            `${file} of the result ${id.slice(0, 12)} was altered; bandscope cache verify removes it`
          );
        }
        return bytes;
      }
    };
  }
}

/** All files below a folder, relative, sorted, with `/`. */
function* walk(folder: string, prefix = ""): Generator<string> {
  for (const entry of readdirSync(folder, {withFileTypes: true}).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.isDirectory()) yield* walk(join(folder, entry.name), `${prefix}${entry.name}/`);
    else yield prefix + entry.name;
  }
}

/** A stream costs more than a small file's reading. */
async function hashOf(path: string): Promise<string> {
  return statSync(path).size < 4e6 ? sha256(readFileSync(path)) : sha256File(path);
}

/** As many files are open then. */
const syncedAtOnce = 64;

async function syncLater(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function sync(path: string): void {
  const fd = openSync(path, "r");
  fsyncSync(fd);
  closeSync(fd);
}
