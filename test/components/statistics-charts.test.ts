import {readFileSync} from "node:fs";
import {fileURLToPath} from "node:url";
import {beforeAll, describe, expect, test} from "vitest";
import {ablationChart, standing} from "../../src/components/ablation-chart.js";
import {agreementPlot} from "../../src/components/agreement-plot.js";
import {type CeilingDot, ceilingChart} from "../../src/components/ceiling-chart.js";
import {differenceSwarm, pairKey} from "../../src/components/difference-swarm.js";
import {forestPlot} from "../../src/components/forest-plot.js";
import {ladderChart, waterfall} from "../../src/components/ladder-chart.js";
import type {Published} from "../../src/components/site-data.js";
import {brightness, compareEverywhere, publishedBiases, publishedGap} from "../../src/components/statistics-compare.js";
import {statisticsMeasure, statisticsQuantities} from "../../src/components/statistics-measures.js";
import {statisticsRowsOf} from "../../src/components/statistics-table.js";
import {mainPair} from "../../src/components/study-controls.js";
import {type StudyTable, studyTables} from "../../src/components/study-data.js";
import {studyFacts} from "../../src/components/study-facts.js";
import {blandAltman} from "../../src/measures/statistics/index.js";
import {ablations} from "../../src/measures/studies/ablation.js";
import {ceilingFit, ceilingPoints, publishedCeilingPoints} from "../../src/measures/studies/ceiling.js";
import {ladder, ladderPaths} from "../../src/measures/studies/ladder.js";
import {studyFixture} from "../support/study-fixture.js";
import {rounded, withDocument} from "./svg.js";

beforeAll(withDocument);

const {results, rows, tables} = studyFixture();
const published = JSON.parse(
  readFileSync(fileURLToPath(new URL("../../data/published.json", import.meta.url)), "utf8")
) as Published;
const {a, b} = mainPair(results);
const psnr = statisticsMeasure("psnr", "default", "sr");
const everywhere = compareEverywhere(results, rows, {
  a,
  b,
  measure: psnr,
  level: "patient",
  alternative: "two-sided",
  margin: 0.15,
  resamples: 300
});
const lanes = everywhere
  .filter(({id}) => id !== "pooled")
  .map(({id, label, pairs, comparison}) => ({
    set: id,
    label,
    pairs,
    estimate: comparison.difference,
    interval: comparison.bootstrap.percentile
  }));
const arm = (id: string) => results.arms.find((one) => one.id === id)!;

describe("what is compared", () => {
  test("the main pair is the natural f8c4 against the medical f4c3 autoencoder, sampled alike", () => {
    expect([a, b].map((id) => arm(id).autoencoder)).toEqual(["natural-f8c4", "medical-f4c3"]);
    expect(arm(a).id.split(":").slice(2)).toEqual(arm(b).id.split(":").slice(2));
  });

  test("every dataset is compared by itself, then all pooled", () => {
    expect(everywhere.map(({id}) => id)).toEqual([...results.sets.map(({id}) => id), "pooled"]);
    expect(everywhere.map(({pairs}) => pairs.length)).toEqual([24, 24, 24, 72]);
    expect(everywhere[3].comparison.nPatients).toBe(36);
  });

  test("a one-sided test asks whether B is better: lower, where the measure is an error", () => {
    const of = (id: string) =>
      compareEverywhere(results, rows, {
        a,
        b,
        measure: statisticsMeasure(id, "default"),
        level: "image",
        alternative: "greater",
        margin: null,
        resamples: 50
      })[0].comparison.wilcoxon;
    expect(of("psnr").alternative).toBe("greater");
    expect(of("mae").alternative).toBe("less");
    expect(of("mae").log10p!).toBeLessThan(-3);
  });

  test("every quantity has a measure in both conventions, and its table has it", () => {
    for (const {id} of statisticsQuantities) {
      for (const convention of ["default", "published"] as const) {
        const {key, table} = statisticsMeasure(id, convention, "sr");
        expect(studyTables[table] as readonly string[]).toContain(key);
        expect(tables[table as StudyTable].some((row) => typeof row[key] === "number")).toBe(true);
      }
    }
    expect(() => statisticsMeasure("beauty", "default")).toThrow(RangeError);
  });

  test("a self-referential PSNR is for SR arms only", () => {
    expect(statisticsMeasure("psnr", "published", "sr").key).toBe("self_psnr");
    expect(statisticsMeasure("psnr", "published", "mixed").key).toBe("psnr");
  });

  test("the published gain is given for the study's own pair only, and turned when the pair is", () => {
    const of = (from: string, to: string, measure = "psnr") =>
      publishedGap(results, published, {set: "simulated-knee", a: from, b: to, measure})?.value;
    expect(of(a, b)).toBe(1.92);
    expect(of(a, b, "self_psnr")).toBe(2.91);
    expect(of(b, a)).toBe(-1.92);
    expect(of(a, "bicubic")).toBeUndefined();
    expect(of(a, b, "ssim")).toBeUndefined();
  });

  test("biases of the study stand beside the arm that plays its part", () => {
    expect(publishedBiases(results, published, {arm: b, sets: ["simulated-knee"]})).toEqual([
      {value: -0.00872, label: "MRNet knee MRI"}
    ]);
    expect(publishedBiases(results, published, {arm: "bicubic", sets: ["simulated-knee"]})).toEqual([]);
  });
});

describe("the table of statistics", () => {
  const columns = everywhere.map((one) => ({...one, facts: []}));

  test("has each effect size under its own name, and h for rates only", () => {
    const names = statisticsRowsOf(columns, {measure: psnr, margin: 0.15}).map(({statistic}) => statistic);
    for (const name of ["Cohen’s d", "Cohen’s d_z", "Rank-biserial correlation", "Wilcoxon signed-rank p"]) {
      expect(names).toContain(name);
    }
    expect(names).not.toContain("Cohen’s h");
    expect(names).toContain("Equivalent within ±0.15 dB?");
  });

  test("leaves TOST out where no margin was fixed", () => {
    const names = statisticsRowsOf(columns, {measure: psnr, margin: null}).map(({statistic}) => String(statistic));
    expect(names.some((name) => name.startsWith("Equivalent"))).toBe(false);
  });
});

test("a number's provenance names study, arms, weights, seeds, engine, n and date", () => {
  const facts = new Map(studyFacts(results, {arms: [a, b], sets: ["simulated-knee"], nImages: 24, nPatients: 12}));
  expect(facts.get("n")).toBe("24 images, 12 patients");
  expect(facts.get("seeds")).toBe("1, 2, 3");
  expect(facts.get("weights")).toContain(results.autoencoders[0].sha256.slice(0, 12));
  expect(facts.get("artefacts")).toContain("and 5 more");
  expect(facts.get("engine")).toBe("fixture (made up for a test)");
  expect(facts.get("computed")).toContain("2026");
});

describe("charts", () => {
  const swarm = () => differenceSwarm(lanes, {width: 700, a: arm(a), b: arm(b), measure: psnr, margin: 0.15});

  test("a dot of the swarm stands where its difference is, and can be chosen", () => {
    const seen: string[] = [];
    const chart = differenceSwarm(lanes, {
      width: 700,
      a: arm(a),
      b: arm(b),
      measure: psnr,
      margin: 0.15,
      onSelect: (pair) => seen.push(pairKey(pair))
    });
    const circles = [...chart.querySelectorAll(".swarm-points circle")];
    expect(circles).toHaveLength(72);
    const pairs = lanes.flatMap((lane) => lane.pairs);
    const order = pairs.map((_, i) => i).sort((i, j) => pairs[i].b - pairs[i].a - (pairs[j].b - pairs[j].a));
    const cx = (i: number) => Number(circles[i].getAttribute("cx"));
    for (let k = 1; k < order.length; k++) expect(cx(order[k])).toBeGreaterThanOrEqual(cx(order[k - 1]) - 1e-9);
    circles[5].dispatchEvent(new Event("click", {bubbles: true}));
    expect(seen).toEqual([pairKey(pairs[5])]);
    chart.setPoint(pairKey(pairs[5]));
    expect(circles.filter((circle) => circle.getAttribute("aria-checked") === "true")).toEqual([circles[5]]);
    expect(circles.filter((circle) => circle.getAttribute("tabindex") === "0")).toEqual([circles[5]]);
  });

  test("a ladder's steps stand on each other, and reach the total", () => {
    const own = ladder(results, rows, {resamples: 50, published: published.values}).filter(
      ({set}) => set === "simulated-brain"
    );
    for (const path of Object.values(ladderPaths)) {
      for (const stage of ["ae", "sr"] as const) {
        const bars = waterfall(own, path, stage);
        for (let i = 1; i < path.length; i++) expect(bars[i].from).toBeCloseTo(bars[i - 1].to!, 9);
        expect(bars.at(-2)!.to).toBeCloseTo(bars.at(-1)!.to!, 9);
        expect(bars.at(-1)!.from).toBe(0);
      }
    }
  });

  test("a point of the ablations is red only outside the band", () => {
    const points = ablations(results, rows, {resamples: 50});
    for (const point of points) {
      const expected =
        point.factor === "reference" ? "reference" : Math.abs(point.change!.mean) > 0.15 ? "outside" : undefined;
      if (expected !== undefined) expect(standing(point)).toBe(expected);
      else expect(["shown", "within"]).toContain(standing(point));
    }
  });

  const dots = (): CeilingDot[] =>
    publishedCeilingPoints(published.values).map((point) => ({
      ...point,
      setLabel: point.set,
      autoencoderLabel: point.autoencoder,
      shape: 0,
      published: true
    }));

  test.each([
    ["difference-swarm", swarm],
    [
      "forest-plot",
      () =>
        forestPlot(
          everywhere.map(({id, label, comparison}) => ({
            label,
            estimate: comparison.difference,
            interval: comparison.bootstrap.percentile,
            nImages: comparison.nImages,
            nPatients: comparison.nPatients,
            pooled: id === "pooled",
            published: publishedGap(results, published, {set: id, a, b, measure: "psnr"})
          })),
          {width: 700, measure: psnr, margin: 0.15}
        )
    ],
    [
      "agreement-plot",
      () => {
        const points = brightness(rows, {arm: a, sets: ["simulated-knee"]});
        const agreement = blandAltman(
          points.map(({second}) => second),
          points.map(({first}) => first),
          {patients: points.map(({patient}) => patient!), resamples: 200}
        );
        return agreementPlot(points, agreement, {
          width: 500,
          meanLabel: "mean",
          differenceLabel: "output − HR",
          firstLabel: "HR",
          secondLabel: "output",
          digits: 4,
          colour: "black"
        });
      }
    ],
    [
      "ceiling-chart",
      () =>
        ceilingChart({
          width: 700,
          ours: ceilingFit(ceilingPoints(results, rows)),
          published: ceilingFit(publishedCeilingPoints(published.values)),
          dots: dots(),
          at: 30,
          yLabel: "PSNR (dB)"
        })
    ],
    [
      "ablation-chart",
      () =>
        ablationChart(
          ablations(results, rows, {resamples: 200}).filter(({set}) => set === "simulated-knee"),
          {width: 420, domain: [0, 5], margin: 0.15, show: "gap"}
        )
    ],
    [
      "ladder-chart",
      () =>
        ladderChart(
          ladder(results, rows, {resamples: 200, published: published.values}).filter(
            ({set}) => set === "simulated-knee"
          ),
          ladderPaths["by-geometry"],
          {width: 420, domain: [-1, 6]}
        )
    ]
  ])("%s draws as before", async (name, draw) => {
    await expect(rounded(draw())).toMatchFileSnapshot(`snapshots/${name}.txt`);
  });
});
