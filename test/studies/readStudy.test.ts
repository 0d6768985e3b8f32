import {readFileSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {Ajv2020} from "ajv/dist/2020.js";
import {afterAll, describe, expect, it} from "vitest";
import {canonicalJson, type Json} from "../../loaders/store/canonical.js";
import {Store} from "../../loaders/store/store.js";
import {armsOf} from "../../loaders/studies/arms.js";
import {dryRun} from "../../loaders/studies/dryRun.js";
import {planTable} from "../../loaders/studies/planTable.js";
import {checkStudy, generatorRecipe, readStudy} from "../../loaders/studies/readStudy.js";
import {InputError} from "../../models/errors.js";
import {planOf, root, scratch, tinyAutoencoder, tinyGenerator, tinyStudy, writeStudy} from "./tiny-study.js";

const schema = JSON.parse(readFileSync(join(root, "data/schemas/study.schema.json"), "utf8"));
const validate = new Ajv2020({allErrors: true, allowUnionTypes: true}).compile(schema);
const temporary = scratch();
afterAll(() => temporary.remove());
writeFileSync(join(temporary.path, "small-f4c3.json"), JSON.stringify(tinyAutoencoder));

/** A study with everything in it. */
const full = {
  ...tinyStudy,
  autoencoders: [
    ...tinyStudy.autoencoders,
    {id: "small-f4c3", train: "small-f4c3.json"},
    {id: "sdvae", known: "sdvae", role: "sdvae"}
  ],
  generators: [tinyGenerator, {...tinyGenerator, id: "flow", process: {kind: "flow", timesteps: 50}}],
  samplers: [
    {id: "ddim-2", sampler: "ddim", steps: 2},
    {id: "euler-2", sampler: "euler", steps: 2}
  ],
  arms: [
    ...tinyStudy.arms,
    {kind: "sr", autoencoders: ["ours"], generators: ["x0"], samplers: ["ddim-2"], seeds: [1], pairing: ["correct"]},
    {kind: "sr", autoencoders: "all", generators: ["flow"], samplers: ["euler-2"], datasets: ["knee"]},
    {kind: "regression", name: "rlfn", weights: "$NOWHERE/rlfn.safetensors"},
    {kind: "external", name: "mine", folder: "mine"}
  ]
};
const read = (value: unknown) => checkStudy(value, join(temporary.path, "study.json"));
const change = (edit: (study: typeof full) => void) => {
  const study = structuredClone(full);
  edit(study);
  return study;
};

describe("readStudy", () => {
  it.each(["embedded", "real", "paper", "training-seeds"])(
    "reads data/studies/%s.json, which is as its schema says",
    (name) => {
      const path = join(root, "data/studies", `${name}.json`);
      validate(JSON.parse(readFileSync(path, "utf8")));
      expect(validate.errors ?? []).toEqual([]);
      const {study, sha256} = readStudy(path);
      expect(study.id).toBe(name);
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      const ids = armsOf(study).map(({id}) => id);
      expect(new Set(ids).size).toBe(ids.length);
    }
  );

  it("asks for exactly what the recipe files train", () => {
    const {study} = readStudy(join(root, "data/studies/embedded.json"));
    let compared = 0;
    for (const {autoencoder, generator} of armsOf(study).filter(({kind}) => kind === "sr")) {
      const spec = study.generators.find(({id}) => id === generator)!;
      const file = join(root, `data/training/${autoencoder}.${generator}.json`);
      const {licence: _licence, ...recipe} = JSON.parse(readFileSync(file, "utf8"));
      expect(canonicalJson(generatorRecipe(spec, autoencoder!) as unknown as Json)).toBe(canonicalJson(recipe));
      compared++;
    }
    expect(compared).toBeGreaterThan(0);
  });

  it("takes another seed for a training that is the same in all else", () => {
    const {study} = readStudy(join(root, "data/studies/training-seeds.json"));
    const [first, ...others] = study.generators;
    expect(others.length).toBeGreaterThan(0);
    expect(new Set(study.generators.map(({training}) => training.seed)).size).toBe(study.generators.length);
    for (const {id, ...other} of others) {
      const {seed} = other.training;
      expect({...first, id}).toEqual({...other, id, training: {...other.training, seed: first.training.seed}});
      expect(generatorRecipe({id, ...other}, "a").training.seed).toBe(seed);
    }
    expect(() => read({...full, generators: [{id: "x0", train: "../../data/training/*.x0.json", seed: -1}]})).toThrow(
      /generators\[0\]\.seed must be a whole number/
    );
  });

  it("spells arms out, with the seeds and pairings that entries ask for", () => {
    const {study} = read(full);
    const arms = armsOf(study);
    expect(arms.map(({id}) => id)).toEqual([
      ...["bicubic", "ae:ours", "ae:small-f4c3", "ae:sdvae", "sr:ours:x0:ddim-2", "sr:ours:flow:euler-2"],
      ...["sr:small-f4c3:flow:euler-2", "sr:sdvae:flow:euler-2", "regression:rlfn", "external:mine"]
    ]);
    expect(arms[4]).toMatchObject({seeds: [1], pairing: ["correct"], sampler: "ddim", steps: 2, autoencoder: "ours"});
  });

  it("makes one arm of entries that name it twice, with what either asks for and no more", () => {
    const sr = {kind: "sr", autoencoders: ["ours"], generators: ["x0"], samplers: ["ddim-2"]};
    const {study} = read({
      ...full,
      seeds: [1, 2],
      arms: [
        {kind: "bicubic"},
        {kind: "ae", autoencoders: ["ours"]},
        {...sr, pairing: ["correct"]},
        {...sr, seeds: [1], pairing: ["published-bug"]}
      ]
    });
    const [, , arm, ...more] = armsOf(study);
    expect(more).toEqual([]);
    expect(arm.seeds).toEqual([1, 2]);
    expect(arm.runs).toEqual([
      {seed: 1, pairing: "correct"},
      {seed: 2, pairing: "correct"},
      {seed: 1, pairing: "published-bug"}
    ]);
  });

  it("has the same hash for the same study, however it is written", () => {
    const turned = Object.fromEntries(Object.entries(full).reverse());
    expect(read({$schema: "x", ...turned}).sha256).toBe(read(full).sha256);
    expect(read({...full, title: "another"}).sha256).not.toBe(read(full).sha256);
  });

  /** What is wrong, how it is said, and whether the schema sees it too (it can't follow ids). */
  const bad: [string, unknown, RegExp, boolean][] = [
    ["a list", [], /a study must be an object/, true],
    ["no title", {...full, title: undefined}, /"title" is missing in a study/, true],
    ["an unknown member", {...full, titel: 1}, /there is no "titel" in a study; it has id, title/, true],
    ["an id with spaces", {...full, id: "My study"}, /id must be lower-case letters.*"My study"/, true],
    ["no datasets", {...full, datasets: []}, /datasets must not be empty/, true],
    ["a dataset twice", change((s) => s.datasets.push(s.datasets[0])), /datasets has "knee" twice/, false],
    [
      "a size that 4 does not divide",
      change((s) => (s.datasets[0].size = 66)),
      /multiple of the degradation's factor 4, not 66/,
      false
    ],
    [
      "a size of text",
      change((s) => Object.assign(s.datasets[0], {size: "64"})),
      /datasets\[0\]\.size must be a whole number/,
      true
    ],
    [
      "two counts for one dataset",
      change((s) => Object.assign(s.datasets[0], {images: [1, 2]})),
      /2 numbers for 1 datasets/,
      false
    ],
    [
      "an unknown degradation",
      change((s) => (s.degradation.kind = "blur")),
      /degradation: there is no degradation "blur"/,
      true
    ],
    [
      "an autoencoder without weights",
      change((s) => Object.assign(s.autoencoders, [{id: "a"}])),
      /must have one of train, weights and known, not none/,
      true
    ],
    [
      "a role that nobody had",
      change((s) => Object.assign(s.autoencoders[0], {role: "vae"})),
      /autoencoders\[0\]\.role must be .*sdvae.*"vae"/,
      true
    ],
    [
      "one role for two autoencoders",
      change((s) => Object.assign(s.autoencoders[0], {role: "sdvae"})),
      /roles has "sdvae" twice/,
      false
    ],
    [
      "a recipe that is not there",
      change((s) => Object.assign(s.autoencoders, [{id: "a", train: "a.json"}])),
      /names a\.json, which is not there/,
      false
    ],
    [
      "a recipe of another id",
      change((s) => Object.assign(s.autoencoders, [{id: "a", train: "small-f4c3.json"}])),
      /trains small-f4c3; the ids must agree/,
      false
    ],
    [
      "an autoencoder twice",
      change((s) => s.autoencoders.push(s.autoencoders[0])),
      /autoencoders has "ours" twice/,
      false
    ],
    [
      "a generator without a loss",
      change((s) => Object.assign(s.generators[0], {training: {...tinyGenerator.training, loss: "huber"}})),
      /generators\[0\].*training\.loss must be l1 or l2/,
      true
    ],
    [
      "a crop that the factor does not divide",
      change((s) => Object.assign(s.generators[0], {crop: 30})),
      /generators\[0\].*crop 30 must be a multiple of 4/,
      false
    ],
    [
      "norm groups that do not divide",
      change((s) => Object.assign(s.generators[0], {architecture: {...tinyGenerator.architecture, normGroups: 3}})),
      /generators\[0\].*that 3 groups divide/,
      false
    ],
    [
      "recipe files without *",
      change((s) =>
        Object.assign(s.generators[0], {
          ...Object.fromEntries(Object.keys(tinyGenerator).map((key) => [key, undefined])),
          id: "x0",
          train: "x0.json"
        })
      ),
      /must have a \* where an autoencoder's id stands/,
      true
    ],
    [
      "a sampler that nobody knows",
      change((s) => (s.samplers[0].sampler = "plms")),
      /samplers\[0\]\.sampler must be published or ddim/,
      true
    ],
    [
      "a flow with ddim",
      change((s) => Object.assign(s.arms[3] as object, {samplers: ["ddim-2"]})),
      /generator flow.*sampler ddim does not fit a flow model/,
      false
    ],
    [
      "more steps than the schedule",
      change((s) => (s.samplers[0].steps = 51)),
      /takes 51 steps, but the generator x0 has 50/,
      false
    ],
    [
      "an arm of an unknown autoencoder",
      change((s) => Object.assign(s.arms[2] as object, {autoencoders: ["theirs"]})),
      /arms\[2\]\.autoencoders names "theirs", which is not among the autoencoders: ours/,
      false
    ],
    [
      "an arm of an unknown generator",
      change((s) => Object.assign(s.arms[2] as object, {generators: ["y0"]})),
      /names "y0", which is not among the generators: x0, flow/,
      false
    ],
    [
      "an arm of an unknown kind",
      change((s) => Object.assign(s.arms[0] as object, {kind: "nearest"})),
      /arms\[0\]\.kind must be bicubic or ae/,
      true
    ],
    [
      "a seed of an arm only",
      change((s) => Object.assign(s.arms[2] as object, {seeds: [9]})),
      /is 9, which is not among the study's seeds 1/,
      false
    ],
    ["a seed that is no number", {...full, seeds: ["1"]}, /seeds\[0\] must be a whole number from 0, not "1"/, true],
    ["a seed twice", {...full, seeds: [1, 1]}, /seeds has 1 twice/, true],
    ["a pairing of its own", {...full, pairing: ["shuffled"]}, /pairing\[0\] must be correct or published-bug/, true],
    [
      "super-resolution of another factor",
      change((s) => (s.degradation.factor = 2)),
      /arms\[2\] enlarges 4 times, but the degradation's factor is 2/,
      false
    ],
    [
      "a comparison of an unknown arm",
      change((s) => Object.assign(s.comparisons[0] as object, {b: "sr:ours:x0:ddim-20"})),
      /comparisons\[0\]\.b names "sr:ours:x0:ddim-20".*arms like it: ae:ours, sr:ours:x0:ddim-2/,
      false
    ],
    [
      "a comparison with itself",
      change((s) => Object.assign(s.comparisons[0] as object, {b: "bicubic"})),
      /compares bicubic with itself/,
      false
    ],
    [
      "a measure that is none",
      change((s) => Object.assign(s.comparisons[0] as object, {measures: ["beauty"]})),
      /invalid measure: beauty/,
      false
    ],
    [
      "a margin of zero",
      change((s) => Object.assign(s.comparisons[0] as object, {margin: 0})),
      /margin must be a number of dB above 0, not 0/,
      true
    ]
  ];
  it.each(bad)("says in one sentence what is wrong with %s", (_name, value, message, structural) => {
    const plain = JSON.parse(JSON.stringify(value));
    let error: unknown;
    try {
      read(plain);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toMatch(/study\.json: /);
    expect((error as Error).message).not.toContain("\n");
    expect(validate(plain)).toBe(!structural);
  });

  it("agrees with the schema on the study with everything in it", () => {
    validate(JSON.parse(JSON.stringify(full)));
    expect(validate.errors ?? []).toEqual([]);
  });

  it("names a file that is not there, or no JSON", () => {
    expect(() => readStudy(join(temporary.path, "none.json"))).toThrow(/there is no study .*none\.json/);
    writeFileSync(join(temporary.path, "text.json"), "{");
    expect(() => readStudy(join(temporary.path, "text.json"))).toThrow(/text\.json is not JSON/);
  });
});

describe("planStudy", () => {
  const store = new Store(join(temporary.path, "store"));

  it("plans the published experiment without its data and weights, says what is missing, and what it costs", async () => {
    const plan = await planOf(join(root, "data/studies/paper.json"), store);
    expect(plan.missing.length).toBeGreaterThanOrEqual(3);
    for (const text of plan.missing) expect(text).not.toContain("\n");
    const days = plan.steps.reduce((sum, {seconds}) => sum + seconds, 0) / 86_400;
    expect(days).toBeGreaterThan(10);
    const ids = new Set(plan.steps.map(({id}) => id));
    const seen = new Set<string>();
    for (const step of plan.steps) {
      for (const need of step.needs) {
        expect(ids.has(need)).toBe(true);
        expect(seen.has(need)).toBe(true);
      }
      seen.add(step.id);
    }
    expect(planTable(plan, 2)).toMatch(/missing before it can run:/);
    // each dataset has generators of its own
    expect(plan.runs.filter(({set, arm}) => arm.startsWith("sr:") && !arm.includes(`-${set}:`))).toEqual([]);
  });

  it("reduces any study to a dry run that keeps its arms and comparisons apart", async () => {
    const file = readStudy(join(root, "data/studies/paper.json"));
    const dry = dryRun(file);
    expect(armsOf(dry.study)).toHaveLength(armsOf(file.study).length);
    expect(dry.study.comparisons).toHaveLength(file.study.comparisons.length);
    const ids = armsOf(dry.study).map(({id}) => id);
    for (const {a, b} of dry.study.comparisons) expect([ids.includes(a), ids.includes(b)]).toEqual([true, true]);
    expect(dry.recipes.get("medvae-8-1")?.architecture).toMatchObject({latentChannels: 1});
    expect(dry.recipes.get("medvae-4-3")?.architecture.multipliers).toHaveLength(3);
  });

  it("leaves out, with a note, what is not trained when only trained arms are wanted", async () => {
    const path = writeStudy(temporary.path, {
      autoencoders: [...tinyStudy.autoencoders, {id: "small-f4c3", train: "small-f4c3.json"}]
    });
    const plan = await planOf(path, store, {trainedOnly: true});
    expect(plan.arms.map(({id}) => id)).toEqual(["bicubic", "ae:ours"]);
    expect(plan.notes).toEqual([expect.stringMatching(/not trained yet: small-f4c3/)]);
    expect((await planOf(path, store)).steps.map(({kind}) => kind)).toContain("autoencoder");
  });

  it("estimates by what the weights are, not by what they are called, and says at once when they are cut off", async () => {
    const [{weights}] = tinyStudy.autoencoders;
    const folder = join(temporary.path, "names");
    const sampled = {
      generators: [tinyGenerator],
      samplers: [{id: "ddim-50", sampler: "ddim", steps: 50}],
      arms: [{kind: "sr", autoencoders: "all", generators: ["x0"], samplers: ["ddim-50"]}]
    };
    const named = {id: "tae-f2", label: "another name", domain: "medical", weights};
    const path = writeStudy(folder, {autoencoders: [...tinyStudy.autoencoders, named], ...sampled, comparisons: []});
    const {steps, missing} = await planOf(path, store);
    expect(missing).toEqual([]);
    const seconds = (arm: string) =>
      steps.flatMap(({task, seconds}) => (task.kind === "outputs" && task.arm.id === arm ? [seconds] : []));
    expect(seconds("sr:tae-f2:x0:ddim-50")).toEqual(seconds("sr:ours:x0:ddim-50"));

    writeFileSync(join(folder, "cut.safetensors"), readFileSync(weights[0]).subarray(0, 5000));
    const cut = {...named, weights: ["cut.safetensors"]};
    const broken = await planOf(writeStudy(folder, {autoencoders: [cut], comparisons: []}), store);
    expect(broken.missing).toEqual([expect.stringMatching(/cut\.safetensors/)]);
  });

  it("counts the encoding of training images once where memory holds their latents, else at every step", async () => {
    const secondsFor = async (pool: object) => {
      const path = writeStudy(join(temporary.path, "pools"), {
        generators: [{...tinyGenerator, pool, training: {...tinyGenerator.training, steps: 10_000}}],
        samplers: [{id: "ddim-2", sampler: "ddim", steps: 2}],
        arms: [{kind: "sr", autoencoders: ["ours"], generators: ["x0"], samplers: ["ddim-2"]}],
        comparisons: []
      });
      return (await planOf(path, store)).steps.find(({kind}) => kind === "generator")!.seconds;
    };
    const few = await secondsFor(tinyGenerator.pool);
    const many = await secondsFor({...tinyGenerator.pool, patients: 200});
    const beyond = await secondsFor({...tinyGenerator.pool, patients: 2_000_000});
    // who has no data yet plans as if there were too many images
    const absent = await secondsFor({datasets: ["folder:$BANDSCOPE_NOWHERE"], size: 32});
    expect(many).toBeGreaterThan(few);
    expect(many).toBeLessThan(2 * few);
    expect(beyond).toBeGreaterThan(many);
    expect(absent).toBeGreaterThan(many);
    expect(absent).toBeLessThanOrEqual(beyond);
    expect(Number.isFinite(beyond)).toBe(true);
    expect(await secondsFor({datasets: [`manifest:${join(temporary.path, "nowhere")}`], size: 32})).toBe(absent);
  });

  it("lists a dataset's folder that is not there among what is missing", async () => {
    const root = join(temporary.path, "nowhere");
    const datasets = [{...tinyStudy.datasets[0], dataset: `manifest:${root}`}];
    const {missing} = await planOf(writeStudy(join(temporary.path, "absent"), {datasets}), store);
    expect(missing).toEqual([`there is no folder ${root}`]);
  });

  it("names the variable that a path needs", async () => {
    const path = writeStudy(join(temporary.path, "variable"), {
      arms: [{kind: "regression", name: "rlfn", weights: "$BANDSCOPE_NOWHERE/rlfn.pth"}],
      comparisons: []
    });
    const {missing} = await planOf(path, store);
    expect(missing).toEqual([expect.stringMatching(/arm regression:rlfn needs .*set BANDSCOPE_NOWHERE/)]);
  });

  it("gives a step the same id on the same engine, and outputs another on another", async () => {
    const path = writeStudy(temporary.path);
    const [a, b, c] = await Promise.all([
      planOf(path, store),
      planOf(path, store),
      planOf(path, store, {engine: "cpu"})
    ]);
    expect(b.steps.map(({id}) => id)).toEqual(a.steps.map(({id}) => id));
    expect(c.runs[2].outputs).not.toBe(a.runs[2].outputs);
    expect(c.runs[0].outputs).toBe(a.runs[0].outputs);
  });
});
