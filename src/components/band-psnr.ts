import * as Plot from "@observablehq/plot";
import {bandFrame, rowHeight, rowOf, rowStart} from "./band-frame.js";
import {type BandChart, withBandRows} from "./band-rows.js";
import type {BandName, BandStatistic} from "./bands-data.js";
import {fixed} from "./format.js";
import {armColour, autoencoderAlone} from "./palette.js";

/**
 * Band PSNR, published flavour: a row a band, a bar an arm from the axis' start to the mean over images, a whisker of
 * ±1 SD, and a circle at the image in view. An autoencoder alone is hollow: the generator in its latents has the same colour.
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
  const values = data.flatMap(({mean, sd, here}) => [mean - (sd ?? 0), mean + (sd ?? 0), here ?? mean]);
  const low = Math.min(0, Math.floor(Math.min(...values)));
  const high = Math.ceil(Math.max(...values) + 1);
  const bar = Math.min(9, (rowHeight - 8) / arms.length);
  const y = ({band, arm}: BandStatistic) =>
    rowStart(band) + rowHeight / 2 + (arms.findIndex(({id}) => id === arm) - (arms.length - 1) / 2) * bar;
  const {frame, names} = bandFrame({
    width,
    start: low,
    x: {domain: [low, high], label: "Band PSNR (dB), each band with its own peak →"}
  });
  const svg = Plot.plot({
    ...frame,
    marks: [
      Plot.ruleY([1, 4, 7], {y: (i: number) => i * rowHeight, stroke: "var(--theme-foreground-faintest)"}),
      names,
      ...[false, true].map((hollow) => {
        // half of a hollow bar's edge lies outside it
        const inset = hollow ? 1 : 0.5;
        return Plot.rect(
          data.filter(({arm}) => autoencoderAlone(arm) === hollow),
          {
            x1: low,
            x2: "mean",
            y1: (d) => y(d) - bar / 2 + inset,
            y2: (d) => y(d) + bar / 2 - inset,
            fill: (d) => armColour(d.arm),
            fillOpacity: hollow ? 0.12 : 0.85,
            ...(hollow ? {className: "hollow", stroke: (d: BandStatistic) => armColour(d.arm), strokeWidth: 1} : {})
          }
        );
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
    rowOf,
    describe: (band) =>
      arms
        .map(({id, label}) => `${label} ${fixed(data.find((d) => d.band === band && d.arm === id)?.mean, 1)} dB`)
        .join(", "),
    onBand
  });
}
