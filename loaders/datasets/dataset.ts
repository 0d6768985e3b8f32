import {InputError} from "../../models/errors.js";
import {naturalOrder} from "../images/index.js";
import type {Sample, Split} from "./sample.js";

/** What is known of a sample before its pixels are read. */
export interface Entry {
  readonly id: string;
  readonly patient: string;
  readonly modality: string;
  readonly split?: Split;
  /** Where it comes from: a path inside the dataset's folder, or the words that simulate it. */
  readonly source: string;
  readonly licence?: string;
  readonly simulated?: boolean;
  /** SHA-256 of the 8-bit pixels, where a manifest promises one. */
  readonly pixelSha256?: string;
}

/** A set of samples, each with its patient. Only what is read is in memory. */
export interface Dataset {
  readonly id: string;
  readonly title: string;
  /** Where split, slices and the like come from, in a sentence. */
  readonly rule: string;
  readonly simulated: boolean;
  readonly count: number;
  /** All entries, in natural order of their ids. */
  list(): readonly Entry[];
  /** The samples one after the other, read when they are asked for; a new iteration begins anew. */
  readonly samples: AsyncIterable<Sample>;
  /** One sample. @throws InputError when there is none with this id, or it can't be read */
  read(id: string): Promise<Sample>;
}

/** What an adapter has to supply. */
export interface DatasetParts {
  readonly id: string;
  readonly title: string;
  readonly rule: string;
  readonly simulated?: boolean;
  readonly entries: readonly Entry[];
  readonly read: (entry: Entry) => Promise<Sample>;
}

/** Puts a dataset together. @throws InputError when two entries have the same id, or a patient is in two splits */
export function makeDataset({id, title, rule, simulated = false, entries, read}: DatasetParts): Dataset {
  const sorted = entries.slice().sort((a, b) => naturalOrder(a.id, b.id));
  const byId = new Map<string, Entry>();
  for (const entry of sorted) {
    const other = byId.get(entry.id);
    if (other !== undefined)
      throw new InputError(
        `${title} has two samples ${JSON.stringify(entry.id)}: ${other.source} and ${entry.source}; ids must differ`
      );
    byId.set(entry.id, entry);
  }
  checkLeaks(sorted, title);
  return {
    id,
    title,
    rule,
    simulated,
    count: sorted.length,
    list: () => sorted,
    samples: {
      async *[Symbol.asyncIterator]() {
        for (const entry of sorted) yield await read(entry);
      }
    },
    async read(wanted) {
      const entry = byId.get(wanted);
      if (entry === undefined) throw new InputError(`${title} has no sample ${JSON.stringify(wanted)}`);
      return read(entry);
    }
  };
}

/** The part of a dataset that a test lets through, in the same order. */
export function selectFrom(dataset: Dataset, chosen: (entry: Entry, index: number) => boolean): Dataset {
  const entries = dataset.list().filter(chosen);
  return {
    ...dataset,
    count: entries.length,
    list: () => entries,
    samples: {
      async *[Symbol.asyncIterator]() {
        for (const entry of entries) yield await dataset.read(entry.id);
      }
    }
  };
}

/** @throws InputError when a patient has samples in two splits: what was trained on would be tested on */
export function checkLeaks(entries: Iterable<Pick<Entry, "id" | "patient" | "split">>, title: string): void {
  const seen = new Map<string, Pick<Entry, "id" | "split">>();
  const leaks = new Map<string, string>();
  for (const entry of entries) {
    if (entry.split === undefined) continue;
    const first = seen.get(entry.patient);
    if (first === undefined) seen.set(entry.patient, entry);
    else if (first.split !== entry.split && !leaks.has(entry.patient))
      leaks.set(entry.patient, `${entry.patient} (${first.id} in ${first.split}, ${entry.id} in ${entry.split})`);
  }
  if (leaks.size === 0) return;
  const shown = [...leaks.values()].slice(0, 3).join(", ");
  throw new InputError(
    `${title} leaks between its splits: ${leaks.size} ${leaks.size === 1 ? "patient is" : "patients are"} in more than one: ${shown}; a patient must be in one split only`
  );
}
