import {autoencoderRoles, type Configuration, referenceConfiguration, srArm} from "../measures/studies/roles.js";
import {asInput, changed, element} from "./dom.js";
import {dropdown} from "./segmented.js";
import type {Published} from "./site-data.js";
import type {StudyArm, StudyResults} from "./study-data.js";

/** A choice among a study's arms, in groups: baselines, autoencoders alone, SR by generator. */
export function armDropdown(
  {arms, generators}: Pick<StudyResults, "arms" | "generators">,
  {label, value}: {label: string; value: string}
) {
  const groups = new Map<string, StudyArm[]>();
  for (const arm of arms) {
    const name = groupOf(arm, generators);
    const own = groups.get(name);
    if (own) own.push(arm);
    else groups.set(name, [arm]);
  }
  const options = Array.from(groups, ([name, own]) => ({
    label: name,
    options: own.map(({id, label}) => ({value: id, label}))
  }));
  return dropdown(options, {label, value});
}

function groupOf({kind, generator}: StudyArm, generators: StudyResults["generators"]): string {
  if (kind === "ae") return "Autoencoders alone";
  if (kind !== "sr") return "Without an autoencoder";
  const one = generators.find(({id}) => id === generator);
  return `Super-resolution: ${generator}${one === undefined ? "" : ` (${one.process}, ${one.target}, ${one.scaling})`}`;
}

/** The pair that the study is about: natural against medical autoencoder, both super-resolved in the main way. */
export function mainPair(results: StudyResults): {readonly a: string; readonly b: string} {
  const roles = autoencoderRoles(results);
  const configuration = referenceConfiguration(results);
  const of = (id: string | undefined) =>
    id === undefined || configuration === null ? undefined : srArm(results, id, configuration)?.id;
  const ids = results.arms.map(({id}) => id);
  const a = of(roles.sdvae) ?? ids[0];
  const b = of(roles["medvae-4-3"]) ?? ids.find((id) => id !== a) ?? a;
  return {a, b};
}

/** A number typed by hand. Its value is null while what stands there is no number in range. */
export function numberField({
  label,
  value,
  unit = "",
  min,
  max,
  step
}: {
  label: string;
  value: number | null;
  unit?: string;
  min?: number;
  max?: number;
  step: number;
}) {
  const input = element("input", {type: "number", min, max, step, inputmode: "decimal"});
  if (value !== null) input.value = String(value);
  const node = element("label", {class: "choice number-field"}, label, input, unit !== "" && unit);
  input.addEventListener("input", (event) => {
    event.stopPropagation();
    changed(node);
  });
  return asInput(
    node,
    (): number | null => (input.value === "" || !input.validity.valid ? null : Number(input.value)),
    (next: number | null) => {
      input.value = next === null ? "" : String(next);
    }
  );
}

/** What stands on a page in a build that has no study. */
export function noStudy(): HTMLElement {
  return element(
    "p",
    {class: "no-study note-simulated"},
    "This build has no study results, so there is nothing to draw here. ",
    element("code", {}, "bandscope run STUDY.json"),
    " computes them; the next build shows them."
  );
}

/** `x0 ddim-20`: a configuration as an address has it. */
export function configurationText({generator, sampler, steps}: Configuration): string {
  return `${generator} ${sampler}-${steps}`;
}

/** A study without arms, on the published datasets: for pages that have published numbers to show in any case. */
export function emptyStudy({datasets}: Pick<Published, "datasets">): StudyResults {
  return {
    format: "bandscope-study",
    version: 1,
    id: "",
    title: "",
    study: "",
    bandscope: "",
    date: "",
    engine: "",
    degradation: "",
    seeds: [],
    sets: Object.entries(datasets).map(([id, {label, anatomy, images, patients}]) => ({
      id,
      label,
      anatomy,
      images,
      patients,
      simulated: false,
      licence: ""
    })),
    autoencoders: [],
    generators: [],
    arms: [],
    images: [],
    runs: [],
    comparisons: [],
    notes: []
  };
}
