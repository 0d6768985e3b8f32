import {expect, test} from "vitest";
import {jobArrays, type SlurmStep} from "../../../loaders/studies/slurm/arrays.js";
import {jobRanges} from "../../../loaders/studies/slurm/index.js";
import {hasEnded, isBlocked, parseSacct, parseSqueue} from "../../../loaders/studies/slurm/queue.js";
import {batchScript, quoted} from "../../../loaders/studies/slurm/script.js";

const resources = {cores: 1, memoryGiB: 2, minutes: 8};

function step(id: string, kind: string, needs: string[] = [], cached = false): SlurmStep {
  return {id, kind, needs, resources, cached};
}

test("jobArrays puts training before sampling, and measuring into the task that sampled", () => {
  const arrays = jobArrays([
    step("m1", "measures", ["o1"]),
    step("m2", "measures", ["o2"]),
    step("o1", "outputs", ["a", "g"]),
    step("o2", "outputs", ["a", "g"]),
    step("g", "generator", ["a"]),
    step("a", "autoencoder")
  ]);
  expect(arrays.map(({name, tasks}) => [name, tasks])).toEqual([
    ["autoencoder", [["a"]]],
    ["generator", [["g"]]],
    [
      "outputs",
      [
        ["o1", "m1"],
        ["o2", "m2"]
      ]
    ]
  ]);
  expect(arrays[1].after).toEqual([{array: 0, task: 0}]);
  expect(arrays[2].after).toEqual([
    {array: 0, task: 0},
    {array: 1, task: 0}
  ]);
  expect(arrays[2].resources).toEqual({...resources, minutes: 16});
});

test("jobArrays leaves out what is cached and does not wait for it", () => {
  const arrays = jobArrays([
    step("a", "autoencoder", [], true),
    step("g", "generator", ["a"]),
    step("o", "outputs", ["g"], true)
  ]);
  expect(arrays).toEqual([{name: "generator", tasks: [["g"]], after: [], resources}]);
});

test("jobArrays splits by needs, by resources and by the largest array that a site allows", () => {
  const steps = ["g1", "g2"].flatMap((g) => [
    step(g, "generator"),
    ...[1, 2, 3].map((i) => step(`${g}o${i}`, "outputs", [g]))
  ]);
  const arrays = jobArrays([...steps, {...step("big", "generator"), resources: {...resources, cores: 8}}], {
    largest: 2
  });
  expect(arrays.map(({tasks}) => tasks.flat())).toEqual([
    ["g1", "g2"],
    ["big"],
    ["g1o1", "g1o2"],
    ["g1o3"],
    ["g2o1", "g2o2"],
    ["g2o3"]
  ]);
  expect(arrays[4].after).toEqual([{array: 0, task: 1}]);
});

test("jobArrays lets a measurement go along with the last thing that it needs, and wait for the others", () => {
  const arrays = jobArrays([
    step("m", "measures", ["ceiling", "o"]),
    step("o", "outputs", ["g"]),
    step("g", "generator"),
    step("ceiling", "outputs", ["a"]),
    step("a", "autoencoder")
  ]);
  expect(arrays.map(({tasks}) => tasks)).toEqual([[["g"]], [["a"]], [["ceiling"]], [["o", "m"]]]);
  expect(arrays[3].after).toEqual([
    {array: 2, task: 0},
    {array: 0, task: 0}
  ]);
});

test("jobArrays refuses circles and needs that are not planned", () => {
  expect(() => jobArrays([step("a", "x", ["b"]), step("b", "x", ["a"])])).toThrow(/circle: a, b/);
  expect(() => jobArrays([step("a", "x", ["z"])])).toThrow("step a needs z, which is not planned");
});

test("parseSqueue and parseSacct read single tasks and ranges", () => {
  expect(parseSqueue("7_[0-2,5%2]|PENDING|Dependency\n8_3|RUNNING|None\n9|RUNNING|None\n")).toEqual([
    ...[0, 1, 2, 5].map((task) => ({job: 7, task, state: "PENDING", reason: "Dependency"})),
    {job: 8, task: 3, state: "RUNNING", reason: ""}
  ]);
  const [cancelled] = parseSacct("7_0|CANCELLED by 0|None\n");
  expect(cancelled).toEqual({job: 7, task: 0, state: "CANCELLED", reason: ""});
  expect(hasEnded(cancelled)).toBe(true);
  expect(isBlocked({job: 1, task: 0, state: "PENDING", reason: "DependencyNeverSatisfied"})).toBe(true);
});

test("parseSacct lets a task's own line count for more than that of its array's waiting tasks", () => {
  // what SLURM 22.05 wrote some seconds after tasks 0 and 1 had begun
  const states = parseSacct("5_0|RUNNING|None\n5_1|RUNNING|None\n5_[0-3%2]|PENDING|None\n");
  expect(states.map(({task, state}) => [task, state]).sort()).toEqual([
    [0, "RUNNING"],
    [1, "RUNNING"],
    [2, "PENDING"],
    [3, "PENDING"]
  ]);
});

test("parseSacct reads arrays with a step", () => {
  expect(parseSacct("3_[0-9:3]|CANCELLED by 0|JobHeldUser\n").map(({task}) => task)).toEqual([0, 3, 6, 9]);
});

test("batchScript asks for the resources and quotes what a shell would take apart", () => {
  const array = {name: "outputs", tasks: [["a"], ["b"]], after: [], resources: {cores: 4, memoryGiB: 1.5, minutes: 30}};
  const script = batchScript(
    array,
    {extra: ["--partition=gpu", "--gres=gpu:1"], retries: 2},
    {command: ["node", "it's here.mjs"], tasks: "/a b/tasks", log: "/logs/%A_%a.log", folder: "/work dir"}
  );
  expect(script).toContain("#SBATCH --array=0-1\n#SBATCH --cpus-per-task=4\n#SBATCH --mem=1536M\n#SBATCH --time=120\n");
  expect(script).toContain("#SBATCH --partition=gpu\n#SBATCH --gres=gpu:1\n");
  expect(script).toContain(`node 'it'\\''s here.mjs' "$step"`);
  expect(script).toContain("seq 0 2");
  expect(quoted("plain/word-1.json")).toBe("plain/word-1.json");
});

test("jobRanges joins numbers that follow on each other", () => {
  expect(jobRanges([7, 12, 13, 14, 20])).toBe("7, 12–14, 20");
  expect(jobRanges([3, 4])).toBe("3–4");
  expect(jobRanges([])).toBe("");
});
