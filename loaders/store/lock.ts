import {randomBytes} from "node:crypto";
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync
} from "node:fs";
import {hostname} from "node:os";
import {dirname} from "node:path";

/** A lock that nobody has refreshed for this long, held on another machine, belongs to a process that died. */
const staleAfter = 60_000;
/** On this machine a process can be asked for; only its number may have gone to another one after a reboot. */
const reusedAfter = 600_000;
const refreshEvery = 10_000;

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Tells two holds by one process (or a reused pid) apart. */
  readonly token: string;
}

/** A held lock. `release` may be called more than once. */
export interface Lock {
  release(): void;
}

/** The lock is held by a living process; `holder` says which. */
export interface Busy {
  readonly holder: string;
}

/**
 * Tries to take the lock file `path`. The file names its holder, so a lock left by a process that died (`kill -9`, a
 * crash, a power cut) is seen and taken over: on this host at once, on a shared folder from another host after a
 * minute without a sign of life.
 */
export function tryLock(path: string): Lock | Busy {
  mkdirSync(dirname(path), {recursive: true});
  const own: Holder = {pid: process.pid, host: hostname(), token: randomBytes(8).toString("hex")};
  for (;;) {
    try {
      const fd = openSync(path, "wx");
      writeSync(fd, JSON.stringify(own));
      closeSync(fd);
      return hold(path, own);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const seen = inspect(path);
    if (seen === undefined) continue; // released in the meantime
    if (seen.alive)
      return {holder: seen.holder ? `process ${seen.holder.pid} on ${seen.holder.host}` : "another process"};
    takeAway(path, seen.text);
  }
}

/** Waits for the lock, asking again every 200 ms; `onWait` is called once, with the holder, when it has to wait. */
export async function waitForLock(path: string, onWait?: (holder: string) => void): Promise<Lock> {
  for (let waited = false; ; waited = true) {
    const got = tryLock(path);
    if ("release" in got) return got;
    if (!waited) onWait?.(got.holder);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function hold(path: string, own: Holder): Lock {
  const timer = setInterval(() => {
    try {
      const now = new Date();
      utimesSync(path, now, now);
    } catch {
      // taken away by somebody who thought us dead: what we write is named by its content, so nothing is lost
    }
  }, refreshEvery);
  timer.unref();
  let held = true;
  return {
    release() {
      if (!held) return;
      held = false;
      clearInterval(timer);
      const seen = inspect(path);
      if (seen?.holder?.token === own.token) rmSync(path, {force: true});
    }
  };
}

function inspect(path: string): {alive: boolean; holder?: Holder; text: string} | undefined {
  let text: string;
  let age: number;
  try {
    text = readFileSync(path, "utf8");
    age = Date.now() - statSync(path).mtimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  let holder: Holder;
  try {
    holder = JSON.parse(text) as Holder;
  } catch {
    // created and not yet written, or cut off there
    return {alive: age < 2000, text};
  }
  if (holder.host !== hostname()) return {alive: age < staleAfter, holder, text};
  try {
    process.kill(holder.pid, 0);
    // long arithmetic keeps a process from refreshing its lock, hence the patience
    return {alive: age < reusedAfter, holder, text};
  } catch (error) {
    return {alive: (error as NodeJS.ErrnoException).code === "EPERM", holder, text};
  }
}

/** Removes a dead holder's lock. Two rescuers may race: by renaming first, each sees whether it took the dead one. */
function takeAway(path: string, text: string): void {
  const aside = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (readFileSync(aside, "utf8") !== text) {
    try {
      linkSync(aside, path); // it was another rescuer's fresh lock: give it back
    } catch {
      // a third one holds it by now
    }
  }
  rmSync(aside, {force: true});
}
