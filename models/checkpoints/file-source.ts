import {closeSync, fstatSync, openSync, readSync} from "node:fs";
import {InputError} from "../errors.js";
import {type ByteSource, endedEarly} from "./byte-source.js";

/** One read(2) call takes at most 2 GiB − 4 KiB. */
const maxRead = 1 << 30;

/** A file's bytes, read where and when they are asked for. @throws InputError when it can't be opened or is not a regular file. */
export function fileSource(path: string): ByteSource {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new InputError(`there is no ${path}`, {cause: error});
    throw new InputError(`cannot open ${path}: ${message}`, {cause: error});
  }
  const stat = fstatSync(fd);
  if (!stat.isFile()) {
    closeSync(fd);
    throw new InputError(
      `${path} is ${stat.isDirectory() ? "a folder" : "no regular file"} where a checkpoint file was expected`
    );
  }
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
