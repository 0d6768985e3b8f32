import * as Plot from "@observablehq/plot";
import type {CeilingFit, CeilingPoint} from "../measures/studies/ceiling.js";
import {fixed} from "./format.js";
import {armColour} from "./palette.js";
import {type PointChart, withSelectablePoints} from "./selectable-points.js";

/** A point and how it is drawn. */
export interface CeilingDot extends CeilingPoint {
  readonly setLabel: string;
  readonly autoencoderLabel: string;
  /** Which of the shapes its dataset has. */
  readonly shape: number;
  readonly published: boolean;
}

export interface CeilingChartOptions {
  readonly width: number;
  readonly ours: CeilingFit | null;
  readonly published: CeilingFit | null;
  readonly dots: readonly CeilingDot[];
  /** Where a prediction is asked for. */
  readonly at: number | null;
  readonly yLabel: string;
  readonly onSelect?: (dot: CeilingDot) => void;
  /** A ceiling was pointed out on the axis. */
  readonly onAt?: (ceiling: number) => void;
}

export const ceilingShapes = ["circle", "square", "triangle", "diamond", "star"] as const;

/**
 * What super-resolution reaches against what the autoencoder keeps by itself: a dot an autoencoder and dataset (ours filled,
 * published hollow), the pooled line with its prediction band, a thin line through each dataset, and where SR would equal its
 * ceiling.
 */
export function ceilingChart({
  width,
  ours,
  published,
  dots,
  at,
  yLabel,
  onSelect = () => {},
  onAt = () => {}
}: CeilingChartOptions): PointChart<Element> {
  const xs = dots.map(({ceiling}) => ceiling);
  const ys = dots.map(({sr}) => sr);
  const pad = (values: readonly number[], share: number): [number, number] => {
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const room = Math.max(0.5, (most - least) * share);
    return [least - room, most + room];
  };
  const [x1, x2] = pad(at === null ? xs : [...xs, at], 0.05);
  const narrow = width < 560;
  const line = ours?.pooled.line ?? null;
  const steps = Array.from({length: 60}, (_, i) => x1 + ((x2 - x1) * i) / 59);
  const band =
    line === null || line.slope === null
      ? []
      : steps
          .map((x) => line.at(x))
          .flatMap(({x, fit, prediction}) =>
            prediction === null ? [] : [{x, fit, low: prediction[0], high: prediction[1]}]
          );
  const prediction = line === null || line.slope === null || at === null ? null : line.at(at);
  const [y1, y2] = pad([...ys, ...band.map(({low}) => low), ...band.map(({high}) => high)], 0.03);
  const segments = (fit: CeilingFit | null) =>
    (fit?.within ?? []).flatMap(({set, line: own}) => {
      if (own.slope === null) return [];
      const mine = fit!.points.filter((point) => point.set === set).map(({ceiling}) => ceiling);
      const [from, to] = [Math.min(...mine), Math.max(...mine)];
      return [{set, x1: from, x2: to, y1: own.at(from).fit, y2: own.at(to).fit}];
    });
  const own = segments(ours);
  const theirs = published?.pooled.line ?? null;
  const range = (fit: CeilingFit) =>
    pad(
      fit.points.map(({ceiling}) => ceiling),
      0.05
    );
  const svg = Plot.plot({
    width,
    height: Math.round(Math.min(560, Math.max(380, width * 0.58))),
    marginLeft: 52,
    marginRight: 14,
    marginTop: 26,
    marginBottom: 46,
    clip: true,
    x: {
      domain: [x1, x2],
      label: narrow
        ? "Autoencoder alone, PSNR (dB) →"
        : "Autoencoder alone: PSNR of decode(encode(HR)) against HR (dB) →",
      labelAnchor: "right",
      labelOffset: 38,
      grid: true,
      ticks: narrow ? 6 : 12
    },
    y: {domain: [y1, y2], label: `↑ ${yLabel}`, grid: true, ticks: 8},
    marks: [
      Plot.areaY(band, {x: "x", y1: "low", y2: "high", fill: "var(--theme-foreground)", fillOpacity: 0.07}),
      Plot.line(
        [
          [x1, x1],
          [x2, x2]
        ],
        {stroke: "var(--theme-foreground-fainter)", strokeDasharray: "2 4", clip: true}
      ),
      Plot.line(band, {x: "x", y: "fit", stroke: "var(--theme-foreground)", strokeWidth: 1.8}),
      ...(theirs === null || theirs.slope === null || published === null
        ? []
        : [
            Plot.line(
              range(published).map((x) => [x, theirs.at(x).fit]),
              {stroke: "var(--theme-red)", strokeWidth: 1.6, strokeDasharray: "6 4"}
            )
          ]),
      Plot.link(own, {
        x1: "x1",
        x2: "x2",
        y1: "y1",
        y2: "y2",
        stroke: "var(--theme-foreground-muted)",
        strokeWidth: 1.2
      }),
      ...(at === null
        ? []
        : [
            Plot.ruleX([at], {stroke: "var(--theme-foreground-focus)", strokeWidth: 1.4}),
            ...(prediction?.prediction
              ? [
                  Plot.ruleX([prediction], {
                    x: "x",
                    y1: prediction.prediction[0],
                    y2: prediction.prediction[1],
                    stroke: "var(--theme-foreground-focus)",
                    strokeWidth: 5,
                    strokeOpacity: 0.55
                  }),
                  Plot.dot([prediction], {
                    x: "x",
                    y: "fit",
                    symbol: "diamond",
                    r: 6,
                    fill: "var(--theme-foreground-focus)",
                    stroke: "var(--theme-background)"
                  })
                ]
              : [])
          ]),
      Plot.dot(dots, {
        className: "ceiling-points",
        x: "ceiling",
        y: "sr",
        r: 6,
        symbol: ({shape}) => ceilingShapes[shape % ceilingShapes.length],
        fill: ({published: theirs, autoencoder}) =>
          theirs ? "var(--theme-background)" : armColour(`ae:${autoencoder}`),
        stroke: ({published: theirs, autoencoder}) =>
          theirs ? armColour(`ae:${autoencoder}`) : "var(--theme-background)",
        strokeWidth: ({published: theirs}) => (theirs ? 2.2 : 0.8)
      })
    ],
    symbol: {type: "identity"} as Plot.ScaleOptions
  });
  const chart = withSelectablePoints(svg as unknown as Element, [...svg.querySelectorAll(".ceiling-points path")], {
    label: "Autoencoders on datasets",
    items: dots,
    key: dotKey,
    order: dots.map((_, i) => i).sort((i, j) => dots[i].ceiling - dots[j].ceiling),
    describe: (dot) =>
      `${dot.autoencoderLabel}, ${dot.setLabel}: ceiling ${fixed(dot.ceiling, 2)} dB, super-resolution ${fixed(dot.sr, 2)} dB`,
    facts: (dot) => [
      ["autoencoder", dot.autoencoderLabel],
      ["data", dot.setLabel],
      ["ceiling", `${fixed(dot.ceiling, 2)} dB`],
      ["SR", `${fixed(dot.sr, 2)} dB`],
      ["from", dot.published ? "the published study" : "this study"],
      ["", "click: predict from this ceiling"]
    ],
    onSelect
  });
  const scale = svg.scale("x");
  svg.addEventListener("click", (event) => {
    if (scale?.invert === undefined) return;
    const box = svg.getBoundingClientRect();
    const x = scale.invert(((event as MouseEvent).clientX - box.left) * (width / box.width));
    if (x >= x1 && x <= x2) onAt(x);
  });
  return chart;
}

export function dotKey({set, autoencoder}: Pick<CeilingDot, "set" | "autoencoder">): string {
  return `${set} ${autoencoder}`;
}
