import {existsSync, statSync} from "node:fs";
import {basename, join} from "node:path";
import {text} from "node:stream/consumers";
import {InputError} from "../../models/errors.js";
import {Progress} from "../cli/progress.js";
import {sha256File} from "../files.js";
import {listZip, openZipEntry, unpackZipEntry, type ZipEntry} from "./zip.js";

/** A file that was unpacked, relative to the folder it was unpacked to. */
export interface Unpacked {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** TensorFlow's C API: two libraries. */
export const isTensorflowLibrary = (name: string): boolean =>
  /^tensorflow\/libtensorflow_(cc|framework)\.so\.\d+$/.test(name);

/** The headers that the binding's source includes, and what they include. */
export const isTensorflowHeader = (name: string): boolean =>
  /^tensorflow\/include\/(tensorflow\/c|tensorflow\/core\/platform|tensorflow\/core\/common_runtime\/next_pluggable_device\/c|tsl|xla\/tsl|absl)\/.*\.h$/.test(
    name
  );

/** CUDA's libraries in NVIDIA's wheels. */
export const isNvidiaLibrary = (name: string): boolean => /^nvidia\/.*\/lib\/[^/]+\.so(\.\d+)*$/.test(name);

/**
 * Unpacks the files of a wheel that `wanted` names. What lies there already, with the checksum of the wheel's own
 * list (RECORD), is left: work that was cut off goes on.
 *
 * @throws InputError when a file does not match its checksum.
 */
export async function unpackWheel(
  wheel: string,
  folder: string,
  wanted: (name: string) => boolean
): Promise<Unpacked[]> {
  const entries = listZip(wheel);
  const checksums = await readRecord(wheel, entries);
  const chosen = entries.filter(({name}) => wanted(name) && !name.endsWith("/"));
  const total = chosen.reduce((sum, {bytes}) => sum + bytes, 0);
  const progress = new Progress(
    `unpack ${basename(wheel).split("-").slice(0, 2).join(" ")}`,
    Math.ceil(total / 1e6),
    "MB"
  );
  let done = 0;
  let shown = 0;
  const advance = (bytes: number) => {
    done += bytes;
    progress.advance(Math.floor(done / 1e6) - shown);
    shown = Math.floor(done / 1e6);
  };
  const unpacked: Unpacked[] = [];
  for (const entry of chosen) {
    const target = join(folder, entry.name);
    const promised = checksums.get(entry.name);
    const there = existsSync(target) && statSync(target).size === entry.bytes;
    if (there && promised !== undefined && (await sha256File(target)) === promised) {
      advance(entry.bytes);
      unpacked.push({path: entry.name, bytes: entry.bytes, sha256: promised});
      continue;
    }
    const sha256 = await unpackZipEntry(wheel, entry, target, advance);
    if (promised !== undefined && sha256 !== promised) {
      throw new InputError(
        `${wheel} is damaged: ${entry.name} does not match its checksum; delete it and run setup-native again`
      );
    }
    unpacked.push({path: entry.name, bytes: entry.bytes, sha256});
  }
  progress.finish();
  return unpacked;
}

/** SHA-256 in hex by file name, from the wheel's RECORD (PEP 376: `name,sha256=<base64url>,size`). */
async function readRecord(wheel: string, entries: ZipEntry[]): Promise<Map<string, string>> {
  const record = entries.find(({name}) => /^[^/]+\.dist-info\/RECORD$/.test(name));
  if (!record) throw new InputError(`${wheel} is no Python wheel: it has no RECORD`);
  const lines = (await text(openZipEntry(wheel, record))).split(/\r?\n/);
  return new Map(
    lines.flatMap((line) => {
      const match = /^(.*),sha256=([\w-]+),\d*$/.exec(line);
      return match ? [[match[1].replace(/^"|"$/g, ""), Buffer.from(match[2], "base64url").toString("hex")]] : [];
    })
  );
}

/** What the wheel requires for one of its extras, e.g. `nvidia-cublas-cu12==12.5.3.2` for `and-cuda`. */
export async function extraRequirements(wheel: string, extra: string): Promise<string[]> {
  const entry = listZip(wheel).find(({name}) => /^[^/]+\.dist-info\/METADATA$/.test(name));
  if (!entry) throw new InputError(`${wheel} is no Python wheel: it has no METADATA`);
  return parseRequirements(await text(openZipEntry(wheel, entry)), extra);
}

/** The requirements of an extra in a wheel's METADATA, as pip takes them on its command line. */
export function parseRequirements(metadata: string, extra: string): string[] {
  return metadata.split(/\r?\n/).flatMap((line) => {
    const match = /^Requires-Dist: *([\w.-]+)(?:\[[^\]]*\])? *\(?([^;()]*)\)? *;(.*)$/.exec(line);
    if (!match || !new RegExp(`extra *== *["']${extra}["']`).test(match[3])) return [];
    return [`${match[1]}${match[2].replaceAll(" ", "")}`];
  });
}
