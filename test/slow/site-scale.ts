import {existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync} from "node:fs";
import {availableParallelism, loadavg} from "node:os";
import {join, resolve} from "node:path";
import {parseArgs} from "node:util";
import {chromium} from "playwright-core";
import {Progress} from "../../loaders/cli/progress.js";
import {openDataset} from "../../loaders/datasets/open.js";
import {encodePng8} from "../../loaders/images/index.js";
import {lowOf} from "../../loaders/site/low.js";
import {siteSettings} from "../../loaders/site/settings.js";
import {chromiumArguments, withPage} from "../../scripts/measure-page.js";
import {buildSite} from "../../scripts/site.js";
import {sitePages} from "../../scripts/site-pages.js";
import {serveFolder} from "../../scripts/static-server.js";
import type {Plane} from "../../src/measures/image.js";
import {random} from "../../src/measures/random.js";
import {resize} from "../../src/measures/resize.js";

const help = `Builds a site of many images and arms, and measures it: time, memory, size, and every page in headless Chromium.

Usage: node --import tsx test/slow/site-scale.ts [OPTION…]

  --images N    in four sets, two of a patient (default: 2000)
  --arms N      bicubic, and outputs in folders, as another program would leave them (default: 20)
  --side N      of the images (default: 64)
  --folder DIR  where all of it goes, its store too; what is there already is used again (default: out/site-scale)
  --again       build a second time, with everything in the store
  --no-pages    leave out Chromium

The images are parts of simulated anatomy with noise of their own; an arm's outputs lie between HR and bicubic, with noise. What is timed
is npm run build: reading the files, the pictures, all measures of all pairs, audits, intervals, tables, pages. It includes no network.
`;

const {values} = parseArgs({
  options: {
    images: {type: "string", default: "2000"},
    arms: {type: "string", default: "20"},
    side: {type: "string", default: "64"},
    folder: {type: "string", default: "out/site-scale"},
    again: {type: "boolean", default: false},
    "no-pages": {type: "boolean", default: false},
    help: {type: "boolean", default: false}
  }
});
if (values.help) {
  process.stdout.write(help);
  process.exit(0);
}
const [count, arms, side] = [Number(values.images), Number(values.arms), Number(values.side)];
const folder = resolve(values.folder);
const names = Array.from({length: arms - 1}, (_, i) => `method-${String(i + 1).padStart(2, "0")}`);

/** Parts of simulated slices, mirrored and shifted, so that no two are alike. */
async function writeImages(): Promise<void> {
  const sets = ["knee", "brain", "cxr", "natural"] as const;
  const progress = new Progress("images", count);
  const rows = ["set,file,split,patient_id,modality,licence"];
  for (const [s, set] of sets.entries()) {
    const dataset = openDataset(`simulated-${set}`, {size: 2 * side});
    const entries = [...dataset.list()].filter(({split}) => split === "test");
    const slices: Plane[] = [];
    for (let i = 0; i < 12; i++) slices.push(await dataset.read(entries[Math.floor((i * entries.length) / 12)].id));
    const own = Math.floor((count * (s + 1)) / 4) - Math.floor((count * s) / 4);
    for (let i = 0; i < own; i++) {
      const id = `${set}-${String(i + 1).padStart(4, "0")}`;
      const hr = partOf(slices[i % slices.length], `${set} ${i}`);
      write(join("data", set, `${id}.png`), hr);
      const bicubic = resize(lowOf({...hr, id}), side, side);
      for (const [k, name] of names.entries()) write(join("outputs", name, `${id}.png`), outputOf(hr, bicubic, k, id));
      rows.push(`${set},${id}.png,test,${set}-p${(i >> 1) + 1},simulated,MIT`);
      progress.advance();
    }
  }
  writeFileSync(join(folder, "data", "manifest.csv"), `${rows.join("\n")}\n`);
  progress.finish();
}

function partOf({data, width, height}: Plane, name: string): Plane {
  const source = random(name, 1);
  const left = Math.floor(source.uniform() * (width - side));
  const top = Math.floor(source.uniform() * (height - side));
  const mirrored = source.uniform() < 0.5;
  const gain = 0.7 + 0.5 * source.uniform();
  return {
    data: Float32Array.from({length: side * side}, (_, i) => {
      const x = mirrored ? side - 1 - (i % side) : i % side;
      return unit(gain * data[(top + Math.floor(i / side)) * width + left + x] + 0.01 * source.normal());
    }),
    width: side,
    height: side
  };
}

/** The higher the arm's number, the closer to HR and the noisier. */
function outputOf(hr: Plane, bicubic: Plane, k: number, id: string): Plane {
  const source = random(`${names[k]} ${id}`, 1);
  const share = (k + 1) / (names.length + 1);
  const noise = 0.002 + 0.02 * share;
  return {
    ...hr,
    data: hr.data.map((value, i) => unit(share * value + (1 - share) * bicubic.data[i] + noise * source.normal()))
  };
}

function unit(value: number): number {
  return Math.min(1, Math.max(0, value));
}

function write(path: string, plane: Plane): void {
  const target = join(folder, path);
  mkdirSync(join(target, ".."), {recursive: true});
  writeFileSync(target, encodePng8(plane));
}

function sizeOf(path: string): {files: number; bytes: number} {
  let [files, bytes] = [0, 0];
  for (const entry of readdirSync(path, {withFileTypes: true, recursive: true})) {
    if (!entry.isFile()) continue;
    files++;
    bytes += statSync(join(entry.parentPath, entry.name)).size;
  }
  return {files, bytes};
}

async function build(what: string): Promise<void> {
  const started = performance.now();
  const before = process.cpuUsage();
  await buildSite(join(folder, "site"), {
    apart: true,
    settings: siteSettings(),
    say: (text) => process.stderr.write(`${text}\n`)
  });
  const {user, system} = process.cpuUsage(before);
  const {files, bytes} = sizeOf(join(folder, "site"));
  process.stdout.write(
    `${what}: ${((performance.now() - started) / 1e3).toFixed(0)} s; processor ${((user + system) / 1e6).toFixed(0)} s without Framework's own process; ` +
      `at most ${(process.resourceUsage().maxRSS / 1e6).toFixed(2)} GB of memory; ${files} files, ${(bytes / 1e6).toFixed(0)} MB\n`
  );
}

async function pages(): Promise<void> {
  const executablePath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);
  if (!executablePath) throw new Error("no Chromium: CHROMIUM=/path/to/chromium names one");
  const {server, url} = await serveFolder(join(folder, "site"), {port: 0});
  const browser = await chromium.launch({executablePath, args: chromiumArguments});
  const last = `natural-${String(Math.floor(count / 4)).padStart(4, "0")}`;
  const asked = [
    ...sitePages(),
    `reconstructions?image=${last}&sort=psnr,sr:${names.at(-1)},down`,
    `bands?image=${last}`
  ];
  process.stdout.write("page, requests, MB before images, MB of images, interactive (ms), heap (MB), console errors\n");
  try {
    for (const page of asked) {
      const options = {viewport: {width: 1440, height: 900}};
      const load = await withPage(browser, url + page, options, async (_, load) => load);
      const {requests, bytes, imageBytes, interactive, heap, consoleErrors} = load;
      process.stdout.write(
        `${page || "index"}, ${requests}, ${(bytes / 1e6).toFixed(2)}, ${(imageBytes / 1e6).toFixed(2)}, ${interactive.toFixed(0)}, ${(heap / 1e6).toFixed(0)}, ${consoleErrors.join(" | ") || 0}\n`
      );
    }
  } finally {
    await browser.close();
    server.close();
  }
}

if (!existsSync(join(folder, "data", "manifest.csv"))) {
  rmSync(join(folder, "data"), {recursive: true, force: true});
  await writeImages();
}
process.env.BANDSCOPE_DATA = join(folder, "data");
process.env.BANDSCOPE_IMAGES = String(count);
process.env.BANDSCOPE_OUTPUTS = names.map((name) => `${name}=${join(folder, "outputs", name)}`).join(",");
process.env.BANDSCOPE_STORE = join(folder, "store");
process.stdout.write(
  `${count} images of ${side}×${side}, ${arms} arms; ${availableParallelism()} processors, load ${loadavg()[0].toFixed(1)} before\n`
);
const cold = !existsSync(process.env.BANDSCOPE_STORE);
await build(cold ? "build, nothing in the store" : "build, with what is in the store");
if (values.again) await build("again");
if (!values["no-pages"]) await pages();
