import * as Plot from "@observablehq/plot";
import type {Level} from "../measures/studies/levels.js";
import {equivalenceMarks, nameStrips} from "./equivalence-marks.js";
import {fixed, signed} from "./format.js";
import type {StatisticsMeasure} from "./statistics-measures.js";

/** A dataset's estimate with its interval, or all of them pooled. */
export interface ForestRow {
  readonly label: string;
  readonly estimate: number | null;
  readonly interval: readonly [number, number] | null;
  readonly nImages: number;
  readonly nPatients: number | null;
  readonly pooled: boolean;
  /** What the published study reports, where it reports this. */
  readonly published: {readonly value: number; readonly label: string} | null;
}

const rowHeight = 46;
const top = 12;

/**
 * A row a dataset: estimate and interval, the pooled one as a diamond as wide as its interval, the published value hollow with its
 * number; in words and figures above each row.
 */
export function forestPlot(
  rows: readonly ForestRow[],
  {
    width,
    measure,
    margin
  }: {width: number; measure: Pick<StatisticsMeasure, "label" | "unit" | "digits">; margin: number | null}
): Element {
  const {digits} = measure;
  const unit = measure.unit === "" ? "" : ` (${measure.unit})`;
  const values = rows.flatMap(({estimate, interval, published}) => [
    ...(estimate === null ? [] : [estimate]),
    ...(interval ?? []),
    ...(published === null ? [] : [published.value])
  ]);
  const [least, most] = [Math.min(0, ...values), Math.max(0, ...values)];
  const spread = most - least || 1;
  const [low, high] = [least - 0.06 * spread, most + 0.06 * spread];
  const narrow = width < 560;
  const bottom = top + rows.length * rowHeight;
  const y = (i: number) => top + i * rowHeight + 30;
  const at = rows.map((row, i) => ({...row, i}));
  const known = at.filter(({estimate}) => estimate !== null);
  const toX = (x: number) => 12 + ((x - low) / (high - low)) * (width - 28);
  return Plot.plot({
    width,
    height: bottom + 48,
    marginLeft: 12,
    marginRight: 16,
    marginTop: top,
    marginBottom: 48,
    x: {
      domain: [low, high],
      grid: true,
      label: `Mean difference${narrow ? "" : ` in ${measure.label}`}, B − A${unit} →`,
      labelAnchor: "right",
      labelOffset: 40,
      ticks: narrow ? 5 : 10
    },
    y: {type: "linear", domain: [top, bottom], range: [top, bottom], axis: null},
    marks: [
      ...equivalenceMarks(margin, {low, high, top, bottom}),
      Plot.ruleY(
        at.filter(({pooled}) => pooled),
        {y: ({i}) => top + i * rowHeight, stroke: "var(--theme-foreground-fainter)"}
      ),
      nameStrips(
        rows.map((_, i) => top + i * rowHeight + 1),
        {low, high, height: 19}
      ),
      Plot.ruleY(
        known.filter(({interval, pooled}) => interval !== null && !pooled),
        {
          x1: ({interval}) => interval![0],
          x2: ({interval}) => interval![1],
          y: ({i}) => y(i),
          stroke: "var(--theme-foreground)",
          strokeWidth: 1.8
        }
      ),
      Plot.dot(
        known.filter(({pooled}) => !pooled),
        {x: "estimate", y: ({i}) => y(i), symbol: "square", r: 5, fill: "var(--theme-foreground)"}
      ),
      ...known
        .filter(({pooled}) => pooled)
        .map(({estimate, interval, i}) => {
          // at least as wide as it is high, or it could not be seen
          const [from, to] = [interval?.[0] ?? estimate!, interval?.[1] ?? estimate!];
          const pad = Math.max(0, 8 - (toX(to) - toX(from)) / 2) * ((high - low) / (width - 28));
          return Plot.line(
            [
              [from - pad, y(i)],
              [estimate!, y(i) - 7],
              [to + pad, y(i)],
              [estimate!, y(i) + 7],
              [from - pad, y(i)]
            ],
            {fill: "var(--theme-foreground)", fillOpacity: 1, stroke: "none"}
          );
        }),
      Plot.dot(
        at.filter(({published}) => published !== null),
        {
          x: ({published}) => published!.value,
          y: ({i}) => y(i),
          r: 5.5,
          fill: "var(--theme-background)",
          stroke: "var(--theme-red)",
          strokeWidth: 2.2,
          className: "published-rings",
          title: ({published}) =>
            `published: ${signed(published!.value, digits)}${measure.unit && ` ${measure.unit}`}, ${published!.label}`
        }
      ),
      // beside the ring, on the side where there is room and no interval
      ...(["start", "end"] as const).map((textAnchor) =>
        Plot.text(
          at.filter((row) => row.published !== null && ringSide(row, toX, width) === textAnchor),
          {
            x: ({published}) => published!.value,
            y: ({i}) => y(i),
            dx: textAnchor === "start" ? 11 : -11,
            textAnchor,
            text: ({published}) => signed(published!.value, digits),
            fill: "var(--theme-red)",
            stroke: "var(--theme-background)",
            strokeWidth: 4,
            className: "published-numbers"
          }
        )
      ),
      Plot.text(at, {
        x: low,
        y: ({i}) => top + i * rowHeight + 11,
        textAnchor: "start",
        fill: "var(--theme-foreground)",
        fontWeight: 620,
        text: ({label, ...count}) => (narrow ? label : `${label}, ${countText(count)}`)
      }),
      Plot.text(at, {
        x: high,
        y: ({i}) => top + i * rowHeight + 11,
        textAnchor: "end",
        fill: "var(--theme-foreground)",
        text: ({estimate, interval}) =>
          estimate === null
            ? "no values"
            : `${signed(estimate, digits)}${
                interval === null ? "" : ` [${signed(interval[0], digits)}, ${signed(interval[1], digits)}]`
              }`
      })
    ]
  }) as unknown as Element;
}

/** The side of a published value's ring for its number: away from our interval, but inside the drawing. */
function ringSide({published, estimate}: ForestRow, toX: (x: number) => number, width: number): "start" | "end" {
  const x = toX(published!.value);
  if (x > width - 70) return "end";
  return x < 70 || estimate === null || published!.value >= estimate ? "start" : "end";
}

/** `24 images of 12 patients` */
export function countText({nImages, nPatients}: {readonly nImages: number; readonly nPatients: number | null}): string {
  const images = `${fixed(nImages, 0)} image${nImages === 1 ? "" : "s"}`;
  return nPatients === null ? images : `${images} of ${nPatients} patient${nPatients === 1 ? "" : "s"}`;
}

/** What the diamond is the mean of, by what one observation is. */
export function pooledText(level: Level): string {
  const what = {
    image: "all images of all datasets, each for itself",
    patient: "all patients of all datasets, each with the mean of its images",
    cluster: "all images of all datasets, and draws patients with all their images for the interval"
  }[level];
  return `The diamond pools ${what}: it assumes that the datasets share one effect, which the rows above may deny.`;
}
