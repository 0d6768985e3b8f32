import {readdirSync, statSync} from "node:fs";
import {join, resolve} from "node:path";
import {fileURLToPath} from "node:url";

/** The project's folder, and what a build makes. */
export const project = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
export const dist = resolve(process.env.BANDSCOPE_DIST || join(project, "dist"));

/** A folder from which Framework builds: `src/` with pages and loaders, and what these import beside it. */
export interface Stage {
  readonly folder: string;
  /** Framework's source root. */
  readonly root: string;
  /** Framework's cache. */
  readonly cache: string;
}

export function stageAt(folder: string): Stage {
  const root = join(folder, "src");
  return {folder, root, cache: join(root, ".observablehq", "cache")};
}

/** The project itself: what a plain build and the preview use. */
export const projectStage = stageAt(project);

/** All files below a folder, sorted, Framework's own left out. */
export function* walk(folder: string): Generator<string> {
  for (const name of readdirSync(folder).sort()) {
    if (name === ".observablehq" || name === "node_modules") continue;
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* walk(path);
    else yield path;
  }
}
