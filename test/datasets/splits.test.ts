import fc from "fast-check";
import {describe, expect, it} from "vitest";
import {checkLeaks, makeDataset} from "../../loaders/datasets/dataset.js";
import {PythonRandom} from "../../loaders/datasets/python-random.js";
import {DEFAULT_SPLIT, parseSplit, splitOf, splitRule} from "../../loaders/datasets/splits.js";

describe("splits by patient", () => {
  it("don't move anyone when others come or go", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({minLength: 1, maxLength: 12}), {minLength: 2, maxLength: 40}),
        fc.nat(40),
        (patients, cut) => {
          const some = patients.slice(0, cut);
          const before = new Map(some.map((patient) => [patient, splitOf(patient)]));
          const after = new Map(patients.toReversed().map((patient) => [patient, splitOf(patient)]));
          for (const [patient, split] of before) expect(after.get(patient)).toBe(split);
        }
      ),
      {seed: 5}
    );
  });

  it("hold the shares on average, and depend on the seed", () => {
    const count = {train: 0, valid: 0, test: 0};
    let moved = 0;
    for (let i = 0; i < 5000; ++i) {
      ++count[splitOf(`p${i}`)];
      if (splitOf(`p${i}`) !== splitOf(`p${i}`, {...DEFAULT_SPLIT, seed: 1})) ++moved;
    }
    expect(Math.abs(count.train / 5000 - 0.8)).toBeLessThan(0.02);
    expect(Math.abs(count.valid / 5000 - 0.1)).toBeLessThan(0.015);
    expect(moved).toBeGreaterThan(1200);
  });

  it("are the recorded ones, so that a later version can't reshuffle them unnoticed", () => {
    expect(Array.from({length: 24}, (_, i) => splitOf(`patient-${i}`)[1]).join("")).toMatchInlineSnapshot(
      `"errrrrerrrrrrrrrrrarreer"`
    );
  });

  it("refuse shares that don't add up", () => {
    expect(() => splitRule({train: 0.9}, "x.json")).toThrow(
      /x\.json: the shares .* add up to 1, not 0\.9 \+ 0\.1 \+ 0\.1/
    );
    expect(splitRule({seed: 3}, "x")).toEqual({...DEFAULT_SPLIT, seed: 3});
  });

  it("know the names that people use", () => {
    expect(["Train", "val", "validate", "dev", "TEST", "other"].map(parseSplit)).toEqual([
      "train",
      "valid",
      "valid",
      "valid",
      "test",
      undefined
    ]);
  });
});

describe("a leak", () => {
  const entry = (id: string, patient: string, split: "train" | "test") => ({
    id,
    patient,
    split,
    modality: "x",
    source: `${id}.png`
  });
  it("between splits is an error that names the patient", () => {
    const entries = [entry("a", "p1", "train"), entry("b", "p2", "test"), entry("c", "p1", "test")];
    expect(() => checkLeaks(entries, "mine")).toThrow(
      "mine leaks between its splits: 1 patient is in more than one: p1 (a in train, c in test)"
    );
    expect(() => checkLeaks(entries.slice(0, 2), "mine")).not.toThrow();
    expect(() =>
      makeDataset({id: "x", title: "mine", rule: "", entries, read: () => Promise.reject(new Error("unread"))})
    ).toThrow(/leaks/);
  });

  it("can't hide behind two samples with one id", () => {
    const entries = [entry("a", "p1", "train"), {...entry("a", "p2", "test"), source: "other/a.png"}];
    expect(() =>
      makeDataset({id: "x", title: "mine", rule: "", entries, read: () => Promise.reject(new Error("unread"))})
    ).toThrow(/two samples "a": a\.png and other\/a\.png/);
  });
});

describe("PythonRandom", () => {
  // values of CPython 3.12
  it("draws what random.Random(42) draws", () => {
    const range = (n: number) => Array.from({length: n}, (_, i) => i);
    expect(new PythonRandom(42).sample(range(77), 20)).toEqual([
      14, 3, 35, 31, 28, 17, 13, 69, 11, 54, 4, 75, 68, 27, 76, 32, 38, 1, 74, 12
    ]);
    expect(new PythonRandom(42).sample(range(100), 20)).toEqual([
      81, 14, 3, 94, 35, 31, 28, 17, 13, 86, 69, 11, 75, 54, 4, 27, 29, 64, 77, 71
    ]);
    expect(new PythonRandom(42).shuffle(range(20))).toEqual([
      19, 5, 14, 4, 9, 13, 15, 18, 6, 12, 17, 10, 1, 11, 2, 16, 7, 8, 0, 3
    ]);
    expect(() => new PythonRandom(1).sample([1], 2)).toThrow(RangeError);
  });
});
