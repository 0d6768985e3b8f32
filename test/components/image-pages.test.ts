import fc from "fast-check";
import {beforeAll, expect, test} from "vitest";
import {histogram} from "../../loaders/site/fabrication.js";
import {parseArms} from "../../src/components/arm-choice.js";
import {bandSplitChart, bandSplits} from "../../src/components/band-split.js";
import {type BandStatistic, bands} from "../../src/components/bands-data.js";
import {magnitudeColour} from "../../src/components/error-colours.js";
import {tileKey} from "../../src/components/fabrication-maps.js";
import {decodeHistograms, encodeHistograms} from "../../src/components/histogram-codec.js";
import {compareRates, floorOf, type LabImage, rateOf, thresholdOf} from "../../src/components/lab-data.js";
import {maskOfRuns, outlineOf} from "../../src/components/outline.js";
import {sitePairing, studyPairing} from "../../src/components/pairing-data.js";
import {pairingRates, pairingSentence} from "../../src/components/pairing-rates.js";
import {ringMeaning} from "../../src/components/picker.js";
import {radialChart} from "../../src/components/radial-spectrum.js";
import {
  absence,
  aucChart,
  dashes,
  innocents,
  ranked,
  rocChart,
  scoreLabel,
  usualInnocents
} from "../../src/components/roc-chart.js";
import type {SiteArm, SiteScore} from "../../src/components/site-data.js";
import {curveMeans, meansOfSet} from "../../src/components/spectra-data.js";
import {exceedances, noiseFloor} from "../../src/measures/hallucination.js";
import type {Plane} from "../../src/measures/image.js";
import {random} from "../../src/measures/random.js";
import {cohensH, tost} from "../../src/measures/statistics/index.js";
import {studyFixture} from "../support/study-fixture.js";
import {withDocument} from "./svg.js";

beforeAll(withDocument);

/** An 8-bit picture as pages read it. */
function picture(seed: number, like?: Plane, spread = 0.1): Plane {
  const source = random("picture", seed);
  const data = Float32Array.from({length: 32 * 32}, (_, i) => {
    const value = like === undefined ? source.uniform() : like.data[i] + spread * source.normal();
    return Math.round(255 * Math.min(1, Math.max(0, value))) / 255;
  });
  return {data, width: 32, height: 32};
}

test("floors and rates of a histogram are those of the pictures", () => {
  fc.assert(
    fc.property(fc.integer({min: 1, max: 1e6}), fc.double({min: 0, max: 4, noNaN: true}), (seed, k) => {
      const hr = picture(seed);
      const ae = picture(seed + 1, hr, 0.05);
      const sr = picture(seed + 2, hr, 0.12);
      const floor = noiseFloor(hr, ae, k);
      const threshold = floorOf(histogram(hr, ae), k);
      expect(threshold).toBeCloseTo(floor.threshold, 6);
      // beside a whole number of 255ths: float32 pictures can be off by their last digit there
      const level = (Math.floor(255 * threshold) + 0.5) / 255;
      const rates = exceedances(hr, sr, level);
      const own = histogram(hr, sr);
      expect(rateOf(own, level, "brighter")).toBe(rates.brighter.rate);
      expect(rateOf(own, level, "darker")).toBe(rates.darker.rate);
      expect(rateOf(own, level, "either")).toBe(rates.absolute.rate);
    }),
    {seed: 7, numRuns: 30}
  );
});

test("histograms come back from a file as they went into it", () => {
  const some = fc
    .uniqueArray(fc.integer({min: -255, max: 255}), {maxLength: 40})
    .chain((differences) =>
      fc
        .array(fc.integer({min: 1, max: 2 ** 32}), {minLength: differences.length, maxLength: differences.length})
        .map((counts) => differences.sort((a, b) => a - b).flatMap((difference, i) => [difference, counts[i]]))
    );
  fc.assert(
    fc.property(fc.array(some, {maxLength: 5}), (histograms) => {
      const bytes = encodeHistograms(histograms);
      expect(decodeHistograms(bytes)).toEqual(histograms);
      if (histograms.some(({length}) => length > 0) && histograms.at(-1)!.length > 0) {
        expect(() => decodeHistograms(bytes.subarray(0, -1))).toThrow(RangeError);
      }
    }),
    {seed: 7}
  );
});

const lab: LabImage[] = [0, 1, 2, 3, 4].map((i) => {
  const hr = picture(10 * i);
  const with_ = (seed: number, spread: number) => histogram(hr, picture(seed, hr, spread));
  return {
    id: `i${i}`,
    // two images of one patient
    patient: `p${Math.min(i, 3)}`,
    histograms: {ae: with_(100 + i, 0.05), a: with_(200 + i, 0.1), b: with_(300 + i, 0.12)}
  };
});
const floor = {source: "own", k: 2, fixed: 0.05};

test("the lab compares arms by Cohen's h of the mean rates and by TOST over patients", () => {
  const result = compareRates(lab, {a: "a", b: "b", floor, direction: "either", margin: 0.2}, () => "ae");
  const rate = (arm: string) =>
    lab.map((image) => rateOf(image.histograms[arm], floorOf(image.histograms.ae, 2), "either"));
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(result.h).toBeCloseTo(cohensH(mean(rate("b")), mean(rate("a"))), 12);
  const off = rate("b").map((value, i) => value - rate("a")[i]);
  const byPatient = [off[0], off[1], off[2], (off[3] + off[4]) / 2];
  expect(result.patients).toBe(4);
  expect(result.interval).toEqual(tost(byPatient, 0.2).interval);
  expect(result.equivalent).toBe(tost(byPatient, 0.2).equivalent);
});

test("a floor may be the arm's own, one for all, or a number", () => {
  const [image] = lab;
  expect(thresholdOf(image, "a", floor, () => "ae")).toBe(floorOf(image.histograms.ae, 2));
  expect(thresholdOf(image, "a", {...floor, source: "b"}, () => "ae")).toBe(floorOf(image.histograms.b, 2));
  expect(thresholdOf(image, "a", {...floor, source: "fixed"}, () => "ae")).toBe(0.05);
});

test("a lesion's mask and outline follow from its runs", () => {
  const mask = maskOfRuns([5, 2, 9, 2], 4, 4);
  expect(Array.from(mask.data).flatMap((value, i) => (value ? [i] : []))).toEqual([5, 6, 9, 10]);
  // a square of two pixels: four edges of length two
  const edges = outlineOf(mask);
  const lengths = Array.from({length: edges.length / 4}, (_, i) =>
    Math.hypot(edges[4 * i + 2] - edges[4 * i], edges[4 * i + 3] - edges[4 * i + 1])
  );
  expect(lengths).toEqual([2, 2, 2, 2]);
});

test("arms of an address are those that there are, in the site's order", () => {
  const known = ["hr", "bicubic", "ae:x", "sr:x:x0:ddim-20"];
  expect(parseArms("sr:x:x0:ddim-20,hr,nobody", known, ["hr"])).toEqual(["hr", "sr:x:x0:ddim-20"]);
  expect(parseArms("hr", known, ["hr", "bicubic"], {least: 2})).toEqual(["hr", "bicubic"]);
  expect(parseArms(known.join(), known, [], {most: 2})).toEqual(["hr", "bicubic"]);
});

const split = (value: number): BandStatistic[] =>
  bands.map((band) => ({band, arm: "sr", mean: value, sd: null, n: 3, here: null}));

test("the parts of a band's error add up to its total, and the tick stands there", () => {
  const data = bandSplits(split(3e-4), split(2e-4), split(-1e-4), "sr");
  expect(data).toHaveLength(10);
  expect(data[0].total).toBeCloseTo(4e-4, 12);
  const chart = bandSplitChart(data, {width: 700});
  expect(chart.querySelector('[data-band="HH1"]')?.getAttribute("aria-label")).toContain(
    "autoencoder 75 %, generator 50 %, cross term −25 %"
  );
  expect(bandSplits(split(1), split(1), split(1), "other")).toEqual([]);
});

test("the interval of a ring correlation resamples patients, and holds its mean", () => {
  const frequencies = [0.1, 0.3];
  const curves = [0.9, 0.8, 0.7].map((value) => [value, null]);
  const x = curveMeans(curves, ["p", "p", "q"]);
  const [first, second] = meansOfSet({frequencies, ratio: {}, correlation: {x}}, "correlation", [
    {id: "x", label: "X"}
  ]);
  expect(first.value).toBeCloseTo(0.8, 6);
  // patients' own means are 0.85 and 0.7
  expect(first.low).toBeCloseTo(0.7, 6);
  expect(first.high).toBeCloseTo(0.85, 6);
  expect(second).toMatchObject({value: null, low: null, high: null});
});

test("pointing at an octave of a spectrum names its band, and a band shades its octave", () => {
  const seen: string[] = [];
  const points = [0.1, 0.3].map((frequency) => ({series: "hr", label: "HR", frequency, value: 1}));
  const chart = radialChart(points, {width: 600, unit: "1", onBand: (band) => seen.push(band)});
  chart.querySelector('[data-level="2"]')!.dispatchEvent(new Event("pointerenter"));
  expect(seen).toEqual(["HH2"]);
  chart.setBand("LH3");
  const shaded = [...chart.querySelectorAll("[data-level]")].filter(
    (rect) => rect.getAttribute("fill") !== "transparent"
  );
  expect(shaded.map((rect) => rect.getAttribute("data-level"))).toEqual(["3"]);
});

const scores: SiteScore[] = [
  {score: "PSNR", against: {auc: 0.6, points: [[0, 0], [0.4, 0.6], [1, 1]]}, inNoise: null, inBlur: null}, // biome-ignore format: points
  {score: "local error", against: {auc: 1, points: [[0, 0], [0, 1], [1, 1]]}, inNoise: null, inBlur: null}, // biome-ignore format: points
  {score: "MS-SSIM", against: null, inNoise: null, inBlur: null}
];

test("measures are ranked by how well they tell a lesion, the absent last", () => {
  expect(ranked(scores, "against").map(({score}) => score)).toEqual(["local error", "PSNR", "MS-SSIM"]);
  const seen: string[] = [];
  const chart = aucChart(scores, {width: 600, which: "against", onScore: (score) => seen.push(score)});
  chart.querySelector('[data-score="PSNR"]')!.dispatchEvent(new Event("click"));
  expect(seen).toEqual(["PSNR"]);
  chart.setScore("PSNR");
  expect(chart.querySelector('[aria-checked="true"]')?.getAttribute("aria-label")).toBe("PSNR: AUC 0.60");
  expect(chart.textContent).toContain("absent (sides under 176 px)");
  expect(absence("PSNR")).toBe("absent");
  expect(scoreLabel("local measurement consistency")).toBe("local LR consistency");
  expect(rocChart(scores[1], {width: 400, which: "against"}).querySelectorAll("path").length).toBeGreaterThan(1);
});

test("the contrast shown first differs in the lesion only; each has a sentence and a line of its own", () => {
  expect(innocents[0].value).toBe(usualInnocents);
  expect(usualInnocents).toBe("inNoise");
  expect(new Set(innocents.map(({meaning}) => meaning)).size).toBe(3);
  expect(new Set(innocents.map(({value}) => dashes[value].dash)).size).toBe(3);
});

test("the key of the sFRC tiles runs from the colour of a tile that is lost to that of one that is all there", () => {
  const key = tileKey();
  const stops = [
    ...key
      .querySelector("[style]")!
      .getAttribute("style")!
      .matchAll(/rgb\((\d+) (\d+) (\d+)\)/g)
  ].map(([, ...bytes]) => bytes.map(Number));
  expect(stops[0]).toEqual(magnitudeColour(0.5, 0.5).map(Math.round));
  expect(stops.at(-1)).toEqual([0, 0, 0]);
  expect(key.textContent).toMatch(/up to: 0.*0\.5 cycles\/pixel/);
});

test("the ring of thumbnails is explained where an image has a lesion, and only there", () => {
  expect(ringMeaning([{}, {lesion: {contrast: 0.1, pixels: 9}}])).toBe("○ with a lesion");
  expect(ringMeaning([{}, {}])).toBe("");
});

test("mispaired rates stand beside paired ones, and h says what the mispairing does to a difference", () => {
  const rates = (brighter: number) => ({brighter, darker: 0.1});
  const data = sitePairing({
    arms: [
      {id: "sr:a", label: "A"},
      {id: "sr:b", label: "B"},
      {id: "bicubic", label: "Bicubic"}
    ] as SiteArm[],
    pairing: {
      "sr:a": {n: 1, paired: rates(0.1), mispaired: rates(0.4)},
      "sr:b": {n: 1, paired: rates(0.05), mispaired: rates(0.4)}
    }
  });
  expect(data).toHaveLength(4);
  expect(pairingSentence(data, "sr:a", "sr:b")).toMatch(/−0\.\d{3} paired, 0\.000 mispaired/);
  expect(pairingSentence(data, "sr:a", "nobody")).toBeNull();
  expect(pairingSentence(data, "sr:a", "sr:a")).toBeNull();
  expect(pairingSentence(data, "sr:a", "sr:b")).toContain("2.5 times (A) and 3.3 times (B) what they are paired");
  expect(pairingSentence(data, "sr:a", "sr:b")).toMatch(/smaller\.$/);
  expect(pairingRates(data, {width: 600}).textContent).toContain("50.0 %");
});

test("the sentence says which way mispairing moves a difference", () => {
  const of = (a: readonly [number, number], b: readonly [number, number]) =>
    pairingSentence(
      Object.entries({a, b}).flatMap(([arm, rates]) =>
        rates.map((brighter, i) => ({arm, label: arm, paired: i === 0, brighter, darker: 0, n: 1}))
      ),
      "a",
      "b"
    )!;
  // the site's own: 17.8 and 22.1 % paired, 72.6 and 79.8 % mispaired
  const grown = of([0.177623, 0.725934], [0.220642, 0.79835]);
  expect(grown).toContain("+0.108 paired, +0.171 mispaired: the difference looks larger");
  expect(of([0.1, 0.5], [0.2, 0.51])).toMatch(/smaller\.$/);
  expect(of([0.1, 0.5], [0.2, 0.4])).toMatch(/its sign turns\.$/);
  expect(of([0.1, 0.1], [0.2, 0.2])).toMatch(/no change\.$/);
});

test("a study's rates are taken in the flavour of the convention", () => {
  const {results, tables} = studyFixture();
  const set = results.sets[0].id;
  for (const convention of ["default", "published"] as const) {
    const data = studyPairing(results, tables.hallucination, set, convention);
    const key = convention === "published" ? "hallu_rate" : "rate_brighter";
    for (const {arm, paired, brighter} of data) {
      const own = tables.hallucination.filter(
        (row) => row.arm === arm && row.set === set && row.pairing === (paired ? "correct" : "published-bug")
      );
      const mean = own.reduce((sum, row) => sum + (row[key] as number), 0) / own.length;
      expect(brighter).toBeCloseTo(mean, 12);
    }
  }
});
