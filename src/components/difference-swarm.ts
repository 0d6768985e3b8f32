import * as Plot from "@observablehq/plot";
import {kernelDensity} from "../measures/studies/density.js";
import type {SetPair} from "../measures/studies/pairs.js";
import {beeswarm} from "./beeswarm.js";
import {equivalenceMarks, nameStrips} from "./equivalence-marks.js";
import {fixed, signed} from "./format.js";
import {armColour} from "./palette.js";
import {type PointChart, withSelectablePoints} from "./selectable-points.js";
import type {StatisticsMeasure} from "./statistics-measures.js";

/** A dataset's differences, and what was estimated of them. */
export interface SwarmLane {
  readonly set: string;
  readonly label: string;
  readonly pairs: readonly SetPair[];
  readonly estimate: number | null;
  readonly interval: readonly [number, number] | null;
}

export interface SwarmOptions {
  readonly width: number;
  readonly a: {readonly id: string; readonly label: string};
  readonly b: {readonly id: string; readonly label: string};
  readonly measure: Pick<StatisticsMeasure, "label" | "unit" | "better" | "digits">;
  /** Half the width of the band of equivalence; null: none is drawn. */
  readonly margin: number | null;
  readonly onSelect?: (pair: SetPair) => void;
}

const laneHeight = 118;
const top = 30;

export function pairKey({set, image}: {readonly set: string; readonly image: string}): string {
  return `${set} ${image}`;
}

/**
 * Differences B − A, a dot an image, a lane a dataset: dots in the colour of the arm that is closer to HR, over a violin of
 * their density; below them the estimate with its interval.
 */
export function differenceSwarm(
  lanes: readonly SwarmLane[],
  {width, a, b, measure, margin, onSelect = () => {}}: SwarmOptions
): PointChart<Element> {
  const [left, right] = [12, 16];
  const items = lanes.flatMap(({pairs}, lane) => pairs.map((pair) => ({...pair, lane, difference: pair.b - pair.a})));
  const shapes = lanes.map(({pairs}) => densityShape(pairs.map((pair) => pair.b - pair.a)));
  const values = [
    ...items.map(({difference}) => difference),
    ...lanes.flatMap(({interval}) => interval ?? []),
    // a density reaches beyond its data: the drawing is as wide as it
    ...shapes.flatMap((shape) => shape.map(({x}) => x)),
    0
  ];
  const spread = Math.max(...values) - Math.min(...values) || 1;
  const low = Math.min(...values) - 0.03 * spread;
  const high = Math.max(...values) + 0.03 * spread;
  const toPixels = (x: number) => left + ((x - low) / (high - low)) * (width - left - right);
  const most = Math.max(1, ...lanes.map(({pairs}) => pairs.length));
  const radius = most > 400 ? 2 : most > 150 ? 2.8 : width < 500 ? 3.2 : 4;
  const half = laneHeight / 2 - 34;
  const centre = (lane: number) => top + lane * laneHeight + 62;
  const offsets = lanes.flatMap(({pairs}) =>
    beeswarm(
      pairs.map((pair) => toPixels(pair.b - pair.a)),
      radius,
      half
    )
  );
  const height = top + lanes.length * laneHeight + 50;
  const bottom = top + lanes.length * laneHeight;
  const closer = (difference: number) => (difference > 0 === (measure.better !== "lower") ? b.id : a.id);
  const violins = shapes.flatMap((shape, lane) => (shape.length === 0 ? [] : [{lane, shape}]));
  const unit = measure.unit === "" ? "" : ` (${measure.unit})`;
  const narrow = width < 560;
  const svg = Plot.plot({
    width,
    height,
    marginLeft: left,
    marginRight: right,
    marginTop: top,
    marginBottom: 50,
    x: {
      domain: [low, high],
      label: narrow ? `B − A: ${measure.label}${unit} →` : `Difference in ${measure.label}, B − A${unit} →`,
      labelAnchor: "right",
      labelOffset: 40,
      ticks: narrow ? 5 : 10,
      grid: true
    },
    y: {type: "linear", domain: [top, bottom], range: [top, bottom], axis: null},
    marks: [
      ...equivalenceMarks(margin, {low, high, top, bottom}),
      Plot.ruleY(
        lanes.slice(1).map((_, lane) => top + (lane + 1) * laneHeight),
        {stroke: "var(--theme-foreground-faintest)"}
      ),
      nameStrips(
        lanes.map((_, lane) => top + lane * laneHeight + 2),
        {low, high, height: 23}
      ),
      ...violins.map(({lane, shape}) =>
        Plot.areaY(shape, {
          x: "x",
          y1: ({d}) => centre(lane) - d * (half + 8),
          y2: ({d}) => centre(lane) + d * (half + 8),
          fill: "var(--theme-foreground)",
          fillOpacity: 0.08
        })
      ),
      Plot.text(lanes, {
        x: low,
        y: (_, lane) => top + lane * laneHeight + 14,
        text: ({label, pairs}: SwarmLane) => `${label}, ${pairs.length} images`,
        textAnchor: "start",
        fill: "var(--theme-foreground)",
        fontWeight: 620
      }),
      Plot.dot(items, {
        className: "swarm-points",
        x: "difference",
        y: ({lane}, i) => centre(lane) + offsets[i],
        r: radius,
        fill: ({difference}) => armColour(closer(difference)),
        stroke: "var(--theme-background)",
        strokeWidth: 0.6
      }),
      ...estimateMarks(lanes, (lane) => centre(lane) + half + 15, measure),
      ...(measure.better === null ? [] : directionMarks(measure.better, toPixels(0), width, top - 14))
    ]
  });
  const points = [...svg.querySelectorAll(".swarm-points circle")];
  const value = (number: number) => `${fixed(number, measure.digits)}${measure.unit && ` ${measure.unit}`}`;
  const difference = (pair: SetPair) =>
    `${signed(pair.b - pair.a, measure.digits)}${measure.unit && ` ${measure.unit}`}`;
  return withSelectablePoints(svg, points, {
    label: `Images by their difference in ${measure.label}`,
    items,
    key: pairKey,
    order: items
      .map((_, i) => i)
      .sort((i, j) => items[i].lane - items[j].lane || items[i].difference - items[j].difference),
    describe: (pair) => `${pair.image}: B − A ${difference(pair)}`,
    facts: (pair) => [
      ["image", pair.image],
      ["B − A", difference(pair)],
      ["A", `${value(pair.a)}, ${a.label}`],
      ["B", `${value(pair.b)}, ${b.label}`],
      ["", "click: this image in all arms"]
    ],
    onSelect
  });
}

/** A density, its peak 1, as far as it can be seen: from 1 % of the peak on. Empty where there is no spread to smooth. */
export function densityShape(values: readonly number[]): {x: number; d: number}[] {
  const found = kernelDensity(values);
  if (found === null) return [];
  const peak = Math.max(...found.density);
  const shape = Array.from(found.x, (x, i) => ({x, d: found.density[i] / peak}));
  const seen = (i: number) => shape[i].d >= 0.01;
  let [from, to] = [0, shape.length - 1];
  while (from < to && !seen(from)) from++;
  while (to > from && !seen(to)) to--;
  return shape.slice(from, to + 1);
}

/** Which way is better, on both sides of zero where there is room. */
function directionMarks(better: "higher" | "lower", zero: number, width: number, y: number) {
  const sides = [
    {text: better === "higher" ? "← A is better" : "← B is better", textAnchor: "end", dx: -8, room: zero},
    {text: better === "higher" ? "B is better →" : "A is better →", textAnchor: "start", dx: 8, room: width - zero}
  ] as const;
  return sides
    .filter(({room}) => room > 100)
    .map(({text, textAnchor, dx}) =>
      Plot.text([text], {x: 0, y, dx, textAnchor, fill: "var(--theme-foreground-muted)"})
    );
}

function estimateMarks(
  lanes: readonly SwarmLane[],
  y: (lane: number) => number,
  {digits, unit}: Pick<StatisticsMeasure, "digits" | "unit">
) {
  const known = lanes.flatMap(({estimate, interval}, lane) => (estimate === null ? [] : [{estimate, interval, lane}]));
  return [
    Plot.ruleY(
      known.filter(({interval}) => interval !== null),
      {
        x1: ({interval}) => interval![0],
        x2: ({interval}) => interval![1],
        y: ({lane}) => y(lane),
        stroke: "var(--theme-foreground)",
        strokeWidth: 2
      }
    ),
    Plot.dot(known, {
      x: "estimate",
      y: ({lane}) => y(lane),
      symbol: "diamond",
      r: 5,
      fill: "var(--theme-foreground)",
      stroke: "var(--theme-background)"
    }),
    Plot.text(known, {
      x: ({estimate, interval}) => interval?.[1] ?? estimate,
      y: ({lane}) => y(lane),
      dx: 10,
      textAnchor: "start",
      text: ({estimate}) => `${signed(estimate, digits)}${unit === "dB" ? " dB" : ""}`,
      fill: "var(--theme-foreground)",
      stroke: "var(--theme-background)",
      strokeWidth: 4,
      fontWeight: 620
    })
  ];
}
