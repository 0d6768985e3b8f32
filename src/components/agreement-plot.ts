import * as Plot from "@observablehq/plot";
import type {BlandAltmanResult} from "../measures/statistics/index.js";
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
  readonly onSelect?: (point: AgreementPoint) => void;
}

/** Bland–Altman: bias and limits of agreement as lines, each with its interval as a band. */
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
    onSelect = () => {}
  }: AgreementOptions
): PointChart<Element> {
  const items = points.map((point) => ({
    ...point,
    mean: (point.first + point.second) / 2,
    difference: point.second - point.first
  }));
  const limits = agreement.clustered ?? agreement.independent;
  const lines =
    limits === null || agreement.bias === null
      ? []
      : [
          {name: "upper limit", at: limits.upper, interval: limits.upperInterval},
          {name: "bias", at: agreement.bias, interval: limits.biasInterval},
          {name: "lower limit", at: limits.lower, interval: limits.lowerInterval}
        ];
  const lefts = items.map(({mean}) => mean);
  const [least, most] = [Math.min(...lefts), Math.max(...lefts)];
  const spread = most - least || 1;
  const svg = Plot.plot({
    width,
    height,
    marginLeft: 64,
    marginRight: 12,
    marginTop: 26,
    marginBottom: 46,
    x: {
      domain: [least - 0.04 * spread, most + 0.04 * spread],
      label: `${meanLabel} →`,
      labelAnchor: "right",
      labelOffset: 38,
      ticks: width < 500 ? 4 : 7
    },
    y: {label: `↑ ${differenceLabel}`, labelAnchor: "top", grid: true, nice: true, ticks: 6},
    marks: [
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
        fill: colour,
        stroke: "var(--theme-background)",
        strokeWidth: 0.6
      }),
      Plot.text(lines, {
        x: most + 0.04 * spread,
        y: "at",
        text: ({name, at}) => `${name} ${signed(at, digits)}`,
        textAnchor: "end",
        dy: -8,
        fill: "var(--theme-foreground)",
        stroke: "var(--theme-background)",
        strokeWidth: 4
      })
    ]
  });
  return withSelectablePoints(svg as unknown as Element, [...svg.querySelectorAll(".agreement-points circle")], {
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
