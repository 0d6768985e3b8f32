import {appendFileSync, existsSync, readFileSync} from "node:fs";
import {join} from "node:path";
import {InputError} from "../../models/errors.js";
import {sha256File, writeFileAtomic} from "../files.js";
import {type Json, recipeHash} from "../store/canonical.js";
import type {Fidelity} from "./fidelity.js";

/** What was done to one image: enough to know, without the model, whether it has to be done again. */
export interface JournalEntry {
  readonly id: string;
  readonly input_sha256: string;
  readonly width: number;
  readonly height: number;
  readonly padded: boolean;
  /** The engine that ran, which may change between two runs of the command. */
  readonly engine: string;
  /** SHA-256 of each file written for it, by name. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** A reconstruction, and how far it is from its image. */
export interface Entry extends JournalEntry, Fidelity {}

/** Where a command keeps its journal, and what it calls the things in the folder. */
export interface JournalNames {
  readonly file: string;
  readonly things: string;
}

const reconstructions: JournalNames = {file: "reconstruct.jsonl", things: "reconstructions"};

/**
 * The record of a folder of results, such as `reconstruct.jsonl`: the settings on the first line, then a line an image,
 * appended as each is finished. A line that a crash cut off is ignored.
 */
export class Journal<E extends JournalEntry = Entry> {
  private readonly path: string;
  readonly entries = new Map<string, E>();

  private constructor(
    private readonly folder: string,
    file: string
  ) {
    this.path = join(folder, file);
  }

  /**
   * Opens or starts the journal of `folder`. What determines the pixels (`settings`) must be as before, or the folder
   * would hold a mixture: then an InputError says what differs, unless `overwrite` starts afresh.
   */
  static open<E extends JournalEntry = Entry>(
    folder: string,
    settings: {readonly [key: string]: Json},
    overwrite: boolean,
    {file, things}: JournalNames = reconstructions
  ): Journal<E> {
    const journal = new Journal<E>(folder, file);
    const head = {settings, settings_sha256: recipeHash(settings)};
    if (existsSync(journal.path) && !overwrite) {
      const text = readFileSync(journal.path, "utf8");
      const [first, ...lines] = text.split("\n");
      const old = parse(first) as typeof head | undefined;
      if (old?.settings_sha256 === head.settings_sha256) {
        for (const line of lines) {
          const entry = parse(line) as E | undefined;
          if (entry?.id !== undefined) journal.entries.set(entry.id, entry);
        }
        // so that the next entry does not end up on a line that was cut off
        if (!text.endsWith("\n")) appendFileSync(journal.path, "\n");
        return journal;
      }
      if (old !== undefined) {
        const changed = Object.keys(settings).find(
          (key) => JSON.stringify(old.settings?.[key]) !== JSON.stringify(settings[key])
        );
        throw new InputError(
          `${folder} already holds ${things} with another ${changed ?? "set of settings"} ` +
            `(${text_(old.settings?.[changed ?? ""])} there, ${text_(settings[changed ?? ""])} now): ` +
            "name another --out, or add --overwrite to replace them"
        );
      }
    }
    writeFileAtomic(journal.path, `${JSON.stringify(head)}\n`);
    return journal;
  }

  /** Whether the image with this hash is done and every file that it should have is there, unaltered. */
  async isDone(id: string, inputSha256: string, wanted: readonly string[]): Promise<boolean> {
    const entry = this.entries.get(id);
    if (entry?.input_sha256 !== inputSha256) return false;
    for (const name of wanted) {
      const path = join(this.folder, name);
      if (!(name in entry.outputs) || !existsSync(path) || (await sha256File(path)) !== entry.outputs[name])
        return false;
    }
    return true;
  }

  add(entry: E): void {
    appendFileSync(this.path, `${JSON.stringify(entry)}\n`);
    this.entries.set(entry.id, entry);
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function text_(value: Json | undefined): string {
  const text = typeof value === "string" ? value : JSON.stringify(value ?? null);
  return /^[0-9a-f]{64}$/.test(text) ? text.slice(0, 12) : text;
}
