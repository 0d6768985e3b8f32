import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync
} from "node:fs";
import {basename, dirname} from "node:path";
import {InputError} from "../../models/errors.js";
import {Progress} from "../cli/progress.js";
import {sha256File, writeFileAtomic} from "../files.js";

export interface DownloadOptions {
  /** What the content must hash to; otherwise what the server says, if it does. */
  readonly sha256?: string | null;
  /** How often a connection that broke off is taken up again before giving up. Default 5. */
  readonly retries?: number;
  /** Milliseconds before the first retry, doubled for each further one. Default 1000. */
  readonly retryDelay?: number;
  /** Milliseconds without a byte after which a connection counts as broken. Default 60,000. */
  readonly stall?: number;
  readonly progress?: (label: string, megabytes: number) => Progress;
}

export interface Downloaded {
  readonly bytes: number;
  readonly sha256: string;
  /** Who vouches for it: our own list, the server's header, or nobody. */
  readonly verified: "known checksum" | "server's checksum" | "nothing";
}

/** What is remembered beside a partial file, so that only the very same content is continued. */
interface Partial {
  readonly url: string;
  readonly etag: string | null;
  /** The server's SHA-256 of the whole, where it tells one. */
  readonly sha256: string | null;
}

/**
 * Downloads `url` to `path`, whole or not at all: into `path.part`, which a later call continues (HTTP Range with If-Range) and which is
 * renamed when the size and, where one is known, the checksum are right. Connections that break off are taken up again.
 * @throws InputError when the host can't be reached, answers an error, breaks off for good, or delivers other content than expected
 */
export async function download(url: string, path: string, options: DownloadOptions = {}): Promise<Downloaded> {
  const {retries = 5, retryDelay = 1000} = options;
  mkdirSync(dirname(path), {recursive: true});
  for (let attempt = 0; ; attempt++) {
    const before = partialSize(path);
    try {
      const whole = await attemptDownload(url, path, options);
      return await verify(url, path, whole, options.sha256 ?? null);
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      // progress starts the count anew: a slow line is not a dead one
      if (partialSize(path) > before) attempt = 0;
      if (attempt >= retries)
        throw new InputError(
          `the connection to ${new URL(url).host} broke off after ${megabytes(partialSize(path))} MB of ${url} (${error.message}); run the command again to continue from there`,
          {cause: error}
        );
      await new Promise((resolve) => setTimeout(resolve, retryDelay * 2 ** attempt));
    }
  }
}

/** The connection was lost midway: worth another try. */
class Broken extends Error {}

async function attemptDownload(url: string, path: string, options: DownloadOptions): Promise<Partial> {
  const part = `${path}.part`;
  const remembered = readPartial(path, url);
  let start = remembered === undefined ? 0 : partialSize(path);
  const headers: Record<string, string> = {"User-Agent": "bandscope", "Accept-Encoding": "identity"};
  if (start > 0 && remembered?.etag) {
    headers.Range = `bytes=${start}-`;
    headers["If-Range"] = remembered.etag;
  } else start = 0;

  const abort = new AbortController();
  const {response, linkedSha256} = await request(url, headers, abort.signal);
  if (response.status === 416 && remembered !== undefined) {
    // there is nothing after what we have: it is complete, or the file at the server changed and the checksum will tell
    await response.body?.cancel();
    return remembered;
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw new InputError(refusal(url, response.status));
  }
  if (response.status !== 206) start = 0;
  else if (!response.headers.get("content-range")?.startsWith(`bytes ${start}-`)) {
    await response.body?.cancel();
    discard(path);
    throw new Broken("the server continued at another place than was asked for");
  }
  const etag = strong(response.headers.get("etag"));
  const whole: Partial = {url, etag, sha256: linkedSha256 ?? remembered?.sha256 ?? null};
  writeFileAtomic(`${part}.json`, JSON.stringify(whole));

  const length = response.headers.get("content-length");
  const expected = length === null ? undefined : start + Number(length);
  const label = basename(path);
  const progress = (options.progress ?? ((text, total) => new Progress(text, total, "MB")))(
    label,
    expected === undefined ? 0 : megabytes(expected - start)
  );
  const fd = openSync(part, start > 0 ? "r+" : "w");
  let position = start;
  const stall = options.stall ?? 60_000;
  let timer = setTimeout(() => abort.abort(), stall);
  try {
    ftruncateSync(fd, start);
    for await (const chunk of response.body ?? []) {
      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(), stall);
      const shown = megabytes(position - start);
      for (let done = 0; done < chunk.length; )
        done += writeSync(fd, chunk, done, chunk.length - done, position + done);
      position += chunk.length;
      const more = megabytes(position - start) - shown;
      if (more > 0) progress.advance(more);
    }
    fsyncSync(fd);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") throw error;
    throw new Broken(abort.signal.aborted ? `no data for ${stall / 1000} s` : reason(error));
  } finally {
    clearTimeout(timer);
    closeSync(fd);
    progress.finish();
  }
  if (expected !== undefined && position !== expected) throw new Broken(`${position} of ${expected} bytes arrived`);
  return whole;
}

/** Follows redirects by hand: the hub tells a file's SHA-256 on the way, in the answer that redirects to its storage. */
async function request(
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal
): Promise<{response: Response; linkedSha256: string | null}> {
  let target = url;
  let linkedSha256: string | null = null;
  for (let hop = 0; hop < 6; hop++) {
    let response: Response;
    try {
      response = await fetch(target, {headers, redirect: "manual", signal});
    } catch (error) {
      throw unreachable(target, url, error);
    }
    const linked = response.headers.get("x-linked-etag")?.replaceAll('"', "");
    if (linked !== undefined && /^[0-9a-f]{64}$/.test(linked)) linkedSha256 = linked;
    const location = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || location === null) return {response, linkedSha256};
    await response.body?.cancel();
    const next = new URL(location, target);
    if (next.protocol !== "https:" && new URL(target).protocol === "https:")
      throw new InputError(
        `${target} redirects to ${next.protocol}//${next.host}, which is not encrypted; nothing was downloaded`
      );
    target = next.href;
  }
  throw new InputError(`${url} redirects more than five times; nothing was downloaded`);
}

async function verify(url: string, path: string, whole: Partial, known: string | null): Promise<Downloaded> {
  const part = `${path}.part`;
  const sha256 = await sha256File(part);
  const expected = known ?? whole.sha256;
  if (expected !== null && sha256 !== expected) {
    discard(path);
    throw new InputError(
      `what ${url} delivered has SHA-256 ${sha256}, expected ${expected}; it was deleted (try again, or get the file by other means)`
    );
  }
  const bytes = statSync(part).size;
  renameSync(part, path);
  rmSync(`${part}.json`, {force: true});
  return {
    bytes,
    sha256,
    verified: known !== null ? "known checksum" : expected !== null ? "server's checksum" : "nothing"
  };
}

function discard(path: string): void {
  rmSync(`${path}.part`, {force: true});
  rmSync(`${path}.part.json`, {force: true});
}

function partialSize(path: string): number {
  return statSync(`${path}.part`, {throwIfNoEntry: false})?.size ?? 0;
}

function readPartial(path: string, url: string): Partial | undefined {
  if (!existsSync(`${path}.part`) || !existsSync(`${path}.part.json`)) return undefined;
  try {
    const partial: Partial = JSON.parse(readFileSync(`${path}.part.json`, "utf8"));
    return partial.url === url ? partial : undefined;
  } catch {
    return undefined;
  }
}

/** If-Range takes strong validators only. */
function strong(etag: string | null): string | null {
  return etag === null || etag.startsWith("W/") ? null : etag;
}

function refusal(url: string, status: number): string {
  const {host} = new URL(url);
  if (status === 401 || status === 403)
    return `${host} refuses ${url} (HTTP ${status}): it may ask for an account; get the file with a browser`;
  if (status === 404 || status === 410) return `${host} has no ${url} (HTTP ${status}): it may have moved`;
  return `${host} answers HTTP ${status} for ${url}; try again later`;
}

function unreachable(target: string, url: string, error: unknown): InputError {
  return new InputError(
    `cannot reach ${new URL(target).host} (${reason(error)}): download ${url} on a machine that can and copy the file here`,
    {cause: error}
  );
}

function reason(error: unknown): string {
  const {cause, message} = error as Error & {cause?: NodeJS.ErrnoException & {errors?: NodeJS.ErrnoException[]}};
  return cause?.code ?? cause?.errors?.[0]?.code ?? cause?.message ?? message;
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}
