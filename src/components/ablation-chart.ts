import * as Plot from "@observablehq/plot";
import {type AblationFactor, type AblationPoint, failureOf} from "../measures/studies/ablation.js";
import {fixed, signed} from "./format.js";
import {type PointChart, withSelectablePoints} from "./selectable-points.js";

export const factorNames: Readonly<Record<AblationFactor, string>> = {
  reference: "Reference",
  steps: "Sampling steps T",
  sampler: "Sampler",
  target: "Prediction target",
  generator: "Generator",
  scaling: "Latent scaling",
  latent: "Latent mean or sample",
  "training seed": "Seed of the training",
  seed: "Seed of the noise"
};

const factorOrder = Object.keys(factorNames) as AblationFactor[];

export interface AblationChartOptions {
  readonly width: number;
  /** The same for every dataset, so that panels can be compared. */
  readonly domain: readonly [number, number];
  readonly margin: number;
  /** Difference between two arms, or what a change does to it. */
  readonly show: "gap" | "change";
  readonly onSelect?: (point: AblationPoint) => void;
}

const rowHeight = 24;
/** What a second line of a label adds. */
const lineHeight = 12;
/** Of a character of a label, on average, px. */
const letter = 6.1;
const indent = 14;
const top = 8;

/** Points in the order of the chart: by factor, as the study tried them. */
export function inOrder(points: readonly AblationPoint[]): AblationPoint[] {
  return [...points].sort((x, y) => factorOrder.indexOf(x.factor) - factorOrder.indexOf(y.factor));
}

/** Where a point stands: within the band and shown to be, within it, or outside; `failed`: it says nothing. */
export function standing({
  factor,
  failed,
  within,
  equivalent
}: AblationPoint): "reference" | "shown" | "within" | "outside" | "failed" {
  if (failed.length > 0) return "failed";
  if (factor === "reference" || within === null) return "reference";
  return within ? (equivalent === true ? "shown" : "within") : "outside";
}

/** The low and high end of what a point's chart row covers. */
export function extent({gap, change}: AblationPoint, show: "gap" | "change"): [number, number, number] {
  if (show === "gap") return [gap.low ?? gap.mean, gap.mean, gap.high ?? gap.mean];
  return change === null ? [0, 0, 0] : [change.low ?? change.mean, change.mean, change.high ?? change.mean];
}

/** The gap of one dataset under every change: a row a change, in groups; the band in which the study found it to stay. */
export function ablationChart(
  points: readonly AblationPoint[],
  {width, domain, margin, show, onSelect = () => {}}: AblationChartOptions
): PointChart<Element> {
  const ordered = inOrder(points);
  const rows: ({head: string} | {point: AblationPoint})[] = [];
  ordered.forEach((point, i) => {
    if (i === 0 || ordered[i - 1].factor !== point.factor) rows.push({head: factorNames[point.factor]});
    rows.push({point});
  });
  // labels have the room that the longest needs, up to two fifths of the chart; what is longer goes on in a second line
  const longest = Math.max(...ordered.map(({value}) => value.length));
  const left = Math.ceil(Math.max(112, Math.min(width * 0.4, indent + (longest + 1) * letter)));
  const right = 56;
  const labels = rows.map((row) =>
    "head" in row
      ? [row.head]
      : [
          ...wrapped(row.point.value, Math.floor((left - indent) / letter)),
          ...(row.point.failed.length > 0 ? ["(failed)"] : [])
        ]
  );
  const heights = labels.map((lines) => rowHeight + (lines.length - 1) * lineHeight);
  const tops = heights.map((_, i) => heights.slice(0, i).reduce((sum, height) => sum + height, top));
  const bottom = heights.reduce((sum, height) => sum + height, top);
  const y = (i: number) => tops[i] + heights[i] / 2;
  const reference = ordered.find(({factor}) => factor === "reference");
  const centre = show === "gap" ? (reference?.gap.mean ?? 0) : 0;
  const marks = rows.flatMap((row, i) => {
    if (!("point" in row)) return [];
    const [low, mean, high] = extent(row.point, show);
    return [{point: row.point, i, low, mean, high, standing: standing(row.point)}];
  });
  const colour = ({standing: is}: (typeof marks)[number]) =>
    is === "outside"
      ? "var(--theme-red)"
      : is === "failed"
        ? "var(--theme-foreground-muted)"
        : "var(--theme-foreground)";
  const svg = Plot.plot({
    width,
    height: bottom + 46,
    marginLeft: left,
    marginRight: right,
    marginTop: top,
    marginBottom: 46,
    x: {
      domain: [...domain],
      grid: true,
      label: show === "gap" ? "Gap, medical − natural (dB) →" : "Change of the gap (dB) →",
      labelAnchor: "right",
      labelOffset: 38,
      ticks: 5
    },
    y: {type: "linear", domain: [top, bottom], range: [top, bottom], axis: null},
    marks: [
      Plot.rect([0], {
        x1: Math.max(domain[0], centre - margin),
        x2: Math.min(domain[1], centre + margin),
        y1: top,
        y2: bottom,
        fill: "var(--theme-foreground)",
        fillOpacity: 0.09
      }),
      Plot.ruleX([centre], {stroke: "var(--theme-foreground)", strokeDasharray: "3 3", strokeWidth: 1}),
      ...(show === "gap" && domain[0] <= 0 ? [Plot.ruleX([0], {stroke: "var(--theme-foreground)"})] : []),
      Plot.ruleY(
        marks.filter((mark) => mark.standing !== "failed"),
        {x1: "low", x2: "high", y: ({i}) => y(i), stroke: colour, strokeWidth: 1.8}
      ),
      Plot.ruleY(
        marks.filter((mark) => mark.standing === "failed"),
        {x1: "low", x2: "high", y: ({i}) => y(i), stroke: colour, strokeWidth: 1.4, strokeDasharray: "2 3"}
      ),
      Plot.dot(marks, {
        className: "ablation-points",
        x: "mean",
        y: ({i}) => y(i),
        r: 5,
        fill: (mark) => (["within", "failed"].includes(mark.standing) ? "var(--theme-background)" : colour(mark)),
        stroke: colour,
        strokeWidth: 1.8
      }),
      Plot.text(
        rows.flatMap((row, i) => ("head" in row ? [{head: row.head, i}] : [])),
        {
          x: domain[0],
          y: ({i}) => y(i),
          dx: 6 - left,
          text: "head",
          textAnchor: "start",
          fontWeight: 620,
          fill: "var(--theme-foreground)"
        }
      ),
      Plot.text(marks, {
        x: domain[0],
        y: ({i}) => y(i),
        dx: indent - left,
        text: ({i}) => labels[i].join("\n"),
        textAnchor: "start",
        fill: (mark) => (mark.standing === "failed" ? "var(--theme-foreground-muted)" : "var(--theme-foreground)")
      }),
      Plot.text(marks, {
        x: domain[1],
        y: ({i}) => y(i),
        dx: right - 2,
        text: ({mean, point}) => (show === "change" && point.change === null ? "" : signed(mean, 2)),
        textAnchor: "end",
        fill: colour
      })
    ]
  });
  return withSelectablePoints(svg as unknown as Element, [...svg.querySelectorAll(".ablation-points circle")], {
    label: "The gap under each change",
    items: marks.map(({point}) => point),
    key: pointKey,
    describe: (point) =>
      `${factorNames[point.factor]}: ${point.value}, gap ${signed(point.gap.mean, 2)} dB${
        point.change === null ? "" : `, change ${signed(point.change.mean, 2)} dB`
      }${point.failed.length === 0 ? "" : `, ${failureOf(point)}`}`,
    facts: (point) => [
      [factorNames[point.factor], point.value],
      ["gap", gapText(point.gap)],
      ...(point.change === null ? [] : ([["change", gapText(point.change)]] as const)),
      ["PSNR", `${fixed(point.psnrA, 2)} and ${fixed(point.psnrB, 2)} dB, each against HR`],
      ...(point.failed.length === 0 ? [] : ([["no evidence", failureOf(point)!]] as const)),
      ["seeds", point.seeds.join(", ")],
      ["n", `${point.gap.nImages} images${point.gap.nPatients === null ? "" : ` of ${point.gap.nPatients} patients`}`],
      ["", "click: every image of this gap"]
    ],
    onSelect
  });
}

export function pointKey({set, factor, value}: Pick<AblationPoint, "set" | "factor" | "value">): string {
  return `${set} ${factor} ${value}`;
}

/** `+1.93 dB [+1.70, +2.15]` */
export function gapText({
  mean,
  low,
  high
}: {
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
}): string {
  const range = low === null || high === null ? "" : ` [${signed(low, 2)}, ${signed(high, 2)}]`;
  return `${signed(mean, 2)} dB${range}`;
}

/** A label in lines of at most so many letters, broken between words; a longer word stays whole. */
export function wrapped(text: string, most: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= most) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
