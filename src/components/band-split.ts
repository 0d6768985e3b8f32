import * as Plot from "@observablehq/plot";
import {bandFrame, rowHeight, rowOf, rowStart} from "./band-frame.js";
import {type BandChart, withBandRows} from "./band-rows.js";
import {type BandName, type BandStatistic, bands} from "./bands-data.js";
import {fixed, scientific} from "./format.js";

/** Mean parts of the squared error of a band: `autoencoder` + `generator` + `cross` = `total`. */
export interface BandSplit {
  readonly band: BandName;
  readonly autoencoder: number;
  readonly generator: number;
  readonly cross: number;
  readonly total: number;
  readonly n: number;
}

/** The parts from the three tables of means. */
export function bandSplits(
  autoencoder: readonly BandStatistic[],
  generator: readonly BandStatistic[],
  cross: readonly BandStatistic[],
  arm: string
): BandSplit[] {
  return bands.flatMap((band) => {
    const find = (list: readonly BandStatistic[]) => list.find((one) => one.arm === arm && one.band === band);
    const [a, g, c] = [find(autoencoder), find(generator), find(cross)];
    if (!a || !g || !c) return [];
    return [
      {
        band,
        autoencoder: a.mean,
        generator: g.mean,
        cross: c.mean,
        total: a.mean + g.mean + c.mean,
        n: a.n
      }
    ];
  });
}

/**
 * Whose error is it? A row a band: what the autoencoder loses by itself, on it what the generator adds, then the cross term,
 * which runs back where the generator makes up for the autoencoder. The tick is the band's error.
 */
export function bandSplitChart(
  data: readonly BandSplit[],
  {width, relative = false, onBand = () => {}}: {width: number; relative?: boolean; onBand?: (band: BandName) => void}
): BandChart<Element> {
  const scaled = data.map((row) => {
    const scale = relative ? (row.total > 0 ? 100 / row.total : 0) : 1000;
    return {
      band: row.band,
      a: row.autoencoder * scale,
      g: row.generator * scale,
      total: row.total * scale
    };
  });
  const high = Math.max(1e-9, ...scaled.flatMap(({a, g, total}) => [a + g, total]));
  const bar = (x1: (d: (typeof scaled)[number]) => number, x2: (d: (typeof scaled)[number]) => number, style: object) =>
    Plot.rect(scaled, {
      x1,
      x2,
      y1: (d) => rowStart(d.band) + 8,
      y2: (d) => rowStart(d.band) + rowHeight - 8,
      ...style
    });
  const {frame, names} = bandFrame({
    width,
    start: 0,
    x: {
      domain: [0, high],
      nice: true,
      label: relative ? "Parts of the band's squared error (%) →" : "Mean squared error (10⁻³, grey levels 0 to 1) →"
    }
  });
  const svg = Plot.plot({
    ...frame,
    marks: [
      names,
      bar(
        () => 0,
        (d) => d.a,
        {fill: "var(--split-autoencoder)"}
      ),
      bar(
        (d) => d.a,
        (d) => d.a + d.g,
        {fill: "var(--split-generator)"}
      ),
      Plot.rect(scaled, {
        x1: (d) => Math.min(d.a + d.g, d.total),
        x2: (d) => Math.max(d.a + d.g, d.total),
        y1: (d) => rowStart(d.band) + rowHeight / 2 - 3,
        y2: (d) => rowStart(d.band) + rowHeight / 2 + 3,
        fill: "var(--split-cross)"
      }),
      Plot.ruleX(scaled, {
        x: "total",
        y1: (d) => rowStart(d.band) + 4,
        y2: (d) => rowStart(d.band) + rowHeight - 4,
        stroke: "var(--theme-foreground)",
        strokeWidth: 2
      })
    ]
  });
  return withBandRows(svg, {
    width,
    rowOf,
    describe: (band) => {
      const one = data.find((d) => d.band === band);
      if (one === undefined) return "no error";
      const share = (part: number) => (one.total > 0 ? `${fixed((100 * part) / one.total, 0)} %` : "–");
      return `MSE ${scientific(one.total)}: autoencoder ${share(one.autoencoder)}, generator ${share(one.generator)}, cross term ${share(one.cross)}`;
    },
    onBand
  });
}
