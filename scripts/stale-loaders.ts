import {createHash} from "node:crypto";
import {existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync} from "node:fs";
import {dirname, join, relative, resolve} from "node:path";
import {build} from "esbuild";
import {project, projectStage, walk} from "./paths.js";

const {root, cache} = projectStage;

/**
 * Deletes the cached output of each data loader whose code or inputs have changed: Framework itself looks at the loader
 * file's own time only (preview) or not at all (build). A loader's inputs are the local modules that it imports, every
 * path named by `@input path` in a comment of one of them, and `key`, which stands for the data behind the site.
 *
 * @returns the outputs deleted, relative to the source root
 */
export async function removeStaleLoaderOutputs(key: string): Promise<string[]> {
  const manifestFile = join(cache, "loaders.manifest.json");
  const before: Record<string, string> = existsSync(manifestFile) ? JSON.parse(readFileSync(manifestFile, "utf8")) : {};
  const lock = readFileSync(join(project, "package-lock.json"));
  const manifest: Record<string, string> = {};
  const removed: string[] = [];
  for (const file of walk(root)) {
    const output = /^(.*\.\w+)\.(ts|js)$/.exec(file)?.[1]; // points.json.ts → points.json
    if (output === undefined) continue;
    const target = relative(root, output);
    const hash = createHash("sha256").update(lock).update(key);
    for (const path of await inputs(file)) hash.update(relative(project, path)).update(readFileSync(path));
    manifest[target] = hash.digest("hex");
    const cached = join(cache, target);
    if (before[target] !== manifest[target] && existsSync(cached)) {
      rmSync(cached);
      removed.push(target);
    }
  }
  mkdirSync(cache, {recursive: true});
  writeFileSync(manifestFile, `${JSON.stringify(manifest, null, 1)}\n`);
  return removed;
}

async function inputs(loader: string): Promise<string[]> {
  const {metafile} = await build({
    entryPoints: [loader],
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    packages: "external",
    outfile: "out.js",
    absWorkingDir: project,
    logLevel: "silent"
  });
  const modules = Object.keys(metafile.inputs).map((path) => resolve(project, path));
  const found = new Set(modules);
  for (const module of modules) {
    for (const [, named] of readFileSync(module, "utf8").matchAll(/@input\s+(\S+)/g)) {
      const path = resolve(dirname(module), named);
      if (!existsSync(path)) throw new Error(`${relative(project, module)}: no such input: ${named}`);
      if (statSync(path).isDirectory()) for (const file of walk(path)) found.add(file);
      else found.add(path);
    }
  }
  return [...found].sort();
}
