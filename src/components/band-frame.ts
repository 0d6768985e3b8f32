import * as Plot from "@observablehq/plot";
import {type BandName, bandLabel, bands} from "./bands-data.js";

/** Pixels of a band's row. */
export const rowHeight = 34;
const top = 14;

/** Where a band's row begins, in pixels below the first. */
export function rowStart(band: BandName): number {
  return bands.indexOf(band) * rowHeight;
}

/** Where a band's row lies in the drawing. */
export function rowOf(band: BandName): {readonly top: number; readonly height: number} {
  return {top: top + rowStart(band), height: rowHeight};
}

/**
 * What charts with a row a band share: size, margins, both axes (y in pixels below the first row) and the bands' names, which stand
 * left of `start`.
 */
export function bandFrame({width, start, x}: {width: number; start: number; x: Plot.ScaleOptions}) {
  const narrow = width < 560;
  const bottom = top + bands.length * rowHeight;
  return {
    frame: {
      width,
      height: bottom + 44,
      marginLeft: narrow ? 44 : 168,
      marginRight: 14,
      marginTop: top,
      marginBottom: 44,
      x: {grid: true, labelAnchor: "right", labelOffset: 38, ticks: narrow ? 5 : 10, ...x},
      y: {type: "linear", domain: [0, bands.length * rowHeight], range: [top, bottom], axis: null}
    } satisfies Plot.PlotOptions,
    names: Plot.text(bands, {
      x: start,
      y: (_, i) => (i + 0.5) * rowHeight,
      text: (band: BandName) => (narrow ? band : bandLabel(band)),
      textAnchor: "end",
      dx: -8,
      fill: "var(--theme-foreground)"
    })
  };
}
