import * as Plot from "@observablehq/plot";
import type {BandName} from "./bands-data.js";
import {armColour, autoencoderAlone} from "./palette.js";
import {shade} from "./radio-rows.js";

/** A point of a curve: frequency in cycles per pixel; a null value breaks the curve. */
export interface SpectrumPoint {
  readonly series: string;
  readonly label: string;
  readonly frequency: number;
  readonly value: number | null;
  readonly low?: number | null;
  readonly high?: number | null;
}

/** The octaves that the Haar levels stand for, in cycles per pixel. */
const octaves = [
  {level: "level 1", from: 0.25, to: 0.5},
  {level: "level 2", from: 0.125, to: 0.25},
  {level: "level 3", from: 0.0625, to: 0.125}
];

/** A drawing over frequency: `setBand` shades the octave of a band. */
export type SpectrumChart = Element & {setBand(band: string): void};

/**
 * Curves over spatial frequency, the octaves of the wavelet levels marked above; an autoencoder's own is dashed. `unit` is what the
 * y axis says; `rules` are levels to read the curves against.
 */
export function radialChart(
  points: readonly SpectrumPoint[],
  {
    width,
    unit,
    zero = false,
    height = 300,
    domain: expected,
    rules = [],
    onBand = () => {}
  }: {
    width: number;
    unit: string;
    zero?: boolean;
    height?: number;
    /** What the y axis shows at least. */
    domain?: readonly [number, number];
    rules?: readonly {readonly y: number; readonly text: string}[];
    /** An octave was pointed at: its diagonal detail. */
    onBand?: (band: BandName) => void;
  }
): SpectrumChart {
  const direct = width >= 440;
  const series = [...new Map(points.map((point) => [point.series, point.label]))];
  const last = series.map(([id]) => points.findLast((point) => point.series === id && point.value !== null));
  // a letter of the labels is about 6.4 pixels wide
  const margin = 14 + 6.4 * Math.max(0, ...series.map(([, label]) => label.length));
  const all = points.flatMap(({value}) => (value === null ? [] : [value]));
  const banded = points.filter(({low, high}) => low !== undefined && low !== null && high !== null);
  // what is expected of the values, and what they are
  const domain =
    expected && extremes([...expected, ...all, ...banded.flatMap(({low, high}) => [low as number, high as number])]);
  const extent = domain ? domain[1] - domain[0] : Math.max(...all) - Math.min(...all);
  const svg = Plot.plot({
    width,
    height,
    marginLeft: 46,
    marginRight: direct ? margin : 16,
    marginTop: 42,
    marginBottom: 44,
    x: {
      domain: [0, 0.5],
      label: "Spatial frequency (cycles per pixel) →",
      labelAnchor: "right",
      labelOffset: 38,
      ticks: width > 620 ? 10 : 5
    },
    y: {label: null, grid: true, nice: domain === undefined, ticks: 6, ...(domain ? {domain: [...domain]} : {})},
    marks: [
      Plot.text([`↑ ${unit}`], {frameAnchor: "top-left", textAnchor: "start", dx: -44, dy: -34}),
      Plot.ruleX(octaves, {x: "from", stroke: "var(--theme-foreground-fainter)", strokeDasharray: "2,3"}),
      Plot.text(octaves, {
        x: ({from, to}) => (from + to) / 2,
        text: "level",
        frameAnchor: "top",
        dy: -13,
        fill: "var(--theme-foreground-muted)",
        fontSize: 11.5
      }),
      Plot.rect(octaves, {
        x1: "from",
        x2: "to",
        insetTop: -22,
        fill: "transparent",
        className: "octaves"
      }),
      Plot.ruleY(rules, {y: "y", stroke: "var(--theme-foreground-faint)", strokeDasharray: "4,3"}),
      // where all curves still lie high above it
      Plot.text(rules, {
        y: "y",
        text: "text",
        frameAnchor: "left",
        textAnchor: "start",
        dy: -7,
        dx: 3,
        fill: "var(--theme-foreground-muted)",
        fontSize: 11.5
      }),
      zero ? Plot.ruleY([0], {stroke: "var(--theme-foreground)"}) : null,
      Plot.areaY(banded, {
        x: "frequency",
        y1: "low",
        y2: "high",
        z: "series",
        fill: (d) => armColour(d.series),
        fillOpacity: 0.14
      }),
      // dashes tell an autoencoder from the generator in its latents, which has the same colour
      ...[true, false].map((dashed) =>
        Plot.lineY(
          points.filter(({series}) => autoencoderAlone(series) === dashed),
          {
            x: "frequency",
            y: "value",
            z: "series",
            stroke: (d) => armColour(d.series),
            strokeWidth: (d) => (d.series === "hr" ? 2.4 : 1.8),
            ...(dashed ? {strokeDasharray: "5,3"} : {})
          }
        )
      ),
      !direct
        ? null
        : Plot.text(spread(last, extent, height - 86), {
            x: "frequency",
            y: "value",
            text: "label",
            textAnchor: "start",
            dx: 6,
            fill: (d) => armColour(d.series),
            fontWeight: 620,
            lineWidth: 12
          })
    ]
  });
  const rects = [...svg.querySelectorAll<SVGRectElement>("g.octaves rect")];
  rects.forEach((rect, i) => {
    const level = octaves[i].level.slice(-1);
    rect.setAttribute("data-level", level);
    rect.addEventListener("pointerenter", () => onBand(`HH${level}` as BandName));
    rect.addEventListener("click", () => onBand(`HH${level}` as BandName));
  });
  return Object.assign(svg as Element, {
    setBand(band: string): void {
      for (const rect of rects) {
        const is = !band.startsWith("LL") && rect.getAttribute("data-level") === band.slice(2);
        shade(rect, is);
      }
    }
  });
}

function extremes(values: readonly number[]): readonly [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

/** Moves labels apart that would lie on each other; `extent` is how much of the y axis a drawing of `height` pixels shows. */
function spread(points: readonly (SpectrumPoint | undefined)[], extent: number, height: number): SpectrumPoint[] {
  const sorted = points
    .filter((point): point is SpectrumPoint => point?.value != null)
    .sort((a, b) => a.value! - b.value!);
  const values = sorted.map((point) => point.value!);
  const gap = (extent * 15) / height;
  for (let i = 1; i < values.length; i++) values[i] = Math.max(values[i], values[i - 1] + gap);
  return sorted.map((point, i) => ({...point, value: values[i]}));
}
