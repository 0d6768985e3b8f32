import {readdirSync, readFileSync, statSync} from "node:fs";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {sha256} from "../files.js";

const project = fileURLToPath(new URL("../..", import.meta.url));

/** The sources of what is measured of images: all of src/measures but what compares the results of studies. */
export const imageMeasures: readonly string[] = readdirSync(join(project, "src/measures"))
  .filter((name) => name !== "studies")
  .sort()
  .map((name) => `src/measures/${name}`);

/** SHA-256 over the TypeScript sources in some folders or files of the project: stands in a recipe for the code that ran. */
export function codeHash(places: readonly string[]): string {
  const lines: string[] = [];
  for (const place of places) {
    for (const path of sources(place)) lines.push(`${path} ${sha256(readFileSync(join(project, path)))}`);
  }
  return sha256(lines.join("\n"));
}

function* sources(place: string): Generator<string> {
  if (!statSync(join(project, place)).isDirectory()) {
    yield place;
    return;
  }
  for (const name of readdirSync(join(project, place)).sort()) {
    const path = `${place}/${name}`;
    if (statSync(join(project, path)).isDirectory()) yield* sources(path);
    else if (name.endsWith(".ts")) yield path;
  }
}
