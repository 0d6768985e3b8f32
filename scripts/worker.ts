import {copyFileSync, mkdirSync} from "node:fs";
import {basename, join} from "node:path";
import {build} from "esbuild";
import {project, projectStage, type Stage} from "./paths.js";
import {packagesOf} from "./third-party.js";

/** WebAssembly that a worker fetches when it needs it. */
const webAssembly = [
  "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm",
  "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm",
  "@cornerstonejs/codec-libjpeg-turbo-8bit/dist/libjpegturbowasm_decode.wasm",
  "@cornerstonejs/codec-openjpeg/dist/openjpegwasm_decode.wasm",
  "@cornerstonejs/codec-charls/dist/charlswasm_decode.wasm"
];

/**
 * Bundles the workers of the pages into `src/engine`: the one that runs autoencoders, TensorFlow.js and all, and the one that
 * reads files, with the WebAssembly that they load beside them. Not through Framework: a worker can't use a page's import
 * map, and pages import neither from `models/` nor from `loaders/`. `.mjs`, because Framework takes `.js` for a module of its own.
 *
 * @returns the packages of which the bundle has a part
 */
export async function buildWorker({root}: Stage = projectStage): Promise<string[]> {
  const folder = join(root, "engine");
  mkdirSync(folder, {recursive: true});
  const {metafile} = await build({
    metafile: true,
    entryPoints: ["autoencoder", "decoder"].map((name) => join(projectStage.root, "workers", `${name}.ts`)),
    outdir: folder,
    outExtension: {".js": ".mjs"},
    absWorkingDir: project,
    bundle: true,
    format: "esm",
    platform: "browser",
    target: ["es2022", "chrome96", "firefox96", "safari16"],
    define: {"process.env.NODE_ENV": '"production"'},
    // TensorFlow.js and the codecs look for node's modules when they find node, which they do not in a page
    external: ["node-fetch", "util", "fs", "path", "os", "crypto", "perf_hooks", "worker_threads"],
    minify: true,
    legalComments: "none",
    logLevel: "error"
  });
  for (const path of webAssembly) copyFileSync(join(project, "node_modules", path), join(folder, basename(path)));
  return packagesOf(Object.keys(metafile.inputs));
}
