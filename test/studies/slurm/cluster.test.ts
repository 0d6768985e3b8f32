import {spawnSync} from "node:child_process";
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {taskStates} from "../../../loaders/studies/slurm/queue.js";
import {bandscope} from "../../support/bandscope.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const script = join(root, "scripts", "slurm-single-node.sh");
const hasSlurm = ["slurmctld", "slurmd", "munged"].every(
  (command) => spawnSync("sh", ["-c", `command -v ${command}`]).status === 0
);

// a cluster of one node, for this file alone; slurmd must be root
describe.skipIf(!hasSlurm || process.getuid?.() !== 0)("a study on SLURM", () => {
  let folder = "";

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "bandscope-slurm-"));
    const started = spawnSync(script, ["start", join(folder, "cluster")], {encoding: "utf8"});
    if (started.status !== 0) throw new Error(started.stderr);
    process.env.SLURM_CONF = started.stdout.trim();
  }, 60_000);

  afterAll(() => {
    spawnSync(script, ["stop", join(folder, "cluster")]);
    delete process.env.SLURM_CONF;
    rmSync(folder, {recursive: true, force: true, maxRetries: 5, retryDelay: 500});
  });

  const study = (id: string, weights: string) => {
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
      autoencoders: [{id: "small", weights: [weights]}],
      generators: [],
      samplers: [],
      arms: [{kind: "bicubic"}, {kind: "ae", autoencoders: "all"}],
      seeds: [1],
      pairing: ["correct"],
      comparisons: [{title: "what the autoencoder keeps", a: "bicubic", b: "ae:small"}]
    };
    writeFileSync(path, JSON.stringify(content));
    return path;
  };
  const run = (path: string, ...options: string[]) =>
    bandscope(["run", path, "--store", join(folder, "store"), ...options], {BANDSCOPE_ENGINE: ""});

  test("runs as job arrays, is shown by --status, and gives the results that a local run gives", {
    timeout: 240_000
  }, async () => {
    const path = study("cluster", join(root, "models", "weights", "natural-f8c4.safetensors"));
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
    const path = study("broken", join(root, "models", "weights", "natural-f8c4.safetensors"));
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
    const {arrays} = JSON.parse(readFileSync(join(folder, "c", "slurm", "jobs.json"), "utf8"));
    const states = taskStates(arrays.map(({job}: {job: number}) => job)).map(({state}) => state);
    expect(states.sort()).toEqual(["FAILED"]);
  });
});
