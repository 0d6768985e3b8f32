import {join, relative, resolve} from "node:path";
import {parseArgs} from "node:util";
import {duration} from "../loaders/cli/progress.js";
import {InputError} from "../models/errors.js";
import {dist, project} from "./paths.js";
import {buildSite, previewSite} from "./site.js";

const help = `Builds the notebook into dist/, or previews it.

Usage: npm run build [-- OPTION…]      npm run dev [-- --port 3000]

  --out DIR        build into DIR (replaced), from a copy of the sources, instead of dist/
  --preview        serve the pages and reload them as they change
  --port NUMBER    where the preview listens (default: the first free one from 3000)
  --verbose        show what Observable Framework says
  --help

Environment
  BANDSCOPE_DATA     a folder with brain/, chest/ … and manifest.csv, or of images (default: simulated images)
  BANDSCOPE_WEIGHTS  autoencoders: files or folders, separated by commas; a+b joins files, NAME=a names one
                     (default: the small autoencoders that ship)
                     none: no autoencoder
  BANDSCOPE_OUTPUTS  what other programs made of the images: NAME=FOLDER, separated by commas; files are called as the HR images are.
                     Without BANDSCOPE_WEIGHTS no autoencoder is run beside them
  BANDSCOPE_STUDIES  folders that bandscope run has written, separated by commas; none: no study
                     (default: the results that ship, data/results)
  BANDSCOPE_IMAGES   how many images of each set are shown (default: 6 simulated, 12 of a folder)
  BANDSCOPE_ENGINE   tfjs-node-gpu, tfjs-node, webgpu, wasm or cpu (default: the best that works)
  BANDSCOPE_STORE    where results are kept (default: .bandscope/store)
  BANDSCOPE_DIST     the folder that is built, served and tested (default: dist)
  SITE_BASE          the path at which the site will be served (default: /)
  SITE_TITLE         what browsers call the site (default: Bandscope)
  SOURCE_DATE_EPOCH  when set, the dates at which results were computed are left out, so that two clones agree
`;

async function main(): Promise<number> {
  const {values} = parseArgs({
    options: {
      out: {type: "string"},
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
  if (values.preview) return previewSite(values.port, {say});
  const out = values.out === undefined ? dist : resolve(values.out);
  await buildSite(out, {apart: out !== join(project, "dist"), verbose: values.verbose, say});
  const name = values.out ?? relative(process.cwd(), dist);
  say(`${name} is built and self-contained, in ${duration(performance.now() - started)}`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const known = error instanceof InputError || (error as NodeJS.ErrnoException).code?.startsWith("ERR_PARSE_ARGS");
  process.stderr.write(`build: ${known ? (error as Error).message : (error as Error).stack}\n`);
  process.exitCode = 1;
}
