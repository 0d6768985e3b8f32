import {spawn} from "node:child_process";
import {mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {createInterface} from "node:readline";
import {fileURLToPath} from "node:url";
import {measureAll} from "../loaders/analyse/pool.js";
import type {Task} from "../loaders/analyse/task.js";
import {encodePng8} from "../loaders/images/index.js";
import {bandMeasuresOf, mixBands} from "../src/measures/bands.js";
import {haar} from "../src/measures/dwt.js";
import {exceedanceMask, thresholdRates} from "../src/measures/hallucination.js";
import type {Plane} from "../src/measures/image.js";
import {measureImage} from "../src/measures/measure-image.js";
import {gaussianBlur} from "../src/measures/moments.js";
import {Degradation, nullSpaceMeasures} from "../src/measures/nullspace.js";
import {random} from "../src/measures/random.js";
import {median, round} from "./support/statistics.js";

export const name = "measures";

const side = 256;
const distinct = 24;

/**
 * The whole suite on BENCH_PAIRS pairs (1,820 unless told) on two threads, beside the same measures with pywt, scikit-image
 * and numpy in one process (where BANDSCOPE_PYTHON or python3 has them) on some of the pairs, before and after; and what
 * a page recomputes while a slider is dragged.
 */
export async function run(): Promise<Record<string, unknown>> {
  const pairs = Number(process.env.BENCH_PAIRS ?? 1820);
  const workers = Number(process.env.BENCH_WORKERS ?? 2);
  const folder = mkdtempSync(join(tmpdir(), "bandscope-bench-"));
  try {
    const triples = Array.from({length: distinct}, (_, i) => writeTriple(folder, i));
    const reference = await Reference.open(
      folder,
      triples.map(({paths}) => paths)
    );
    await reference?.run(); // warms up, and gives the values to compare with
    const before = await reference?.run();
    const memory: number[] = [];
    const cpu = process.cpuUsage();
    const start = performance.now();
    let done = 0;
    const results = await measureAll(
      Array.from({length: pairs}, (_, i): Task => {
        const [hr, sr, ae] = triples[i % distinct].paths;
        return {
          id: `p${i}`,
          patient: null,
          hr,
          lr: null,
          mask: {absent: ""},
          sfrc: false,
          arms: [{arm: "sr", sr, ae}],
          factor: 4
        };
      }),
      {
        workers,
        onDone: () => {
          if (++done % Math.ceil(pairs / 4) === 0 || done === pairs) memory.push(process.memoryUsage().rss);
        }
      }
    );
    const seconds = (performance.now() - start) / 1000;
    const {user, system} = process.cpuUsage(cpu);
    const after = await reference?.run();
    reference?.close();
    const perPair = (1000 * seconds) / pairs;
    const answers = [before, after].filter((answer) => answer !== undefined);
    const theirs = answers.map(({ms}) => ms / distinct);
    const [{hr, sr, ae}] = triples;
    return {
      pairs,
      workers,
      seconds: round(seconds),
      msPerPair: round(perPair, 3),
      cpuMsPerPair: round((user + system) / 1000 / pairs, 3),
      residentMemoryByQuarter: memory,
      oneThread: {
        msPerPair: round(
          time(() => measurePair(hr, sr, ae)),
          3
        )
      },
      page: {
        bandMixerMs: round(time(bandMixer(hr, sr)), 3),
        thresholdLabMs: round(
          time(() => thresholdLab(hr, sr, ae)),
          3
        )
      },
      python:
        reference === undefined
          ? null
          : {
              ...reference.versions,
              msPerPair: theirs.map((ms) => round(ms, 3)),
              cpuMsPerPair: answers.map(({cpuMs}) => round(cpuMs / distinct, 3)),
              ratio: round(median(theirs) / perPair, 3),
              largestDeviation: deviation(reference.values!, results[0].records[0] as unknown as Values)
            }
    };
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

interface Triple {
  readonly paths: [string, string, string];
  readonly hr: Plane;
  readonly sr: Plane;
  readonly ae: Plane;
}

function writeTriple(folder: string, i: number): Triple {
  const generator = random("bench/measures", i);
  const blobs = Array.from({length: 40}, () => ({
    x: generator.between(0, side),
    y: generator.between(0, side),
    r: generator.between(3, 50),
    v: generator.between(-0.3, 0.4)
  }));
  const data = Float64Array.from({length: side * side}, (_, k) => {
    let sum = 0.3 + 0.05 * generator.normal();
    for (const {x, y, r, v} of blobs) if ((x - (k % side)) ** 2 + (y - Math.floor(k / side)) ** 2 < r * r) sum += v;
    return Math.min(1, Math.max(0, sum));
  });
  const hr: Plane = {data, width: side, height: side};
  const made = {hr, sr: gaussianBlur(hr, 1.2), ae: gaussianBlur(hr, 0.6)};
  const paths = (["hr", "sr", "ae"] as const).map((kind) => {
    const path = join(folder, `${kind}${i}.png`);
    writeFileSync(path, encodePng8(made[kind]));
    return path;
  });
  return {...made, paths: paths as [string, string, string]};
}

function measurePair(hr: Plane, sr: Plane, ae: Plane): void {
  measureImage(hr, sr, ae);
  nullSpaceMeasures(new Degradation(side, side, side / 4, side / 4), hr, sr);
}

/** A gain is changed: the mixed image and its band measures anew. */
function bandMixer(hr: Plane, sr: Plane): () => void {
  const [ofHr, ofSr] = [haar(hr), haar(sr)];
  return () => {
    mixBands(ofSr, {HH1: 0.5, LH2: 2});
    bandMeasuresOf(ofHr, ofSr);
  };
}

/** k is changed: threshold, rates and mask anew. */
function thresholdLab(hr: Plane, sr: Plane, ae: Plane): void {
  const {threshold} = thresholdRates(hr, sr, ae, 2.5);
  exceedanceMask(hr, sr, threshold);
}

/** Median of 40 runs after 10, in milliseconds. */
function time(work: () => void): number {
  const times: number[] = [];
  for (let i = 0; i < 50; i++) {
    const start = performance.now();
    work();
    if (i >= 10) times.push(performance.now() - start);
  }
  return median(times);
}

interface Answer {
  readonly ms: number;
  readonly cpuMs: number;
  readonly values?: Values;
}

type Values = {readonly [name: string]: Values | number | null};

/** The reference in Python, waiting for its turn. */
class Reference {
  values: Values | undefined;

  private constructor(
    private readonly child: ReturnType<typeof spawn>,
    private readonly lines: AsyncIterator<string>,
    readonly versions: Record<string, string>
  ) {}

  static async open(folder: string, triples: string[][]): Promise<Reference | undefined> {
    const list = join(folder, "triples.json");
    writeFileSync(list, JSON.stringify(triples));
    const script = fileURLToPath(new URL("./reference/measures.py", import.meta.url));
    const child = spawn(process.env.BANDSCOPE_PYTHON ?? "python3", [script, list], {stdio: ["pipe", "pipe", "ignore"]});
    const failed = new Promise<undefined>((resolve) => {
      child.on("error", () => resolve(undefined));
      child.on("close", () => resolve(undefined));
    });
    const lines = createInterface({input: child.stdout})[Symbol.asyncIterator]();
    const first = await Promise.race([lines.next(), failed]);
    return first === undefined || first.done ? undefined : new Reference(child, lines, JSON.parse(first.value));
  }

  async run(): Promise<Answer> {
    this.child.stdin!.write("run\n");
    const {value, done} = await this.lines.next();
    if (done) throw new Error("the Python reference stopped");
    const answer: Answer = JSON.parse(value);
    this.values ??= answer.values;
    return answer;
  }

  close(): void {
    this.child.stdin!.end();
  }
}

/** The largest relative difference of the numbers that both have under one name, and that name. */
function deviation(theirs: Values, ours: Values, prefix = ""): {name: string; relative: number} {
  let worst = {name: "", relative: 0};
  for (const [key, value] of Object.entries(theirs)) {
    const mine = ours[key];
    const name = `${prefix}${key}`;
    let found = {name, relative: 0};
    if (typeof value === "number" && typeof mine === "number") {
      found.relative = value === mine ? 0 : Math.abs(value - mine) / Math.max(Math.abs(value), 1e-300);
    } else if (typeof value === "object" && value !== null && typeof mine === "object" && mine !== null) {
      found = deviation(value, mine, `${name}.`);
    }
    if (found.relative > worst.relative) worst = found;
  }
  return worst;
}
