/** What SLURM has to know of a step of a plan. */
export interface SlurmStep {
  /** The id of the artefact that it makes. */
  readonly id: string;
  readonly kind: string;
  /** Ids of steps that must be done before. */
  readonly needs: readonly string[];
  readonly resources: {readonly cores: number; readonly memoryGiB: number; readonly minutes: number};
  readonly cached: boolean;
}

/** A job array: tasks that need the same resources and wait for the same tasks. */
export interface JobArray {
  readonly name: string;
  /** Each a list of steps, done one after the other. */
  readonly tasks: readonly (readonly string[])[];
  /** Tasks of earlier arrays that must end well first. */
  readonly after: readonly {readonly array: number; readonly task: number}[];
  readonly resources: SlurmStep["resources"];
}

/**
 * The steps of a plan that are not done yet as job arrays, in an order in which each stands after those that it waits for.
 * A step whose only unfinished need is another's result goes along in its task when it is short (measuring what was just
 * sampled), which spares the cluster a job. Steps of one kind with the same needs and resources are one array.
 * @param along kinds of steps that go along in the task of what they need
 * @param largest most tasks of an array (SLURM's MaxArraySize is 1001 unless a site has set it)
 * @throws RangeError when steps need each other in a circle, or one that is not in the plan
 */
export function jobArrays(
  steps: readonly SlurmStep[],
  {along = ["measures"], largest = 1000}: {along?: readonly string[]; largest?: number} = {}
): JobArray[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  for (const {id, needs} of steps) {
    for (const need of needs)
      if (!byId.has(need)) throw new RangeError(`step ${id} needs ${need}, which is not planned`);
  }
  const open = steps.filter(({cached}) => !cached);
  const unfinished = (step: SlurmStep) => step.needs.filter((need) => !byId.get(need)!.cached);

  // the task of each step: its own, or that of the step that it follows
  const leader = new Map<string, string>();
  const followers = new Map<string, SlurmStep[]>();
  for (const step of inOrder(open, unfinished)) {
    const needs = [...new Set(unfinished(step).map((need) => leader.get(need)!))];
    const follows = along.includes(step.kind) && needs.length === 1;
    leader.set(step.id, follows ? needs[0] : step.id);
    if (follows) followers.get(needs[0])!.push(step);
    else followers.set(step.id, [step]);
  }

  const arrays: {name: string; tasks: string[][]; after: JobArray["after"]; resources: JobArray["resources"]}[] = [];
  const places = new Map<string, {array: number; task: number}>();
  const groups = new Map<string, number>();
  for (const [first, members] of followers) {
    const step = members[0];
    const minutes = members.reduce((sum, {resources}) => sum + resources.minutes, 0);
    const most = (name: "cores" | "memoryGiB") => Math.max(...members.map(({resources}) => resources[name]));
    const resources = {cores: most("cores"), memoryGiB: most("memoryGiB"), minutes};
    const needs = [...new Set(members.flatMap(unfinished).map((need) => leader.get(need)!))].filter(
      (id) => id !== first
    );
    const key = JSON.stringify([step.kind, needs.slice().sort(), resources]);
    let array = groups.get(key);
    if (array === undefined || arrays[array].tasks.length >= largest) {
      array = arrays.length;
      groups.set(key, array);
      arrays.push({name: step.kind, tasks: [], after: needs.map((need) => places.get(need)!), resources});
    }
    places.set(first, {array, task: arrays[array].tasks.length});
    arrays[array].tasks.push(members.map(({id}) => id));
  }
  return arrays;
}

/** The steps so that each stands after its needs; otherwise in their own order. */
function inOrder(steps: readonly SlurmStep[], unfinished: (step: SlurmStep) => readonly string[]): SlurmStep[] {
  const done = new Set<string>();
  const list: SlurmStep[] = [];
  let rest = [...steps];
  while (rest.length > 0) {
    const ready = rest.filter((step) => unfinished(step).every((need) => done.has(need)));
    if (ready.length === 0)
      throw new RangeError(`steps need each other in a circle: ${rest.map(({id}) => id).join(", ")}`);
    for (const step of ready) done.add(step.id);
    list.push(...ready);
    rest = rest.filter(({id}) => !done.has(id));
  }
  return list;
}
