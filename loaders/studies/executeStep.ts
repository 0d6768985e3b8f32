import type {Json} from "../store/canonical.js";
import type {Artefact} from "../store/store.js";
import {makeImages} from "./images.js";
import {makeMeasures} from "./measures.js";
import {makeOutputs} from "./outputs.js";
import type {Step, WeightsPlace} from "./step.js";
import type {StepContext} from "./stepContext.js";
import {makeAutoencoder, makeGenerator, trainedFiles} from "./train.js";
import {removeWork, WorkFolder} from "./work.js";

/** The steps that a process may be asked for, by id. */
export type Steps = ReadonlyMap<string, Step>;

/**
 * Makes a step's artefact, or takes the one that is there; what it needs is made first where it lacks. Several processes may
 * call this for the same step: one works, the others wait for it.
 * @throws Stopped when told to stop; InputError
 */
export async function executeStep(step: Step, steps: Steps, context: StepContext): Promise<Artefact> {
  const {store, onWait} = context;
  const found = await store.get(step.recipe);
  if (found) {
    removeWork(store, step.id);
    return found;
  }
  const needs = new Map<string, Artefact>();
  const silent = {...context, onProgress: undefined};
  for (const id of step.needs) needs.set(id, await executeStep(steps.get(id)!, steps, silent));
  const artefact = await store.compute(step.recipe, (folder) => make(step, needs, folder, context), {onWait});
  removeWork(store, step.id);
  return artefact;
}

async function make(
  step: Step,
  needs: ReadonlyMap<string, Artefact>,
  folder: string,
  context: StepContext
): Promise<{readonly [key: string]: Json} | undefined> {
  const {task} = step;
  const work = new WorkFolder(context.store, step.id);
  const filesOf = async (place: WeightsPlace) =>
    "files" in place ? place.files : trainedFiles(needs.get(place.step)!);
  switch (task.kind) {
    case "images":
      await makeImages(task, folder, work, context);
      return undefined;
    case "autoencoder":
      return makeAutoencoder(task, folder, work, context);
    case "generator":
      return makeGenerator(task, await filesOf(task.autoencoder), folder, work, context);
    case "outputs":
      return makeOutputs(task, needs.get(task.images)!, filesOf, folder, work, context);
    case "measures":
      return makeMeasures(
        task,
        {
          images: needs.get(task.images)!,
          outputs: needs.get(task.outputs)!,
          ceiling: task.ceiling === null ? null : needs.get(task.ceiling)!
        },
        folder,
        work,
        context
      );
  }
}
