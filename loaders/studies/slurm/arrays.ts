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
 * A short step that nothing needs (measuring what was just sampled) goes along in the task of the last thing that it needs,
 * which spares the cluster a job. Tasks of one kind with the same needs and resources are one array.
 * @param along kinds of such steps
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
  const needed = new Set(steps.flatMap(({needs}) => needs));
  const unfinished = ({needs}: SlurmStep) => needs.filter((need) => !byId.get(need)!.cached);
  const tasks = new Map<string, Task>();
  const leader = new Map<string, string>();
  const open = inOrder(
    steps.filter(({cached}) => !cached),
    unfinished
  );
  for (const step of open) {
    const needs = unfinished(step);
    const first = needs.map((need) => leader.get(need)!);
    const task = along.includes(step.kind) && !needed.has(step.id) ? tasks.get(first.at(-1) ?? "") : undefined;
    leader.set(step.id, task?.id ?? step.id);
    if (task === undefined) {
      tasks.set(step.id, {
        id: step.id,
        kind: step.kind,
        members: [step],
        needs: new Set(first),
        resources: step.resources
      });
      continue;
    }
    task.members.push(step);
    task.resources = {
      cores: Math.max(task.resources.cores, step.resources.cores),
      memoryGiB: Math.max(task.resources.memoryGiB, step.resources.memoryGiB),
      minutes: task.resources.minutes + step.resources.minutes
    };
    for (const id of first) if (id !== task.id) task.needs.add(id);
  }
  return arraysOf(
    inOrder([...tasks.values()], ({needs}) => [...needs]),
    largest
  );
}

/** Steps that one job does, under the id of the first. */
interface Task {
  readonly id: string;
  readonly kind: string;
  readonly members: SlurmStep[];
  readonly needs: Set<string>;
  resources: SlurmStep["resources"];
}

function arraysOf(tasks: readonly Task[], largest: number): JobArray[] {
  const arrays: (Omit<JobArray, "tasks"> & {tasks: string[][]})[] = [];
  const places = new Map<string, {array: number; task: number}>();
  const groups = new Map<string, number>();
  for (const {id, kind, members, needs, resources} of tasks) {
    const after = [...needs].sort();
    // by powers of two, else hardly two tasks would be alike
    const minutes = 2 ** Math.ceil(Math.log2(Math.max(1, resources.minutes)));
    const key = JSON.stringify([kind, after, {...resources, minutes}]);
    let array = groups.get(key);
    if (array === undefined || arrays[array].tasks.length >= largest) {
      array = arrays.length;
      groups.set(key, array);
      arrays.push({
        name: kind,
        tasks: [],
        after: after.map((need) => places.get(need)!),
        resources: {...resources, minutes}
      });
    }
    places.set(id, {array, task: arrays[array].tasks.length});
    arrays[array].tasks.push(members.map((member) => member.id));
  }
  return arrays;
}

/** The items so that each stands after its needs; otherwise in their own order. */
function inOrder<T extends {readonly id: string}>(items: readonly T[], needsOf: (item: T) => readonly string[]): T[] {
  const done = new Set<string>();
  const list: T[] = [];
  let rest = [...items];
  while (rest.length > 0) {
    const ready = rest.filter((item) => needsOf(item).every((need) => done.has(need)));
    if (ready.length === 0)
      throw new RangeError(`steps need each other in a circle: ${rest.map(({id}) => id).join(", ")}`);
    for (const {id} of ready) done.add(id);
    list.push(...ready);
    rest = rest.filter(({id}) => !done.has(id));
  }
  return list;
}
