import {readFileSync} from "node:fs";
import {fileURLToPath} from "node:url";
import {beforeAll, expect, test} from "vitest";
import {studyComparisons} from "../../loaders/studies/results/comparisons.js";
import {gapChart, gapFigure} from "../../src/components/gap-chart.js";
import {conventionSentence, domainGain, gapMarks, studyGaps} from "../../src/components/gap-data.js";
import type {OverviewGap, Published} from "../../src/components/site-data.js";
import {studyFixture} from "../support/study-fixture.js";
import {rounded, withDocument} from "./svg.js";

beforeAll(withDocument);

const published = JSON.parse(
  readFileSync(fileURLToPath(new URL("../../data/published.json", import.meta.url)), "utf8")
) as Published;
const gaps: OverviewGap[] = [
  {
    set: "knee",
    anatomy: "knee",
    label: "Knee (simulated)",
    a: "ae:natural-f8c4",
    b: "ae:medical-f4c3",
    labelA: "N",
    labelB: "M",
    mean: 5,
    sd: 1,
    low: 4.4,
    high: 5.6,
    n: 6,
    patients: 6,
    simulated: true,
    seeds: "1",
    engine: "wasm",
    date: "2026-01-01T00:00:00.000Z",
    artefact: "ab"
  }
];
const empty = {published, gaps, studyGaps: []};
const fixture = studyFixture();
const asked = [
  ["natural-f8c4", "medical-f4c3"],
  ["natural-f4c3", "medical-f4c3"]
].map(([a, b]) => ({title: "swap", a: `sr:${a}:x0:ddim-20`, b: `sr:${b}:x0:ddim-20`}));
const results = {
  ...fixture.results,
  comparisons: studyComparisons(asked, fixture.results.sets, ["correct"], fixture.rows, {resamples: 100})
};

test("the study's gain is that of the convention, with an interval only where its SDs are known", () => {
  const of = (convention: "published" | "default") =>
    gapMarks({...empty, convention}).filter(({ours, stage}) => !ours && stage === "sr");
  expect(of("published").map(({value}) => value)).toEqual([2.91, 2.91, 3.29]);
  expect(of("default").map(({value}) => value)).toEqual([1.92, 2.83, 3.6]);
  for (const {value, low, high, interval} of of("published")) {
    expect(low!).toBeLessThan(value);
    expect(high!).toBeGreaterThan(value);
    expect(interval).toContain("as if the two arms were independent");
  }
  expect(of("default").every(({low}) => low === null)).toBe(true);
});

test("autoencoders alone: the study's are differences of printed means, ours have an interval", () => {
  const marks = gapMarks({...empty, convention: "default"}).filter(({stage}) => stage === "ae");
  const [study, own] = [marks.find(({ours}) => !ours)!, marks.find(({ours}) => ours)!];
  expect(study.value).toBeCloseTo(27.847 - 23.92, 9);
  expect([own.value, own.low, own.high]).toEqual([5, 4.4, 5.6]);
});

const swap = {title: "ceiling", a: "ae:natural-f8c4", b: "ae:medical-f4c3"};
const withCeiling = {
  ...results,
  comparisons: studyComparisons([...asked, swap], results.sets, ["correct"], fixture.rows, {resamples: 100})
};

test("where there is a study, our autoencoders alone are those of the study too, on its images", () => {
  for (const convention of ["published", "default"] as const) {
    const marks = gapMarks({published, gaps, studyGaps: studyGaps(withCeiling, convention), convention});
    const own = marks.filter(({ours, stage}) => ours && stage === "ae");
    const asked = withCeiling.comparisons.filter(({a, measure}) => a === swap.a && measure === "psnr");
    expect(own.map(({value}) => value)).toEqual(asked.map(({bootstrap}) => bootstrap.estimate));
    expect(own).toHaveLength(3);
    expect(marks.filter(({ours}) => ours).every(({n}) => n === 24)).toBe(true);
    expect(gapChart(marks, {width: 800}).textContent).toContain(
      "Here: Knee MRI (simulated), n = 24, autoencoders alone"
    );
  }
  // a study that does not ask for it leaves the site's own images, with their number
  const without = gapMarks({published, gaps, studyGaps: studyGaps(results, "default"), convention: "default"});
  expect(without.filter(({ours, stage}) => ours && stage === "ae")).toMatchObject([{n: 6, value: 5}]);
});

test("the caption speaks of the study's intervals only where some are drawn", () => {
  const caption = (convention: "published" | "default") =>
    gapFigure(gapMarks({...empty, convention}), convention, {width: 700}).querySelector("figcaption")!.textContent;
  expect(caption("published")).toContain("those drawn come from its standard deviations");
  expect(caption("default")).toContain("The study gives no intervals against the true image.");
  expect(caption("default")).not.toContain("those drawn");
});

test("the text says on which data our gain's sign depends on the reference, and on none where it does not", () => {
  const gains = {self_psnr: [-1.524, -2.044, 2.094], psnr: [0.741, 0.977, 2.383]};
  const withGains = (own: typeof gains) => ({
    ...results,
    comparisons: results.comparisons.map((one) =>
      one.a !== asked[0].a || !(one.measure in own)
        ? one
        : {
            ...one,
            bootstrap: {
              ...one.bootstrap,
              estimate: own[one.measure as keyof typeof own][results.sets.findIndex(({id}) => id === one.set)]
            }
          }
    )
  });
  const sentence = conventionSentence(withGains(gains))!;
  expect(sentence).toContain("−1.52, −2.04 and +2.09 dB on knee, brain and chest against their own");
  expect(sentence).toContain("+0.74, +0.98 and +2.38 dB against the true image");
  expect(sentence).toContain("On knee and brain even its sign depends");
  expect(conventionSentence(withGains({...gains, self_psnr: gains.psnr}))).not.toContain("sign");
  expect(conventionSentence(undefined)).toBeNull();
});

test("our study's gains are those of its comparisons, B − A, in each convention", () => {
  const of = (measure: string) =>
    results.comparisons
      .filter((one) => one.measure === measure && one.a === asked[0].a)
      .map((one) => one.bootstrap.estimate);
  expect(studyGaps(results, "default").map(({value}) => value)).toEqual(of("psnr"));
  expect(studyGaps(results, "default").every(({stage}) => stage === "sr")).toBe(true);
  expect(studyGaps(results, "published").map(({value}) => value)).toEqual(of("self_psnr"));
  expect(studyGaps(results, "default").every(({value, low, high}) => low! <= value && value <= high!)).toBe(true);
  expect(domainGain(results)!.text).toMatch(/^[+−]\d\.\d\d dB \(95 % interval/);
  expect(domainGain(undefined)).toBe(null);
});

test("the chart draws a mark a number, with its table", async () => {
  const marks = gapMarks({...empty, studyGaps: studyGaps(results, "default"), convention: "default"});
  const drawing = gapChart(marks, {width: 700});
  await expect(rounded(drawing)).toMatchFileSnapshot("snapshots/gap-chart.txt");
  expect(drawing.querySelectorAll("circle").length).toBe(marks.length);
  expect(gapFigure(marks, "default", {width: 380}).textContent).not.toMatch(/undefined|NaN/);
});
