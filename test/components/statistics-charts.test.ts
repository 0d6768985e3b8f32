import {readFileSync} from "node:fs";
import {fileURLToPath} from "node:url";
import {beforeAll, describe, expect, test} from "vitest";
import {ablationChart, gapText, standing, wrapped} from "../../src/components/ablation-chart.js";
import {agreementDomain, agreementPlot, apart, biasesBySet} from "../../src/components/agreement-plot.js";
import {type CeilingDot, ceilingChart} from "../../src/components/ceiling-chart.js";
import {densityShape, differenceSwarm, pairKey} from "../../src/components/difference-swarm.js";
import {forestPlot, pooledText} from "../../src/components/forest-plot.js";
import {signed} from "../../src/components/format.js";
import {leadSentence} from "../../src/components/geometry-board.js";
import {ladderChart, waterfall} from "../../src/components/ladder-chart.js";
import {signedRange} from "../../src/components/signed-range.js";
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
import {gap} from "../../src/measures/studies/gaps.js";
import {type LadderRow, ladder, ladderPaths} from "../../src/measures/studies/ladder.js";
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

test("one statistic has one interval: that of Statistics is that of every other page", () => {
  const own = compareEverywhere(results, rows, {
    a,
    b,
    measure: psnr,
    level: "patient",
    alternative: "two-sided",
    margin: null
  });
  for (const {id, comparison} of own.slice(0, -1)) {
    const {low, high} = gap(rows, {set: id, a, b, measure: "psnr"})!;
    expect(comparison.bootstrap.percentile![0]).toBeCloseTo(low!, 10);
    expect(comparison.bootstrap.percentile![1]).toBeCloseTo(high!, 10);
  }
});

test("an interval has signs at both ends, and a zero has none", () => {
  expect(signedRange(-0.001, 0.56, 2)).toBe("0.00 to +0.56");
  expect(signedRange(0.61, 0.88, 2)).toBe("+0.61 to +0.88");
  expect(signedRange(-1.846, -0.006, 2)).toBe("−1.85 to −0.01");
  expect([0.004, -0.004, -0.006].map((value) => signed(value, 2))).toEqual(["0.00", "0.00", "−0.01"]);
  expect(gapText({mean: 0.74, low: -0.001, high: 0.88})).toBe("+0.74 dB [0.00, +0.88]");
});

describe("the sentence on geometry and domain", () => {
  const step = (id: string, gains: readonly (readonly [mean: number, low: number, high: number])[]) =>
    gains.map(([mean, low, high]) => ({step: {id}, stage: "sr", gain: {mean, low, high}}) as unknown as LadderRow);
  const geometry = step("geometry", [
    [0.77, 0.6, 0.9],
    [1.74, 1.4, 2.1]
  ]);

  test("names the latent, and counts the datasets on either side of zero at both", () => {
    const sentence = leadSentence([
      ...geometry,
      ...step("domain-f4", [
        [-0.21, -0.44, 0.02],
        [0.64, 0.33, 0.95]
      ]),
      ...step("domain-f8", [
        [-0.53, -0.68, -0.38],
        [0.42, 0.25, 0.6]
      ])
    ])!;
    expect(sentence).toContain("(f8c4 → f4c3, both natural) is worth +0.77 to +1.74 dB");
    expect(sentence).toContain("at f4c3 −0.21 to +0.64 dB (the interval lies above zero on 1 and below zero on 0 of 2");
    expect(sentence).toContain("at f8c4 −0.53 to +0.42 dB (the interval lies above zero on 1 and below zero on 1 of 2");
    expect(sentence).not.toContain("as the revised study says");
  });

  test("leaves out a latent that the study lacks, and agrees with the revision only where every interval holds zero", () => {
    const sentence = leadSentence([...geometry, ...step("domain-f4", [[0.1, -0.2, 0.3]])])!;
    expect(sentence).not.toContain("at f8c4");
    expect(sentence).toContain(
      "at f4c3 +0.10 dB (the interval lies above zero on 0 and below zero on 0 of 1 datasets)"
    );
    expect(sentence).toContain("as the revised study says, geometry carries the gain");
    expect(leadSentence(geometry)).toBeNull();
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

  test("a density is drawn to its end: nothing of it lies outside the drawing", () => {
    const [left, right] = [12, 700 - 16];
    const paths = [...swarm().querySelectorAll("g[aria-label=area] path")];
    expect(paths).toHaveLength(lanes.length);
    for (const path of paths) {
      const xs = [...path.getAttribute("d")!.matchAll(/[ML](-?[\d.]+),/g)].map(([, x]) => Number(x));
      expect(Math.min(...xs)).toBeGreaterThan(left);
      expect(Math.max(...xs)).toBeLessThan(right);
    }
    for (const {pairs} of lanes) {
      const values = pairs.map((pair) => pair.b - pair.a);
      const shape = densityShape(values);
      expect(Math.max(...shape.map(({d}) => d))).toBe(1);
      // thin ends, beyond the data: not cut where it is still wide
      for (const end of [shape[0], shape.at(-1)!]) expect(end.d).toBeLessThan(0.05);
      expect(shape[0].x).toBeLessThan(Math.min(...values));
      expect(shape.at(-1)!.x).toBeGreaterThan(Math.max(...values));
    }
    expect(densityShape([2, 2, 2])).toEqual([]);
  });

  const agreementOf = (id: string) => {
    const points = brightness(rows, {arm: id, sets: results.sets.map((set) => set.id)});
    const agreement = blandAltman(
      points.map(({second}) => second),
      points.map(({first}) => first),
      {patients: points.map(({patient}) => patient!), resamples: 100}
    );
    return {points, agreement};
  };

  test("two Bland–Altman drawings that share a domain have one scale, and room for all of both", () => {
    const both = [agreementOf(a), agreementOf(b)];
    const domain = agreementDomain(both);
    const draw = ({points, agreement}: (typeof both)[number], own?: [number, number]) =>
      agreementPlot(points, agreement, {
        width: 500,
        meanLabel: "mean",
        differenceLabel: "output − HR",
        firstLabel: "HR",
        secondLabel: "output",
        digits: 4,
        colour: "black",
        domain: own
      });
    const y = (chart: Element) =>
      [...chart.querySelectorAll(".agreement-points path")].map((dot) =>
        Number(/translate\([^,]+,([^)]+)\)/.exec(dot.getAttribute("transform")!)![1])
      );
    const drawn = both.map((one) => ({
      y: y(draw(one, domain)),
      d: one.points.map(({first, second}) => second - first)
    }));
    const perUnit = drawn.map(({y, d}) => (y[0] - y[1]) / (d[0] - d[1]));
    expect(perUnit[0]).toBeCloseTo(perUnit[1], 3);
    for (const {y} of drawn) {
      expect(Math.min(...y)).toBeGreaterThan(0);
      expect(Math.max(...y)).toBeLessThan(340);
    }
    for (const {points, agreement} of both) {
      const limits = agreement.clustered ?? agreement.independent!;
      const values = [
        ...points.map(({first, second}) => second - first),
        ...limits.upperInterval!,
        ...limits.lowerInterval!
      ];
      expect(Math.min(...values)).toBeGreaterThan(domain[0]);
      expect(Math.max(...values)).toBeLessThan(domain[1]);
    }
    // each dataset has a shape, and the key names all of them and the line of its own bias
    const shapes = new Set(
      [...draw(both[0]).querySelectorAll(".agreement-points path")].map((dot) => dot.getAttribute("d"))
    );
    expect(shapes.size).toBe(results.sets.length);
    for (const {id} of results.sets) expect(draw(both[0]).textContent).toContain(id);
  });

  test("the biases of the datasets, weighted by their images, give the bias over all", () => {
    const {points, agreement} = agreementOf(a);
    const biases = biasesBySet(points);
    expect(biases.map(({set}) => set)).toEqual(results.sets.map(({id}) => id));
    const pooled = biases.reduce((sum, {bias, n}) => sum + bias * n, 0) / points.length;
    expect(pooled).toBeCloseTo(agreement.bias!, 12);
    expect(biasesBySet(points.filter(({set}) => set === "simulated-knee"))).toEqual([]);
  });

  test("labels that would lie on each other are moved apart, the others stay", () => {
    expect(apart([{at: 0}, {at: 1}, {at: 9}], 3).map(({place}) => place)).toEqual([-2, 1, 9]);
    expect(apart([{at: 5}, {at: 0}, {at: -5}], 3).map(({place}) => place)).toEqual([-5, 0, 5]);
  });

  test("a published value in the forest says its number, in the drawing and to those who point at it", () => {
    const row = {
      label: "Knee",
      estimate: 1,
      interval: [0.5, 1.5] as const,
      nImages: 3,
      nPatients: 2,
      pooled: false,
      published: {value: 1.92, label: "MRNet knee MRI"}
    };
    const draw = (value: number) =>
      forestPlot([{...row, published: {...row.published, value}}], {width: 700, measure: psnr, margin: 0.15});
    expect(draw(1.92).querySelector(".published-rings title")!.textContent).toBe("published: +1.92 dB, MRNet knee MRI");
    for (const value of [1.92, -0.4, 60]) {
      const texts = [...draw(value).querySelectorAll(".published-numbers text")].map(({textContent}) => textContent);
      expect(texts).toEqual([value > 0 ? `+${value.toFixed(2)}` : `−${(-value).toFixed(2)}`]);
    }
  });

  test("what is pooled is named after what counts once", () => {
    const label = (level: "image" | "patient" | "cluster") =>
      compareEverywhere(results, rows, {
        a,
        b,
        measure: psnr,
        level,
        alternative: "two-sided",
        margin: null,
        resamples: 20
      }).at(-1)!.label;
    expect([label("image"), label("patient"), label("cluster")]).toEqual([
      "All images pooled",
      "All patients pooled",
      "All images pooled"
    ]);
    expect(pooledText("patient")).toContain("all patients");
    expect(pooledText("image")).toContain("all images");
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

  test("a change with a failed model is in the chart, dashed, and said to be no evidence", () => {
    const own = ablations(results, rows, {resamples: 50}).filter(({set}) => set === "simulated-knee");
    const points = own.map((point) =>
      point.factor === "target" && point.value.startsWith("ε")
        ? {...point, failed: [point.a], within: null, equivalent: null}
        : point
    );
    const svg = ablationChart(points, {width: 420, domain: [0, 5], margin: 0.15, show: "gap"});
    const circles = [...svg.querySelectorAll(".ablation-points circle")];
    expect(circles).toHaveLength(own.length);
    const failed = circles.filter((circle) => /failed: more than 10 dB below/.test(circle.getAttribute("aria-label")!));
    expect(failed.map((circle) => circle.getAttribute("data-point"))).toEqual([
      expect.stringContaining("simulated-knee target ε")
    ]);
    expect(svg.querySelectorAll('[stroke-dasharray="2 3"] line')).toHaveLength(1);
    expect(points.filter((point) => standing(point) === "failed")).toHaveLength(1);
    expect(svg.textContent).toContain("(failed)");
  });

  test.each([350, 420, 700])("no label of the ablations is cut off at %i px", (width) => {
    const own = ablations(results, rows, {resamples: 50}).filter(({set}) => set === "simulated-knee");
    const long = own.map((point, i) => (i === 1 ? {...point, value: "a configuration of many words, T = 20"} : point));
    const text = ablationChart(long, {width, domain: [0, 5], margin: 0.15, show: "gap"}).textContent!;
    expect(text).not.toContain("…");
    expect(text.replaceAll(/\s/g, "")).toContain("aconfigurationofmanywords,T=20");
    for (const {value} of own.slice(2)) expect(text.replaceAll(/\s/g, "")).toContain(value.replaceAll(" ", ""));
  });

  test("a label is broken between words, and keeps all of them", () => {
    expect(wrapped("flow (Euler, T = 20)", 12)).toEqual(["flow (Euler,", "T = 20)"]);
    expect(wrapped("T = 20", 12)).toEqual(["T = 20"]);
    expect(wrapped("incompressible", 5)).toEqual(["incompressible"]);
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
