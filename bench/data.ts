import {linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {Degrader} from "../loaders/datasets/degradations/index.js";
import {openDataset} from "../loaders/datasets/open.js";
import {PHANTOM_KINDS, phantom} from "../loaders/datasets/phantoms/index.js";
import {encodePng8} from "../loaders/images/index.js";

export const name = "data";

/**
 * One phantom of each kind at 256², 1,000 PNGs of 256² read and degraded, 100,000 files listed and streamed. Wall time counts what
 * the machine's other work takes; CPU time doesn't.
 */
export async function run(): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), "bandscope-bench-"));
  try {
    return {
      phantoms: phantoms(),
      "read and degrade 1,000 PNGs of 256×256 (at most 10 s)": await readAndDegrade(join(folder, "png")),
      "100,000 images (list: at most 5 s; memory flat)": await listAndStream(join(folder, "many"))
    };
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

interface Timing {
  readonly wallMs: number;
  readonly cpuMs: number;
}

async function timed<T>(work: () => T | Promise<T>): Promise<Timing & {value: T}> {
  const start = performance.now();
  const cpu = process.cpuUsage();
  const value = await work();
  const used = process.cpuUsage(cpu);
  return {value, wallMs: Math.round(performance.now() - start), cpuMs: Math.round((used.user + used.system) / 1000)};
}

function phantoms(): Record<string, unknown> {
  const results: Record<string, unknown> = {};
  for (const kind of PHANTOM_KINDS) {
    const wall: number[] = [];
    const cpu = process.cpuUsage();
    for (let patient = 0; patient < 25; ++patient) {
      const start = performance.now();
      phantom(kind, {seed: 1, patient, size: 256});
      wall.push(performance.now() - start);
    }
    const first = Math.round(wall[0]);
    wall.sort((a, b) => a - b);
    const {user, system} = process.cpuUsage(cpu);
    results[kind] = {
      meanCpuMs: Math.round((user + system) / 25_000),
      medianMs: Math.round(wall[12]),
      worstMs: Math.round(wall[24]),
      firstMs: first,
      limitMs: 150
    };
  }
  return results;
}

async function readAndDegrade(folder: string): Promise<Timing & {images: number}> {
  mkdirSync(folder, {recursive: true});
  // twenty different images, fifty files each: reading is what counts
  for (let k = 0; k < 20; ++k) {
    const png = encodePng8(phantom(PHANTOM_KINDS[k % 4], {seed: 1, patient: k, size: 256}));
    for (let i = 0; i < 50; ++i) writeFileSync(join(folder, `image${k}_${i}.png`), png);
  }
  const degrader = new Degrader({kind: "bicubic", factor: 4});
  const {value, ...timing} = await timed(async () => {
    let images = 0;
    for await (const sample of openDataset(folder).samples) {
      degrader.apply(sample);
      ++images;
    }
    return images;
  });
  return {...timing, images: value};
}

async function listAndStream(folder: string): Promise<Record<string, unknown>> {
  const count = 100_000;
  mkdirSync(folder, {recursive: true});
  const one = join(folder, "..", "one.png");
  // names of one file: ten thousand links to each of ten, as many file systems allow no more
  for (let i = 0; i < count; ++i) {
    if (i % 10_000 === 0) writeFileSync(`${one}${i}`, encodePng8(phantom("natural", {seed: 1, patient: i, size: 16})));
    linkSync(`${one}${i - (i % 10_000)}`, join(folder, `p${i >> 3}_${i}.png`));
  }
  const listing = await timed(() => openDataset(`folder:${folder},patient=^p(\\d+)_`));
  const memory: number[] = [];
  const streaming = await timed(async () => {
    let read = 0;
    for await (const sample of listing.value.samples) {
      if (sample.width !== 16) throw new Error(`${sample.id} is ${sample.width} wide`);
      if (++read % 10_000 === 0) {
        globalThis.gc?.();
        memory.push(Math.round(process.memoryUsage().rss / 2 ** 20));
      }
    }
    return read;
  });
  return {
    images: listing.value.count,
    list: {wallMs: listing.wallMs, cpuMs: listing.cpuMs},
    stream: {wallMs: streaming.wallMs, cpuMs: streaming.cpuMs},
    "resident MiB after each 10,000": memory
  };
}
