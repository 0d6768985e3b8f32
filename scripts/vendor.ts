import {createHash} from "node:crypto";
import {copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {join, posix} from "node:path";
import {fileURLToPath} from "node:url";
import {build, type Plugin} from "esbuild";
import {project, projectStage, type Stage} from "./paths.js";
import {packagesOf} from "./third-party.js";

interface Library {
  readonly name: string;
  /** CommonJS packages have nothing but a default export, which `export *` leaves out. */
  readonly hasDefault?: boolean;
  /** Files and folders to lay beside the bundle. */
  readonly files?: readonly string[];
}

/** Framework's implicit libraries (`npm:name`) that a page of ours uses. */
const implicit: readonly Library[] = [
  {name: "htl"},
  {name: "isoformat"},
  {name: "d3-dsv"},
  {name: "katex", hasDefault: true, files: ["dist/katex.min.css", "dist/fonts"]},
  {name: "d3"},
  {name: "@observablehq/plot"}
];

/**
 * Names that Framework's client mentions and no page uses. An empty version folder settles the version, so that the
 * registry is not asked; a page that does use one fails the build with its name.
 */
const unused = [
  "@observablehq/sample-datasets",
  "@viz-js/viz",
  "apache-arrow",
  "arquero",
  "echarts",
  "jszip",
  "leaflet",
  "lodash",
  "mapbox-gl",
  "parquet-wasm",
  "react",
  "react-dom",
  "topojson-client"
];

/** Bare imports, bundled here to get one file each (Framework would make a file of every d3 module). */
const bare: readonly Library[] = [{name: "d3"}, {name: "@observablehq/plot"}, {name: "arquero"}];

const fonts = {
  "source-serif-4.woff2": "@fontsource-variable/source-serif-4/files/source-serif-4-latin-wght-normal.woff2",
  "source-sans-3.woff2": "@fontsource-variable/source-sans-3/files/source-sans-3-latin-wght-normal.woff2"
};

/**
 * Fills Framework's cache from `node_modules`, so that neither a build nor a preview asks a registry or a CDN and the
 * result depends on `package-lock.json` alone. Framework takes a file that is there and fetches (`_npm`) or bundles
 * (`_node`) only a missing one:
 *
 *     _npm/<name>@<version>/_esm.js     what it loads for its implicit libraries
 *     _node/<name>@<version>/index.js   what it loads for a bare import
 *
 * The typefaces are laid into `src/fonts`. Does nothing when this has been done for the same lock file.
 *
 * @returns the packages that these files are made of
 */
export async function vendor({root, cache}: Stage = projectStage): Promise<string[]> {
  const stamp = createHash("sha256")
    .update(readFileSync(fileURLToPath(import.meta.url)))
    .update(readFileSync(join(project, "package-lock.json")))
    .digest("hex");
  const stampFile = join(cache, "vendor.stamp");
  const packagesFile = join(cache, "vendor-packages.json");
  if (
    existsSync(stampFile) &&
    readFileSync(stampFile, "utf8") === stamp &&
    existsSync(join(root, "fonts")) &&
    existsSync(packagesFile)
  ) {
    return JSON.parse(readFileSync(packagesFile, "utf8")) as string[];
  }

  // a leftover higher version would win over ours, and a leftover bundle would be reused
  for (const folder of ["_npm", "_node", "_observablehq"]) rmSync(join(cache, folder), {recursive: true, force: true});
  for (const name of unused) mkdirSync(join(cache, "_npm", `${name}@0.0.0-not-vendored`), {recursive: true});
  const modules = [
    ...(await bundle(cache, "_npm", "_esm.js", implicit)),
    ...(await bundle(cache, "_node", "index.js", bare))
  ];
  const packages = packagesOf(modules);
  mkdirSync(join(root, "fonts"), {recursive: true});
  for (const [name, source] of Object.entries(fonts)) {
    copyFileSync(join(project, "node_modules", source), join(root, "fonts", name));
  }
  writeFileSync(packagesFile, JSON.stringify(packages));
  writeFileSync(stampFile, stamp);
  return packages;
}

async function bundle(cache: string, kind: string, file: string, libraries: readonly Library[]): Promise<string[]> {
  const modules: string[] = [];
  const folders = new Map(libraries.map(({name}) => [name, `${name}@${installedVersion(name)}`]));
  for (const {name, hasDefault = false, files = []} of libraries) {
    const folder = folders.get(name)!;
    const entry = JSON.stringify(name);
    const {metafile} = await build({
      metafile: true,
      stdin: {
        contents: `export * from ${entry};${hasDefault ? `export {default} from ${entry};` : ""}`,
        resolveDir: project
      },
      outfile: join(cache, kind, folder, file),
      absWorkingDir: project,
      bundle: true,
      format: "esm",
      platform: "browser",
      target: ["es2022", "chrome96", "firefox96", "safari16"],
      define: {"process.env.NODE_ENV": '"production"'},
      minify: true,
      legalComments: "none",
      logLevel: "warning",
      plugins: [keepApart(name, folder, folders, file)]
    });
    modules.push(...Object.keys(metafile.inputs), ...files.map((path) => `node_modules/${name}/${path}`));
    for (const path of files) {
      cpSync(join(project, "node_modules", name, path), join(cache, kind, folder, path), {recursive: true});
    }
  }
  return modules;
}

/** An import of another vendored package stays an import. */
function keepApart(name: string, folder: string, folders: ReadonlyMap<string, string>, file: string): Plugin {
  return {
    name: "keep-apart",
    setup(build) {
      build.onResolve({filter: /^[^./]/}, ({path}) => {
        if (path === name || !folders.has(path)) return undefined;
        return {path: posix.relative(folder, `${folders.get(path)}/${file}`), external: true};
      });
    }
  };
}

function installedVersion(name: string): string {
  const text = readFileSync(join(project, "node_modules", name, "package.json"), "utf8");
  return (JSON.parse(text) as {version: string}).version;
}
