/**
 * A noise schedule: ᾱ[t], the share of the image's variance that is left at the model's time step t (1: clean, 0: noise),
 * so that z_t = √ᾱ[t]·x₀ + √(1 − ᾱ[t])·noise. Most schedules fall with t; the study's cosine rises, its step 0 being the noisiest.
 */
export type Schedule = Float64Array;

/** How a run names its schedule. `published-…` are the study's own. */
export const scheduleNames = ["cosine", "linear", "published-cosine", "published-linear"] as const;
export type ScheduleName = (typeof scheduleNames)[number];

/** @param timesteps how many steps the model was trained with, e.g. 1000 */
export function schedule(name: ScheduleName, timesteps: number): Schedule {
  if (!(Number.isInteger(timesteps) && timesteps > 0)) throw new RangeError(`invalid timesteps: ${timesteps}`);
  switch (name) {
    case "cosine":
      return cosine(timesteps);
    case "linear":
    case "published-linear":
      // the study's linear schedule is the usual one; only its sampler walks it the wrong way
      return linear(timesteps);
    case "published-cosine":
      return publishedCosine(timesteps);
  }
}

/** β from 10⁻⁴ to 0.02 in even steps (Ho et al. 2020); step 0 is the cleanest. */
function linear(timesteps: number): Schedule {
  const [first, last] = [1e-4, 2e-2];
  let product = 1;
  return Float64Array.from({length: timesteps}, (_, t) => {
    const beta = timesteps === 1 ? first : first + ((last - first) * t) / (timesteps - 1);
    product *= 1 - beta;
    return product;
  });
}

/** Nichol & Dhariwal 2021, with β clipped at 0.999 as there; step 0 is the cleanest. */
function cosine(timesteps: number): Schedule {
  const level = (t: number) => Math.cos(((t / timesteps + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
  let product = 1;
  return Float64Array.from({length: timesteps}, (_, t) => {
    product *= 1 - Math.min(1 - level(t + 1) / level(t), 0.999);
    return product;
  });
}

/**
 * The study's: a squared cosine at timesteps + 1 points from 0 to 1 (their spacing is 1/timesteps, though it is written with
 * timesteps + 1), without the first, turned round: step 0 is pure noise, the last the cleanest.
 */
function publishedCosine(timesteps: number): Schedule {
  const level = (t: number) => Math.cos(((t / timesteps + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
  return Float64Array.from({length: timesteps}, (_, t) => level(timesteps - t) / level(0));
}

/**
 * The time steps to visit, from the noisiest to the cleanest: `steps` of them, evenly spread over the whole schedule and
 * beginning at its noisiest entry ("trailing" spacing, Lin et al. 2023). From the last one visited a sampler goes to the
 * clean image.
 * @param leastSignal entries with ᾱ below it are left out
 * @throws RangeError
 */
export function stridedTimesteps(alphas: ArrayLike<number>, steps: number, leastSignal = 0): number[] {
  const rising = alphas[alphas.length - 1] > alphas[0];
  const ordered = Array.from({length: alphas.length}, (_, i) => (rising ? i : alphas.length - 1 - i)).filter(
    (t) => alphas[t] >= leastSignal
  );
  const count = ordered.length;
  if (!(Number.isInteger(steps) && steps > 0 && steps <= count)) {
    throw new RangeError(`invalid steps: ${steps}; the schedule has ${count} to choose from`);
  }
  return Array.from({length: steps}, (_, i) => ordered[Math.round((i * count) / steps)]);
}
