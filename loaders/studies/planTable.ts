import {duration} from "../cli/progress.js";
import type {Plan} from "./plan.js";
import type {Step, StepKind} from "./step.js";

/** A plan for people: a line for each kind of work and arm, what is there, how long the rest should take. */
export function planTable(plan: Plan, cores: number): string {
  const {study} = plan.file;
  const rows = new Map<string, {kind: StepKind; what: string; steps: Step[]}>();
  for (const step of plan.steps) {
    const what = subject(step);
    const key = `${step.kind} ${what}`;
    const row = rows.get(key);
    if (row === undefined) rows.set(key, {kind: step.kind, what, steps: [step]});
    else row.steps.push(step);
  }
  const order: readonly StepKind[] = ["images", "autoencoder", "generator", "outputs", "measures"];
  const sorted = [...rows.values()].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  const lines = [
    ["step", "what", "runs", "there", "to do", "memory"],
    ...sorted.map(({kind, what, steps}) => {
      const open = steps.filter(({cached}) => !cached);
      const memory = Math.max(...steps.map(({resources}) => resources.memoryGiB));
      return [
        kind,
        what,
        String(steps.length),
        String(steps.length - open.length),
        open.length === 0 ? "–" : time(sum(open)),
        open.length === 0 ? "" : `${memory} GiB`
      ];
    })
  ];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const table = lines.map((line) =>
    line
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join("  ")
      .trimEnd()
  );
  const images = plan.sets.map(
    ({id, images, patients}) => `${id} ${images}${patients === null ? "" : ` of ${patients} patients`}`
  );
  const weights = [...plan.autoencoders, ...plan.generators].flatMap(({id, autoencoder, found, training}) =>
    found === null
      ? []
      : [`${autoencoder === null ? id : `${autoencoder}.${id}`}${training ? ` (${training.steps} steps)` : ""}`]
  );
  return [
    `${study.title}`,
    `engine ${plan.engine}; images: ${images.join(", ")}; ${plan.runs.length} runs`,
    ...(weights.length > 0 ? [`weights at hand: ${weights.join(", ")}`] : []),
    "",
    ...table,
    "",
    total(plan, cores),
    ...plan.notes.map((note) => `note: ${note}`),
    ...(plan.missing.length > 0 ? ["", "missing before it can run:", ...plan.missing.map((text) => `  ${text}`)] : []),
    ""
  ].join("\n");
}

/** Every step, without the paths of this machine, and the totals. */
export function planJson(plan: Plan): string {
  const {study} = plan.file;
  return `${JSON.stringify(
    {
      study: study.id,
      engine: plan.engine,
      sets: plan.sets,
      runs: plan.runs,
      missing: plan.missing,
      notes: plan.notes,
      steps: plan.steps.map(({task: _task, recipe: _recipe, ...step}) => step)
    },
    null,
    1
  )}\n`;
}

/** Seconds of all that is still to do: trainings one after the other, the rest shared by the cores. */
export function secondsLeft(steps: readonly Step[], cores: number): number {
  const open = steps.filter(({cached}) => !cached);
  const trainings = open.filter(({kind}) => kind === "autoencoder" || kind === "generator");
  return sum(trainings) + sum(open.filter((step) => !trainings.includes(step))) / cores;
}

function total(plan: Plan, cores: number): string {
  const open = plan.steps.filter(({cached}) => !cached);
  if (open.length === 0) return `all ${plan.steps.length} steps are there`;
  const training = sum(open.filter(({kind}) => kind === "autoencoder" || kind === "generator"));
  const left = secondsLeft(plan.steps, cores);
  const parts = training > 0 ? ` (training ${time(training)})` : "";
  return `${open.length} of ${plan.steps.length} steps to do, about ${time(left)}${parts} on ${cores} ${cores === 1 ? "core" : "cores"}, estimated from multiply-adds`;
}

function subject({task}: Step): string {
  switch (task.kind) {
    case "images":
      return task.set;
    case "autoencoder":
      return task.recipe.id;
    case "generator":
      return task.recipe.id;
    case "outputs":
      return task.arm.id;
    case "measures":
      return task.pairing === "correct" ? "paired correctly" : "paired as published";
  }
}

function sum(steps: readonly Step[]): number {
  return steps.reduce((total, {seconds}) => total + seconds, 0);
}

/** Long ones in days. */
function time(seconds: number): string {
  return seconds >= 2 * 86_400 ? `${(seconds / 86_400).toFixed(1)} days` : duration(1000 * seconds);
}
