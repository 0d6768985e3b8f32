import {createHash} from "node:crypto";
import {readFileSync, rmSync, writeFileSync} from "node:fs";
import {dirname, join, relative} from "node:path";
import {build} from "esbuild";
import {walk} from "./paths.js";

/**
 * Framework serves each of our modules as a file of its own: dozens of requests a page. Puts those that a page imports
 * into one file, `_import/<page>.<hash>.js`, and lets the page's cells import from there. The large libraries
 * (`_node`, `_npm`) stay files of their own, shared by all pages.
 */
export async function bundlePages(dist: string): Promise<void> {
  const used = new Set<string>();
  const workers = new Set<string>();
  for (const file of walk(dist)) {
    if (!file.endsWith(".html")) continue;
    const html = readFileSync(file, "utf8");
    const specifiers = [
      ...new Set([...html.matchAll(/import\("([^"]*\/_import\/[^"]+\.js)"\)/g)].map(([, path]) => path))
    ];
    if (specifiers.length === 0) continue;
    const page = relative(dist, file)
      .replace(/\.html$/, "")
      .replaceAll("/", "-");
    const {outputFiles, metafile} = await build({
      stdin: {
        contents: specifiers.map((path, i) => `export * as m${i} from ${JSON.stringify(path)};`).join("\n"),
        resolveDir: dirname(file)
      },
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      minify: true,
      legalComments: "none",
      outfile: join(dist, "_import", `${page}.js`),
      absWorkingDir: dist,
      logLevel: "warning",
      plugins: [
        {
          // an external import keeps its own path; the bundle lies elsewhere than the module that says it
          name: "externals-from-bundle",
          setup(bundler) {
            bundler.onResolve({filter: /\/_(node|npm|observablehq)\//}, ({path, resolveDir}) => ({
              path: `./${relative(join(dist, "_import"), join(resolveDir, path))}`,
              external: true
            }));
          }
        }
      ]
    });
    const code = outputFiles[0].text;
    const hash = createHash("sha256").update(code).digest("hex").slice(0, 8);
    const name = `_import/${page}.${hash}.js`;
    writeFileSync(join(dist, name), code);
    const inputs = Object.keys(metafile.inputs).filter((path) => path.startsWith("_import/"));
    for (const path of inputs) used.add(path);
    for (const [, worker] of code.matchAll(/import\.meta\.resolve\("([^"]+)"\)/g)) workers.add(worker);
    const up = relative(dirname(file), dist);
    const url = `${up === "" ? "." : up}/${name}`;
    let result = html;
    specifiers.forEach((path, i) => {
      result = result.replaceAll(`await import("${path}")`, `(await import("${url}")).m${i}`);
      result = result.replaceAll(`import("${path}")`, `import("${url}").then((page) => page.m${i})`);
    });
    let first = true;
    result = result.replace(/<link rel="modulepreload" href="([^"]+)">\n/g, (tag, path: string) => {
      if (!inputs.includes(relative(dist, join(dirname(file), path)))) return tag;
      const replacement = first ? `<link rel="modulepreload" href="${url}">\n` : "";
      first = false;
      return replacement;
    });
    writeFileSync(file, result);
  }
  if (workers.size > 0) throw new Error(`a worker's address would be wrong in a bundle: ${[...workers].join(", ")}`);
  for (const path of used) rmSync(join(dist, path));
}
