import {
  appendFileSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync
} from "node:fs";
import {dirname, join} from "node:path";
import {sha256} from "../files.js";
import type {Json} from "../store/canonical.js";
import type {Store} from "../store/store.js";

interface Line {
  /** SHA-256 by the file's name. */
  readonly files: Readonly<Record<string, string>>;
  readonly seconds: number;
  readonly note?: Json;
}

/**
 * What a long step has finished so far, in `store/work/<id of its artefact>`: files, and a journal with a line for each batch of
 * them, written after they are. After `kill -9` at most the batch in the making is done again; a file that does not have its
 * journalled hash (a power cut) is, too. Whoever makes the artefact holds its lock, and so has the folder for itself.
 */
export class WorkFolder {
  readonly folder: string;
  private readonly journal: string;
  private readonly done = new Map<string, string>();
  /** Spent on the finished batches, in this process and in earlier ones. */
  seconds = 0;

  constructor(store: Store, id: string) {
    this.folder = workFolder(store, id);
    this.journal = join(this.folder, "journal.jsonl");
    mkdirSync(this.folder, {recursive: true});
    if (!existsSync(this.journal)) return;
    const text = readFileSync(this.journal, "utf8");
    for (const line of text.split("\n")) {
      let entry: Line;
      try {
        entry = JSON.parse(line) as Line;
      } catch {
        continue; // the last line of a process that was killed
      }
      this.seconds += entry.seconds;
      for (const [name, hash] of Object.entries(entry.files)) this.done.set(name, hash);
    }
    if (text !== "" && !text.endsWith("\n")) appendFileSync(this.journal, "\n");
  }

  /** Whether all of these files are finished and unaltered. */
  has(names: readonly string[]): boolean {
    return names.every((name) => {
      const hash = this.done.get(name);
      if (hash === undefined) return false;
      const path = join(this.folder, name);
      return existsSync(path) && sha256(readFileSync(path)) === hash;
    });
  }

  /** Keeps a batch of files. */
  put(files: readonly (readonly [name: string, bytes: Uint8Array | string])[], seconds: number): void {
    const hashes: Record<string, string> = {};
    for (const [name, bytes] of files) {
      const path = join(this.folder, name);
      mkdirSync(dirname(path), {recursive: true});
      writeFileSync(path, bytes);
      hashes[name] = sha256(bytes);
    }
    appendFileSync(this.journal, `${JSON.stringify({files: hashes, seconds: Math.round(seconds * 1000) / 1000})}\n`);
    this.seconds += seconds;
    for (const [name, hash] of Object.entries(hashes)) this.done.set(name, hash);
  }

  readJson(name: string): unknown {
    return JSON.parse(readFileSync(this.path(name), "utf8"));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Puts files into an artefact's folder; they stay here too until the artefact is there. */
  copyTo(folder: string, names: readonly string[]): void {
    for (const name of names) {
      const target = join(folder, name);
      mkdirSync(dirname(target), {recursive: true});
      try {
        linkSync(this.path(name), target);
      } catch {
        copyFileSync(this.path(name), target); // a file system without hard links
      }
    }
  }
}

/** Takes away what a finished step left. */
export function removeWork(store: Store, id: string): void {
  const folder = workFolder(store, id);
  if (existsSync(folder)) rmSync(folder, {recursive: true, force: true});
}

export function workFolder(store: Store, id: string): string {
  return join(store.folder, "work", id);
}
