import type {Store} from "../store/store.js";
import type {Step} from "./step.js";

/** The steps, those whose artefact turns out damaged as not cached: a plan looks at sizes only, this hashes. */
export async function verified(steps: readonly Step[], store: Store): Promise<Step[]> {
  const checked: Step[] = [];
  for (const step of steps)
    checked.push(step.cached && !(await store.get(step.recipe)) ? {...step, cached: false} : step);
  return checked;
}
