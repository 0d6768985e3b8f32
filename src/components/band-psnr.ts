import * as Plot from "@observablehq/plot";
import {type BandChart, withBandRows} from "./band-rows.js";
import {type BandName, type BandStatistic, bandLabel, bands} from "./bands-data.js";
import {fixed} from "./format.js";
import {armColour} from "./palette.js";

const rowHeight = 34;
const top = 14;

/**
 * Band PSNR, published flavour: a row a band, a bar an arm from the axis' start to the mean over images, a whisker of
 * ±1 SD, and a tick at the image in view.
 */
export function bandPsnr(
  data: readonly BandStatistic[],
  {
    width,
    arms,
    onBand = () => {}
  }: {
    width: number;
    arms: readonly {readonly id: string; readonly label: string}[];
    onBand?: (band: BandName) => void;
  }
): BandChart<Element> {
  const narrow = width < 560;
  const left = narrow ? 44 : 168;
  const values = data.flatMap(({mean, sd, here}) => [mean - (sd ?? 0), mean + (sd ?? 0), here ?? mean]);
  const low = Math.min(0, Math.floor(Math.min(...values)));
  const high = Math.ceil(Math.max(...values) + 1);
  const bar = Math.min(9, (rowHeight - 8) / arms.length);
  const y = ({band, arm}: BandStatistic) =>
    bands.indexOf(band) * rowHeight +
    rowHeight / 2 +
    (arms.findIndex(({id}) => id === arm) - (arms.length - 1) / 2) * bar;
  const height = top + bands.length * rowHeight + 44;
  const svg = Plot.plot({
    width,
    height,
    marginLeft: left,
    marginRight: 14,
    marginTop: top,
    marginBottom: 44,
    x: {
      domain: [low, high],
      grid: true,
      label: "Band PSNR (dB), each band with its own peak →",
      labelAnchor: "right",
      labelOffset: 38,
      ticks: narrow ? 5 : 10
    },
    y: {
      type: "linear",
      domain: [0, bands.length * rowHeight],
      range: [top, top + bands.length * rowHeight],
      axis: null
    },
    marks: [
      Plot.ruleY([1, 4, 7], {y: (i: number) => i * rowHeight, stroke: "var(--theme-foreground-faintest)"}),
      Plot.text(bands, {
        x: low,
        y: (_, i) => (i + 0.5) * rowHeight,
        text: (band: BandName) => (narrow ? band : bandLabel(band)),
        textAnchor: "end",
        dx: -8,
        fill: "var(--theme-foreground)"
      }),
      Plot.rect(data, {
        x1: low,
        x2: "mean",
        y1: (d) => y(d) - bar / 2 + 0.5,
        y2: (d) => y(d) + bar / 2 - 0.5,
        fill: (d) => armColour(d.arm),
        fillOpacity: 0.85
      }),
      Plot.ruleY(
        data.filter(({sd}) => sd !== null),
        {x1: (d) => d.mean - d.sd, x2: (d) => d.mean + d.sd, y, stroke: "var(--theme-foreground)", strokeWidth: 1}
      ),
      Plot.dot(
        data.filter(({here}) => here !== null),
        {
          x: "here",
          y,
          r: 2.6,
          fill: "var(--theme-background)",
          stroke: "var(--theme-foreground)",
          strokeWidth: 1.3
        }
      )
    ]
  });
  return withBandRows(svg, {
    width,
    rowOf: (band) => ({top: top + bands.indexOf(band) * rowHeight, height: rowHeight}),
    describe: (band) =>
      arms
        .map(({id, label}) => `${label} ${fixed(data.find((d) => d.band === band && d.arm === id)?.mean, 1)} dB`)
        .join(", "),
    onBand
  });
}
