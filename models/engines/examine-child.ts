import {freemem} from "node:os";
import * as tf from "@tensorflow/tfjs-core";
import type {EngineName} from "./engine.js";
import {type Examination, marker} from "./examine.js";
import {startEngine} from "./index.js";
import {selfTest, tolerance} from "./self-test.js";

// The process that examine.ts starts: examine-child.ts NAME timed|quick
const name = process.argv[2] as EngineName;
const result = await examine(process.argv[3] === "timed");
process.stdout.write(`\n${marker}${JSON.stringify(result)}\n`);

async function examine(timed: boolean): Promise<Examination> {
  try {
    const engine = await startEngine(name);
    const tests = await selfTest(engine);
    const wrong = tests.filter(({error}) => !(error <= tolerance));
    if (wrong.length > 0) {
      const list = wrong.map(({operation, error}) => `${operation} by ${error.toExponential(1)}`).join(", ");
      return {name, usable: false, reason: `it computes wrongly: ${list}`};
    }
    const speed = timed ? await timeConvolution(name === "cpu" ? 32 : 256) : {};
    return {name, usable: true, engine, selfTest: tests, ...speed, memory: memory(name)};
  } catch (error) {
    return {name, usable: false, reason: (error as Error).message.split("\n")[0]};
  }
}

/** The best of a few: a machine has other work as well. */
async function timeConvolution(side: number): Promise<{gflops: number; side: number}> {
  const channels = 128;
  const x = tf.randomUniform<tf.Rank.R4>([1, side, side, channels], -1, 1, "float32", 1);
  const w = tf.randomUniform<tf.Rank.R4>([3, 3, channels, channels], -0.1, 0.1, "float32", 2);
  let best = Infinity;
  const end = performance.now() + 3000;
  for (let i = 0; i < 3 || (i < 10 && performance.now() < end); ++i) {
    const start = performance.now();
    const y = tf.tidy(() => tf.max(tf.conv2d(x, w, 1, "same")));
    await y.data();
    best = Math.min(best, performance.now() - start);
    y.dispose();
  }
  tf.dispose([x, w]);
  return {gflops: (2 * side * side * 9 * channels * channels) / best / 1e6, side};
}

function memory(engine: EngineName): number {
  // wasm's addresses are 32 bits wide
  return engine === "wasm" ? Math.min(4 * 2 ** 30, freemem()) : freemem();
}
