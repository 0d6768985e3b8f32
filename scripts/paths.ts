import {readdirSync, statSync} from "node:fs";
import {join} from "node:path";
import {fileURLToPath} from "node:url";

/** The project's folder, Framework's source root, its cache and what a build makes. */
export const project = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
export const root = join(project, "src");
export const cache = join(root, ".observablehq", "cache");
export const dist = join(project, "dist");

/** All files below a folder, sorted, Framework's own left out. */
export function* walk(folder: string): Generator<string> {
  for (const name of readdirSync(folder).sort()) {
    if (name === ".observablehq" || name === "node_modules") continue;
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* walk(path);
    else yield path;
  }
}
