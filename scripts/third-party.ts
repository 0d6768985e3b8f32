import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {project, type Stage} from "./paths.js";

/** A package of which a built site has a part. */
export interface Package {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

/** What Framework's own client is made of, and the typefaces: no bundle of ours lists them. */
const always = [
  "@observablehq/framework",
  "@observablehq/runtime",
  "@observablehq/inspector",
  "@observablehq/inputs",
  "@fontsource-variable/source-sans-3",
  "@fontsource-variable/source-serif-4"
];

/** The packages that the modules of a bundle come from: `node_modules/@a/b/src/c.js` → `@a/b`. */
export function packagesOf(modules: Iterable<string>): string[] {
  const names = new Set<string>();
  for (const path of modules) {
    const match = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*\/node_modules\/)/.exec(path);
    if (match) names.add(match[1]);
  }
  return [...names].sort();
}

/**
 * Lays into `src/notices` what others' licences ask for: `packages.json`, a list, and `third-party.txt`, the licences' full
 * texts.
 */
export function writeNotices({root}: Stage, names: Iterable<string>): void {
  const packages: Package[] = [];
  const texts: string[] = [];
  for (const name of [...new Set([...names, ...always])].sort()) {
    const folder = join(project, "node_modules", name);
    if (!existsSync(join(folder, "package.json"))) continue;
    const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
      version: string;
      license?: unknown;
    };
    const licence = typeof about.license === "string" ? about.license : "see its text";
    packages.push({name, version: about.version, licence});
    const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
    const text = files.map((file) => readFileSync(join(folder, file), "utf8").trim()).join("\n\n");
    texts.push(
      `${name} ${about.version} (${licence})\n\n${text || `Its package has no licence file; it says: ${licence}.`}`
    );
  }
  const folder = join(root, "notices");
  mkdirSync(folder, {recursive: true});
  writeFileSync(join(folder, "packages.json"), JSON.stringify(packages));
  const bandscope = readFileSync(join(project, "LICENSE"), "utf8").trim();
  const rule = `\n\n${"-".repeat(80)}\n\n`;
  writeFileSync(join(folder, "third-party.txt"), `Bandscope\n\n${bandscope}${rule}${texts.join(rule)}\n`);
}
