import {spawnSync} from "node:child_process";
import {basename, join} from "node:path";
import {afterAll, describe, expect, it} from "vitest";
import {Store} from "../../loaders/store/store.js";
import {armsOf} from "../../loaders/studies/arms.js";
import {readStudy} from "../../loaders/studies/readStudy.js";
import {planOf, root, scratch} from "./tiny-study.js";

const path = join(root, "data/studies/embedded.json");
const temporary = scratch();
afterAll(() => temporary.remove());

describe("the weights of the embedded study", async () => {
  const plan = await planOf(path, new Store(join(temporary.path, "store")));
  const weights = [...plan.autoencoders, ...plan.generators];

  it("ship, of every autoencoder and every generator of an arm: nothing is left to train", () => {
    expect(plan.missing).toEqual([]);
    expect(plan.steps.filter(({kind}) => kind === "autoencoder" || kind === "generator")).toEqual([]);
    const {study} = readStudy(path);
    expect(plan.autoencoders.map(({id}) => id)).toEqual(study.autoencoders.map(({id}) => id));
    const names = armsOf(study).flatMap(({kind, autoencoder, generator}) =>
      kind === "sr" ? [`${autoencoder}.${generator}`] : []
    );
    expect(plan.generators.map(({id, autoencoder}) => `${autoencoder}.${id}`).sort()).toEqual(
      [...new Set(names)].sort()
    );
  });

  it("are all that is committed, but for those of the study on real images", ({skip}) => {
    // not what lies in models/weights: people train and import into it
    const {status, stdout} = spawnSync("git", ["ls-files", "models/weights/*.safetensors"], {
      cwd: root,
      encoding: "utf8"
    });
    if (status !== 0) skip("no git checkout");
    const names = stdout
      .trim()
      .split("\n")
      .map((file) => basename(file));
    const own = names.filter((name) => !name.startsWith("real-") && !name.endsWith("-real.safetensors"));
    expect(own.sort()).toEqual(weights.flatMap(({found}) => found?.files.map((file) => basename(file)) ?? []).sort());
  });

  it("come to at most 40 MB together", () => {
    const bytes = weights.reduce((sum, {found}) => sum + (found?.bytes ?? 0), 0);
    expect(bytes).toBeGreaterThan(1e7);
    expect(bytes).toBeLessThanOrEqual(40_000_000);
  });
});
