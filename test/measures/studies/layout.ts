import type {ResultRow, StudyLayout} from "../../../src/measures/studies/index.js";

/** A study of one knee set, two autoencoders and the reference and other configurations of both: what a test needs of one. */
export function twoAutoencoders(
  generators: readonly string[],
  {bicubic = true, seeds = [1, 2]}: {readonly bicubic?: boolean; readonly seeds?: readonly number[]} = {}
): StudyLayout {
  const none = {autoencoder: null, generator: null, sampler: null, steps: null, seeds: []};
  const spec = {
    "natural-f8c4": {domain: "natural", factor: 8, channels: 4},
    "medical-f4c3": {domain: "medical", factor: 4, channels: 3}
  } as const;
  const autoencoders = Object.entries(spec).map(([id, {domain, ...geometry}]) => ({id, label: id, domain, geometry}));
  return {
    sets: [{id: "s", label: "Knee MRI (simulated)", anatomy: "knee"}],
    autoencoders,
    generators: autoencoders.flatMap(({id: autoencoder}) =>
      generators.map((id) => ({
        id,
        autoencoder,
        process: "diffusion" as const,
        target: id === "eps" ? "epsilon" : id === "v" ? "v" : "x0",
        timesteps: 1000,
        scaling: "raw",
        latent: "mean",
        trainingSeed: 1
      }))
    ),
    arms: [
      ...(bicubic ? [{...none, id: "bicubic", label: "bicubic", kind: "bicubic"}] : []),
      ...autoencoders.flatMap(({id: autoencoder}) =>
        generators.map((generator) => {
          const id = `sr:${autoencoder}:${generator}`;
          const own = generator === "x0" ? seeds : seeds.slice(0, 1);
          return {id, label: id, kind: "sr", autoencoder, generator, sampler: "ddim", steps: 20, seeds: own};
        })
      )
    ]
  };
}

/** Four patients whose levels differ; `psnr` of an arm and a seed. */
export function rowsOf(layout: StudyLayout, psnr: (arm: string, seed: number | null) => number): ResultRow[] {
  return layout.arms.flatMap(({id: arm, seeds}) =>
    [-1, 0, 0.5, 1].flatMap((level, i) =>
      (seeds.length > 0 ? seeds : [null]).map(
        (seed): ResultRow => ({
          set: "s",
          image: `i${i}`,
          patient: `p${i}`,
          arm,
          seed,
          pairing: "correct",
          psnr: psnr(arm, seed) + level,
          self_psnr: arm.startsWith("sr:") ? psnr(arm, seed) + level + 1 : null
        })
      )
    )
  );
}
