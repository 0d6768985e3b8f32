import {spawn} from "node:child_process";
import {cpSync, existsSync, rmSync} from "node:fs";
import {join} from "node:path";
import {parseArgs} from "node:util";
import {duration} from "../loaders/cli/progress.js";
import {prepareSite} from "../loaders/site/prepare.js";
import {InputError} from "../models/errors.js";
import {bundlePages} from "./bundle-pages.js";
import {checkDist} from "./check-dist.js";
import {normaliseDist} from "./normalise-dist.js";
import {dist, project, root} from "./paths.js";
import {removeStaleLoaderOutputs} from "./stale-loaders.js";
import {vendor} from "./vendor.js";
import {buildWorker} from "./worker.js";

const help = `Builds the notebook into dist/, or previews it.

Usage: npm run build [-- OPTION…]      npm run dev [-- --port 3000]

  --preview        serve the pages and reload them as they change
  --port NUMBER    where the preview listens (default: the first free one from 3000)
  --verbose        show what Observable Framework says
  --help

Environment
  BANDSCOPE_DATA     a folder with brain/, chest/ … and manifest.csv, or of images (default: simulated images)
  BANDSCOPE_WEIGHTS  autoencoders: files or folders, separated by commas; a+b joins files, NAME=a names one
                     (default: the small autoencoders that ship)
  BANDSCOPE_IMAGES   how many images of each set are shown (default: 6 simulated, 12 of a folder)
  BANDSCOPE_ENGINE   tfjs-node-gpu, tfjs-node, webgpu, wasm or cpu (default: the best that works)
  BANDSCOPE_STORE    where results are kept (default: .bandscope/store)
  SITE_BASE          the path at which the site will be served (default: /)
  SOURCE_DATE_EPOCH  when set, the dates at which results were computed are left out, so that two clones agree
`;

/** Files below src that pages ask for by names known only at run time. Framework's preview serves them; a build does not. */
const laterFiles = ["images", "fonts", "weights", "engine"];

const framework = join(project, "node_modules/@observablehq/framework/dist/bin/observable.js");

async function main(): Promise<number> {
  const {values} = parseArgs({
    options: {
      preview: {type: "boolean", default: false},
      port: {type: "string"},
      verbose: {type: "boolean", default: false},
      help: {type: "boolean", short: "h", default: false}
    }
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const started = performance.now();
  const say = (text: string) => process.stderr.write(`${text}\n`);
  if (!existsSync(framework)) throw new InputError("the packages are not installed: run npm ci first");
  await vendor();
  await buildWorker();
  const {key, summary} = await prepareSite({publicFolder: root, say});
  say(summary);
  for (const name of await removeStaleLoaderOutputs(key)) say(`computed anew: ${name}`);

  if (values.preview) {
    const port = values.port === undefined ? [] : ["--port", values.port];
    return run([framework, "preview", "--no-open", ...port], "inherit");
  }
  rmSync(dist, {recursive: true, force: true});
  const status = await run([framework, "build"], values.verbose ? "inherit" : "quiet");
  if (status !== 0) return status;
  for (const folder of laterFiles) {
    cpSync(join(root, folder), join(dist, "_file", folder), {recursive: true, preserveTimestamps: false});
  }
  normaliseDist(dist);
  await bundlePages(dist);
  const problems = await checkDist(dist);
  for (const problem of problems) say(problem);
  if (problems.length > 0) {
    say(`dist has ${problems.length} problem${problems.length === 1 ? "" : "s"}`);
    return 1;
  }
  say(`dist is built and self-contained, in ${duration(performance.now() - started)}`);
  return 0;
}

/** Runs node with `args`; quiet keeps its words for the case that it fails. Framework's colours and links stay out of logs. */
function run(args: string[], mode: "inherit" | "quiet"): Promise<number> {
  const child = spawn(process.execPath, args, {
    cwd: project,
    stdio: mode === "inherit" ? "inherit" : ["ignore", "pipe", "pipe"],
    env: {...process.env, OBSERVABLE_TELEMETRY_DISABLE: "1"}
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

try {
  process.exitCode = await main();
} catch (error) {
  const known = error instanceof InputError || (error as NodeJS.ErrnoException).code?.startsWith("ERR_PARSE_ARGS");
  process.stderr.write(`build: ${known ? (error as Error).message : (error as Error).stack}\n`);
  process.exitCode = 1;
}
