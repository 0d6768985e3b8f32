import type {Configuration, StudyLayout} from "./roles.js";

const samplers: Readonly<Record<string, string>> = {ddim: "DDIM", ddpm: "DDPM", euler: "Euler", heun: "Heun"};

/** As people write a sampler's name: `DDIM`. One that has no other name keeps its own: `published`. */
export function samplerName(sampler: string): string {
  return samplers[sampler] ?? sampler;
}

/** What a generator predicts, as people write it: `x₀`, `ε`, `v`. */
export function targetName(target: string): string {
  return {x0: "x₀", epsilon: "ε"}[target] ?? target;
}

/**
 * `x₀, raw latents, DDIM, T = 20`: a configuration, for a choice among those of a study. A generator's own name stands there where
 * the study has another one that would be called the same.
 */
export function configurationName(
  {generators}: Pick<StudyLayout, "generators">,
  {generator, sampler, steps}: Configuration
): string {
  const kindOf = (id: string) => {
    const own = generators.find((one) => one.id === id);
    if (own === undefined) return id;
    const target = own.process === "flow" ? "flow" : targetName(own.target);
    return own.scaling === "raw" ? `${target}, raw latents` : target;
  };
  const kind = kindOf(generator);
  const namesakes = new Set(generators.map(({id}) => id).filter((id) => kindOf(id) === kind));
  return `${kind}${namesakes.size > 1 ? ` (${generator})` : ""}, ${samplerName(sampler)}, T = ${steps}`;
}

/** The published study's data by what they show; a set of anything else goes by its own label. */
export function anatomyName({anatomy, label}: {readonly anatomy: string; readonly label: string}): string {
  return {knee: "Knee", brain: "Brain", cxr: "Chest", chest: "Chest"}[anatomy] ?? label;
}
