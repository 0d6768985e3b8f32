import {readFileSync} from "node:fs";
import {fileURLToPath} from "node:url";
import {beforeAll, expect, test} from "vitest";
import {bandBudget} from "../../src/components/band-budget.js";
import {bandPsnr} from "../../src/components/band-psnr.js";
import {bandStatistics, bands} from "../../src/components/bands-data.js";
import {overviewMarks, psnrOverview} from "../../src/components/psnr-overview.js";
import {radialChart} from "../../src/components/radial-spectrum.js";
import type {MeasureRow, OverviewRow, Published} from "../../src/components/site-data.js";
import {rounded, withDocument} from "./svg.js";

beforeAll(withDocument);

const arms = [
  {id: "bicubic", label: "Bicubic"},
  {id: "ae:x", label: "X"}
];
const rows: MeasureRow[] = ["i", "j"].flatMap((image, k) =>
  arms.flatMap(({id}, a) =>
    bands.flatMap((band, b) =>
      ["band_psnr", "band_mse"].map((measure, m) => ({
        image,
        set: "s",
        patient: image,
        arm: id,
        measure,
        band,
        flavour: "default",
        value: m === 0 ? 20 + b + a + 2 * k : (1 + b + a + k) * 1e-4,
        unit: ""
      }))
    )
  )
);
const published = JSON.parse(
  readFileSync(fileURLToPath(new URL("../../data/published.json", import.meta.url)), "utf8")
) as Published;
const ours: OverviewRow[] = [
  {
    set: "knee",
    anatomy: "knee",
    label: "Knee (simulated)",
    arm: "ae:x",
    armLabel: "X",
    mean: 30,
    sd: 2,
    low: 29,
    high: 31,
    n: 6,
    patients: 6,
    engine: "wasm",
    date: "2026-01-01T00:00:00.000Z",
    weights: "ab",
    training: null,
    simulated: true,
    seeds: "1",
    artefact: "cd",
    moreArtefacts: 5
  }
];

test("bandStatistics gives mean, SD and the value of the image in view", () => {
  const found = bandStatistics(rows, "band_psnr", "j").find(({band, arm}) => band === "LL3" && arm === "ae:x")!;
  expect(found).toEqual({band: "LL3", arm: "ae:x", mean: 22, sd: Math.SQRT2, n: 2, here: 23});
});

test("the overview has a lane for each dataset of the study and of ours, in the order of anatomies", () => {
  const {lanes, marks} = overviewMarks({ours, published});
  expect(lanes.map(({text}) => text)).toEqual([
    "Study: MRNet knee MRI",
    "Here: Knee (simulated)",
    "Study: BraTS 2023 brain MRI",
    "Study: MIMIC-CXR chest X-ray"
  ]);
  expect(marks.filter(({lane}) => lane === 1)).toMatchObject([{arm: "ae:x", value: 30, kind: "autoencoder alone"}]);
  expect(marks.filter(({lane}) => lane === 0).map(({arm}) => arm)).toContain("sr:medvae-4-3");
});

test("the overview writes the published gains as printed", () => {
  const text = psnrOverview({ours, published}, {width: 800}).textContent!;
  for (const gain of ["+2.91 dB", "+3.29 dB"]) expect(text).toContain(gain);
});

test("the parts of a budget's bar lie end to end and sum to the arm's error", () => {
  const chart = bandBudget(bandStatistics(rows, "band_mse", "i"), {width: 700, arms});
  const rects = [...chart.querySelectorAll("rect[data-band]")].map((rect) => ({
    x: Number(rect.getAttribute("x")),
    width: Number(rect.getAttribute("width"))
  }));
  expect(rects).toHaveLength(20);
  for (let i = 1; i < 10; i++) expect(rects[i].x).toBeCloseTo(rects[i - 1].x + rects[i - 1].width, 6);
});

test("a band chart tells which band was pointed at, and marks one", () => {
  const seen: string[] = [];
  const chart = bandPsnr(bandStatistics(rows, "band_psnr", "i"), {width: 700, arms, onBand: (band) => seen.push(band)});
  chart.querySelector('[data-band="HL2"]')!.dispatchEvent(new Event("pointerenter"));
  expect(seen).toEqual(["HL2"]);
  chart.setBand("LH1");
  const checked = [...chart.querySelectorAll('[role="radio"][aria-checked="true"]')];
  expect(checked.map((row) => row.getAttribute("data-band"))).toEqual(["LH1"]);
});

test.each([
  ["psnr-overview", () => psnrOverview({ours, published}, {width: 800}).querySelector("svg[class]")!],
  ["band-psnr", () => bandPsnr(bandStatistics(rows, "band_psnr", "i"), {width: 700, arms})],
  ["band-budget", () => bandBudget(bandStatistics(rows, "band_mse", "i"), {width: 700, arms, relative: true})],
  [
    "radial-spectrum",
    () =>
      radialChart(
        [0.1, 0.2, 0.3].map((frequency) => ({series: "hr", label: "HR", frequency, value: -frequency * 3})),
        {width: 600, unit: "log₁₀ power"}
      )
  ]
])("%s draws as before", async (name, draw) => {
  await expect(rounded(draw())).toMatchFileSnapshot(`snapshots/${name}.txt`);
});
