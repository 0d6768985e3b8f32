import {readFileSync} from "node:fs";
import {fileURLToPath} from "node:url";
import {beforeAll, expect, test} from "vitest";
import {bandBudget} from "../../src/components/band-budget.js";
import {bandPsnr} from "../../src/components/band-psnr.js";
import {bandStatistics, bands, levelLosses, lossSentence} from "../../src/components/bands-data.js";
import {belowBicubic} from "../../src/components/below-bicubic.js";
import {weightsTable} from "../../src/components/licences.js";
import {enginesOf, methodsProvenance} from "../../src/components/methods-tables.js";
import {overviewFigure, overviewProvenance} from "../../src/components/overview-figure.js";
import {likeness, pairingMatrix, shortNames} from "../../src/components/pairing-matrix.js";
import {parsevalRows, parsevalTable, parsevalVerdict} from "../../src/components/parseval-table.js";
import {overviewMarks, psnrOverview} from "../../src/components/psnr-overview.js";
import {radialChart} from "../../src/components/radial-spectrum.js";
import type {MeasureRow, OverviewRow, Published, SiteIndex} from "../../src/components/site-data.js";
import {studyCaveats} from "../../src/components/study-facts.js";
import {subjects} from "../../src/components/subjects.js";
import {armKey, armLegend, levelLegend} from "../../src/components/swatches.js";
import {studyFixture} from "../support/study-fixture.js";
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

const ae = {sha256: "cccccccccccccc", files: ["m.st"]};
const licence = "MIT (trained on simulated images only)";
const index = {
  arms: [
    {
      id: "ae:m",
      label: "M",
      kind: "autoencoder",
      geometry: {channels: 1, factor: 4},
      parameters: 676_059,
      weights: ae,
      licence,
      engine: "e"
    },
    {
      id: "sr:m:x0:ddim-20",
      label: "SR",
      kind: "super-resolution",
      parameters: 1_115_684,
      weights: ae,
      generator: {autoencoder: "ae:m", sha256: "dddddddddddddd", file: "m.x0.st", sampler: "ddim", steps: 20, seed: 1},
      licence,
      engine: "e"
    }
  ],
  computed: {"ae:m": null, "sr:m:x0:ddim-20": null},
  sets: []
} as unknown as SiteIndex;

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

test("the overview writes the published gains as printed, and what they were measured against", () => {
  const text = psnrOverview({ours, published}, {width: 800}).textContent!;
  const gains = [...text.matchAll(/\+[\d.]+ dB, self-referential/g)].map(([gain]) => gain);
  expect(gains).toEqual([2.91, 2.91, 3.29].map((gain) => `+${gain} dB, self-referential`));
});

test("bicubic interpolation is named where super-resolution does not reach it, with the numbers", () => {
  const sets = [
    {label: "Knee", bicubic: 23.45, arms: [20.54, 21.47]},
    {label: "Brain", bicubic: 22.83, arms: [21.2, 23.16, 20]},
    {label: "Chest", bicubic: 30, arms: [31]}
  ];
  expect(belowBicubic(sets, "They")).toBe(
    "They mostly do not reach bicubic interpolation in PSNR against HR: Knee (none of 2 arms, the best 21.47 against 23.45 dB); Brain (1 of 3 arms, the best 23.16 against 22.83 dB)."
  );
  expect(belowBicubic(sets.slice(0, 1), "They")).toMatch(/^They do not reach/);
  expect(belowBicubic(sets.slice(2), "They")).toBeNull();
  expect(belowBicubic([{label: "none", bicubic: 30, arms: []}], "They")).toBeNull();
  const row = (arm: string, mean: number): OverviewRow => ({...ours[0], arm, mean});
  expect(
    overviewFigure.belowBicubic({ours: [row("bicubic", 23.45), row("ae:x", 20), row("sr:x:x0:ddim-20", 21)]})
  ).toBe(
    "The generators of this build do not reach bicubic interpolation in PSNR against HR: Knee (simulated), n = 6 (21.00 against 23.45 dB)."
  );
  expect(overviewFigure.belowBicubic({ours: [row("bicubic", 23.45), row("sr:x:x0:ddim-20", 24)]})).toBeNull();
});

test("a study's caveats say where its SR arms stay below bicubic, by its own comparisons", () => {
  const {results} = studyFixture();
  const [set] = results.sets;
  const sr = results.arms.find(({kind}) => kind === "sr")!.id;
  const compared = (meanB: number) => ({
    ...results,
    comparisons: [
      {
        ...results.comparisons[0],
        set: set.id,
        measure: "psnr",
        pairing: "correct" as const,
        a: "bicubic",
        b: sr,
        meanA: 23.59,
        meanB
      }
    ]
  });
  expect(studyCaveats(compared(21.54))).toContain(
    `The generators that it compares do not reach bicubic interpolation in PSNR against HR: ${set.label} (21.54 against 23.59 dB).`
  );
  expect(studyCaveats(compared(24)).join()).not.toContain("bicubic");
  expect(studyCaveats(compared(24))[0]).toBe("All images are simulated; none is of a patient.");
});

test("a generator's hash is its own, its autoencoder's a second one, wherever weights are listed", () => {
  const own: OverviewRow = {...ours[0], arm: "sr:x:x0:ddim-20", armLabel: "SR", weights: "aaaaaaaaaaaa"};
  const text = (row: OverviewRow) =>
    overviewProvenance({engine: "wasm", ours: [row], gaps: [], published}).querySelector("dl")!.textContent;
  expect(text({...own, autoencoderWeights: "bbbbbbbbbbbb"})).toContain(
    "generator SHA-256 aaaaaaaaaaaa…; its autoencoder bbbbbbbbbbbb…"
  );
  expect(text(own)).toContain("SHA-256 aaaaaaaaaaaa…");
  const tables = methodsProvenance(index);
  const rows = [...tables.querySelectorAll("tbody tr")].map((row) =>
    [...row.children].map((cell) => cell.textContent as string)
  );
  expect(rows[0].slice(1, 5)).toEqual([
    "1 channel at 1/4",
    "676,059",
    "date left out of this build",
    "m.st: cccccccccccc…"
  ]);
  expect(tables.querySelector("caption")!.textContent).toMatch(/^Arms; computed by ./);
  const [a, b, c] = ["A", "B", "C"].map((label, i) => ({label, engine: i === 0 ? "plain" : "wasm"}));
  expect(enginesOf([a, b, c])).toBe("plain (A); wasm (all others)");
  expect(enginesOf([b, c])).toBe("wasm");
  expect(rows[1][2]).toBe("1,115,684");
  expect(rows[1][4]).toBe("m.x0.st: dddddddddddd…; its autoencoder m.st: cccccccccccc…");
  expect(tables.querySelector("abbr")!.getAttribute("title")).toBe("MIT (trained on simulated images only)");
  const ledger = [...weightsTable(index).querySelectorAll("tbody tr")].map((row) => row.children[1].textContent);
  expect(ledger).toEqual(["cccccccccccc", "dddddddddddd"]);
});

test("what natural images show is scenes, everything else patients", () => {
  expect([subjects(6, "knee"), subjects(1), subjects(6, "natural"), subjects(1, "natural")]).toEqual([
    "6 patients",
    "1 patient",
    "6 scenes",
    "1 scene"
  ]);
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

test("an autoencoder alone is told from the generator in its colour: hollow bar and key, dashed line", () => {
  const two = [
    {id: "ae:x", label: "X"},
    {id: "sr:x:g:ddim-20", label: "SR in X"}
  ];
  const data = two.map(({id}, i) => ({band: "HL2" as const, arm: id, mean: 20 + i, sd: null, n: 3, here: null}));
  const chart = bandPsnr(data, {width: 700, arms: two});
  const hollow = [...chart.querySelectorAll("g.hollow rect")];
  expect(hollow).toHaveLength(1);
  // 20 of the axis' 22 dB
  expect(Number(hollow[0].getAttribute("width")) / (700 - 168 - 14)).toBeCloseTo(20 / 22, 6);
  const curve = two.flatMap(({id, label}) =>
    [0.1, 0.2].map((frequency) => ({series: id, label, frequency, value: frequency}))
  );
  const lines = [...radialChart(curve, {width: 600, unit: "dB"}).querySelectorAll("g[aria-label=line]")];
  const drawn = lines.filter((group) => group.querySelectorAll("path").length > 0);
  expect(drawn.map((group) => group.getAttribute("stroke-dasharray"))).toEqual(["5,3", null]);
  for (const keys of ["dot", "line"] as const) {
    const found = [...armLegend(two, "", {keys}).querySelectorAll(".dot")].map(({className}) => className);
    expect(found.map((name) => name.includes("hollow"))).toEqual([true, false]);
    expect(found.every((name) => name.includes("line") === (keys === "line"))).toBe(true);
  }
  // the same colour: the form alone tells them apart
  expect(armKey("ae:x").getAttribute("style")).toBe(armKey("sr:x:g:ddim-20").getAttribute("style"));
});

test("the key to the levels has the very colours of the budget's parts", () => {
  const budget = bandBudget(bandStatistics(rows, "band_mse", "i"), {width: 700, arms});
  const fills = new Set([...budget.querySelectorAll("rect[data-band]")].map((rect) => rect.getAttribute("fill")));
  const keys = [...levelLegend("").querySelectorAll(".dot")].map(
    (dot) => /background-color: (.*)/.exec(dot.getAttribute("style")!)![1]
  );
  expect(new Set(keys)).toEqual(fills);
});

test("losses by level are ranges over its bands, and said to fall only where they do", () => {
  const paired = {LL3: 40, LH3: 30, HL3: 28, HH3: 27, LH2: 22, HL2: 21, HH2: 20, LH1: 19, HL1: 19, HH1: 19};
  const mispaired = {LL3: 10, LH3: 12, HL3: 13, HH3: 11, LH2: 17, HL2: 17, HH2: 17, LH1: 17, HL1: 16, HH1: 18.5};
  const losses = levelLosses(paired, mispaired);
  expect(losses.map(({name, least, most}) => [name, least, most])).toEqual([
    ["LL3", 30, 30],
    ["level 3", 15, 18],
    ["level 2", 3, 5],
    ["level 1", 0.5, 3]
  ]);
  expect(lossSentence(losses)).toContain(
    "LL3 loses 30.0 dB, level 3 loses 15.0 to 18.0, level 2 loses 3.0 to 5.0, level 1 loses 0.5 to 3.0."
  );
  expect(lossSentence(losses)).toContain("the finest bands lose least");
  expect(lossSentence(levelLosses({...paired, HH1: 60}, mispaired))).not.toContain("lose least");
});

test("at the largest possible p a published row meets the bound with equality", () => {
  const list = parsevalRows(published);
  expect(list.length).toBeGreaterThan(3);
  for (const row of list) {
    const {largestPeak} = parsevalVerdict(row, 0.7, [0.5, 0.9]);
    expect(largestPeak).toBeLessThan(1);
    expect(row.worst + 20 * Math.log10(largestPeak)).toBeCloseTo(row.ll3, 10);
    // derived: PSNR_LL3 ≥ PSNR + 20·log₁₀ p
    expect(largestPeak).toBeCloseTo(10 ** ((row.ll3 - row.worst) / 20), 12);
    const at = (peak: number) => parsevalVerdict(row, peak, [peak, peak]);
    expect(at(largestPeak * 0.999)).toMatchObject({possible: true, within: "possible"});
    expect(at(largestPeak * 1.001)).toMatchObject({possible: false, within: "impossible"});
    expect(parsevalVerdict(row, 0.7, [largestPeak * 0.9, largestPeak * 1.1]).within).toBe("some");
  }
});

test("the table of the bound says at which p, and flags what no p of the site makes possible", () => {
  const table = parsevalTable(published, 0.7, [0.44, 0.95]);
  const found = [...table.querySelectorAll("tbody tr")];
  found.forEach((row, i) => {
    const {worst, ll3} = parsevalRows(published)[i];
    const largest = 10 ** ((ll3 - worst) / 20);
    const text = row.lastElementChild!.textContent!;
    expect(row.children[6].textContent).toBe(largest.toFixed(2));
    expect(text.includes("impossible at p = 0.70")).toBe(largest < 0.7);
    expect(row.getAttribute("data-within") === "impossible").toBe(largest < 0.44);
  });
});

test("the matrix of pairs has a key to its colour, and names sets as elsewhere", () => {
  const sets = [
    {id: "knee", label: "Knee MRI (simulated)"},
    {id: "cxr", label: "Chest X-ray (simulated)"}
  ];
  const images = ["a", "b", "c", "d"].map((id, i) => ({id, set: sets[i >> 1].id}));
  const r = images.map((_, i) => images.map((_, j) => (i === j ? 0.9 : -0.5)));
  const chart = pairingMatrix({images, order: [0, 1, 2, 3]}, r, {width: 400, mispaired: false, sets});
  expect(chart.textContent).toContain("Knee MRI");
  expect(chart.textContent).not.toContain("cxr");
  const steps = [...chart.querySelectorAll(".colour-key rect[fill-opacity]")].map((rect) =>
    Number(rect.getAttribute("fill-opacity"))
  );
  expect([steps[0], steps.at(-1)]).toEqual([0, 1]);
  expect(likeness(0.9)).toBeCloseTo(0.81, 12);
  expect(likeness(-0.5)).toBe(0);
  expect([...shortNames(sets).values()]).toEqual(["Knee MRI", "Chest X-ray"]);
  expect([...shortNames([...sets, {id: "x", label: "Mine"}]).values()]).toEqual([
    "Knee MRI (simulated)",
    "Chest X-ray (simulated)",
    "Mine"
  ]);
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
