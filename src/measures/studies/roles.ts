/** What the computations below need to know of a study; `StudyResults` of src/components/study-data.ts has it all. */
export interface StudyLayout {
  readonly sets: readonly {readonly id: string; readonly label: string; readonly anatomy: string}[];
  readonly autoencoders: readonly {
    readonly id: string;
    readonly label: string;
    readonly domain: "natural" | "medical" | null;
    readonly geometry: {readonly channels: number; readonly factor: number};
    /** Of the published study's autoencoders the one whose part this one plays. */
    readonly role?: Role | null;
  }[];
  readonly generators: readonly {
    readonly id: string;
    readonly autoencoder: string;
    readonly process: "diffusion" | "flow";
    readonly target: string;
    readonly timesteps: number;
    readonly scaling: string;
    readonly latent: string;
    readonly trainingSeed: number;
    readonly training?: {readonly steps: number; readonly images: string};
  }[];
  readonly arms: readonly StudyArmLayout[];
}

export interface StudyArmLayout {
  readonly id: string;
  readonly label: string;
  readonly kind: string;
  readonly autoencoder: string | null;
  readonly generator: string | null;
  readonly sampler: string | null;
  readonly steps: number | null;
  readonly seeds: readonly number[];
}

/** The published study's autoencoders, by the id that data/published.json uses in its arms. */
export const publishedAutoencoders = {
  sdvae: {domain: "natural", factor: 8, channels: 4},
  "kl-f4": {domain: "natural", factor: 4, channels: 3},
  "medvae-8-1": {domain: "medical", factor: 8, channels: 1},
  "medvae-8-4": {domain: "medical", factor: 8, channels: 4},
  "medvae-4-1": {domain: "medical", factor: 4, channels: 1},
  "medvae-4-3": {domain: "medical", factor: 4, channels: 3},
  "medvae-4-4": {domain: "medical", factor: 4, channels: 4}
} as const;

export type Role = keyof typeof publishedAutoencoders;

/**
 * Which autoencoder of a study plays which part of the published one. A study file may say it (`role`): then those that it names, and no
 * others. Else those of the same domain and geometry; of several, the one of the published name, else the one called
 * `natural-f8c4`, else one whose name begins so, else the first.
 */
export function autoencoderRoles({autoencoders}: Pick<StudyLayout, "autoencoders">): Partial<Record<Role, string>> {
  const named = autoencoders.flatMap(({id, role}) => (role == null ? [] : [[role, id] as const]));
  if (named.length > 0) return Object.fromEntries(named);
  const found: Partial<Record<Role, string>> = {};
  for (const [role, {domain, factor, channels}] of Object.entries(publishedAutoencoders)) {
    const name = `${domain}-f${factor}c${channels}`;
    const fitting = autoencoders
      .filter((one) => one.domain === domain && one.geometry.factor === factor && one.geometry.channels === channels)
      .map(({id}) => id);
    const own =
      fitting.find((id) => id === role) ??
      fitting.find((id) => id === name) ??
      fitting.find((id) => id.startsWith(name)) ??
      fitting[0];
    if (own !== undefined) found[role as Role] = own;
  }
  return found;
}

/** How a generator was made and sampled, whatever the autoencoder. */
export interface Configuration {
  /** Its name in the study file. */
  readonly generator: string;
  readonly sampler: string;
  readonly steps: number;
}

/**
 * The configuration with which autoencoders are compared: the one that most of those with a role have; of several, the one that most
 * autoencoders have; of several, one that predicts x₀ by diffusion as the published study did; of several, the first in the study
 * file. Null without SR arms.
 */
export function referenceConfiguration({
  arms,
  generators,
  autoencoders
}: Pick<StudyLayout, "arms" | "generators" | "autoencoders">): Configuration | null {
  const playing = new Set(Object.values(autoencoderRoles({autoencoders})));
  const counted = configurations(arms).map((configuration) => {
    const generator = generators.find(({id}) => id === configuration.generator);
    const published = generator?.process === "diffusion" && generator.target === "x0" ? 1 : 0;
    const own = srArms(arms, configuration);
    const withRole = own.filter(({autoencoder}) => autoencoder !== null && playing.has(autoencoder)).length;
    return {configuration, withRole, count: own.length, published};
  });
  counted.sort((a, b) => b.withRole - a.withRole || b.count - a.count || b.published - a.published);
  return counted[0]?.configuration ?? null;
}

/** Every configuration among the arms, in their order. */
export function configurations(arms: readonly StudyArmLayout[]): Configuration[] {
  const found = new Map<string, Configuration>();
  for (const {kind, generator, sampler, steps} of arms) {
    if (kind !== "sr" || generator === null || sampler === null || steps === null) continue;
    const key = `${generator}\n${sampler}\n${steps}`;
    if (!found.has(key)) found.set(key, {generator, sampler, steps});
  }
  return [...found.values()];
}

function srArms(arms: readonly StudyArmLayout[], {generator, sampler, steps}: Configuration): StudyArmLayout[] {
  return arms.filter(
    (arm) => arm.kind === "sr" && arm.generator === generator && arm.sampler === sampler && arm.steps === steps
  );
}

/** The SR arm of an autoencoder in a configuration, if the study has it. */
export function srArm(
  {arms}: Pick<StudyLayout, "arms">,
  autoencoder: string,
  configuration: Configuration
): StudyArmLayout | undefined {
  return srArms(arms, configuration).find((arm) => arm.autoencoder === autoencoder);
}

/** An SR arm and those that differ from it in the seed of the generator's training alone, in the study's order. */
export function retrainings({arms, generators}: Pick<StudyLayout, "arms" | "generators">, arm: StudyArmLayout) {
  const madeAs = (one: StudyArmLayout) => {
    const own = generators.find(({id, autoencoder}) => id === one.generator && autoencoder === one.autoencoder);
    if (own === undefined) return null;
    const {process, target, timesteps, scaling, latent, training} = own;
    const made = [process, target, timesteps, scaling, latent, training?.steps, training?.images];
    return [...made, one.autoencoder, one.sampler, one.steps].join();
  };
  const own = madeAs(arm);
  return own === null ? [] : arms.filter((one) => one.kind === "sr" && madeAs(one) === own);
}

/** The arm of an autoencoder alone. */
export function aeArm({arms}: Pick<StudyLayout, "arms">, autoencoder: string): StudyArmLayout | undefined {
  return arms.find((arm) => arm.kind === "ae" && arm.autoencoder === autoencoder);
}

const datasets: Readonly<Record<string, string>> = {
  knee: "mrnet",
  brain: "brats",
  cxr: "mimic-cxr",
  chest: "mimic-cxr"
};

/** The published study's data set of the same anatomy; null where it had none. */
export function publishedDataset(anatomy: string): string | null {
  return datasets[anatomy] ?? null;
}
