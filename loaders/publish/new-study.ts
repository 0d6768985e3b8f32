import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs";
import {basename, dirname, join, resolve} from "node:path";
import {fileURLToPath} from "node:url";
import {InputError} from "../../models/errors.js";
import type {Study} from "../studies/study.js";

const project = fileURLToPath(new URL("../..", import.meta.url));
const template = fileURLToPath(new URL("template", import.meta.url));

/** The autoencoders that a new study compares: both ship, one trained on natural scenes, one on anatomy. */
const autoencoders = [
  {id: "natural-f8c4", label: "natural f8c4", domain: "natural"},
  {id: "medical-f4c3", label: "medical f4c3", domain: "medical"}
] as const;

export interface NewStudy {
  readonly folder: string;
  readonly id: string;
  readonly files: readonly string[];
}

/**
 * Lays a study into a new folder: `study.json` (small: it runs within a minute), the weights that it names, a page that shows its
 * results, and a README with the commands.
 * @throws InputError when the folder has something in it, or its name makes no id
 */
export function newStudy(path: string, title?: string): NewStudy {
  const folder = resolve(path);
  const there = statSync(folder, {throwIfNoEntry: false});
  if (there !== undefined && !there.isDirectory()) throw new InputError(`${path} is a file; name a new folder`);
  if (there !== undefined && readdirSync(folder).length > 0) {
    throw new InputError(`${path} is not empty; name a new or empty folder`);
  }
  const id = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^-+|-+$/g, "");
  if (id === "")
    throw new InputError(`${path}: the folder's name must have a letter or a digit, for it names the study`);
  const words: Record<string, string> = {id, title: title ?? `Study ${id}`, folder: basename(folder)};
  const made = join(dirname(folder), `.${basename(folder)}.${process.pid}.tmp`);
  try {
    mkdirSync(join(made, "weights"), {recursive: true});
    writeFileSync(join(made, "study.json"), `${JSON.stringify(studyOf(words), null, 2)}\n`);
    for (const name of readdirSync(template)) {
      const target = name === "page.md" ? `${id}.md` : name;
      writeFileSync(join(made, target), filled(readFileSync(join(template, name), "utf8"), words));
    }
    for (const {id: name} of autoencoders) {
      for (const ending of ["safetensors", "json"]) {
        const source = join(project, "models/weights", `${name}.${ending}`);
        if (!existsSync(source)) throw new InputError(`the weights that ship are incomplete: there is no ${source}`);
        copyFileSync(source, join(made, "weights", `${name}.${ending}`));
      }
    }
    const schema = join(project, "data/schemas/study.schema.json");
    if (existsSync(schema)) copyFileSync(schema, join(made, "study.schema.json"));
    if (there !== undefined) rmSync(folder, {recursive: true});
    renameSync(made, folder);
  } finally {
    rmSync(made, {recursive: true, force: true});
  }
  const files = (readdirSync(folder, {recursive: true}) as string[]).filter((name) =>
    statSync(join(folder, name)).isFile()
  );
  return {folder, id, files: files.sort()};
}

function studyOf({id, title}: Readonly<Record<string, string>>): Study & {$schema?: string} {
  const dataset = (anatomy: string, label: string) => ({
    id: anatomy,
    label: `${label} (simulated)`,
    anatomy,
    dataset: `simulated-${anatomy}`,
    split: "test" as const,
    images: 8,
    size: 128
  });
  return {
    ...(existsSync(join(project, "data/schemas/study.schema.json")) ? {$schema: "study.schema.json"} : {}),
    id,
    title,
    datasets: [dataset("brain", "Brain MRI"), dataset("knee", "Knee MRI")],
    degradation: {kind: "bicubic", factor: 4},
    autoencoders: autoencoders.map((one) => ({...one, weights: [`weights/${one.id}.safetensors`]})),
    generators: [],
    samplers: [],
    arms: [{kind: "bicubic"}, {kind: "ae", autoencoders: "all"}],
    seeds: [1],
    pairing: ["correct"],
    comparisons: [
      {
        title: "A medical autoencoder against a natural one: how much detail does each keep?",
        a: "ae:natural-f8c4",
        b: "ae:medical-f4c3"
      }
    ],
    notes: ["Begun from the example of bandscope new: few images, no generator."]
  };
}

function filled(text: string, words: Readonly<Record<string, string>>): string {
  return text.replace(/%(\w+)%/g, (whole, name: string) => words[name] ?? whole);
}
