import {describe, expect, it} from "vitest";
import {random} from "../../../src/measures/random.js";
import {cohensH, comparePaired, mean, patientMeans} from "../../../src/measures/statistics/index.js";
import {kernelDensity} from "../../../src/measures/studies/density.js";
import {compareAtLevel, type ValuePair} from "../../../src/measures/studies/levels.js";
import {pairArms} from "../../../src/measures/studies/pairs.js";
import type {ResultRow} from "../../../src/measures/studies/rows.js";

/** Patients of one to four images, alike within a patient. */
function pairsOf(patients: number): ValuePair[] {
  const chance = random("levels", patients);
  return Array.from({length: patients}, (_, p) => {
    const own = chance.normal(1, 1);
    return Array.from({length: 1 + (p % 4)}, (_, i) => {
      const a = chance.normal(25, 2);
      return {image: `${p}-${i}`, patient: `p${p}`, a, b: a + own + chance.normal(0, 0.1)};
    });
  }).flat();
}

const pairs = pairsOf(12);
const a = pairs.map((pair) => pair.a);
const b = pairs.map((pair) => pair.b);
const patients = pairs.map(({patient}) => patient!);
const options = {resamples: 2000, seed: 3};

describe("compareAtLevel", () => {
  it("subtracts A from B and says so of each mean", () => {
    for (const level of ["image", "patient", "cluster"] as const) {
      const found = compareAtLevel(pairs, level, options);
      expect(found.level).toBe(level);
      expect(found.meanB! - found.meanA!).toBeCloseTo(found.meanDifference!, 12);
      expect(found.difference).toBeGreaterThan(0);
      expect(found.nImages).toBe(30);
      expect(found.nPatients).toBe(12);
    }
  });

  it("counts images at level image, as the published study did", () => {
    const found = compareAtLevel(pairs, "image", options);
    const reference = comparePaired(b, a, options);
    expect(found.wilcoxon).toEqual(reference.wilcoxon);
    expect(found.bootstrap).toEqual(reference.bootstrap);
    expect(found.difference).toBeCloseTo(mean(b)! - mean(a)!, 12);
  });

  it("counts each patient once at level patient", () => {
    const found = compareAtLevel(pairs, "patient", options);
    const units = comparePaired(patientMeans(b, patients).values, patientMeans(a, patients).values, options);
    expect(found.bootstrap).toEqual(units.bootstrap);
    expect(found.wilcoxon.n).toBe(12);
    expect(found.difference).toBeCloseTo(units.meanDifference!, 12);
  });

  it("keeps the mean over images at level cluster, but draws patients: its interval is wider than that of images", () => {
    const [image, cluster] = (["image", "cluster"] as const).map((level) => compareAtLevel(pairs, level, options));
    expect(cluster.difference).toBeCloseTo(image.difference!, 12);
    expect(cluster.bootstrap.unit).toBe("cluster");
    expect(cluster.bootstrap.nUnits).toBe(12);
    const width = ({bootstrap}: typeof image) => bootstrap.percentile![1] - bootstrap.percentile![0];
    expect(width(cluster)).toBeGreaterThan(1.2 * width(image));
    expect(cluster.clustering!.icc!).toBeGreaterThan(0.8);
  });

  it("falls back to images where a patient is not known", () => {
    const found = compareAtLevel([...pairs.slice(1), {...pairs[0], patient: null}], "cluster", options);
    expect(found.level).toBe("image");
    expect(found.nPatients).toBeNull();
  });

  it("gives Cohen's h of rates only", () => {
    const rates = pairs.map((pair, i) => ({...pair, a: 0.1 + 0.001 * i, b: 0.2 + 0.001 * i}));
    const found = compareAtLevel(rates, "image", {...options, proportion: true});
    expect(found.cohensH).toBeCloseTo(cohensH(found.meanB!, found.meanA!), 12);
    expect(found.cohensH).toBeGreaterThan(0);
    expect(compareAtLevel(rates, "image", options).cohensH).toBeNull();
  });

  it("has no numbers without pairs", () => {
    const found = compareAtLevel([], "patient", options);
    expect(found.difference).toBeNull();
    expect(found.level).toBe("image");
  });
});

function row(arm: string, set: string, image: string, seed: number | null, psnr: number | null): ResultRow {
  return {arm, set, image, patient: image.slice(0, 1), seed, pairing: "correct", psnr};
}

describe("pairArms", () => {
  const rows = [
    row("a", "s", "x1", 1, 20),
    row("a", "s", "x1", 2, 30),
    row("a", "s", "y1", 1, 22),
    row("a", "s", "y1", 2, 24),
    row("b", "s", "y1", 1, 25),
    row("b", "s", "x1", 1, 26),
    row("c", "s", "x1", null, 40),
    row("c", "s", "y1", null, Infinity),
    row("a", "t", "x1", 1, 10),
    row("b", "t", "x1", 1, 11),
    row("b", "t", "z1", 1, 12)
  ];

  it("pairs by dataset and image, with the seeds that both arms have", () => {
    expect(pairArms(rows, {sets: ["s"], a: "a", b: "b", measure: "psnr"})).toEqual({
      pairs: [
        {set: "s", image: "x1", patient: "s x", a: 20, b: 26},
        {set: "s", image: "y1", patient: "s y", a: 22, b: 25}
      ],
      leftOut: 0
    });
  });

  it("keeps patients of two datasets apart, and counts what one arm lacks", () => {
    const {pairs, leftOut} = pairArms(rows, {sets: ["s", "t"], a: "a", b: "b", measure: "psnr"});
    expect(pairs.map(({patient}) => patient)).toEqual(["s x", "s y", "t x"]);
    expect(leftOut).toBe(1);
  });

  it("averages over seeds against an arm without any, and leaves out what is infinite", () => {
    const {pairs, leftOut} = pairArms(rows, {sets: ["s"], a: "a", b: "c", measure: "psnr"});
    expect(pairs).toEqual([{set: "s", image: "x1", patient: "s x", a: 25, b: 40}]);
    expect(leftOut).toBe(1);
  });

  it("takes one seed where one is asked for", () => {
    const {pairs} = pairArms(rows, {sets: ["s"], a: "a", b: "c", measure: "psnr", seed: 2});
    expect(pairs.map((pair) => pair.a)).toEqual([30]);
  });
});

describe("kernelDensity", () => {
  it("integrates to 1 and peaks where the values are", () => {
    const chance = random("density", 1);
    const values = Array.from({length: 200}, () => chance.normal(3, 0.5));
    const {x, density} = kernelDensity(values, 200)!;
    const step = x[1] - x[0];
    expect(density.reduce((total, d) => total + d * step, 0)).toBeCloseTo(1, 2);
    expect(x[density.indexOf(Math.max(...density))]).toBeCloseTo(3, 0);
  });

  it("has Silverman's bandwidth, as scipy and R (bw.nrd0) give it", () => {
    // R: bw.nrd0(c(1, 2, 3, 4, 10))
    expect(kernelDensity([1, 2, 3, 4, 10])!.bandwidth).toBeCloseTo(0.9 * (2 / 1.34) * 5 ** -0.2, 12);
  });

  it("is absent without spread", () => {
    expect(kernelDensity([2, 2, 2])).toBeNull();
    expect(kernelDensity([1])).toBeNull();
    expect(() => kernelDensity([1, Number.NaN])).toThrow(RangeError);
  });
});
