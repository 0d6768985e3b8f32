import {engineNames} from "../models/engines/engine.js";
import {examineEngine} from "../models/engines/examine.js";
import {startEngine} from "../models/engines/index.js";
import {summary, type Timing} from "./support/pairs.js";
import {round} from "./support/statistics.js";
import {Torch} from "./support/torch.js";

export const name = "engines";

/** GFLOP/s of a 3×3 convolution, 128 → 128 channels at 256², on every engine that works here, beside PyTorch's. */
export async function run(): Promise<Record<string, unknown>> {
  const results: Record<string, unknown> = {};
  for (const engine of engineNames) {
    const examination = await examineEngine(engine, {timed: true});
    results[engine] = examination.usable
      ? {gflops: round(examination.gflops ?? 0, 3), side: examination.side, threads: examination.engine.threads}
      : examination.reason;
  }
  const {threads} = await startEngine();
  const torch = await Torch.open(threads);
  if (torch) {
    await torch.build("conv");
    const timings: Timing[] = [];
    for (let i = 0; i < 6; ++i) timings.push(await torch.run("contiguous"));
    const {best} = summary(timings);
    results.pytorch = {version: torch.version, gflops: round((2 * 256 * 256 * 9 * 128 * 128) / best / 1e6, 3), threads};
    torch.close();
  }
  return results;
}
