import * as Plot from "@observablehq/plot";
import {fixed} from "./format.js";
import {withRadioRows} from "./radio-rows.js";
import type {SiteScore} from "./site-data.js";

/** Against which innocents a planted lesion has to be told. */
export type Innocents = "against" | "inNoise" | "inBlur";
export const innocents: readonly {readonly value: Innocents; readonly label: string; readonly meaning: string}[] = [
  {
    value: "inNoise",
    label: "a lesion within noise",
    meaning:
      "HR with noise and the lesion is ranked against the same HR with the same noise: they differ in the lesion only"
  },
  {
    value: "inBlur",
    label: "a lesion within blur",
    meaning: "the same with blur in place of noise"
  },
  {
    value: "against",
    label: "a lesion against noise or blur",
    meaning:
      "HR with the lesion and no other fault is ranked against HR that is noisy or blurred everywhere, which every sum over all pixels finds worse: an AUC near 0 says that the fault is larger, not that the lesion goes unseen"
  }
];

/** The contrast that is shown first: the one in which the lesion is all that differs. */
export const usualInnocents: Innocents = "inNoise";

/** A score as readers meet it: what is the same quantity has the same name on every page. */
export function scoreLabel(score: string): string {
  return score.replace("measurement consistency", "LR consistency");
}

/** Why a score has no curve, as far as its name tells. */
export function absence(score: string): string {
  return score === "MS-SSIM" ? "absent (sides under 176 px)" : "absent";
}

/** A score's area under the curve, best first; those that are absent come last. */
export function ranked(scores: readonly SiteScore[], which: Innocents): {score: string; auc: number | null}[] {
  return scores
    .map((one) => ({score: one.score, auc: one[which]?.auc ?? null}))
    .sort((a, b) => (b.auc ?? -1) - (a.auc ?? -1) || (a.score < b.score ? -1 : 1));
}

const rowHeight = 22;

/** A row a measure, a dot at its AUC. `onScore` tells which was pointed at. `setScore` marks one. */
export function aucChart(
  scores: readonly SiteScore[],
  {width, which, onScore = () => {}}: {width: number; which: Innocents; onScore?: (score: string) => void}
): Element & {setScore(score: string): void} {
  const rows = ranked(scores, which);
  // a letter of the labels is about 6 pixels wide
  const left = 14 + 6 * Math.max(...rows.map(({score}) => scoreLabel(score).length));
  const height = rows.length * rowHeight + 56;
  const known = rows.filter((row) => row.auc !== null);
  const published = (score: string) => score.startsWith("published");
  const svg = Plot.plot({
    width,
    height,
    marginLeft: left,
    marginRight: 54,
    marginTop: 8,
    marginBottom: 44,
    x: {
      domain: [0, 1],
      grid: true,
      label: "Area under the ROC curve →",
      labelAnchor: "right",
      labelOffset: 38,
      ticks: width < 460 ? 3 : 5
    },
    y: {type: "linear", domain: [0, rows.length], range: [8, 8 + rows.length * rowHeight], axis: null},
    marks: [
      Plot.ruleX([0.5], {stroke: "var(--theme-foreground-faint)", strokeDasharray: "4,3"}),
      ...[true, false].map((bold) =>
        Plot.text(
          rows.flatMap((row, i) => (published(row.score) === bold ? [{...row, i}] : [])),
          {
            x: 0,
            y: ({i}) => i + 0.5,
            text: ({score}) => scoreLabel(score),
            textAnchor: "end",
            dx: -8,
            fill: "var(--theme-foreground)",
            fontWeight: bold ? 700 : 400
          }
        )
      ),
      Plot.ruleY(known, {
        x1: 0.5,
        x2: "auc",
        y: (d) => rows.indexOf(d) + 0.5,
        stroke: "var(--theme-foreground-fainter)",
        strokeWidth: 3
      }),
      Plot.dot(known, {
        x: "auc",
        y: (d) => rows.indexOf(d) + 0.5,
        r: 4.5,
        fill: ({score}) => (published(score) ? "var(--theme-red)" : "var(--theme-foreground-focus)")
      }),
      Plot.text(rows, {
        frameAnchor: "right",
        y: (_, i) => i + 0.5,
        text: ({auc}) => (auc === null ? "" : fixed(auc, 2)),
        textAnchor: "end",
        dx: 50,
        fill: "var(--theme-foreground-muted)"
      }),
      // where there is no dot there is room for the reason
      Plot.text(
        rows.flatMap((row, i) => (row.auc === null ? [{...row, i}] : [])),
        {
          x: 0,
          y: ({i}) => i + 0.5,
          text: ({score}) => absence(score),
          textAnchor: "start",
          dx: 4,
          fill: "var(--theme-foreground-muted)"
        }
      )
    ]
  });
  const setScore = withRadioRows(svg, {
    label: "Measure",
    rows: rows.map(({score, auc}, i) => ({
      key: score,
      top: 8 + i * rowHeight,
      height: rowHeight,
      label: `${scoreLabel(score)}: ${auc === null ? absence(score) : `AUC ${fixed(auc, 2)}`}`
    })),
    width,
    attribute: "data-score",
    onRow: onScore
  });
  return Object.assign(svg as Element, {setScore});
}

/** How each contrast's curve is drawn, and the word for it. */
export const dashes: Readonly<Record<Innocents, {readonly dash?: string; readonly word: string}>> = {
  inNoise: {word: "Solid"},
  inBlur: {dash: "2,3", word: "Dotted"},
  against: {dash: "6,3", word: "Dashed"}
};

/** One measure's ROC curve for the three kinds of innocents. */
export function rocChart(score: SiteScore, {width, which}: {width: number; which: Innocents}): Element {
  const side = Math.min(width, 420);
  const curves = innocents.flatMap(({value, label}) =>
    (score[value]?.points ?? []).map(([x, y]) => ({x, y, value, label: `${label}, AUC ${fixed(score[value]!.auc, 2)}`}))
  );
  const order = [...innocents.map(({value}) => value).filter((value) => value !== which), which];
  return Plot.plot({
    width: side,
    height: side,
    marginLeft: 44,
    marginTop: 30,
    marginBottom: 44,
    x: {domain: [0, 1], label: "False positive rate →", labelAnchor: "right", labelOffset: 38, ticks: 5, grid: true},
    y: {domain: [0, 1], label: null, ticks: 5, grid: true},
    marks: [
      Plot.text(["↑ True positive rate"], {frameAnchor: "top-left", textAnchor: "start", dx: -40, dy: -22}),
      Plot.line(
        [
          [0, 0],
          [1, 1]
        ],
        {stroke: "var(--theme-foreground-faint)", strokeDasharray: "4,3"}
      ),
      ...order.map((value) =>
        Plot.line(
          curves.filter((point) => point.value === value),
          {
            x: "x",
            y: "y",
            stroke: value === which ? "var(--theme-foreground-focus)" : "var(--theme-foreground-muted)",
            strokeWidth: value === which ? 2.6 : 1.4,
            ...(dashes[value].dash ? {strokeDasharray: dashes[value].dash} : {})
          }
        )
      )
    ]
  });
}
