import {existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync} from "node:fs";
import {basename, dirname, join, resolve} from "node:path";
import {InputError} from "../../models/errors.js";
import {walk} from "../../scripts/paths.js";
import {buildSite, type SiteBuild} from "../../scripts/site.js";
import {version} from "../version.js";
import {findPixels} from "./find-pixels.js";

/** Says that a folder was written by us, and with what; nothing in it depends on when. */
const marker = ".bandscope-site.json";

/** What a checkout keeps beside the site, for `git push` to a branch of pages. */
const kept = [".git", "CNAME"];

export interface PublishOptions extends SiteBuild {
  readonly out: string;
}

export interface Published {
  readonly out: string;
  readonly files: number;
  readonly bytes: number;
  /** Files that were searched for pixels; null in a site with images. */
  readonly searched: number | null;
}

/**
 * Builds the site and lays it whole into a folder: until the last moment the folder is as it was. With `settings.withoutImages` the
 * result is searched for pixels first.
 * @throws InputError for a folder that has something else in it, or when a pixel is found
 */
export async function publish({out, ...build}: PublishOptions): Promise<Published> {
  const target = resolve(out);
  requireOurs(target);
  const making = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
  const clear = () => rmSync(making, {recursive: true, force: true});
  process.once("exit", clear);
  try {
    const {pixels} = await buildSite(making, {...build, apart: true, copies: true});
    const {settings, base = "/", title = "Bandscope"} = build;
    writeFileSync(join(making, ".nojekyll"), "");
    const about = {
      format: "bandscope-site",
      version: 1,
      bandscope: version,
      title,
      base,
      images: !settings?.withoutImages,
      pseudonyms: Boolean(settings?.pseudonyms)
    };
    writeFileSync(join(making, marker), `${JSON.stringify(about, null, 2)}\n`);
    let searched: number | null = null;
    if (settings?.withoutImages) {
      build.say?.("searching the site for pixels");
      const findings = await findPixels(making, pixels());
      if (findings.length > 0) {
        const {file, what} = findings[0];
        const more = findings.length === 1 ? "" : ` (and ${findings.length - 1} more)`;
        throw new InputError(`nothing was published: ${file} has ${what}${more}`);
      }
      searched = [...walk(making)].length;
    }
    replace(making, target);
    const files = [...walk(target)];
    return {
      out: target,
      files: files.length,
      bytes: files.reduce((sum, file) => sum + statSync(file).size, 0),
      searched
    };
  } finally {
    process.off("exit", clear);
    clear();
  }
}

/** @throws InputError for anything but an empty folder, none, or a site of ours */
export function requireOurs(folder: string): void {
  const there = statSync(folder, {throwIfNoEntry: false});
  if (there === undefined) return;
  if (!there.isDirectory()) throw new InputError(`${folder} is a file; --out must name a folder`);
  if (readdirSync(folder).every((name) => kept.includes(name))) return;
  const path = join(folder, marker);
  if (existsSync(path) && readFileSync(path, "utf8").includes('"bandscope-site"')) return;
  throw new InputError(
    `${folder} is not empty and was not written by bandscope publish, so it is left alone; --out must name a new or empty folder`
  );
}

function replace(made: string, target: string): void {
  mkdirSync(dirname(target), {recursive: true});
  if (!existsSync(target)) {
    renameSync(made, target);
    return;
  }
  const old = `${made}.old`;
  renameSync(target, old);
  try {
    renameSync(made, target);
  } catch (error) {
    renameSync(old, target);
    throw error;
  }
  for (const name of kept) if (existsSync(join(old, name))) renameSync(join(old, name), join(target, name));
  rmSync(old, {recursive: true, force: true});
}
