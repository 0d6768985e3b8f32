import {spawnSync} from "node:child_process";
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {follow, type Submission, standings} from "../../../loaders/studies/slurm/follow.js";
import {cancel, submit, taskStates} from "../../../loaders/studies/slurm/queue.js";
import {bandscope} from "../../support/bandscope.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const script = join(root, "scripts", "slurm-single-node.sh");
const installed = (...commands: string[]) =>
  commands.every((command) => spawnSync("sh", ["-c", `command -v ${command}`]).status === 0);
// slurmd must be root
const hasSlurm = installed("slurmctld", "slurmd", "munged") && process.getuid?.() === 0;
const hasAccounts = hasSlurm && installed("slurmdbd", "mariadbd", "mariadb-install-db", "my_print_defaults");

let folder = "";

/** A cluster of one node, for the tests of this group alone. */
function startCluster(...options: string[]) {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "bandscope-slurm-"));
    const started = spawnSync(script, ["start", join(folder, "cluster"), ...options], {encoding: "utf8"});
    if (started.status !== 0) throw new Error(started.stderr);
    process.env.SLURM_CONF = started.stdout.trim();
  }, 60_000);

  afterAll(() => {
    spawnSync(script, ["stop", join(folder, "cluster")]);
    delete process.env.SLURM_CONF;
    rmSync(folder, {recursive: true, force: true, maxRetries: 5, retryDelay: 500});
  }, 60_000);
}

function study(id: string) {
  const path = join(folder, `${id}.json`);
  const content = {
    id,
    title: "Two arms on a cluster",
    datasets: [
      {
        id: "brain",
        label: "Brain MRI (simulated)",
        anatomy: "brain",
        dataset: "simulated-brain",
        split: "test",
        images: 2,
        size: 64
      }
    ],
    degradation: {kind: "bicubic", factor: 4},
    autoencoders: [{id: "small", weights: [join(root, "models", "weights", "natural-f8c4.safetensors")]}],
    generators: [],
    samplers: [],
    arms: [{kind: "bicubic"}, {kind: "ae", autoencoders: "all"}],
    seeds: [1],
    pairing: ["correct"],
    comparisons: [{title: "what the autoencoder keeps", a: "bicubic", b: "ae:small"}]
  };
  writeFileSync(path, JSON.stringify(content));
  return path;
}

const run = (path: string, ...options: string[]) =>
  bandscope(["run", path, "--store", join(folder, "store"), ...options], {BANDSCOPE_ENGINE: ""});

/** The jobs that `run --out NAME` handed in. */
function jobsOf(out: string): number[] {
  const {arrays} = JSON.parse(readFileSync(join(folder, out, "slurm", "jobs.json"), "utf8"));
  return arrays.map(({job}: {job: number}) => job);
}

describe.skipIf(!hasSlurm)("a study on SLURM", () => {
  startCluster();

  test("runs as job arrays, is shown by --status, and gives the results that a local run gives", {
    timeout: 240_000
  }, async () => {
    const path = study("cluster");
    const onCluster = await run(path, "--engine", "slurm", "--node-engine", "wasm", "--out", join(folder, "a"));
    expect(onCluster.stderr).toMatch(/tasks in \d+ job arrays/);
    expect(onCluster.code).toBe(0);
    const status = await run(path, "--engine", "slurm", "--out", join(folder, "a"), "--status");
    expect(status.stdout).toMatch(/3 of 3 tasks done/);

    const local = await run(path, "--engine", "wasm", "--store", join(folder, "other"), "--out", join(folder, "b"));
    expect(local.code).toBe(0);
    const results = (out: string) => JSON.parse(readFileSync(join(folder, out, "results.json"), "utf8"));
    expect(results("a").comparisons).toEqual(results("b").comparisons);
  });

  test("says which task failed and where its log is, after trying again", {timeout: 240_000}, async () => {
    const path = study("broken");
    // nodes without this engine; what needs none is in the store since the first test
    const failed = await run(
      path,
      "--engine",
      "slurm",
      "--node-engine",
      "webgpu",
      "--retries",
      "1",
      "--out",
      join(folder, "c")
    );
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/1 of 1 tasks failed/);
    const log = /see (\S+\.log)/.exec(failed.stderr)?.[1];
    expect(readFileSync(log!, "utf8")).toContain("try 2 of 2");
    expect(taskStates(jobsOf("c")).map(({state}) => state)).toEqual(["FAILED"]);
  });

  /** A submission of one array with two tasks, which make the results "a" and "b". */
  const submission = (job: number): Submission => ({
    study: "study.json",
    date: "2026-01-01T00:00:00Z",
    arrays: [
      {name: "outputs", tasks: [["a"], ["b"]], after: [], resources: {cores: 1, memoryGiB: 0.1, minutes: 1}, job}
    ]
  });

  test("the store tells of tasks that SLURM has forgotten", () => {
    const {tasks, standing} = standings(submission(987_654), (step) => step === "a");
    expect(tasks.map(({state}) => state)).toEqual(["COMPLETED", "UNKNOWN"]);
    expect(standing).toEqual({waiting: 0, running: 0, done: 1, failed: 0, blocked: 0, lost: 1, all: 2});
  });

  test("a controller that is restarted is waited for", {timeout: 120_000}, async () => {
    const path = join(folder, "short.sh");
    writeFileSync(path, "#!/bin/bash\n#SBATCH --array=0-1 --mem=100M --time=5 --output=/dev/null\nsleep 15\n");
    const notes: string[] = [];
    let seen = 0;
    const ended = follow(submission(submit(path, [])), {
      made: () => false,
      stopped: () => false,
      seconds: 1,
      onNote: (note) => notes.push(note),
      onStanding: () => {
        seen++;
      }
    });
    await expect.poll(() => seen, {timeout: 20_000}).toBeGreaterThan(0);
    process.kill(Number(readFileSync(join(folder, "cluster", "slurmctld.pid"), "utf8")));
    await expect.poll(() => notes.length, {timeout: 60_000}).toBe(1);
    expect(notes[0]).toMatch(/^squeue gets no answer: .*; asking again$/s);
    expect(spawnSync("slurmctld").status).toBe(0);
    expect((await ended)?.standing).toMatchObject({done: 2, failed: 0, lost: 0});
    expect(notes).toHaveLength(1);
  });
});

describe.skipIf(!hasAccounts)(
  "on a cluster with accounts (slurmdbd and MariaDB), when the controller has forgotten the jobs",
  () => {
    startCluster("--accounts");

    /** The tasks that squeue knows. */
    const queued = (jobs: readonly number[]) =>
      spawnSync("squeue", ["-h", "-r", "-t", "all", "-j", jobs.join(","), "-o", "%i"], {encoding: "utf8"})
        .stdout.split("\n")
        .filter((id) => id !== "");
    const until = (what: () => boolean) => expect.poll(what, {timeout: 60_000, interval: 500}).toBe(true);
    const states = (job: number) => taskStates([job]).map(({task, state}) => `${task} ${state}`);

    /** Hands in an array. */
    const array = (tasks: string, command: string, ...options: string[]) => {
      const path = join(folder, "array.sh");
      const lines = [`--array=${tasks}`, "--mem=100M", "--time=5", "--output=/dev/null", ...options];
      writeFileSync(path, `#!/bin/bash\n${lines.map((line) => `#SBATCH ${line}\n`).join("")}${command}\n`);
      return submit(path, []);
    };

    test("sacct tells how a study's tasks ended, and --status shows it", {timeout: 240_000}, async () => {
      const path = study("accounts");
      // nodes without this engine, which the bicubic arm does not need
      const options = ["--engine", "slurm", "--out", join(folder, "d")];
      const failed = await run(path, ...options, "--node-engine", "webgpu", "--retries", "0");
      expect(failed.stderr).toMatch(/1 of 3 tasks failed/);
      const jobs = jobsOf("d");
      await until(() => queued(jobs).length === 0);
      expect(
        taskStates(jobs)
          .map(({state}) => state)
          .sort()
      ).toEqual(["COMPLETED", "COMPLETED", "FAILED"]);
      const status = await run(path, ...options, "--status");
      expect(status.stdout).toMatch(/1 failed\n2 of 3 tasks done, 0 running, 0 waiting, 1 failed\n$/);
    });

    test("sacct tells of tasks that were cancelled before they began, however their array is written", {
      timeout: 240_000
    }, async () => {
      const range = array("4-7", "true", "--hold");
      const step = array("0-300:3", "true", "--hold");
      // more than the 64 characters to which SLURM cuts such a list unless asked not to
      const numbers = Array.from({length: 40}, (_, i) => (i * (i + 1)) / 2);
      const list = array(numbers.join(","), "true", "--hold");
      // two at a time: when it is cancelled one has ended, two run, the others wait
      const limited = array("0-9%2", '[ "$SLURM_ARRAY_TASK_ID" = 1 ] || sleep 300');
      await until(() => states(limited).slice(1, 4).join() === "1 COMPLETED,2 RUNNING,3 PENDING");

      const jobs = [range, step, list, limited];
      cancel(jobs);
      await until(() => queued(jobs).length === 0);
      expect(states(range)).toEqual(["4 CANCELLED", "5 CANCELLED", "6 CANCELLED", "7 CANCELLED"]);
      expect(states(step)).toEqual(Array.from({length: 101}, (_, i) => `${3 * i} CANCELLED`));
      expect(states(list)).toEqual(numbers.map((task) => `${task} CANCELLED`));
      expect(states(limited)).toEqual(
        Array.from({length: 10}, (_, task) => `${task} ${task === 1 ? "COMPLETED" : "CANCELLED"}`)
      );
    });
  }
);
