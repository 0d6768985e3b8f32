import {availableParallelism, cpus, freemem, totalmem} from "node:os";
import {type EngineName, engineNames} from "../../../models/engines/engine.js";
import {type Examination, examineEngine} from "../../../models/engines/examine.js";
import {engineName} from "../../../models/engines/index.js";
import {version} from "../../version.js";
import {type Command, parseCommandLine} from "../command.js";
import {Progress} from "../progress.js";

export const command: Command = {
  summary: "say which engines work on this machine, how fast they are, and what would help the others",
  help: `
Usage: bandscope doctor [OPTION…]

Starts every engine in a process of its own, compares a few operations and gradients with the cpu engine, and times a
3×3 convolution of 128 to 128 channels (of a 256×256 image; for cpu of a 32×32 one). One line for each engine, best
first: usable, or why not and the cure. Other commands take the first usable one, unless --engine NAME or
BANDSCOPE_ENGINE names another.

Options:
  --engine NAME   look at one engine: ${engineNames.join(", ")}
  --json          print JSON
  --help          this text

Environment:
  BANDSCOPE_ENGINE, BANDSCOPE_THREADS, BANDSCOPE_NATIVE (see bandscope setup-native --help)

Examples:
  bandscope doctor
  bandscope doctor --engine wasm --json

Exit status: 0 an engine is usable, 1 none is, 2 the command line is wrong.
`,

  async run(argv) {
    const {values} = parseCommandLine({
      args: argv,
      options: {engine: {type: "string"}, json: {type: "boolean", default: false}}
    });
    const names: readonly EngineName[] = values.engine === undefined ? engineNames : [engineName(values.engine)];
    const progress = new Progress("doctor", names.length, "engines");
    const examinations: Examination[] = [];
    // one after the other: they would slow each other down
    for (const name of names) {
      examinations.push(await examineEngine(name, {timed: true}));
      progress.advance(1, name);
    }
    progress.finish();
    const machine = {
      bandscope: version,
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      processor: cpus()[0]?.model.trim() ?? "unknown",
      threads: availableParallelism(),
      memory: totalmem(),
      freeMemory: freemem()
    };
    const {engine, sentence} = verdict(examinations);
    if (values.json) {
      process.stdout.write(`${JSON.stringify({...machine, engine, engines: examinations}, null, 2)}\n`);
    } else {
      process.stdout.write(
        `bandscope ${machine.bandscope}, Node ${machine.node}, ${machine.platform}, ${machine.processor}, ` +
          `${machine.threads} threads, ${gigabytes(machine.freeMemory)} of ${gigabytes(machine.memory)} GB free\n`
      );
      for (const examination of examinations) process.stdout.write(`${describe(examination)}\n`);
      if (values.engine === undefined) process.stdout.write(`${sentence}\n`);
    }
    return examinations.some(({usable}) => usable) ? 0 : 1;
  }
};

/** What other commands make of it: the engine that they take, or why they take none. */
function verdict(examinations: readonly Examination[]): {engine: EngineName | null; sentence: string} {
  const forced = process.env.BANDSCOPE_ENGINE;
  if (!forced || forced === "auto") {
    const best = examinations.find(({usable}) => usable);
    return best
      ? {engine: best.name, sentence: `The engine in use is ${best.name}.`}
      : {engine: null, sentence: "No engine is usable."};
  }
  if (!(engineNames as readonly string[]).includes(forced)) {
    return {engine: null, sentence: `BANDSCOPE_ENGINE names ${JSON.stringify(forced)}, which is no engine.`};
  }
  const unusable = examinations.some(({name, usable}) => name === forced && !usable);
  return unusable
    ? {engine: null, sentence: `BANDSCOPE_ENGINE names ${forced}, which is not usable.`}
    : {engine: forced as EngineName, sentence: `The engine in use is ${forced}, as BANDSCOPE_ENGINE says.`};
}

/** One line for an engine. */
export function describe(examination: Examination): string {
  const name = examination.name.padEnd(14);
  if (!examination.usable) return `${name}no   ${examination.reason}`;
  const {engine, selfTest, gflops, side, memory} = examination;
  const same = engine.name === "cpu";
  const worst = Math.max(...selfTest.map(({error}) => error));
  const speed =
    gflops && `${gflops < 10 ? gflops.toFixed(1) : gflops.toFixed(0)} GFLOP/s${side === 256 ? "" : ` (at ${side}²)`}`;
  const where = engine.device ?? `${engine.threads} ${engine.threads === 1 ? "thread" : "threads"}`;
  const parts = [
    engine.version,
    where,
    speed,
    `${gigabytes(memory)} GB`,
    same ? "" : `differs from cpu by ${worst.toExponential(0)}`
  ];
  return `${name}yes  ${parts.filter((part) => part).join(", ")}`;
}

function gigabytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}
