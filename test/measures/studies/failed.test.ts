import {readFileSync} from "node:fs";
import {describe, expect, it} from "vitest";
import {
  ablations,
  claims,
  countedWords,
  evidence,
  failedArm,
  failedWords,
  failureOf,
  type PublishedValue,
  type ResultRow
} from "../../../src/measures/studies/index.js";
import {rowsOf, twoAutoencoders} from "./layout.js";

const published = (
  JSON.parse(readFileSync(new URL("../../../data/published.json", import.meta.url), "utf8")) as {
    values: PublishedValue[];
  }
).values;

const layout = twoAutoencoders(["x0", "eps", "v"]);
const bicubic = 28;
/** The gap is 1 dB in the reference, 1.1 with v, 3 with ε, whose natural arm lies 13 and medical 10 dB minus a hair below bicubic. */
const levels: Record<string, number> = {
  bicubic,
  "sr:natural-f8c4:x0": 20,
  "sr:medical-f4c3:x0": 21,
  "sr:natural-f8c4:v": 20,
  "sr:medical-f4c3:v": 21.1,
  "sr:natural-f8c4:eps": 15,
  "sr:medical-f4c3:eps": 18.001
};
const psnr = (arm: string) => levels[arm];
const rows = rowsOf(layout, psnr);

describe("failedArm", () => {
  it("is one more than 10 dB below bicubic on the same images", () => {
    const of = (arm: string) => failedArm(layout, rows, {set: "s", arm});
    expect(of("sr:natural-f8c4:eps")).toBe(true);
    expect(of("sr:medical-f4c3:eps")).toBe(false);
    expect(of("sr:natural-f8c4:x0")).toBe(false);
    expect(of("bicubic")).toBe(false);
    // bicubic is better on the images that the arm lacks: those do not count
    const fewer = rows.map(
      (one): ResultRow => (one.arm === "bicubic" && one.image === "i0" ? {...one, psnr: 90} : one)
    );
    const without = fewer.filter(({arm, image}) => arm === "bicubic" || image !== "i0");
    expect(failedArm(layout, without, {set: "s", arm: "sr:natural-f8c4:x0"})).toBe(false);
    expect(failedArm(layout, fewer, {set: "s", arm: "sr:natural-f8c4:x0"})).toBe(true);
  });

  it("looks at the seeds in question", () => {
    const own = rowsOf(layout, (arm, seed) => psnr(arm) - (arm === "sr:natural-f8c4:x0" && seed === 2 ? 3 : 0));
    const of = (seeds?: number[]) => failedArm(layout, own, {set: "s", arm: "sr:natural-f8c4:x0", seeds});
    expect([of(), of([1]), of([2])]).toEqual([false, false, true]);
  });

  it("is none in a study without bicubic", () => {
    const without = twoAutoencoders(["x0", "eps"], {bicubic: false});
    expect(failedArm(without, rowsOf(without, psnr), {set: "s", arm: "sr:natural-f8c4:eps"})).toBe(false);
    expect(ablations(without, rowsOf(without, psnr)).flatMap(({failed}) => failed)).toEqual([]);
  });
});

describe("ablations with failed models", () => {
  const points = ablations(layout, rows);
  const of = (value: string) => points.find((point) => point.value.startsWith(value))!;

  it("have both arms' PSNR and the seeds of each", () => {
    expect(of("ε")).toMatchObject({seeds: [1]});
    expect(of("ε").psnrA).toBeCloseTo(15.125, 9);
    expect(of("ε").psnrB).toBeCloseTo(18.126, 9);
    expect(of("x₀")).toMatchObject({seeds: [1, 2]});
    expect(of("seed 2")).toMatchObject({seeds: [2]});
    for (const {psnrA, psnrB, gap} of points) expect(psnrB! - psnrA!).toBeCloseTo(gap.mean, 9);
  });

  it("keep the point, and leave it out of the evidence, as they do the reference and its own seeds", () => {
    expect(of("ε").change!.mean).toBeCloseTo(2.001, 9);
    expect(of("ε")).toMatchObject({failed: ["sr:natural-f8c4:eps"], within: null, equivalent: null});
    expect(failureOf(of("ε"))).toBe(failedWords);
    expect(failureOf(of("v"))).toBeNull();
    expect(evidence(points).map(({value}) => value)).toEqual(["v"]);
  });

  it("take nothing as evidence that is compared with a failed reference", () => {
    const own = ablations(
      layout,
      rowsOf(layout, (arm) => (arm === "sr:natural-f8c4:x0" ? 17 : psnr(arm)))
    );
    expect(evidence(own)).toEqual([]);
    expect(failureOf(own.find(({value}) => value === "v")!)).toBe(`the reference ${failedWords}`);
  });
});

describe("claim 3", () => {
  const stability = claims(layout, rows, published)[2];

  it("is decided by the models that did not fail, and says which did", () => {
    expect(stability.parts.map(({label, verdict, because}) => [label, verdict, because])).toEqual([
      ["Knee: largest change of the gap with the target (v)", "holds", expect.stringContaining("band")],
      ["Knee: change of the gap with the target (ε)", "unresolved", failedWords]
    ]);
    expect(stability.outcome).toBe("agrees");
    expect(countedWords(stability)).toBe("holds in 1 of 1; 1 cannot tell");
  });

  it("has no row of the reference's own seeds, nor of what was not claimed", () => {
    const scaled = twoAutoencoders(["x0", "v"]);
    const other = {
      ...scaled,
      generators: scaled.generators.map((one) =>
        one.id === "v" ? {...one, target: "x0", scaling: "unit-variance"} : one
      )
    };
    const own = rowsOf(other, psnr);
    const factors = new Set(ablations(other, own).map(({factor}) => factor));
    expect([...factors].sort()).toEqual(["reference", "scaling", "seed"]);
    expect(claims(other, own, published)[2].parts.map(({verdict}) => verdict)).toEqual(["missing"]);
  });
});
