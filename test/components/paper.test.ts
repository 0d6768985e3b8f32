import {readFileSync} from "node:fs";
import {fileURLToPath} from "node:url";
import {csvParse} from "d3-dsv";
import {beforeAll, describe, expect, test} from "vitest";
import {claimCards} from "../../src/components/claim-cards.js";
import {claimsOf as claims} from "../../src/components/paper-data.js";
import {claimsOf, paperRows, readingTolerance} from "../../src/components/paper-rows.js";
import {digitsOf, filterPaper, paperCsv, paperLatex} from "../../src/components/paper-table.js";
import {signedRange} from "../../src/components/signed-range.js";
import type {OverviewGap, OverviewRow, Published} from "../../src/components/site-data.js";
import {cohensD} from "../../src/measures/statistics/index.js";
import {countedWords} from "../../src/measures/studies/claims.js";
import {gap} from "../../src/measures/studies/gaps.js";
import {armMean} from "../../src/measures/studies/means.js";
import {imageValues} from "../../src/measures/studies/rows.js";
import {studyFixture} from "../support/study-fixture.js";
import {withDocument} from "./svg.js";

beforeAll(withDocument);

const published = JSON.parse(
  readFileSync(fileURLToPath(new URL("../../data/published.json", import.meta.url)), "utf8")
) as Published;
const nothing = {study: null, overview: [], gaps: []};
const study = studyFixture();
const withStudy = paperRows(published, {...nothing, study}, {resamples: 50});
const of = (measure: string, dataset: string, arm?: string) =>
  withStudy.find(
    ({published: row}) => row.measure === measure && row.dataset === dataset && (!arm || row.arm === arm)
  )!;

describe("paperRows", () => {
  test("has every published number once, each with a number of ours or a reason for there being none", () => {
    for (const rows of [paperRows(published, nothing), withStudy]) {
      expect(rows.map(({published: row}) => row)).toEqual(published.values);
      for (const {ours, reasons, difference, published: row} of rows) {
        expect(reasons.length, row.measure).toBeGreaterThan(0);
        expect(difference === null).toBe(ours === null);
        if (ours !== null) expect(difference).toBeCloseTo(ours.value - row.value, 12);
      }
    }
  });

  test("takes the mean over patients of the arm with the same domain and geometry", () => {
    const own = of("psnr", "brats", "ae:sdvae").ours!;
    const expected = armMean(study.rows, {set: "simulated-brain", arm: "ae:natural-f8c4", measure: "psnr"});
    expect(own.value).toBeCloseTo(expected.mean!, 12);
    expect([own.images, own.patients]).toEqual([24, 12]);
  });

  test("compares self-referential numbers with self-referential ones, paired by image", () => {
    const {ours} = withStudy.find(
      ({published: row}) =>
        row.measure === "psnr_gap" && row.dataset === "mrnet" && row.convention === "self-referential"
    )!;
    const arms = study.results.arms.filter(({kind}) => kind === "sr").map(({id}) => id);
    const [a, b] = ["natural-f8c4", "medical-f4c3"].map((name) => arms.find((id) => id.startsWith(`sr:${name}:x0`))!);
    const expected = gap(study.rows, {set: "simulated-knee", a, b, measure: "self_psnr"}, {resamples: 50, seed: 1})!;
    expect(ours!.value).toBeCloseTo(expected.mean, 12);
    const other = gap(study.rows, {set: "simulated-knee", a, b, measure: "psnr"}, {resamples: 50, seed: 1})!;
    expect(Math.abs(ours!.value - other.mean)).toBeGreaterThan(1e-6);
  });

  test("sets numbers of a mispaired source beside ours that are mispaired in the same way, and says so", () => {
    const row = of("band_psnr", "mimic-cxr", "sr:medvae-4-3");
    expect(row.mispaired).toBe(true);
    expect(row.ours!.pairing).toBe("published-bug");
    expect(row.reasons[0]).toContain("images of different patients");
    expect(of("psnr", "mimic-cxr", "sr:medvae-4-3").ours!.pairing).toBe("correct");
  });

  test("takes Cohen's d from pooled SDs, as the study did", () => {
    const own = of("cohens_d", "brats").ours!;
    const values = (name: string) => {
      const {id} = study.results.arms.find((arm) => arm.id.startsWith(`sr:${name}:x0`))!;
      return imageValues(study.rows, {set: "simulated-brain", arm: id, measure: "self_psnr"}).map(({value}) => value!);
    };
    expect(own.value).toBeCloseTo(cohensD(values("medical-f4c3"), values("natural-f8c4"))!, 12);
  });

  test("takes the ladder's steps from the autoencoders that differ in one thing", () => {
    const sum = ["capacity_domain", "capacity_resolution", "capacity_capacity"].reduce(
      (total, measure) => total + of(measure, "mrnet").ours!.value,
      0
    );
    const whole = withStudy.find(
      ({published: row}) => row.measure === "psnr_gap" && row.dataset === "mrnet" && row.convention === "true-HR"
    )!;
    expect(sum).toBeCloseTo(whole.ours!.value, 10);
  });

  test("takes the sweep of seeds from trainings where there are several, else from draws of the noise", () => {
    const own = of("klf4_seed_sweep_sd", "mrnet").ours!;
    expect(own.arms).toMatch(/seeds of the sampling noise$/);
    const {results, rows} = study;
    const arm = results.arms.find(({id}) => id.startsWith("sr:natural-f4c3:x0"))!;
    const again = {...arm, id: "again", generator: "x0-again"};
    const generator = results.generators.find((one) => one.id === "x0" && one.autoencoder === "natural-f4c3")!;
    const withAgain = (images: string) => ({
      results: {
        ...results,
        arms: [...results.arms, again],
        generators: [
          ...results.generators,
          {...generator, id: "x0-again", trainingSeed: 2, training: {...generator.training, images}}
        ]
      },
      // every image 1 dB better
      rows: [
        ...rows,
        ...rows.filter((row) => row.arm === arm.id).map((row) => ({...row, arm: "again", psnr: Number(row.psnr) + 1}))
      ]
    });
    const sweep = (images: string) =>
      paperRows(published, {...nothing, study: withAgain(images)}, {resamples: 50}).filter(
        ({published: row}) => row.measure.startsWith("klf4_seed_sweep") && row.dataset === "mrnet"
      );
    const [mean, sd] = sweep(generator.training.images).map(({ours}) => ours!);
    const first = armMean(rows, {set: "simulated-knee", arm: arm.id, measure: "psnr"}).mean!;
    expect(mean.value).toBeCloseTo(first + 0.5, 10);
    expect(sd.value).toBeCloseTo(Math.SQRT1_2, 10);
    expect(mean.arms).toMatch(/2 trainings/);
    // one on other images is another generator, not the same with another seed
    expect(sweep("others")[1].ours!.value).toBe(own.value);
  });

  test("says whether the published number lies in our interval, give or take the reading", () => {
    for (const {ours, within, published: row, tolerance} of withStudy) {
      if (ours?.interval == null) expect(within).toBe(null);
      else {
        const [low, high] = ours.interval;
        expect(within).toBe(row.value + (tolerance ?? 0) >= low && row.value - (tolerance ?? 0) <= high);
      }
    }
  });

  test("without a study has what the site measured of autoencoders alone", () => {
    const common = {anatomy: "knee", set: "knee", label: "Knee", sd: 1, n: 6, patients: 6, simulated: true, seeds: "1"};
    const overview: OverviewRow[] = [
      {
        ...common,
        arm: "ae:natural-f8c4",
        armLabel: "Natural",
        mean: 25,
        low: 23.9,
        high: 26,
        engine: "wasm",
        date: null,
        weights: "ab",
        training: null,
        artefact: "cd",
        moreArtefacts: 5
      }
    ];
    const gaps: OverviewGap[] = [
      {
        ...common,
        a: "ae:natural-f8c4",
        b: "ae:natural-f4c3",
        labelA: "A",
        labelB: "B",
        mean: 3,
        low: 2,
        high: 4,
        engine: "wasm",
        date: null,
        artefact: "ef"
      }
    ];
    const rows = paperRows(published, {study: null, overview, gaps});
    const ours = rows.filter((row) => row.ours !== null);
    expect(ours.map(({published: row, ours: own}) => [row.measure, row.dataset, row.arm, own!.value])).toEqual([
      ["psnr", "mrnet", "ae:sdvae", 25],
      ["geometry_AE_gain_SDVAE_to_KLf4", "mrnet", undefined, 3]
    ]);
    expect(ours[0].within).toBe(true); // 23.92 ± 0.005 against 23.9 to 26
    expect(ours[0].reasons.join()).toContain("simulated");
  });
});

describe("readingTolerance", () => {
  test.each([
    ["fig1", "psnr", 22.341, 0.001],
    ["fig1", "lpips", 0.1731, 0.0001],
    ["fig1", "psnr_gap", 2.91, 0.005],
    ["fig3", "band_psnr", 14.51, 0.04],
    ["fig3", "radial_log_power", 4.21, 0.05],
    ["fig4", "hallucination_rate", 0.2477, 0.0007],
    ["fig6", "cohens_d", 1.8584, 0.001],
    ["fig6", "psnr_median", 25.196, 0.005],
    ["fig6", "bland_altman_bias", -0.00872, 0.00005],
    ["revision", "capacity_domain", 0.95, 0.01],
    ["fig_ae_ceiling_correlation", "psnr", 23.92, 0.005]
  ])("of %s, %s is what its source says", (source, measure, value, expected) => {
    const {precision} = published.sources[source];
    expect(readingTolerance({measure, value} as never, precision)).toBeCloseTo(expected, 9);
  });

  test("is known for every number", () => {
    for (const row of published.values) {
      expect(readingTolerance(row, published.sources[row.source].precision), JSON.stringify(row)).toBeGreaterThan(0);
    }
  });
});

test("every claim has numbers, and filters find them", () => {
  for (const n of [1, 2, 3, 4, 5, 6]) {
    const rows = filterPaper(withStudy, {claim: String(n), dataset: "all", measure: "all"});
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every(({published: row}) => claimsOf(row).includes(n))).toBe(true);
  }
  const knee = filterPaper(withStudy, {claim: "5", dataset: "mrnet", measure: "all"});
  expect(knee.some(({published: row}) => row.measure === "ceiling_fit_R2")).toBe(true);
});

test("R² has three digits, as on every page", () => {
  expect(published.values.filter(({measure}) => measure === "ceiling_fit_R2").map(digitsOf)).toEqual([3]);
});

test("CSV keeps all digits, LaTeX has a row a number", () => {
  const rows = filterPaper(withStudy, {claim: "4", dataset: "all", measure: "all"});
  const parsed = csvParse(paperCsv(rows, published));
  expect(parsed.map((row) => Number(row.ours))).toEqual(rows.map(({ours}) => ours!.value));
  expect(parsed.every((row) => row["mispaired source"] === "yes")).toBe(true);
  const latex = paperLatex(rows, published);
  expect(latex.split("\n").filter((line) => / \\\\$/.test(line)).length).toBe(rows.length + 1);
  expect(latex).toContain("\\dagger");
  expect(latex).not.toMatch(/[“”’−±²]/);
});

describe("claim cards", () => {
  test("have the computed verdict, the mispaired numbers and the caution", () => {
    const list = claims(published, study, {resamples: 50});
    const node = claimCards(list, published, study);
    expect([...node.querySelectorAll("article")].map((card) => card.getAttribute("data-outcome"))).toEqual(
      list.map(({outcome}) => outcome)
    );
    expect(node.querySelector("#claim-2")!.textContent).toContain("images of different patients");
    expect(node.querySelector("#claim-1")!.textContent).toContain("Ours, mispaired");
  });

  test("say in the verdict how many numbers agree and in what, and print signs at both ends of an interval", () => {
    const list = claims(published, study, {resamples: 50});
    const node = claimCards(list, published, study);
    for (const claim of list) {
      const text = node.querySelector(`#claim-${claim.number} .verdict`)!.textContent!;
      expect(text).toMatch(/^[A-Z][a-z ]+: /);
      expect(text.endsWith(` ${countedWords(claim)}.`)).toBe(true);
    }
    const {parts} = list[0];
    [...node.querySelectorAll("#claim-1 tbody tr")].forEach((row, i) => {
      const {low, high} = parts[i].ours!;
      expect(row.querySelectorAll("td")[1].textContent).toContain(signedRange(low!, high!, 2));
    });
    expect(node.textContent).not.toMatch(/−0\.0+(?![\d])/);
  });

  test("name the anatomy where a number is the study's, and our dataset where ours stands", () => {
    const node = claimCards(claims(published, study, {resamples: 50}), published, study);
    const row = node.querySelector("#claim-1 tbody tr")!;
    expect(row.querySelector("th")!.textContent).toBe("Knee, against decode(encode(HR))");
    expect(row.querySelectorAll("td")[1].textContent).toContain("Knee MRI (simulated)");
    expect(row.querySelectorAll("td")[0].textContent).toBe("+2.91 dB");
  });

  test("without a study show what was published and no verdict", () => {
    const node = claimCards(claims(published, null), published, null);
    expect(node.querySelectorAll("article").length).toBe(6);
    expect(node.textContent).toContain("+2.91 dB");
    expect(node.textContent).not.toMatch(/Ours agrees|undefined|NaN/);
  });
});
