import * as Plot from "@observablehq/plot";
import type {BlandAltmanResult} from "../measures/statistics/index.js";
import {ceilingShapes} from "./ceiling-chart.js";
import {fixed, signed} from "./format.js";
import {type PointChart, withSelectablePoints} from "./selectable-points.js";

/** Two values of one image that should agree: their mean goes to the right, `second − first` upwards. */
export interface AgreementPoint {
  readonly set: string;
  readonly image: string;
  readonly first: number;
  readonly second: number;
}

export interface AgreementOptions {
  readonly width: number;
  readonly height?: number;
  /** What stands on the axes, with its unit. */
  readonly meanLabel: string;
  readonly differenceLabel: string;
  readonly firstLabel: string;
  readonly secondLabel: string;
  readonly digits: number;
  readonly colour: string;
  /** What the y axis shows, where two drawings are to be compared: see `agreementDomain`. By default what this one needs. */
  readonly domain?: readonly [number, number];
  /** Names of the datasets, in the order of their shapes; by default those of the points, as they are called there. */
  readonly sets?: readonly {readonly id: string; readonly label: string}[];
  readonly onSelect?: (point: AgreementPoint) => void;
}

/** The lines that are drawn: none where there are too few points. */
function linesOf({clustered, independent, bias}: BlandAltmanResult) {
  const limits = clustered ?? independent;
  if (limits === null || bias === null) return [];
  return [
    {name: "upper limit", at: limits.upper, interval: limits.upperInterval},
    {name: "bias", at: bias, interval: limits.biasInterval},
    {name: "lower limit", at: limits.lower, interval: limits.lowerInterval}
  ];
}

/** One range of differences in which all points, lines and intervals of several drawings have room, and zero. */
export function agreementDomain(
  drawings: readonly {readonly points: readonly AgreementPoint[]; readonly agreement: BlandAltmanResult}[]
): [number, number] {
  const values = drawings.flatMap(({points, agreement}) => [
    ...points.map(({first, second}) => second - first),
    ...linesOf(agreement).flatMap(({at, interval}) => [at, ...(interval ?? [])])
  ]);
  const [least, most] = [Math.min(0, ...values), Math.max(0, ...values)];
  const room = 0.04 * (most - least || 1);
  return [least - room, most + room];
}

/** Each dataset's own mean difference, over the means that it has; none where there is one dataset only. */
export function biasesBySet(
  points: readonly AgreementPoint[]
): {set: string; from: number; to: number; bias: number; n: number}[] {
  const groups = new Map<string, AgreementPoint[]>();
  for (const point of points) groups.set(point.set, [...(groups.get(point.set) ?? []), point]);
  if (groups.size < 2) return [];
  return Array.from(groups, ([set, own]) => {
    const means = own.map(({first, second}) => (first + second) / 2);
    const bias = own.reduce((sum, {first, second}) => sum + second - first, 0) / own.length;
    return {set, from: Math.min(...means), to: Math.max(...means), bias, n: own.length};
  });
}

/**
 * Bland–Altman: bias and limits of agreement as lines, each with its interval as a band, named in the right margin. Datasets have
 * shapes, and where there are several a short line each at its own bias: one bias over all says little where they differ.
 */
export function agreementPlot(
  points: readonly AgreementPoint[],
  agreement: BlandAltmanResult,
  {
    width,
    height = 300,
    meanLabel,
    differenceLabel,
    firstLabel,
    secondLabel,
    digits,
    colour,
    domain = agreementDomain([{points, agreement}]),
    sets = [...new Set(points.map(({set}) => set))].map((id) => ({id, label: id})),
    onSelect = () => {}
  }: AgreementOptions
): PointChart<Element> {
  const items = points.map((point) => ({
    ...point,
    mean: (point.first + point.second) / 2,
    difference: point.second - point.first
  }));
  const lines = linesOf(agreement);
  const biases = biasesBySet(points);
  const shapeOf = (set: string) =>
    ceilingShapes[
      Math.max(
        0,
        sets.findIndex(({id}) => id === set)
      ) % ceilingShapes.length
    ];
  const [marginLeft, marginRight, marginBottom] = [64, 84, 46];
  const key = keyPlaces(
    biases.length === 0
      ? []
      : [
          ...sets
            .filter(({id}) => biases.some(({set}) => set === id))
            .map(({id, label}) => ({shape: shapeOf(id) as string, label})),
          {shape: "line", label: "a dataset’s own bias"}
        ],
    width
  );
  const marginTop = 26 + key.height;
  const inside = height + key.height - marginTop - marginBottom;
  const perPixel = (domain[1] - domain[0]) / inside;
  const lefts = items.map(({mean}) => mean);
  const [least, most] = [Math.min(...lefts), Math.max(...lefts)];
  const spread = most - least || 1;
  const svg = Plot.plot({
    width,
    height: height + key.height,
    marginLeft,
    marginRight,
    marginTop,
    marginBottom,
    x: {
      domain: [least - 0.04 * spread, most + 0.04 * spread],
      label: `${meanLabel} →`,
      labelAnchor: "right",
      labelOffset: 38,
      ticks: width < 500 ? 4 : 7
    },
    y: {label: null, grid: true, domain: [...domain], ticks: 6},
    symbol: {type: "identity"} as Plot.ScaleOptions,
    marks: [
      // below the key
      Plot.text([`↑ ${differenceLabel}`], {frameAnchor: "top-left", textAnchor: "start", dx: 2 - marginLeft, dy: -16}),
      ...lines.flatMap(({interval}) =>
        interval === null
          ? []
          : [
              Plot.rectY([interval], {
                y1: ([from]) => from,
                y2: ([, to]) => to,
                fill: "var(--theme-foreground)",
                fillOpacity: 0.09
              })
            ]
      ),
      Plot.ruleY([0], {stroke: "var(--theme-foreground-fainter)"}),
      Plot.ruleY(
        lines.filter(({name}) => name === "bias"),
        {y: "at", stroke: "var(--theme-foreground)", strokeWidth: 1.4}
      ),
      Plot.ruleY(
        lines.filter(({name}) => name !== "bias"),
        {y: "at", stroke: "var(--theme-foreground)", strokeWidth: 1.4, strokeDasharray: "5 4"}
      ),
      Plot.dot(items, {
        className: "agreement-points",
        x: "mean",
        y: "difference",
        r: items.length > 200 ? 2.5 : 3.6,
        symbol: ({set}) => shapeOf(set),
        fill: colour,
        stroke: "var(--theme-background)",
        strokeWidth: 0.6
      }),
      ...["var(--theme-background)", "var(--theme-foreground)"].map((stroke, i) =>
        Plot.link(biases, {
          className: i === 1 ? "own-bias" : undefined,
          x1: ({from}) => from - 0.015 * spread,
          x2: ({to}) => to + 0.015 * spread,
          y1: "bias",
          y2: "bias",
          stroke,
          strokeWidth: i === 1 ? 2.4 : 4.4
        })
      ),
      Plot.text(apart(lines, 28 * perPixel), {
        x: most + 0.04 * spread,
        y: "place",
        text: ({name, at}) => `${name}\n${signed(at, digits)}`,
        textAnchor: "start",
        dx: 6,
        fill: "var(--theme-foreground)",
        fontWeight: 620
      })
    ]
  });
  svg.append(...key.marks);
  return withSelectablePoints(svg as unknown as Element, [...svg.querySelectorAll(".agreement-points path")], {
    label: differenceLabel,
    items,
    key: ({set, image}) => `${set} ${image}`,
    order: items.map((_, i) => i).sort((i, j) => items[i].mean - items[j].mean),
    describe: ({image, difference}) => `${image}: ${signed(difference, digits)}`,
    facts: ({image, difference, first, second}) => [
      ["image", image],
      [firstLabel, fixed(first, digits)],
      [secondLabel, fixed(second, digits)],
      ["difference", signed(difference, digits)]
    ],
    onSelect
  });
}

/** Moves what stands at `at` up and down until neighbours are `gap` apart, and none further than it must. */
export function apart<T extends {readonly at: number}>(lines: readonly T[], gap: number): (T & {place: number})[] {
  const sorted = [...lines].sort((a, b) => a.at - b.at).map((line) => ({...line, place: line.at}));
  // from the middle outwards: the bias keeps its place between its limits
  const middle = sorted.length >> 1;
  for (let i = middle + 1; i < sorted.length; i++) sorted[i].place = Math.max(sorted[i].at, sorted[i - 1].place + gap);
  for (let i = middle - 1; i >= 0; i--) sorted[i].place = Math.min(sorted[i].at, sorted[i + 1].place - gap);
  return sorted;
}

/** Of Plot's symbols, at the size of a key. */
const shapePaths: Readonly<Record<string, string>> = {
  circle: "M4,0A4,4,0,1,1,-4,0A4,4,0,1,1,4,0",
  square: "M-3.6,-3.6H3.6V3.6H-3.6Z",
  triangle: "M0,-4.6L4.2,3.4H-4.2Z",
  diamond: "M0,-5L3.4,0L0,5L-3.4,0Z",
  star: "M0,-5L1.2,-1.6H4.8L1.8,0.6L2.9,4.1L0,1.9L-2.9,4.1L-1.8,0.6L-4.8,-1.6H-1.2Z",
  line: "M-6,-1.2H6V1.2H-6Z"
};

/** The key to the shapes, above the drawing and part of it, so that a saved picture has it too. */
function keyPlaces(entries: readonly {readonly shape: string; readonly label: string}[], width: number) {
  const space = "http://www.w3.org/2000/svg";
  let [x, row] = [8, 0];
  const marks = entries.map(({shape, label}) => {
    // a letter is about 6.4 pixels wide
    const length = 26 + 6.4 * label.length;
    if (x > 8 && x + length > width) [x, row] = [8, row + 1];
    const group = document.createElementNS(space, "g");
    group.setAttribute("transform", `translate(${x},${10 + 18 * row})`);
    const path = document.createElementNS(space, "path");
    path.setAttribute("d", shapePaths[shape]);
    path.setAttribute("fill", shape === "line" ? "var(--theme-foreground)" : "var(--theme-foreground-muted)");
    const text = document.createElementNS(space, "text");
    text.setAttribute("x", "11");
    text.setAttribute("dy", "0.32em");
    text.setAttribute("text-anchor", "start");
    text.setAttribute("fill", "currentColor");
    text.textContent = label;
    group.append(path, text);
    x += length;
    return group;
  });
  return {marks, height: entries.length === 0 ? 0 : 18 * (row + 1) + 4};
}
