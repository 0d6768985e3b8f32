import {random} from "../random.js";
import {bootstrapMean, type Interval} from "../statistics/bootstrap.js";
import {quantileSorted} from "../statistics/descriptive.js";

/** Of the bootstrap; what is not given is as in `studyResampling`. */
export interface Resampling {
  readonly resamples?: number;
  readonly seed?: number;
}

/** With which every page and table resamples, so that one statistic has one interval wherever it stands. */
export const studyResampling = {resamples: 10_000, seed: 1} as const;

/** Draws that are worth keeping: those of few units, which a study asks for hundreds of times. */
const most = 1_000_000;
const kept = new Map<string, Uint16Array>();
const keptAtOnce = 8;

/**
 * 95 % percentile bootstrap interval of the mean of `values`, one value a unit (patient); null for fewer than two.
 * The very numbers of `bootstrapMean(values, …).percentile`, in a fraction of the time: the draws depend on how many units there
 * are and on the seed only, so they are made once, and BCa is left out. @throws RangeError when a value is not finite.
 */
export function meanInterval(values: ArrayLike<number>, options: Resampling = {}): Interval | null {
  const {resamples = studyResampling.resamples, seed = studyResampling.seed} = options;
  const n = values.length;
  if (n < 2) return null;
  const own = Float64Array.from(values);
  const small = n * resamples <= most && n < 2 ** 16;
  // what is wrong with a value or an option is said there
  if (!small || !Number.isInteger(resamples) || resamples < 1 || !own.every(Number.isFinite)) {
    return bootstrapMean(own, {resamples, seed}).percentile;
  }
  const drawn = draws(n, resamples, seed);
  const means = new Float64Array(resamples);
  for (let r = 0, at = 0; r < resamples; r++) {
    let total = 0;
    for (let k = 0; k < n; k++) total += own[drawn[at++]];
    means[r] = total / n;
  }
  // as bootstrapMean has it, to the last bit
  const tail = (1 - 0.95) / 2;
  return [quantileOf(means, tail), quantileOf(means, 1 - tail)];
}

/** `quantileSorted` of values in any order, which it reorders: most of a bootstrap's time is the sort, and two ranks are wanted. */
function quantileOf(values: Float64Array, p: number): number {
  const below = Math.floor((values.length - 1) * p);
  select(values, below);
  // all from here on are as large or larger: the next rank is their least
  let above = below;
  for (let i = below + 1; i < values.length; i++) if (above === below || values[i] < values[above]) above = i;
  const h = (values.length - 1) * p - below;
  const [low, high] = [values[below], values[above]];
  return quantileSorted([low, high], h)!;
}

/** Hoare's selection: puts the value of rank k in its place, smaller ones before it and larger ones behind it. */
function select(values: Float64Array, k: number): void {
  let [left, right] = [0, values.length - 1];
  while (left < right) {
    const pivot = values[(left + right) >> 1];
    let [i, j] = [left, right];
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i <= j) {
        const other = values[i];
        values[i++] = values[j];
        values[j--] = other;
      }
    }
    if (k <= j) right = j;
    else if (k >= i) left = i;
    else return;
  }
}

/** Which units each resample has: those that `bootstrap` draws. */
function draws(n: number, resamples: number, seed: number): Uint16Array {
  const key = `${n} ${resamples} ${seed}`;
  let drawn = kept.get(key);
  if (drawn === undefined) {
    const source = random("bootstrap", seed);
    const scale = n / 2 ** 32;
    drawn = new Uint16Array(n * resamples);
    for (let i = 0; i < drawn.length; i++) drawn[i] = source.bits() * scale;
    if (kept.size >= keptAtOnce) kept.delete(kept.keys().next().value!);
    kept.set(key, drawn);
  }
  return drawn;
}
