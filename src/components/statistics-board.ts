import {type BlandAltmanResult, blandAltman} from "../measures/statistics/index.js";
import {type Level, levels} from "../measures/studies/levels.js";
import type {SetPair} from "../measures/studies/pairs.js";
import {studyResampling} from "../measures/studies/resampling.js";
import type {ResultRow} from "../measures/studies/rows.js";
import {type AgreementPoint, agreementDomain, agreementPlot} from "./agreement-plot.js";
import {convention, onConvention, testFor} from "./convention.js";
import {differenceSwarm, pairKey} from "./difference-swarm.js";
import {element} from "./dom.js";
import {figure} from "./figure.js";
import {forestPlot, pooledText} from "./forest-plot.js";
import {grouped, signed} from "./format.js";
import {armColour} from "./palette.js";
import {responsive} from "./responsive.js";
import {dropdown, segmented} from "./segmented.js";
import type {Published, SiteIndex} from "./site-data.js";
import {
  brightness,
  compareEverywhere,
  type DatasetComparison,
  publishedBiases,
  publishedGap
} from "./statistics-compare.js";
import {type StatisticsMeasure, statisticsMeasure, statisticsQuantities} from "./statistics-measures.js";
import {statisticsRowsOf, statisticsTable} from "./statistics-table.js";
import {armDropdown, mainPair, numberField} from "./study-controls.js";
import type {StudyResults, StudyTable} from "./study-data.js";
import {studyFacts} from "./study-facts.js";
import {picturesOf, studyImagePanel} from "./study-image-panel.js";
import {fromUrl, toUrl} from "./url-state.js";

export interface StatisticsBoardOptions {
  readonly results: StudyResults;
  /** Each table is asked for once, when a measure of it is wanted. */
  readonly rows: (table: StudyTable) => Promise<readonly ResultRow[]>;
  readonly published: Published;
  /** The images that this site can show. */
  readonly index: SiteIndex | null;
}

const levelOptions = [
  {value: "image", label: "image"},
  {value: "patient", label: "patient"},
  {value: "cluster", label: "cluster"}
];

const levelMeaning: Readonly<Record<Level, string>> = {
  image:
    "Every image counts by itself, as in the published study. Slices of one patient are alike, so intervals and p-values come out too small.",
  patient:
    "Each patient counts once, with the mean of its images: tests, effect sizes and intervals are over patients.",
  cluster:
    "The mean is over images; its interval comes from drawing whole patients with all their images. Tests and effect sizes are over patients’ means."
};

/** Of the shaded intervals, which stand nowhere else: two drawings in a tenth of a second. */
const agreementResamples = 2000;

/** Everything that the page Statistics shows of a study. Its state stands in the address. */
export async function statisticsBoard({results, rows, published, index}: StatisticsBoardOptions): Promise<HTMLElement> {
  const ids = results.arms.map(({id}) => id);
  const main = mainPair(results);
  const armA = armDropdown(results, {label: "A", value: fromUrl("a", main.a, ids)});
  const armB = armDropdown(results, {label: "B", value: fromUrl("b", main.b, ids)});
  const swap = element("button", {type: "button", class: "plain", title: "Exchange A and B"}, "A ⇄ B");
  const quantityIds = statisticsQuantities.map(({id}) => id);
  const quantity = dropdown(
    statisticsQuantities.map(({id, label}) => ({value: id, label})),
    {label: "Measure", value: fromUrl("measure", "psnr", quantityIds)}
  );
  const level = segmented(levelOptions, {
    label: "One observation is an",
    value: fromUrl("level", testFor(convention()).level, levels)
  });
  const seed = dropdown(
    [
      {value: "", label: "mean over seeds"},
      ...results.seeds.map((one) => ({value: String(one), label: `seed ${one}`}))
    ],
    {label: "Seed of the noise", value: fromUrl("seed", "", results.seeds.map(String))}
  );
  const margin = numberField({label: "Equivalence margin ±", value: null, min: 0, step: 0.001});
  const said = element("p", {class: "keys"});
  const agreementOf = segmented(
    [
      {value: "brightness", label: "each arm with HR, mean grey"},
      {value: "measure", label: "A with B, this measure"}
    ],
    {label: "Agreement of", value: fromUrl("agreement", "brightness", ["brightness", "measure"])}
  );
  const agreementSet = dropdown(
    [{value: "", label: "all datasets"}, ...results.sets.map(({id, label}) => ({value: id, label}))],
    {
      label: "Images",
      value: fromUrl(
        "set",
        "",
        results.sets.map(({id}) => id)
      )
    }
  );

  let measure: StatisticsMeasure;
  let limit: number | null = null;
  let found: readonly DatasetComparison[] = [];
  let fidelity: readonly ResultRow[] = [];
  let hallucination: readonly ResultRow[] | null = null;
  let own: readonly ResultRow[] = [];
  // the address has the image's name, as on every page; a chart knows it by dataset and name
  const asked = results.images.find(({id}) => id === fromUrl("image", ""));
  let selected = asked === undefined ? "" : pairKey({set: asked.set, image: asked.id});
  const chosenSeed = () => (seed.value === "" ? undefined : Number(seed.value));
  const arm = (id: string) => results.arms.find((one) => one.id === id)!;
  const used = () => (found[0]?.comparison.level ?? level.value) as Level;

  const swarm = responsive((width) => drawSwarm(width));
  const forest = responsive((width) => drawForest(width));
  const agreement = responsive((width) => drawAgreement(width));
  const table = element("div", {});
  const panel = element("div", {class: "panel-holder", "aria-live": "polite"});

  const select = ({set, image}: {readonly set: string; readonly image: string}, from?: Element) => {
    selected = pairKey({set, image});
    toUrl({image});
    mark();
    drawPanel();
    // a chart further down: bring the numbers into view
    if (from !== undefined && panel.getBoundingClientRect().bottom < 40) panel.scrollIntoView({block: "nearest"});
  };
  const mark = () => {
    for (const svg of board.querySelectorAll("svg")) {
      (svg as unknown as {setPoint?(key: string | null): void}).setPoint?.(selected === "" ? null : selected);
    }
  };

  function drawSwarm(width: number): Node {
    const lanes = found
      .filter(({id}) => id !== "pooled")
      .map(({id, label, pairs, comparison}) => ({
        set: id,
        label,
        pairs,
        estimate: comparison.difference,
        interval: comparison.bootstrap.percentile
      }));
    if (lanes.length === 0) return nothing();
    const chart = differenceSwarm(lanes, {
      width,
      a: arm(armA.value),
      b: arm(armB.value),
      measure,
      margin: limit,
      onSelect: (pair: SetPair) => select(pair)
    });
    chart.setPoint(selected === "" ? null : selected);
    const estimateOf = {image: "mean over images", patient: "mean over patients", cluster: "mean over images"}[used()];
    return figure(chart, {
      name: `differences-${measure.key}`,
      title: `${measure.label}, B − A: every image`,
      subtitle: swatchesOf(),
      caption: `A dot is one image${chosenSeed() === undefined ? " (mean over the seeds)" : ""}, in the colour of the arm that is ${measure.better === null ? "higher" : "better"}; the shape behind is their density. Diamond and line: ${estimateOf}, 95 % bootstrap interval.${limit === null ? "" : ` Grey: ±${limit} ${measure.unit}, the margin of equivalence.`} ${measure.meaning}`,
      rows: found
        .filter(({id}) => id !== "pooled")
        .flatMap(({label, pairs}) =>
          pairs.map(({image, patient, a, b}) => ({
            dataset: label,
            image,
            patient: patient === null ? null : patient.slice(patient.indexOf(" ") + 1),
            A: Number(a.toPrecision(7)),
            B: Number(b.toPrecision(7)),
            "B − A": Number((b - a).toPrecision(7))
          }))
        )
    });
  }

  function swatchesOf(): HTMLElement {
    return element(
      "span",
      {class: "swatches"},
      ...(
        [
          ["A", armA.value],
          ["B", armB.value]
        ] as const
      ).map(([name, id]) =>
        element(
          "span",
          {class: "item"},
          element("span", {class: "dot", style: `background: ${armColour(id)}`, "aria-hidden": "true"}),
          `${name}: ${arm(id).label}`
        )
      )
    );
  }

  function drawForest(width: number): Node {
    if (found.length === 0) return element("span");
    const forestRows = found.map((one) => ({
      label: one.label,
      estimate: one.comparison.difference,
      interval: one.comparison.bootstrap.percentile,
      nImages: one.comparison.nImages,
      nPatients: one.comparison.nPatients,
      pooled: one.id === "pooled",
      published:
        one.id === "pooled"
          ? null
          : publishedGap(results, published, {set: one.id, a: armA.value, b: armB.value, measure: measure.key})
    }));
    const withPublished = forestRows.some((row) => row.published !== null);
    return figure(forestPlot(forestRows, {width, measure, margin: limit}), {
      name: `forest-${measure.key}`,
      title: `${measure.label}, B − A: dataset by dataset`,
      caption: `Mean difference with its 95 % bootstrap interval (percentile, ${grouped(studyResampling.resamples)} resamples); ${
        {
          image: "images are drawn, each for itself",
          patient: "patients are drawn, each with the mean of its images",
          cluster: "patients are drawn, each with all its images"
        }[used()]
      }.${found.length > 1 ? ` ${pooledText(used())}` : ""}${withPublished ? ` Red ring: what the study reports (arXiv ${published.citation.arxiv}) on a dataset of the same anatomy, other images and larger autoencoders.` : ""}`,
      rows: forestRows.map((row, i) => ({
        dataset: found[i].label,
        "n images": row.nImages,
        "n patients": row.nPatients,
        "B − A": row.estimate === null ? null : Number(row.estimate.toPrecision(6)),
        "interval, low": row.interval === null ? null : Number(row.interval[0].toPrecision(6)),
        "interval, high": row.interval === null ? null : Number(row.interval[1].toPrecision(6)),
        published: row.published?.value ?? null
      }))
    });
  }

  function drawTable(): void {
    table.replaceChildren();
    if (found.length === 0) return;
    const columns = found.map(({id, label, sets, comparison, leftOut}) => ({
      id,
      label,
      comparison,
      leftOut,
      facts: studyFacts(results, {
        arms: [armA.value, armB.value],
        sets,
        seed: chosenSeed(),
        nImages: comparison.nImages,
        nPatients: comparison.nPatients
      })
    }));
    table.replaceChildren(
      figure(statisticsTable(columns, {measure, margin: limit}), {
        name: `statistics-${measure.key}`,
        title: `${measure.label}, B − A: statistics by name`,
        caption:
          "d, d_z, h and the rank-biserial correlation are four different effect sizes. No difference found is not equivalence: that is what TOST, two one-sided tests against a margin fixed beforehand, is for.",
        rows: statisticsRowsOf(columns, {measure, margin: limit})
      })
    );
  }

  function drawAgreement(width: number): Node {
    const sets = agreementSet.value === "" ? results.sets.map(({id}) => id) : [agreementSet.value];
    const clustered = level.value !== "image";
    const compute = (points: readonly {first: number; second: number; patient: string | null}[]): BlandAltmanResult =>
      blandAltman(
        points.map(({second}) => second),
        points.map(({first}) => first),
        {
          patients:
            clustered && points.every(({patient}) => patient !== null)
              ? points.map(({patient}) => patient!)
              : undefined,
          seed: studyResampling.seed,
          resamples: agreementResamples
        }
      );
    const onSelect = (point: AgreementPoint) => select(point, agreement);
    const bands = (result: BlandAltmanResult) =>
      `Solid: bias; dashed: limits of agreement, bias ± 1.96 SD; shaded: their 95 % intervals${result.clustered === null ? "" : `, patients resampled ${grouped(agreementResamples)} times`}.${sets.length > 1 ? " Short lines: each dataset’s own bias." : ""}`;
    if (agreementOf.value === "measure") {
      const points = found
        .filter(({id}) => sets.includes(id))
        .flatMap(({pairs}) => pairs)
        .map(({set, image, patient, a, b}) => ({set, image, patient, first: a, second: b}));
      if (points.length < 2) return nothing();
      const result = compute(points);
      const unit = measure.unit === "" ? "" : ` (${measure.unit})`;
      const chart = agreementPlot(points, result, {
        width,
        height: 340,
        meanLabel: `Mean of A and B: ${measure.label}${unit}`,
        differenceLabel: `B − A${unit}`,
        firstLabel: "A",
        secondLabel: "B",
        digits: measure.digits,
        colour: "var(--theme-foreground-muted)",
        sets: results.sets,
        onSelect
      });
      chart.setPoint(selected === "" ? null : selected);
      return figure(chart, {
        name: `bland-altman-${measure.key}`,
        title: `Bland–Altman: ${measure.label} of A and B`,
        caption: `A point is an image. ${bands(result)} A slope would say that the advantage depends on how hard the image is.`,
        rows: agreementRows(points, "A", "B")
      });
    }
    const wide = width >= 860;
    const drawings = [armA.value, armB.value].map((id) => {
      const points = brightness(fidelity, {arm: id, sets, seed: chosenSeed()});
      return {id, points, agreement: points.length < 2 ? null : compute(points)};
    });
    const domain = agreementDomain(
      drawings.flatMap(({points, agreement}) => (agreement === null ? [] : [{points, agreement}]))
    );
    return element(
      "div",
      {class: "two"},
      ...drawings.map(({id, points, agreement}, i) => {
        if (agreement === null) return nothing();
        const chart = agreementPlot(points, agreement, {
          width: wide ? Math.floor((width - 48) / 2) : width,
          meanLabel: "Mean of output and HR (grey level)",
          differenceLabel: "output − HR (grey level)",
          firstLabel: "HR, mean grey",
          secondLabel: "output, mean grey",
          digits: 4,
          colour: armColour(id),
          domain,
          sets: results.sets,
          onSelect
        });
        chart.setPoint(selected === "" ? null : selected);
        return figure(chart, {
          name: `bland-altman-brightness-${i === 0 ? "a" : "b"}`,
          title: `Bland–Altman: mean grey level, ${i === 0 ? "A" : "B"} with HR`,
          subtitle: arm(id).label,
          caption: `A point is an image. ${bands(agreement)} ${publishedBias(id, sets)}`,
          rows: agreementRows(points, "HR", "output")
        });
      })
    );
  }

  function publishedBias(id: string, sets: readonly string[]): string {
    const texts = publishedBiases(results, published, {arm: id, sets}).map(
      ({value, label}) => `${signed(value, 4)} (${label})`
    );
    return texts.length === 0
      ? ""
      : `The study’s biases, of outputs compared for the most part with another patient’s image: ${texts.join(", ")}.`;
  }

  function drawPanel(): void {
    const at = selected.indexOf(" ");
    const [set, image] = [selected.slice(0, at), selected.slice(at + 1)];
    if (at < 0 || !results.images.some((one) => one.set === set && one.id === image)) {
      panel.replaceChildren(
        element(
          "p",
          {class: "hint"},
          "Choose a dot, with a click or by keyboard: that image’s numbers in all arms appear here."
        )
      );
      return;
    }
    if (hallucination === null) {
      // fetched for the first image that is looked at
      hallucination = [];
      void rows("hallucination").then((found) => {
        hallucination = found;
        drawPanel();
      });
    }
    const shown = [
      {measure, rows: own},
      ...["psnr", "ssim"]
        .map((id) => ({measure: statisticsMeasure(id, convention(), "ae"), rows: fidelity}))
        .filter((one) => one.measure.key !== measure.key),
      ...["rate"]
        .map((id) => ({measure: statisticsMeasure(id, convention()), rows: hallucination ?? []}))
        .filter((one) => one.measure.key !== measure.key && one.rows.length > 0)
    ];
    panel.replaceChildren(
      studyImagePanel({
        results,
        set,
        image,
        a: armA.value,
        b: armB.value,
        measures: shown,
        seed: chosenSeed(),
        pictures: picturesOf(index, image, [armA.value, armB.value])
      })
    );
  }

  function nothing(): HTMLElement {
    return element(
      "p",
      {class: "note-simulated"},
      `No image has “${measure.label}” in both arms. ${measure.meaning} Choose another measure, or other arms.`
    );
  }

  let turn = 0;
  async function update(): Promise<void> {
    const mine = ++turn;
    const [a, b] = [arm(armA.value), arm(armB.value)];
    // a self-referential PSNR exists between SR outputs only
    measure = statisticsMeasure(quantity.value, convention(), a.kind === b.kind ? a.kind : "mixed");
    const wanted = await Promise.all([rows(measure.table), rows("fidelity")]);
    if (mine !== turn) return;
    [own, fidelity] = wanted;
    limit = margin.value ?? measure.margin;
    const input = margin.querySelector("input")!;
    input.placeholder = measure.margin === null ? "none" : String(measure.margin);
    found = compareEverywhere(results, own, {
      a: a.id,
      b: b.id,
      measure,
      level: level.value as Level,
      alternative: testFor(convention()).alternative,
      margin: limit,
      seed: chosenSeed(),
      resamples: studyResampling.resamples
    });
    const unknown = level.value !== "image" && used() === "image" && found.length > 0;
    said.textContent = `${levelMeaning[level.value as Level]}${unknown ? " Here patients are not known, so images count." : ""}`;
    toUrl({
      a: a.id === main.a ? null : a.id,
      b: b.id === main.b ? null : b.id,
      measure: quantity.value === "psnr" ? null : quantity.value,
      level: level.value === testFor(convention()).level ? null : level.value,
      seed: seed.value === "" ? null : seed.value,
      margin: margin.value === null ? null : String(margin.value),
      agreement: agreementOf.value === "brightness" ? null : agreementOf.value,
      set: agreementSet.value === "" ? null : agreementSet.value
    });
    swarm.redraw();
    forest.redraw();
    drawTable();
    agreement.redraw();
    drawPanel();
  }

  const askedMargin = Number(fromUrl("margin", ""));
  if (askedMargin > 0) margin.value = askedMargin;
  swap.addEventListener("click", () => {
    [armA.value, armB.value] = [armB.value, armA.value];
    void update();
  });
  for (const control of [armA, armB, quantity, level, seed, margin]) {
    control.addEventListener("input", () => void update());
  }
  for (const control of [agreementOf, agreementSet]) {
    control.addEventListener("input", () => void update());
  }
  const board = element(
    "div",
    {class: "statistics-board"},
    element("div", {class: "controls arms"}, armA, armB, swap),
    element("div", {class: "controls"}, quantity, seed, level, margin),
    said,
    element("h2", {}, "Image by image"),
    element("div", {class: "with-panel"}, swarm, panel),
    element("h2", {}, "Dataset by dataset"),
    forest,
    table,
    element("h2", {}, "Do the two agree?"),
    element("div", {class: "controls"}, agreementOf, agreementSet),
    agreement
  );
  let before = convention();
  onConvention((now) => {
    if (now !== before) {
      before = now;
      level.value = testFor(now).level;
    }
    void update();
  });
  return board;
}

function agreementRows(points: readonly AgreementPoint[], first: string, second: string) {
  return points.map((point) => ({
    dataset: point.set,
    image: point.image,
    [first]: Number(fixedNumber(point.first)),
    [second]: Number(fixedNumber(point.second)),
    mean: Number(fixedNumber((point.first + point.second) / 2)),
    difference: Number(fixedNumber(point.second - point.first))
  }));
}

function fixedNumber(value: number): string {
  return value.toPrecision(6);
}
