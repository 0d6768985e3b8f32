import type {StudyArm, StudyPairing} from "../../src/components/study-data.js";
import {samplerName} from "../../src/measures/studies/names.js";
import type {ArmSpec, Study} from "./study.js";

/** An arm of a study, spelled out. */
export interface PlannedArm extends StudyArm {
  readonly pairing: readonly StudyPairing[];
  /** Which pairings are measured with which seeds: the union of what the study's entries ask for. */
  readonly runs: readonly {readonly seed: number | null; readonly pairing: StudyPairing}[];
  /** Null: all. */
  readonly datasets: readonly string[] | null;
  /** Of `regression`: the network's file. Of `external`: the folder. As the study file has it. */
  readonly path?: string;
}

/** The arms of a study in its order; one that several entries name is one arm, with all their seeds and pairings. */
export function armsOf(study: Study): PlannedArm[] {
  const arms = new Map<string, PlannedArm>();
  for (const arm of study.arms.flatMap((spec) => spelledOut(spec, study))) {
    const known = arms.get(arm.id);
    arms.set(
      arm.id,
      known === undefined
        ? arm
        : {
            ...known,
            seeds: study.seeds.filter((seed) => known.seeds.includes(seed) || arm.seeds.includes(seed)),
            pairing: study.pairing.filter((way) => known.pairing.includes(way) || arm.pairing.includes(way)),
            runs: [...known.runs, ...arm.runs.filter((run) => !known.runs.some((other) => sameRun(run, other)))],
            datasets: known.datasets && arm.datasets && [...new Set([...known.datasets, ...arm.datasets])]
          }
    );
  }
  return [...arms.values()];
}

type Run = PlannedArm["runs"][number];

function sameRun(a: Run, b: Run): boolean {
  return a.seed === b.seed && a.pairing === b.pairing;
}

function runsOf(seeds: readonly (number | null)[], pairing: readonly StudyPairing[]): Run[] {
  return seeds.flatMap((seed) => pairing.map((way) => ({seed, pairing: way})));
}

function spelledOut(spec: ArmSpec, study: Study): PlannedArm[] {
  const labelOf = (id: string) => study.autoencoders.find((ae) => ae.id === id)?.label ?? id;
  const plain = {
    autoencoder: null,
    generator: null,
    sampler: null,
    steps: null,
    seeds: [],
    pairing: study.pairing,
    runs: runsOf([null], study.pairing),
    datasets: null
  };
  switch (spec.kind) {
    case "bicubic":
      return [{...plain, id: "bicubic", label: `Bicubic ×${study.degradation.factor}`, kind: "bicubic"}];
    case "ae":
      return chosen(spec.autoencoders, study).map((id) => ({
        ...plain,
        id: `ae:${id}`,
        label: `AE ceiling, ${labelOf(id)}`,
        kind: "ae",
        autoencoder: id
      }));
    case "sr":
      return chosen(spec.autoencoders, study).flatMap((autoencoder) =>
        spec.generators.flatMap((generator) =>
          spec.samplers.map((id): PlannedArm => {
            const {sampler, steps} = study.samplers.find((other) => other.id === id)!;
            return {
              id: `sr:${autoencoder}:${generator}:${sampler}-${steps}`,
              label: `SR, ${labelOf(autoencoder)}, ${generator}, ${samplerName(sampler)} ${steps}`,
              kind: "sr",
              autoencoder,
              generator,
              sampler,
              steps,
              seeds: spec.seeds ?? study.seeds,
              pairing: spec.pairing ?? study.pairing,
              runs: runsOf(spec.seeds ?? study.seeds, spec.pairing ?? study.pairing),
              datasets: spec.datasets ?? null
            };
          })
        )
      );
    case "regression":
      return [{...plain, id: `regression:${spec.name}`, label: spec.name, kind: "regression", path: spec.weights}];
    case "external":
      return [{...plain, id: `external:${spec.name}`, label: spec.name, kind: "external", path: spec.folder}];
  }
}

function chosen(names: readonly string[] | "all", study: Study): readonly string[] {
  return names === "all" ? study.autoencoders.map(({id}) => id) : names;
}
