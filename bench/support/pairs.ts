import {median, round} from "./statistics.js";
import type {Torch} from "./torch.js";

/**
 * Times `ours` and PyTorch's by turns, after one run of each to warm up: whatever else the machine does befalls both.
 * `ratio` is the median over the pairs of PyTorch's time divided by ours: above 1 we are faster.
 */
export async function timePairs(
  ours: () => Promise<unknown>,
  torch: Torch | undefined,
  {pairs = 7, seconds = 60} = {}
): Promise<Record<string, unknown>> {
  const a: number[] = [];
  const b: number[] = [];
  const c: number[] = [];
  await ours();
  await torch?.run("contiguous");
  await torch?.run("channels_last");
  const end = performance.now() + 1000 * seconds;
  for (let i = 0; i < pairs && (i < 3 || performance.now() < end); ++i) {
    const start = performance.now();
    await ours();
    a.push(performance.now() - start);
    if (!torch) continue;
    b.push(await torch.run("contiguous"));
    c.push(await torch.run("channels_last"));
  }
  const timing = {ms: round(median(a)), best: round(Math.min(...a)), runs: a.length};
  if (!torch) return timing;
  return {
    ...timing,
    pytorch: {ms: round(median(b)), best: round(Math.min(...b))},
    pytorchChannelsLast: {ms: round(median(c)), best: round(Math.min(...c))},
    ratio: round(median(b.map((t, i) => t / a[i])), 3),
    ratioChannelsLast: round(median(c.map((t, i) => t / a[i])), 3)
  };
}
