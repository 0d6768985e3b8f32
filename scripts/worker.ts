import {copyFileSync, mkdirSync} from "node:fs";
import {join} from "node:path";
import {build} from "esbuild";
import {project, projectStage, type Stage} from "./paths.js";
import {packagesOf} from "./third-party.js";

/**
 * Bundles the worker that runs autoencoders in a page, TensorFlow.js and all, into `src/engine`, with the WebAssembly that it
 * loads beside it. Not through Framework: a worker can't use a page's import map, and pages outside `models/` do not
 * import from there. `.mjs`, because Framework takes `.js` for a module of its own.
 *
 * @returns the packages of which the bundle has a part
 */
export async function buildWorker({root}: Stage = projectStage): Promise<string[]> {
  const folder = join(root, "engine");
  mkdirSync(folder, {recursive: true});
  const {metafile} = await build({
    metafile: true,
    entryPoints: [join(projectStage.root, "workers", "autoencoder.ts")],
    outfile: join(folder, "autoencoder.mjs"),
    absWorkingDir: project,
    bundle: true,
    format: "esm",
    platform: "browser",
    target: ["es2022", "chrome96", "firefox96", "safari16"],
    define: {"process.env.NODE_ENV": '"production"'},
    // TensorFlow.js looks for node's modules when it finds node, which it does not in a page
    external: ["node-fetch", "util", "fs", "path", "os", "crypto", "perf_hooks", "worker_threads"],
    minify: true,
    legalComments: "none",
    logLevel: "error"
  });
  for (const name of ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm"]) {
    copyFileSync(join(project, "node_modules/@tensorflow/tfjs-backend-wasm/dist", name), join(folder, name));
  }
  return packagesOf(Object.keys(metafile.inputs));
}
