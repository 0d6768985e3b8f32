import {median, round} from "./statistics.js";
import type {Torch} from "./torch.js";

/**
 * Times `ours` and PyTorch's by turns, after one run of each to warm up: whatever else the machine does befalls both.
 * `ratio` is the median over the pairs of PyTorch's time divided by ours: above 1 we are faster. `cpuMs` adds up the
 * processor time of all threads, which other work on the machine hardly changes.
 */
export async function timePairs(
  ours: () => Promise<unknown>,
  torch: Torch | undefined,
  {pairs = Number(process.env.BENCH_PAIRS) || 7, seconds = 60} = {}
): Promise<Record<string, unknown>> {
  const a: Timing[] = [];
  const b: Timing[] = [];
  const c: Timing[] = [];
  await ours();
  await torch?.run("contiguous");
  await torch?.run("channels_last");
  const end = performance.now() + 1000 * seconds;
  for (let i = 0; i < pairs && (i < 2 || performance.now() < end); ++i) {
    a.push(await time(ours));
    if (!torch) continue;
    b.push(await torch.run("contiguous"));
    c.push(await torch.run("channels_last"));
  }
  if (!torch) return {runs: a.length, ...summary(a)};
  return {
    runs: a.length,
    ...summary(a),
    pytorch: {...summary(b), ...ratios(b, a)},
    pytorchChannelsLast: {...summary(c), ...ratios(c, a)}
  };
}

/** Wall-clock and processor time, in milliseconds. */
export interface Timing {
  readonly ms: number;
  readonly cpuMs: number;
}

export async function time(work: () => Promise<unknown>): Promise<Timing> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const ms = performance.now() - start;
  const {user, system} = process.cpuUsage(cpu);
  return {ms, cpuMs: (user + system) / 1000};
}

export function summary(timings: readonly Timing[]): Record<string, number> {
  const ms = timings.map((timing) => timing.ms);
  const cpuMs = round(median(timings.map((timing) => timing.cpuMs)));
  return {ms: round(median(ms)), best: round(Math.min(...ms)), cpuMs};
}

function ratios(theirs: readonly Timing[], ours: readonly Timing[]): Record<string, number> {
  return {
    ratio: round(median(theirs.map(({ms}, i) => ms / ours[i].ms)), 3),
    cpuRatio: round(median(theirs.map(({cpuMs}, i) => cpuMs / ours[i].cpuMs)), 3)
  };
}
