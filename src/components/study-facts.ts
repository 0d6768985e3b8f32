import {type AgainstBicubic, belowBicubic} from "./below-bicubic.js";
import {dateTime, shortHash} from "./format.js";
import type {Facts} from "./provenance.js";
import type {StudyPairing, StudyResults} from "./study-data.js";
import {subjects} from "./subjects.js";

/** What a number of a study was computed from. */
export interface StudyFactsOptions {
  readonly arms: readonly string[];
  readonly sets: readonly string[];
  /** Of the seeds that were run; absent: all of them. */
  readonly seed?: number;
  readonly pairing?: StudyPairing;
  readonly nImages: number;
  readonly nPatients?: number | null;
}

/** Where a number of a study comes from: study, arms, weights, seeds, engine, n, date. */
export function studyFacts(
  results: StudyResults,
  {arms, sets, seed, pairing = "correct", nImages, nPatients}: StudyFactsOptions
): Facts {
  const runs = results.runs.filter(
    (run) =>
      arms.includes(run.arm) &&
      sets.includes(run.set) &&
      run.pairing === pairing &&
      (seed === undefined || run.seed === null || run.seed === seed)
  );
  const own = arms.flatMap((id) => results.arms.find((arm) => arm.id === id) ?? []);
  const seeds = [...new Set(runs.flatMap((run) => run.seed ?? []))].sort((a, b) => a - b);
  const weights = own.flatMap(({autoencoder, generator}) => {
    const ae = results.autoencoders.find(({id}) => id === autoencoder);
    const gen = results.generators.find((one) => one.id === generator && one.autoencoder === autoencoder);
    return [
      ...(ae ? [`${ae.label} ${shortHash(ae.sha256)}`] : []),
      ...(gen ? [`${gen.id} in ${gen.autoencoder} ${shortHash(gen.sha256)}`] : [])
    ];
  });
  const anatomy = results.sets.filter(({id}) => sets.includes(id)).every(({anatomy}) => anatomy === "natural")
    ? "natural"
    : undefined;
  const dates = runs.map(({date}) => date).sort();
  const artefacts = runs.map(({measures}) => measures);
  return [
    ["study", `${results.title} (${results.id}, ${shortHash(results.study)})`],
    [own.length === 1 ? "arm" : "arms", own.map(({label}) => label).join(" · ")],
    ["data", sets.map((id) => results.sets.find((set) => set.id === id)?.label ?? id).join(", ")],
    ...(pairing === "correct" ? [] : ([["pairing", "as the published code paired them: by place in a list"]] as const)),
    ["n", `${nImages} images${nPatients == null ? ", patients not known" : `, ${subjects(nPatients, anatomy)}`}`],
    ["seeds", seeds.length === 0 ? "none: nothing is random" : seeds.join(", ")],
    ...(weights.length === 0 ? [] : ([["weights", [...new Set(weights)].join("; ")]] as const)),
    ...(artefacts.length === 0
      ? []
      : ([
          ["artefacts", `${shortHash(artefacts[0])}${artefacts.length > 1 ? ` and ${artefacts.length - 1} more` : ""}`]
        ] as const)),
    ["engine", [...new Set(runs.map(({engine}) => engine))].join("; ") || results.engine],
    ["computed", `${dateTime(dates.at(-1) ?? results.date)}; this statistic in this page`]
  ];
}

/** What a study says that it did not reach, and whose images these are. */
export function studyCaveats(results: StudyResults): string[] {
  const simulated = results.sets.filter((set) => set.simulated).length;
  return [
    ...(simulated === 0
      ? []
      : [
          simulated === results.sets.length
            ? "All images are simulated; none is of a patient."
            : "Some images are simulated; none of those is of a patient."
        ]),
    ...[belowBicubic(againstBicubic(results), "The generators that it compares")].filter(
      (sentence) => sentence !== null
    ),
    ...results.notes
  ];
}

/** Mean PSNR of bicubic and of the SR arms, from the comparisons of correctly paired images that the study file asks for. */
function againstBicubic({arms, sets, comparisons}: StudyResults): AgainstBicubic[] {
  const kinds = new Map(arms.map(({id, kind}) => [id, kind]));
  return sets.flatMap(({id, label}) => {
    const own = comparisons.filter(
      ({set, measure, pairing}) => set === id && measure === "psnr" && pairing === "correct"
    );
    const means = new Map(own.flatMap(({a, meanA, b, meanB}) => [[a, meanA] as const, [b, meanB] as const]));
    const of = (wanted: string) =>
      [...means].flatMap(([arm, mean]) => (kinds.get(arm) === wanted && mean !== null ? [mean] : []));
    const [bicubic] = of("bicubic");
    return bicubic === undefined ? [] : [{label, bicubic, arms: of("sr")}];
  });
}
