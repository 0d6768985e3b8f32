import * as Plot from "@observablehq/plot";
import {fixed} from "./format.js";
import type {SiteScore} from "./site-data.js";

/** Against which innocents a planted lesion has to be told. */
export type Innocents = "against" | "inNoise" | "inBlur";
export const innocents: readonly {readonly value: Innocents; readonly label: string}[] = [
  {value: "against", label: "a lesion against noise or blur"},
  {value: "inNoise", label: "a lesion within noise"},
  {value: "inBlur", label: "a lesion within blur"}
];

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
  const left = width < 460 ? 150 : 196;
  const height = rows.length * rowHeight + 56;
  const known = rows.filter((row) => row.auc !== null);
  const published = (score: string) => score.startsWith("published");
  const svg = Plot.plot({
    width,
    height,
    marginLeft: left,
    marginRight: 40,
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
            text: "score",
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
        x: ({auc}) => auc ?? 0,
        y: (_, i) => i + 0.5,
        text: ({auc}) => (auc === null ? "absent" : fixed(auc, 2)),
        textAnchor: "start",
        dx: 9,
        fill: "var(--theme-foreground-muted)"
      })
    ]
  });
  const document = svg.ownerDocument;
  const make = (name: string) => document.createElementNS("http://www.w3.org/2000/svg", name);
  const group = make("g");
  group.setAttribute("role", "radiogroup");
  group.setAttribute("aria-label", "Measure");
  const marks = rows.map(({score, auc}, i) => {
    const rect = make("rect");
    for (const [name, value] of Object.entries({
      x: 0,
      y: 8 + i * rowHeight,
      width,
      height: rowHeight,
      rx: 2,
      fill: "transparent",
      role: "radio",
      tabindex: -1,
      "aria-checked": "false",
      "aria-label": `${score}: ${auc === null ? "absent" : `AUC ${fixed(auc, 2)}`}`,
      class: "band-row",
      "data-score": score
    })) {
      rect.setAttribute(name, String(value));
    }
    for (const type of ["pointerenter", "click", "focus"]) rect.addEventListener(type, () => onScore(score));
    group.append(rect);
    return rect;
  });
  group.addEventListener("keydown", (event) => {
    const {key, target} = event as KeyboardEvent;
    const step = {ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1}[key];
    if (step === undefined) return;
    event.preventDefault();
    const i = marks.indexOf(target as SVGElement);
    (marks[(i + step + marks.length) % marks.length] as unknown as SVGElement).focus();
  });
  svg.append(group);
  return Object.assign(svg as Element, {
    setScore(score: string): void {
      for (const mark of marks) {
        const is = mark.getAttribute("data-score") === score;
        mark.setAttribute("aria-checked", String(is));
        mark.setAttribute("tabindex", is ? "0" : "-1");
        mark.setAttribute("fill", is ? "var(--theme-foreground-focus)" : "transparent");
        mark.setAttribute("fill-opacity", is ? "0.1" : "1");
      }
    }
  });
}

/** One measure's ROC curve for the three kinds of innocents. */
export function rocChart(score: SiteScore, {width, which}: {width: number; which: Innocents}): Element {
  const side = Math.min(width, 420);
  const curves = innocents.flatMap(({value, label}) =>
    (score[value]?.points ?? []).map(([x, y]) => ({x, y, value, label: `${label}, AUC ${fixed(score[value]!.auc, 2)}`}))
  );
  const order = [...innocents.map(({value}) => value).filter((value) => value !== which), which];
  const dash: Record<Innocents, string | undefined> = {against: undefined, inNoise: "6,3", inBlur: "2,3"};
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
            ...(dash[value] ? {strokeDasharray: dash[value]} : {})
          }
        )
      )
    ]
  });
}
