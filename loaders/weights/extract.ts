import {closeSync, createReadStream, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync} from "node:fs";
import {basename, dirname, join} from "node:path";
import {pipeline} from "node:stream/promises";
import {createInflateRaw} from "node:zlib";
import {fileSource} from "../../models/checkpoints/file-source.js";
import {readZipDirectory} from "../../models/checkpoints/zip.js";
import {InputError} from "../../models/errors.js";

/**
 * Extracts one file (the entry with this base name) from a zip archive to `target`, whole or not at all, as a stream: the archives that
 * autoencoders are published in do not fit comfortably into memory. Stops as soon as more bytes come out than the directory tells.
 * @throws InputError when the archive has no such entry or several, or is damaged
 */
export async function extractEntry(archive: string, name: string, target: string): Promise<void> {
  const source = fileSource(archive);
  let found: {position: number; packed: number; size: number; deflated: boolean}[];
  try {
    found = [...readZipDirectory(source, {allowDeflated: true}).values()].filter(
      (entry) => basename(entry.name) === name
    );
  } finally {
    source.close();
  }
  if (found.length !== 1)
    throw new InputError(`${archive} holds ${found.length} files named ${name} where one was expected`);
  const [{position, packed, size, deflated}] = found;

  mkdirSync(dirname(target), {recursive: true});
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
  const fd = openSync(temporary, "w");
  let written = 0;
  try {
    const write = async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        if (written + chunk.length > size)
          throw new InputError(`${archive}: ${name} is larger than the ${size} bytes that it claims`);
        for (let done = 0; done < chunk.length; ) done += writeSync(fd, chunk, done);
        written += chunk.length;
      }
    };
    const input =
      packed === 0
        ? []
        : createReadStream(archive, {start: position, end: position + packed - 1, highWaterMark: 1 << 20});
    if (deflated) await pipeline(input, createInflateRaw({chunkSize: 1 << 20}), write);
    else await pipeline(input, write);
    if (written !== size) throw new InputError(`${archive}: ${name} ends after ${written} of ${size} bytes`);
    fsyncSync(fd);
  } catch (error) {
    rmSync(temporary, {force: true});
    if (error instanceof InputError) throw error;
    throw new InputError(`${archive} is damaged: ${name} cannot be unpacked (${(error as Error).message})`, {
      cause: error
    });
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, target);
}
