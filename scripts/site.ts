import {spawn} from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync
} from "node:fs";
import {tmpdir} from "node:os";
import {basename, dirname, join} from "node:path";
import {type PreparedSite, prepareSite, siteVariable} from "../loaders/site/prepare.js";
import {type SiteSettings, siteSettings} from "../loaders/site/settings.js";
import {InputError} from "../models/errors.js";
import {bundlePages} from "./bundle-pages.js";
import {checkDist} from "./check-dist.js";
import {normaliseDist} from "./normalise-dist.js";
import {project, projectStage, type Stage, stageAt} from "./paths.js";
import {removeStaleLoaderOutputs} from "./stale-loaders.js";
import {writeNotices} from "./third-party.js";
import {vendor} from "./vendor.js";
import {buildWorker} from "./worker.js";

/** Files below src that pages ask for by names known only at run time. Framework's preview serves them; a build does not. */
const laterFiles = ["fonts", "engine", "notices"];

/** Made by a build or a preview, so not part of the sources. The last three are the site's data, which a preview serves from there. */
const made = new Set([".observablehq", ...laterFiles, "images", "tables", "weights"]);

const framework = join(project, "node_modules/@observablehq/framework/dist/bin/observable.js");

export interface SiteBuild {
  /** Where the site will be served. */
  readonly base?: string;
  readonly title?: string;
  readonly settings?: SiteSettings;
  /** Further files for the source root, by their path in it: a page of one's own. */
  readonly pages?: ReadonlyMap<string, string>;
  /** Pictures and tables as files of their own rather than links to the store's: for a folder that people will edit. */
  readonly copies?: boolean;
  readonly verbose?: boolean;
  readonly say?: (text: string) => void;
}

/**
 * Builds the site into `out`, which it replaces. With `apart` from a copy of the sources in a folder of its own, so that
 * neither a build beside it nor an interruption leaves anything in the project.
 * @throws InputError when the built site refers to anything outside itself
 */
export async function buildSite(
  out: string,
  {apart = false, ...build}: SiteBuild & {apart?: boolean} = {}
): Promise<PreparedSite> {
  const stage = apart ? layStage(build.pages) : projectStage;
  const made = join(stage.folder, "dist");
  const clear = () => rmSync(stage.folder, {recursive: true, force: true});
  if (apart) process.once("exit", clear);
  try {
    const prepared = await prepare(stage, build);
    rmSync(made, {recursive: true, force: true});
    const status = await runFramework(stage, ["build"], build);
    if (status !== 0) throw new InputError("Observable Framework could not build the site: see above");
    for (const folder of laterFiles) {
      if (!existsSync(join(stage.root, folder))) continue;
      cpSync(join(stage.root, folder), join(made, "_file", folder), {recursive: true, preserveTimestamps: false});
    }
    normaliseDist(made);
    await bundlePages(made);
    const problems = await checkDist(made);
    for (const problem of problems) build.say?.(problem);
    if (problems.length > 0) {
      throw new InputError(`the site has ${problems.length} problem${problems.length === 1 ? "" : "s"}: see above`);
    }
    if (made !== out) move(made, out);
    // last, since they are by far the most files: laid once, and no step walks through them
    prepared.lay(join(out, "_file"), build.copies ? "copy" : "link");
    return prepared;
  } finally {
    if (apart) {
      process.off("exit", clear);
      clear();
    }
  }
}

function move(from: string, to: string): void {
  rmSync(to, {recursive: true, force: true});
  mkdirSync(dirname(to), {recursive: true});
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
    cpSync(from, to, {recursive: true, preserveTimestamps: false});
  }
}

/** Serves the pages and reloads them as they change. Resolves to the exit status. */
export async function previewSite(port: string | undefined, build: SiteBuild): Promise<number> {
  const prepared = await prepare(projectStage, build);
  prepared.lay(projectStage.root, "link");
  const options = port === undefined ? [] : ["--port", port];
  return runFramework(projectStage, ["preview", "--no-open", ...options], {...build, verbose: true});
}

async function prepare(stage: Stage, {settings = siteSettings(), say = () => {}}: SiteBuild): Promise<PreparedSite> {
  if (!existsSync(framework)) throw new InputError("the packages are not installed: run npm ci first");
  writeNotices(stage, [...(await vendor(stage)), ...(await buildWorker(stage))]);
  const prepared = await prepareSite({settings, say});
  say(prepared.summary);
  if (stage === projectStage) {
    for (const name of await removeStaleLoaderOutputs(prepared.key)) say(`computed anew: ${name}`);
  }
  return prepared;
}

/** A copy of the sources, with links to all that they import. */
function layStage(pages: ReadonlyMap<string, string> = new Map()): Stage {
  const stage = stageAt(mkdtempSync(join(tmpdir(), "bandscope-site-")));
  cpSync(projectStage.root, stage.root, {
    recursive: true,
    filter: (path) => !made.has(basename(path)) || path.slice(projectStage.root.length + 1).includes("/")
  });
  for (const [name, path] of pages) {
    mkdirSync(join(stage.root, name, ".."), {recursive: true});
    copyFileSync(path, join(stage.root, name));
  }
  for (const name of ["loaders", "models", "data", "node_modules", "package.json", "tsconfig.json"]) {
    symlinkSync(join(project, name), join(stage.folder, name));
  }
  copyFileSync(join(project, "observablehq.config.ts"), join(stage.folder, "observablehq.config.ts"));
  return stage;
}

/** A page's place in the list: its title is that of its front matter or its first heading. */
function entryOf([name, path]: readonly [string, string]): {name: string; path: string} {
  const text = readFileSync(path, "utf8");
  const title = /^title:\s*(.+)$/m.exec(text)?.[1] ?? /^# (.+)$/m.exec(text)?.[1];
  const stem = name.replace(/\.md$/, "");
  return {name: title?.trim().replace(/^(["'])(.*)\1$/, "$2") ?? stem, path: `/${stem}`};
}

/** Runs Framework in a stage; quiet keeps its words for the case that it fails. Its colours and links stay out of logs. */
function runFramework(stage: Stage, args: string[], {base, title, pages, verbose = false}: SiteBuild): Promise<number> {
  const child = spawn(process.execPath, [framework, ...args], {
    cwd: stage.folder,
    stdio: verbose ? "inherit" : ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      OBSERVABLE_TELEMETRY_DISABLE: "1",
      [siteVariable]: process.env[siteVariable],
      ...(base === undefined ? {} : {SITE_BASE: base}),
      ...(title === undefined ? {} : {SITE_TITLE: title}),
      ...(pages === undefined ? {} : {SITE_PAGES: JSON.stringify([...pages].map(entryOf))})
    }
  });
  const words: Buffer[] = [];
  child.stdout?.on("data", (data: Buffer) => words.push(data));
  child.stderr?.on("data", (data: Buffer) => words.push(data));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code !== 0) process.stderr.write(Buffer.concat(words));
      resolve(code ?? 1);
    });
  });
}
