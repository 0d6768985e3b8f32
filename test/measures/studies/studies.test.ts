import {readFileSync} from "node:fs";
import {describe, expect, it} from "vitest";
import {bandNames} from "../../../src/measures/bands.js";
import {cohensH, wilcoxonSignedRank} from "../../../src/measures/statistics/index.js";
import {
  ablations,
  anatomyName,
  armMean,
  autoencoderRoles,
  bandBudget,
  bandGains,
  ceilingFit,
  ceilingPoints,
  claims,
  compareStudyArms,
  configurationName,
  countedWords,
  gap,
  gapDifference,
  imageValues,
  ladder,
  ladderPaths,
  type PublishedValue,
  publishedCeilingGain,
  publishedCeilingPoints,
  publishedDataset,
  type ResultRow,
  rateDifference,
  referenceConfiguration,
  type StudyLayout,
  withHolm
} from "../../../src/measures/studies/index.js";
import {hasShared, shared} from "../../support/shared.js";

const published = (
  JSON.parse(readFileSync(new URL("../../../data/published.json", import.meta.url), "utf8")) as {
    values: PublishedValue[];
  }
).values;

function row(arm: string, image: string, patient: string | null, seed: number | null, psnr: number | null, more = {}) {
  return {set: "s", image, patient, arm, seed, pairing: "correct", psnr, ...more} as ResultRow;
}

/** A study of the roles' seven autoencoders, whose PSNR is what `psnrs` says, the same for all patients but for `level`. */
const geometries = [
  ["natural-f8c4", "natural", 8, 4],
  ["natural-f4c3", "natural", 4, 3],
  ["medical-f8c1", "medical", 8, 1],
  ["medical-f8c4", "medical", 8, 4],
  ["medical-f4c1", "medical", 4, 1],
  ["medical-f4c3", "medical", 4, 3],
  ["medical-f4c4", "medical", 4, 4]
] as const;

function study(configurations: readonly (readonly [string, string, number])[] = [["x0", "ddim", 20]]): StudyLayout {
  return {
    sets: [{id: "s", label: "Knee", anatomy: "knee"}],
    autoencoders: geometries.map(([id, domain, factor, channels]) => ({
      id,
      label: id,
      domain,
      geometry: {factor, channels}
    })),
    generators: geometries.flatMap(([autoencoder]) =>
      [...new Set(configurations.map(([generator]) => generator))].map((id) => ({
        id,
        autoencoder,
        process: id === "flow" ? ("flow" as const) : ("diffusion" as const),
        target: id === "flow" ? "velocity" : id === "eps" ? "epsilon" : "x0",
        timesteps: 1000,
        scaling: id === "raw" ? "raw" : "unit-variance",
        latent: "mean",
        trainingSeed: id === "x0-b" ? 2 : 1
      }))
    ),
    arms: [
      arm("bicubic", "bicubic", null),
      ...geometries.map(([id]) => arm(`ae:${id}`, "ae", id)),
      ...geometries.flatMap(([id]) =>
        configurations.map(([generator, sampler, steps]) => ({
          ...arm(`sr:${id}:${generator}:${sampler}-${steps}`, "sr", id),
          generator,
          sampler,
          steps,
          seeds: [1, 2]
        }))
      )
    ]
  };
}

function arm(id: string, kind: string, autoencoder: string | null) {
  return {id, label: id, kind, autoencoder, generator: null, sampler: null, steps: null, seeds: [] as number[]};
}

describe("imageValues and armMean", () => {
  const rows = [
    row("a", "p1-1", "p1", 1, 20),
    row("a", "p1-1", "p1", 2, 22),
    row("a", "p1-2", "p1", 1, 30),
    row("a", "p1-2", "p1", 2, 32),
    row("a", "p2-1", "p2", 1, 40),
    row("a", "p2-1", "p2", 2, 44)
  ];

  it("take the mean over seeds first, then over a patient's images, then over patients", () => {
    expect(imageValues(rows, {set: "s", arm: "a", measure: "psnr"})).toEqual([
      {image: "p1-1", patient: "p1", value: 21, seeds: 2},
      {image: "p1-2", patient: "p1", value: 31, seeds: 2},
      {image: "p2-1", patient: "p2", value: 42, seeds: 2}
    ]);
    // p1: (21 + 31)/2 = 26; p2: 42
    expect(armMean(rows, {set: "s", arm: "a", measure: "psnr"})).toMatchObject({
      mean: 34,
      sd: Math.sqrt(128),
      low: 26,
      high: 42,
      nImages: 3,
      nPatients: 2,
      seeds: 2,
      infinite: 0,
      absent: 0
    });
  });

  it("look at one seed where one is asked for", () => {
    expect(armMean(rows, {set: "s", arm: "a", measure: "psnr", seeds: [2]}).mean).toBe((27 + 44) / 2);
    expect(armMean(rows, {set: "s", arm: "a", measure: "psnr", seed: 2}).mean).toBe((27 + 44) / 2);
  });

  it("leave infinite and absent values out and say how many", () => {
    const few = [row("a", "1", "p", null, Infinity), row("a", "2", "p", null, null), row("a", "3", "p", null, 30)];
    expect(armMean(few, {set: "s", arm: "a", measure: "psnr"})).toMatchObject({
      mean: 30,
      infinite: 1,
      absent: 1,
      nImages: 1,
      nPatients: 1,
      low: null
    });
  });

  it("count images where a patient is not known", () => {
    const few = [row("a", "1", null, null, 20), row("a", "2", "p", null, 30)];
    expect(armMean(few, {set: "s", arm: "a", measure: "psnr"})).toMatchObject({mean: 25, nImages: 2, nPatients: null});
  });

  it("keep pairings apart", () => {
    const both = [row("a", "1", "p", null, 30), {...row("a", "1", "p", null, 12), pairing: "published-bug"}];
    expect(armMean(both, {set: "s", arm: "a", measure: "psnr"}).mean).toBe(30);
    expect(armMean(both, {set: "s", arm: "a", measure: "psnr", pairing: "published-bug"}).mean).toBe(12);
  });
});

describe("gap and compareStudyArms", () => {
  // listed in another order in B: pairs are made by the image's id
  const rows = [
    row("a", "p1-1", "p1", null, 20, {hallu_rate: 0.1}),
    row("a", "p1-2", "p1", null, 22, {hallu_rate: 0.2}),
    row("a", "p2-1", "p2", null, 24, {hallu_rate: 0.3}),
    row("b", "p2-1", "p2", 1, 30, {hallu_rate: 0.3}),
    row("b", "p1-2", "p1", 1, 23, {hallu_rate: 0.2}),
    row("b", "p1-1", "p1", 1, 23, {hallu_rate: 0.1}),
    row("b", "p2-1", "p2", 2, 32, {hallu_rate: 0.5}),
    row("b", "p1-2", "p1", 2, 25, {hallu_rate: 0.2}),
    row("b", "p1-1", "p1", 2, 25, {hallu_rate: 0.1})
  ];
  const selection = {set: "s", a: "a", b: "b", measure: "psnr"};

  it("give B − A over patients: p1 (4 + 2)/2 = 3, p2 7, mean 5", () => {
    const found = gap(rows, selection)!;
    expect(found).toMatchObject({mean: 5, low: 3, high: 7, nImages: 3, nPatients: 2, leftOut: 0});
    expect([...found.units]).toEqual([
      ["p1", 3],
      ["p2", 7]
    ]);
    expect(found.dz).toBeCloseTo(5 / Math.sqrt(8), 12);
  });

  it("agree with each other, name the arms' own means, and keep the sign in every statistic", () => {
    const whole = compareStudyArms(rows, selection, {margin: 0.5})!;
    expect(whole).toMatchObject({
      level: "patient",
      meanA: 22.5,
      meanB: 27.5,
      meanDifference: 5,
      nImages: 3,
      nPatients: 2
    });
    expect(whole.bootstrap.estimate).toBe(5);
    expect(whole.bootstrap.percentile).toEqual([3, 7]);
    expect(whole.wilcoxon).toEqual(wilcoxonSignedRank([3, 7]));
    expect(whole.rankBiserial).toBe(1);
    expect(whole.cohensD).toBeGreaterThan(0);
    expect(whole.tost!.equivalent).toBe(false);
    expect(whole.cohensH).toBeNull();
    expect(whole.tostH).toBeNull();
  });

  it("give Cohen's h of the mean rates of patients, and TOST on its scale", () => {
    const rates = compareStudyArms(rows, {...selection, measure: "hallu_rate"}, {marginH: 0.02})!;
    // A: p1 0.15, p2 0.3; B: p1 0.15, p2 0.4
    expect(rates.cohensH).toBeCloseTo(cohensH(0.275, 0.225), 12);
    // two patients: the interval runs from p1's h (0) to p2's
    expect(rates.cohensHInterval![0]).toBeCloseTo(0, 12);
    expect(rates.cohensHInterval![1]).toBeCloseTo(cohensH(0.4, 0.3), 12);
    expect(rateDifference(rows, {...selection, measure: "hallu_rate"}, {marginH: 0.02})).toEqual({
      cohensH: rates.cohensH,
      cohensHInterval: rates.cohensHInterval,
      tostH: rates.tostH,
      nImages: rates.nImages,
      nPatients: rates.nPatients,
      leftOut: 0
    });
    expect(rates.tostH!.margin).toBe(0.02);
    expect(rates.tostH!.meanDifference).toBeCloseTo(
      (2 * Math.asin(Math.sqrt(0.4)) - 2 * Math.asin(Math.sqrt(0.3))) / 2,
      12
    );
  });

  it("are null where nothing pairs, and leave out what is infinite", () => {
    expect(gap(rows, {...selection, b: "c"})).toBeNull();
    expect(compareStudyArms(rows, {...selection, measure: "ssim"})).toBeNull();
    const infinite = rows.map((one) => (one.arm === "b" && one.image === "p1-1" ? {...one, psnr: Infinity} : one));
    expect(gap(infinite, selection)).toMatchObject({mean: 4.5, leftOut: 1, nImages: 2});
  });

  it("take an arm without seeds as the same for each seed", () => {
    expect(gap(rows, {...selection, seeds: [2]})!.mean).toBe((4 + 8) / 2);
  });

  it("compare gaps unit by unit, with the margin's TOST", () => {
    const [one, other] = [gap(rows, {...selection, seeds: [2]})!, gap(rows, {...selection, seeds: [1]})!];
    expect(gapDifference(one, other, {margin: 0.15})).toMatchObject({mean: 2, n: 2, tost: {margin: 0.15}});
  });

  it("adjust by Holm over all comparisons given", () => {
    const one = compareStudyArms(rows, selection)!;
    const [first, second] = withHolm([one, one]);
    expect(first.holmP).toBeCloseTo(Math.min(1, 2 * one.wilcoxon.p!), 12);
    expect(second.holmP).toBeCloseTo(Math.min(1, 2 * one.wilcoxon.p!), 12);
  });

  it.skipIf(!hasShared)("reproduce scipy's Wilcoxon, d_z and TOST on the reference differences", () => {
    const golden = JSON.parse(readFileSync(shared("golden/metrics/statistics.json"), "utf8")) as {
      paired: {a: number[]; b: number[]; cohens_dz: number; [key: string]: unknown}[];
    };
    const {a, b, cohens_dz, ...rest} = golden.paired[2];
    const own = [
      ...a.map((psnr, i) => row("one", `i${i}`, `p${i}`, null, psnr)),
      ...b.map((psnr, i) => row("two", `i${i}`, `p${i}`, null, psnr))
    ];
    // the reference is a − b
    const found = compareStudyArms(own, {set: "s", a: "two", b: "one", measure: "psnr"}, {margin: 0.5, resamples: 10})!;
    expect(found.cohensDz).toBeCloseTo(cohens_dz, 10);
    expect(found.wilcoxon.p! / (rest["exact_two-sided"] as {p: number}).p).toBeCloseTo(1, 10);
    expect(found.wilcoxonAsymptotic.p! / (rest["asymptotic_two-sided"] as {p: number}).p).toBeCloseTo(1, 10);
    const [low, high] = (rest["tost_margin_0.5"] as {ci90: [number, number]}).ci90;
    expect(found.tost!.interval![0]).toBeCloseTo(low, 10);
    expect(found.tost!.interval![1]).toBeCloseTo(high, 10);
  });
});

describe("roles", () => {
  it("find who plays which part by domain and geometry", () => {
    expect(autoencoderRoles(study())).toEqual({
      sdvae: "natural-f8c4",
      "kl-f4": "natural-f4c3",
      "medvae-8-1": "medical-f8c1",
      "medvae-8-4": "medical-f8c4",
      "medvae-4-1": "medical-f4c1",
      "medvae-4-3": "medical-f4c3",
      "medvae-4-4": "medical-f4c4"
    });
  });

  it("prefer the published name, then ours, over another of the same geometry", () => {
    const own = {label: "", domain: "natural" as const, geometry: {factor: 8, channels: 4}};
    const of = (...ids: string[]) => autoencoderRoles({autoencoders: ids.map((id) => ({id, ...own}))}).sdvae;
    expect(of("taesd", "natural-f8c4")).toBe("natural-f8c4");
    expect(of("taesd", "natural-f8c4-real")).toBe("natural-f8c4-real");
    expect(of("natural-f8c4", "sdvae")).toBe("sdvae");
    expect(of("taesd")).toBe("taesd");
  });

  it("are those that a study names, and no others", () => {
    const {autoencoders, ...rest} = study([
      ["x0", "ddim", 20],
      ["real", "ddim", 20]
    ]);
    const roles = {"natural-f4c3": "sdvae", "medical-f8c1": "medvae-4-3"} as const;
    const named = autoencoders.map((one) => ({...one, role: roles[one.id as keyof typeof roles] ?? null}));
    expect(autoencoderRoles({autoencoders: named})).toEqual({sdvae: "natural-f4c3", "medvae-4-3": "medical-f8c1"});
    // two of these against all others that have x0: what is compared is what those with a role have
    const arms = rest.arms.filter(
      ({autoencoder, generator}) => generator === null || autoencoder! in roles === (generator === "real")
    );
    expect(referenceConfiguration({...rest, arms, autoencoders: named})!.generator).toBe("real");
    expect(referenceConfiguration({...rest, arms, autoencoders})!.generator).toBe("x0");
  });

  it("take the configuration that most autoencoders have as the reference, x₀ diffusion before others", () => {
    expect(
      referenceConfiguration(
        study([
          ["flow", "euler", 20],
          ["x0", "ddim", 20],
          ["x0", "ddim", 50]
        ])
      )
    ).toEqual({
      generator: "x0",
      sampler: "ddim",
      steps: 20
    });
    const {arms, ...rest} = study([
      ["x0", "ddim", 20],
      ["eps", "ddim", 20]
    ]);
    const fewer = arms.filter(({id}) => id !== "sr:medical-f8c1:x0:ddim-20");
    expect(referenceConfiguration({...rest, arms: fewer})!.generator).toBe("eps");
    expect(referenceConfiguration({...rest, arms: []})).toBeNull();
  });

  it("know the published data set of an anatomy", () => {
    expect(["knee", "brain", "cxr", "chest", "natural"].map(publishedDataset)).toEqual([
      "mrnet",
      "brats",
      "mimic-cxr",
      "mimic-cxr",
      null
    ]);
  });
});

/** PSNR at the ceiling and at the output, by autoencoder. */
const psnrs: Record<string, readonly [number, number]> = {
  "natural-f8c4": [28, 22],
  "natural-f4c3": [33, 24.5],
  "medical-f8c1": [26, 20],
  "medical-f8c4": [30, 22.5],
  "medical-f4c1": [31, 23],
  "medical-f4c3": [34, 25],
  "medical-f4c4": [35, 25.25]
};

/** Patients p1 to p4 with the levels −1, 0, 0, 1; `effect` of a configuration on the medical arms. */
function rowsOfStudy(
  layout: StudyLayout,
  effect: (configuration: string, seed: number) => number = () => 0
): ResultRow[] {
  const levels = [-1, 0, 0, 1];
  return layout.arms.flatMap((one) =>
    levels.flatMap((level, i) =>
      (one.seeds.length > 0 ? one.seeds : [null]).map((seed) => {
        const [ceiling, sr] = one.autoencoder === null ? [24, 24] : psnrs[one.autoencoder];
        const own = one.kind === "sr" ? sr : ceiling;
        const changed =
          one.kind === "sr" && one.autoencoder === "medical-f4c3"
            ? effect(`${one.generator}:${one.sampler}-${one.steps}`, seed!)
            : 0;
        const psnr = own + level + changed;
        const rate = one.autoencoder === "medical-f4c3" ? 0.105 : 0.1;
        const bands = Object.fromEntries(
          bandNames(3).flatMap((band) => [
            [`band_sse_${band}`, (one.autoencoder === "medical-f4c3" ? 1 : band.endsWith("1") ? 3 : 2) + level],
            [`band_psnr_${band}`, own + level + (one.autoencoder === "medical-f4c3" && band.endsWith("1") ? 2 : 0)]
          ])
        );
        return row(one.id, `i${i}`, `p${i}`, seed, psnr, {
          self_psnr: one.kind === "sr" ? psnr + 1 : null,
          hallu_rate: rate,
          loss_rate: rate,
          ...bands
        });
      })
    )
  );
}

describe("ladder", () => {
  const layout = study();
  const rows = rowsOfStudy(layout);
  const found = ladder(layout, rows, {published});
  const gain = (id: string, stage: "ae" | "sr") =>
    found.find((one) => one.step.id === id && one.stage === stage)!.gain!.mean;

  it("takes one thing at a time", () => {
    expect(gain("resolution", "sr")).toBe(0.5);
    expect(gain("resolution", "ae")).toBe(1);
    expect(gain("capacity", "sr")).toBe(2);
    expect(gain("capacity-f4", "sr")).toBe(0.25);
    expect(gain("capacity-f8", "ae")).toBe(4);
    expect(gain("domain-f4", "ae")).toBe(1);
    expect(gain("domain-f8", "sr")).toBe(0.5);
  });

  it("adds up to the whole along both ways", () => {
    for (const stage of ["ae", "sr"] as const) {
      for (const path of Object.values(ladderPaths)) {
        expect(path.reduce((sum, id) => sum + gain(id, stage), 0)).toBeCloseTo(gain("total", stage), 12);
      }
    }
  });

  it("adds up in the published numbers too, to their rounding", () => {
    for (const dataset of ["knee", "brain", "cxr"]) {
      const own = ladder({...layout, sets: [{id: "s", label: "", anatomy: dataset}]}, rows, {published});
      const of = (id: string) => own.find((one) => one.step.id === id && one.stage === "sr")!.published!.value;
      for (const path of Object.values(ladderPaths)) {
        expect(Math.abs(path.reduce((sum, id) => sum + of(id), 0) - of("total"))).toBeLessThan(0.015 + 1e-9);
      }
    }
  });

  it("says which step it cannot measure", () => {
    const fewer = {...layout, autoencoders: layout.autoencoders.filter(({id}) => id !== "medical-f4c1")};
    const row = ladder(fewer, rows).find(({step, stage}) => step.id === "resolution" && stage === "sr")!;
    expect(row).toMatchObject({to: null, gain: null, published: null});
  });
});

describe("ceiling", () => {
  it("gives the published six points' r, R², slope and intercept", () => {
    const points = publishedCeilingPoints(published);
    expect(points).toHaveLength(6);
    const {correlation, line} = ceilingFit(points).pooled;
    const value = (measure: string) => published.find((one) => one.measure === measure)!.value;
    expect(correlation.r).toBeCloseTo(value("ceiling_fit_r"), 3);
    expect(correlation.r2).toBeCloseTo(value("ceiling_fit_R2"), 3);
    expect(line.slope).toBeCloseTo(value("ceiling_fit_slope"), 3);
    expect(line.intercept).toBeCloseTo(value("ceiling_fit_intercept"), 1);
    expect(correlation.interval!.map((r) => Math.round(r * 100) / 100)).toEqual([0.01, 0.98]);
  });

  it("takes means of both arms of each autoencoder, where both are there", () => {
    const layout = study();
    const rows = rowsOfStudy(layout).filter(({arm}) => arm !== "ae:medical-f8c1");
    const points = ceilingPoints(layout, rows);
    expect(points).toHaveLength(6);
    expect(points[0]).toEqual({set: "s", autoencoder: "natural-f8c4", ceiling: 28, sr: 22});
    expect(ceilingPoints(layout, rows, {measure: "self_psnr"})[0].sr).toBe(23);
  });

  it("tells a pooled line that is the sets' levels from one that holds within sets", () => {
    // two sets: SR rises with the set and falls with the ceiling inside each
    const points = [
      {set: "low", autoencoder: "a", ceiling: 20, sr: 15.5},
      {set: "low", autoencoder: "b", ceiling: 21, sr: 15},
      {set: "low", autoencoder: "c", ceiling: 22, sr: 14.5},
      {set: "high", autoencoder: "a", ceiling: 40, sr: 30.5},
      {set: "high", autoencoder: "b", ceiling: 41, sr: 30},
      {set: "high", autoencoder: "c", ceiling: 42, sr: 29.5}
    ];
    const found = ceilingFit(points);
    expect(found.pooled.correlation.r).toBeGreaterThan(0.98);
    expect(found.within.map(({correlation}) => correlation.r)).toEqual([-1, -1]);
    expect(found.centred.line.slope).toBeCloseTo(-0.5, 12);
    expect(found.leaveOneOut.map(({slope}) => slope)).toEqual([-0.5, -0.5]);
  });
});

describe("ceiling without the sets' levels", () => {
  const centred = (points: Parameters<typeof ceilingFit>[0]) => ceilingFit(points).centred;

  it("has the interval of a partial correlation: of the published six points in three sets, SE of z = 1", () => {
    const {correlation, line} = centred(publishedCeilingPoints(published));
    expect(correlation.r).toBeCloseTo(0.9758, 4);
    const z = 1.959963984540054;
    expect(correlation.interval![0]).toBeCloseTo(Math.tanh(Math.atanh(correlation.r!) - z), 12);
    expect(correlation.interval![0]).toBeCloseTo(0.24, 2);
    // two degrees of freedom: t = 4.3027
    const half = (line.slopeInterval![1] - line.slopeInterval![0]) / 2;
    const points = publishedCeilingPoints(published);
    const sxx = [0, 2, 4].reduce((sum, i) => sum + (points[i].ceiling - points[i + 1].ceiling) ** 2 / 2, 0);
    expect(half).toBeCloseTo((4.302652729911275 * line.residualSd!) / Math.sqrt(sxx), 9);
    // a partial correlation and the slope test the same hypothesis: one p
    const t = line.slope! / (line.residualSd! / Math.sqrt(sxx));
    expect(correlation.p).toBeCloseTo(1 - t / Math.sqrt(t * t + 2), 9);
  });

  it("has the slope and the residuals of least squares with a level for each set", () => {
    // y = 3·x + level + e, with e of known sum of squares; levels do not matter
    const e = [0.5, -0.5, 0, 0.5, -0.5, 0];
    const points = (levels: readonly [number, number]) =>
      e.map((error, i) => {
        const [set, x] = [i < 3 ? 0 : 1, [0, 0, 3][i % 3]];
        return {set: `s${set}`, autoencoder: String(i % 3), ceiling: x + 10 * set, sr: 3 * x + levels[set] + error};
      });
    for (const levels of [
      [0, 0],
      [5, -40]
    ] as const) {
      const {line} = centred(points(levels));
      expect(line.slope).toBeCloseTo(3, 12);
      // SSE = 1, df = 6 − 2 − 1
      expect(line.residualSd).toBeCloseTo(Math.sqrt(1 / 3), 12);
      expect(line.at(1)).toMatchObject({confidence: null, prediction: null});
    }
  });

  it("is the pooled one where there is one set", () => {
    const points = [1, 2, 3, 4, 5].map((x) => ({set: "s", autoencoder: String(x), ceiling: x, sr: x + (x % 2)}));
    const found = ceilingFit(points);
    expect(found.centred.correlation.interval![0]).toBeCloseTo(found.pooled.correlation.interval![0], 12);
    expect(found.centred.correlation.p).toBeCloseTo(found.pooled.correlation.p!, 12);
    expect(found.centred.line.slopeInterval![1]).toBeCloseTo(found.pooled.line.slopeInterval![1], 12);
  });

  it("has no interval where the degrees of freedom run out", () => {
    const pairs = (sets: number, each: number) =>
      Array.from({length: sets * each}, (_, i) => ({
        set: `s${Math.floor(i / each)}`,
        autoencoder: String(i % each),
        ceiling: i % each,
        sr: (i * i) % 7
      }));
    // two sets of two points: n − k − 1 = 1 gives a slope's interval, n − (k − 1) = 3 none of r
    const four = centred(pairs(2, 2));
    expect(four.correlation).toMatchObject({interval: null, reason: expect.stringContaining("too few")});
    expect(four.line.slopeInterval).not.toBeNull();
    // two sets, three points: nothing is left
    const three = centred(pairs(2, 2).slice(0, 3));
    expect(three.correlation).toMatchObject({interval: null, p: null});
    expect(three.line).toMatchObject({slopeInterval: null, residualSd: null});
  });
});

describe("the published gain of the autoencoders alone", () => {
  it("is the difference of their two printed means, and the ladder's whole step", () => {
    const layout = study();
    const expected = {knee: 3.927, brain: 6.485, cxr: 4.911};
    for (const [anatomy, value] of Object.entries(expected)) {
      const {value: gain, minuend, subtrahend} = publishedCeilingGain(published, publishedDataset(anatomy)!)!;
      expect(gain.value).toBeCloseTo(value, 12);
      expect([minuend.arm, subtrahend.arm, minuend.source]).toEqual(["ae:medvae-4-3", "ae:sdvae", "fig1"]);
      const own = ladder({...layout, sets: [{id: "s", label: "", anatomy}]}, [], {published});
      const total = own.filter(({step}) => step.id === "total");
      expect(total.map(({stage, published: theirs}) => [stage, theirs!.value])).toEqual([
        ["ae", gain.value],
        ["sr", expect.any(Number)]
      ]);
      expect(total.map(({computedFrom}) => computedFrom?.subtrahend.value)).toEqual([subtrahend.value, undefined]);
      expect(own.filter(({computedFrom}) => computedFrom !== null)).toHaveLength(1);
    }
    expect(publishedCeilingGain(published, "imagenet")).toBeUndefined();
  });
});

describe("names", () => {
  it("are people's, and say a thing once", () => {
    const layout = study([
      ["x0", "ddim", 20],
      ["flow", "heun", 20],
      ["raw", "ddpm", 5],
      ["x0-b", "published", 20]
    ]);
    const of = (generator: string, sampler: string) => configurationName(layout, {generator, sampler, steps: 20});
    expect(of("raw", "ddpm")).toBe("x₀, raw latents, DDPM, T = 20");
    expect(of("flow", "heun")).toBe("flow, Heun, T = 20");
    // two that predict x₀: their own names tell them apart
    expect([of("x0", "ddim"), of("x0-b", "published")]).toEqual([
      "x₀ (x0), DDIM, T = 20",
      "x₀ (x0-b), published, T = 20"
    ]);
    expect(of("elsewhere", "euler")).toBe("elsewhere, Euler, T = 20");
  });

  it("of an anatomy stand for the published data of it; other sets keep their label", () => {
    const sets = [
      {label: "Chest X-ray (simulated)", anatomy: "cxr"},
      {label: "Kodak", anatomy: "natural"}
    ];
    expect(sets.map(anatomyName)).toEqual(["Chest", "Kodak"]);
  });
});

describe("ablations", () => {
  const layout = study([
    ["x0", "ddim", 20],
    ["x0", "ddim", 50],
    ["x0", "published", 20],
    ["eps", "ddim", 20],
    ["flow", "euler", 20],
    ["raw", "ddim", 20],
    ["x0-b", "ddim", 20]
  ]);
  const effects: Record<string, number> = {"x0:ddim-50": 0.1, "x0:published-20": -0.2, "eps:ddim-20": 0.05};
  const points = ablations(
    layout,
    rowsOfStudy(layout, (configuration, seed) => (effects[configuration] ?? 0) + (seed === 1 ? -0.3 : 0.3))
  );

  it("name what was changed", () => {
    expect(points.map(({factor, value}) => [factor, value])).toEqual([
      ["reference", "x₀, DDIM, T = 20"],
      ["steps", "T = 50"],
      ["sampler", "published, T = 20"],
      ["target", "ε"],
      ["generator", "flow (Euler, T = 20)"],
      ["scaling", "raw"],
      ["training seed", "trained with seed 2"],
      ["seed", "seed 1"],
      ["seed", "seed 2"]
    ]);
  });

  it("give the gap of each and its change against the reference", () => {
    expect(points[0].gap.mean).toBeCloseTo(3, 12);
    expect(points[0].change).toBeNull();
    const changes = points.slice(1).map(({change}) => change!.mean);
    const expected = [0.1, -0.2, 0.05, 0, 0, 0, -0.3, 0.3];
    for (const [i, value] of expected.entries()) expect(changes[i]).toBeCloseTo(value, 12);
    expect(points.slice(1).map(({within}) => within)).toEqual([true, false, true, true, true, true, false, false]);
  });

  it("compare an ablation of fewer seeds with the reference of the same seeds", () => {
    const fewer = {
      ...layout,
      arms: layout.arms.map((one) => (one.steps === 50 ? {...one, seeds: [1]} : one))
    };
    const rows = rowsOfStudy(fewer, (configuration, seed) => (effects[configuration] ?? 0) + (seed === 1 ? -0.3 : 0.3));
    const own = ablations(fewer, rows).find(({factor}) => factor === "steps")!;
    expect(own.gap.mean).toBeCloseTo(3 + 0.1 - 0.3, 12);
    expect(own.change!.mean).toBeCloseTo(0.1, 12);
  });

  it("take each set's own reference where a generator is trained for each set", () => {
    const [knee, brain] = ["x0-knee", "x0-brain"].map((generator) =>
      study([
        [generator, "ddim", 20],
        [generator, "ddim", 50]
      ])
    );
    const sets = [
      {id: "k", label: "Knee", anatomy: "knee"},
      {id: "b", label: "Brain", anatomy: "brain"}
    ];
    const both = {
      ...knee,
      sets,
      generators: [...knee.generators, ...brain.generators],
      arms: [...knee.arms, ...brain.arms.filter(({kind}) => kind === "sr")]
    };
    const rows = [
      ...rowsOfStudy(knee).map((one) => ({...one, set: "k"})),
      ...rowsOfStudy(brain).map((one) => ({...one, set: "b"}))
    ];
    expect(ceilingPoints(both, rows)).toHaveLength(14);
    expect(ablations(both, rows).map(({set, factor}) => `${set} ${factor}`)).toEqual([
      "k reference",
      "k steps",
      "k seed",
      "k seed",
      "b reference",
      "b steps",
      "b seed",
      "b seed"
    ]);
    const sr = ladder(both, rows).filter(({stage, step}) => stage === "sr" && step.id === "total");
    expect(sr.map(({gain}) => gain!.mean)).toEqual([3, 3]);
    const [gains] = claims(both, rows, published);
    expect(gains.parts.every(({ours}) => ours !== null)).toBe(true);
  });

  it("are none without both autoencoders", () => {
    expect(ablations({...layout, autoencoders: []}, [])).toEqual([]);
  });
});

describe("bands", () => {
  const layout = study();
  const rows = rowsOfStudy(layout);

  it("budget the error: shares add up to 1", () => {
    const budget = bandBudget(rows, {set: "s", arm: "sr:natural-f8c4:x0:ddim-20"});
    // 3 in each of three finest bands, 2 in each of the seven others
    expect(budget.map(({band}) => band)).toEqual(bandNames(3));
    expect(budget.reduce((sum, {share}) => sum + share!, 0)).toBeCloseTo(1, 12);
    expect(budget.at(-1)!.share).toBeCloseTo(3 / 23, 12);
    expect(bandBudget(rows, {set: "s", arm: "nobody"})).toEqual([]);
  });

  it("tell where one arm is ahead of another", () => {
    const gains = bandGains(rows, {set: "s", a: "sr:natural-f8c4:x0:ddim-20", b: "sr:medical-f4c3:x0:ddim-20"});
    expect(gains.at(-1)).toMatchObject({band: "HH1", sse: {mean: -2}, psnr: {mean: 5}});
    expect(gains[0]).toMatchObject({band: "LL3", sse: {mean: -1}, psnr: {mean: 3}});
    expect(gains.at(-1)!.share).toBeCloseTo(2 / 13, 12);
  });
});

describe("claims", () => {
  const layout = study([
    ["x0", "ddim", 20],
    ["x0", "ddim", 50]
  ]);
  const rows = rowsOfStudy(layout, (configuration) => (configuration === "x0:ddim-50" ? 0.1 : 0));
  const found = claims(layout, rows, published);
  const part = (number: number, label: RegExp) => found[number - 1].parts.find((one) => label.test(one.label))!;

  it("are six, in the study's order", () => {
    expect(found.map(({number, id}) => `${number} ${id}`)).toEqual([
      "1 gain",
      "2 bands",
      "3 stability",
      "4 hallucination",
      "5 ceiling",
      "6 geometry"
    ]);
  });

  it("set our gain beside theirs, in both conventions", () => {
    const own = part(1, /against HR/);
    expect(own).toMatchObject({published: 1.92, source: "revision", verdict: "direction"});
    expect(own.ours!.value).toBeCloseTo(3, 12);
    expect(part(1, /decode/).published).toBe(2.91);
  });

  it("compute what the figures say of the bands, and ours", () => {
    const own = part(2, /band PSNR gain/);
    // the finest: LH1 0.70, HL1 0.20, HH1 1.20; the others as in figure 3a
    const coarse = [14.51 - 14.44, 0.3, 0.13, 0.23, 0.3, -0.1, 0.23].reduce((a, b) => a + b, 0) / 7;
    expect(own.published).toBeCloseTo(2.1 / 3 - coarse, 10);
    expect(own.ours!.value).toBeCloseTo(2, 12);
    const share = part(2, /share/);
    expect(share.ours!.value).toBeCloseTo(6 / 13, 12);
    expect(share.verdict).toBe("fails");
  });

  it("take the largest change of the gap for stability", () => {
    expect(part(3, /steps/)).toMatchObject({verdict: "holds", published: 0.15});
    expect(part(3, /steps/).ours!.value).toBeCloseTo(0.1, 12);
  });

  it("compute Cohen's h from the published rates", () => {
    const own = part(4, /“hallucination”/);
    expect(own.published).toBeCloseTo(cohensH(0.2477, 0.2521), 12);
    expect(Math.abs(own.published!)).toBeLessThan(0.02);
    expect(own.ours!.value).toBeCloseTo(cohensH(0.105, 0.1), 12);
    expect(own.verdict).toBe("holds");
  });

  it("set the six points' R² beside ours", () => {
    expect(part(5, /pooled/).published).toBeCloseTo(0.6652, 3);
    expect(part(5, /pooled/).ours!.value).toBeGreaterThan(0.9);
    expect(part(5, /pooled/).digits).toBe(3);
  });

  it("hold geometry's part against domain's", () => {
    const own = part(6, /less domain/);
    expect(own.published).toBeCloseTo(1.91 - 0.01, 12);
    expect(own.ours!.value).toBeCloseTo(2.5 - 0.5, 12);
    expect(own.verdict).toBe("holds");
    expect(part(6, /autoencoders alone: natural → medical at f4c3/)).toMatchObject({published: 1.17, ours: {value: 1}});
  });

  it("do not take the sign of a published number near 0 for agreement", () => {
    // theirs: 0.01 dB at the output; ours: 0.5
    const own = part(6, /SR: natural → medical at f4c3/);
    expect(own).toMatchObject({published: 0.01, ours: {value: 0.5}, verdict: "fails"});
    const near = rows.map((one) =>
      one.arm.startsWith("sr:medical-f4c3") ? {...one, psnr: (one.psnr as number) - 0.4} : one
    );
    const [, , , , , six] = claims(layout, near, published);
    expect(six.parts.find(({label}) => /SR: natural → medical at f4c3/.test(label))!.verdict).toBe("holds");
  });

  it("count what agrees apart from what agrees in sign only", () => {
    const [gains, bands] = found;
    // ours 3 dB: theirs are 1.92 and 2.91, and our interval is as narrow as the patients are alike
    expect(gains.counts).toMatchObject({direction: 2, same: 0, opposite: 0});
    expect([gains.outcome, countedWords(gains)]).toEqual(["sign", "0 in our interval, 2 in sign only, 0 opposite"]);
    // one in sign only and one that fails: nothing agrees
    expect([bands.outcome, countedWords(bands)]).toEqual([
      "differs",
      "0 in our interval, 1 in sign only, 0 opposite; holds in 0 of 1"
    ]);
    for (const {counts, parts} of found) {
      expect(Object.values(counts).reduce((sum, n) => sum + n, 0)).toBe(parts.length);
    }
  });

  it("do not call agreement what a wide interval cannot deny", () => {
    // R² of four points scatters: its interval holds theirs, and nearly all else
    const few = {...layout, autoencoders: layout.autoencoders.slice(0, 5)};
    const scattered = rows.map((one) => {
      const shift: Record<string, number> = {"sr:natural-f4c3": -2.5, "sr:medical-f8c1": 2, "sr:medical-f4c1": 0.5};
      const by = Object.entries(shift).find(([arm]) => one.arm.startsWith(arm))?.[1] ?? 0;
      return {...one, psnr: (one.psnr as number) + by};
    });
    const own = claims(few, scattered, published)[4];
    const pooled = own.parts.find(({label}) => /pooled/.test(label))!;
    expect(pooled.ours!.high! - pooled.ours!.low!).toBeGreaterThan(0.5);
    expect(pooled.verdict).toBe("compatible");
    expect(pooled.because).toMatch(/theirs lies in our interval .*spans 0\.\d\d to 0\.\d\d/);
    expect(countedWords(own)).toContain("1 compatible only");
    expect(own.counts.same).toBe(0);
  });

  it("say what is missing instead of inventing it", () => {
    const none = claims({...layout, arms: []}, [], published);
    for (const {outcome, parts} of none) {
      expect(outcome).toBe("open");
      for (const one of parts) expect(one).toMatchObject({ours: null, verdict: "missing", mispaired: null});
    }
  });

  it("call another sign opposite, and an interval with 0 unresolved", () => {
    const turned = rows.map((one) =>
      one.arm.startsWith("sr:medical-f4c3") ? {...one, psnr: (one.psnr as number) - 6} : one
    );
    const of = (list: readonly ResultRow[]) =>
      claims(layout, list, published)[0].parts.find(({label}) => /against HR/.test(label))!.verdict;
    expect(of(turned)).toBe("opposite");
    const noisy = rows.map((one) => {
      if (!one.arm.startsWith("sr:medical-f4c3")) return one;
      return {...one, psnr: (one.psnr as number) - 3 + (["i0", "i1"].includes(one.image) ? -1 : 1)};
    });
    expect(of(noisy)).toBe("unresolved");
  });
});
