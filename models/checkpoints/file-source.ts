import {closeSync, openSync, readSync, statSync} from "node:fs";
import {InputError} from "../errors.js";
import {type ByteSource, endedEarly} from "./byte-source.js";

/** One read(2) call takes at most 2 GiB − 4 KiB. */
const maxRead = 1 << 30;

/** A file's bytes, read where and when they are asked for. @throws InputError when it can't be opened or is not a regular file. */
export function fileSource(path: string): ByteSource {
  const stat = attempt(path, () => statSync(path));
  // before it is opened: opening a pipe would wait for its other end
  if (!stat.isFile())
    throw new InputError(
      `${path} is ${stat.isDirectory() ? "a folder" : "no regular file"} where a checkpoint file was expected`
    );
  const fd = attempt(path, () => openSync(path, "r"));
  let open = true;
  return {
    name: path,
    size: stat.size,
    read(position, target) {
      if (!open) throw new Error(`${path} is closed already`);
      for (let done = 0; done < target.length; ) {
        const n = readSync(fd, target, done, Math.min(target.length - done, maxRead), position + done);
        if (n === 0) throw endedEarly(path, position + target.length, position + done);
        done += n;
      }
    },
    close() {
      if (open) closeSync(fd);
      open = false;
    }
  };
}

function attempt<T>(path: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    throw new InputError(code === "ENOENT" ? `there is no ${path}` : `cannot open ${path}: ${message}`, {cause: error});
  }
}
