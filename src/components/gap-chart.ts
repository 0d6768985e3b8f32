import * as Plot from "@observablehq/plot";
import type {Convention} from "./convention.js";
import {element} from "./dom.js";
import {figure} from "./figure.js";
import {fixed, signed} from "./format.js";
import {anatomies, type GapMark} from "./gap-data.js";

interface Row {
  readonly mark: GapMark;
  /** Pixels from the top. */
  readonly y: number;
}

const words = {sr: "super-resolution", ae: "autoencoders alone"} as const;

/**
 * The finding in one chart: by how much the medical autoencoder is ahead, by dataset, published (the text's colour) and ours (blue). Filled:
 * super-resolution; hollow: the autoencoders alone; lines: 95 % intervals.
 */
export function gapChart(marks: readonly GapMark[], {width}: {width: number}): HTMLElement {
  const narrow = width < 640;
  const rowHeight = narrow ? 38 : 30;
  const headHeight = 26;
  const rows: Row[] = [];
  const heads: {label: string; y: number}[] = [];
  let y = 0;
  for (const [anatomy, label] of anatomies) {
    const own = marks.filter((mark) => mark.anatomy === anatomy);
    if (own.length === 0) continue;
    heads.push({label, y: y + headHeight / 2});
    y += headHeight;
    for (const mark of own) {
      rows.push({mark, y: y + rowHeight * (narrow ? 0.68 : 0.5)});
      y += rowHeight;
    }
    y += 8;
  }
  const labelWidth = narrow ? 12 : 372;
  const all = marks.flatMap(({value, low, high}) => [value, low ?? value, high ?? value]);
  const domain: [number, number] = [Math.min(0, ...all) - 0.2, Math.max(1, ...all) + 0.9];
  const colour = (mark: GapMark) => (mark.ours ? "var(--theme-foreground-focus)" : "var(--theme-foreground)");
  const text = (mark: GapMark) => `${mark.label}, ${mark.n === null ? "" : `n = ${mark.n}, `}${words[mark.stage]}`;
  const at = (d: {y: number}) => d.y;
  const svg = Plot.plot({
    width,
    height: y + 52,
    marginLeft: labelWidth,
    marginRight: 18,
    marginTop: 4,
    marginBottom: 44,
    x: {
      domain,
      grid: true,
      label: "PSNR gained by the medical autoencoder (dB) →",
      labelAnchor: "right",
      labelOffset: 38,
      ticks: narrow ? 5 : 8
    },
    y: {domain: [y, 0], range: [y + 4, 4], axis: null},
    marks: [
      Plot.ruleX([0], {stroke: "var(--theme-foreground-faint)"}),
      Plot.text(heads, {
        frameAnchor: "left",
        y: at,
        dx: narrow ? 0 : -labelWidth + 2,
        text: "label",
        textAnchor: "start",
        fontWeight: 620,
        fontSize: 14,
        fill: "var(--theme-foreground)"
      }),
      Plot.text(rows, {
        frameAnchor: "left",
        y: at,
        dx: narrow ? 0 : -labelWidth + 2,
        dy: narrow ? -15 : 0,
        text: (d) => text(d.mark),
        textAnchor: "start",
        fontSize: narrow ? 11.5 : 12.5,
        fill: "var(--theme-foreground)",
        stroke: narrow ? "var(--theme-background)" : undefined,
        strokeWidth: 4
      }),
      Plot.link(
        rows.filter(({mark}) => mark.low !== null),
        {
          x1: (d) => d.mark.low,
          x2: (d) => d.mark.high,
          y1: at,
          y2: at,
          stroke: (d) => colour(d.mark),
          strokeWidth: 2,
          strokeOpacity: 0.55
        }
      ),
      Plot.dot(rows, {
        x: (d) => d.mark.value,
        y: at,
        r: 5.5,
        stroke: (d) => colour(d.mark),
        strokeWidth: 2.2,
        fill: (d) => (d.mark.stage === "sr" ? colour(d.mark) : "var(--theme-background)")
      }),
      Plot.text(rows, {
        x: (d) => d.mark.high ?? d.mark.value,
        y: at,
        dx: 10,
        text: (d) => signed(d.mark.value, 2),
        textAnchor: "start",
        fontWeight: 620,
        fill: "var(--theme-foreground)"
      }),
      Plot.tip(
        rows,
        Plot.pointerY({
          x: (d) => d.mark.value,
          y: at,
          title: (d: Row) =>
            [
              text(d.mark),
              `${signed(d.mark.value, 2)} dB${d.mark.low === null ? "" : `, ${fixed(d.mark.low, 2)} to ${fixed(d.mark.high, 2)}`}`,
              d.mark.interval,
              ...d.mark.facts.filter(([name]) => name !== "interval").map(([name, value]) => `${name}: ${value}`)
            ].join("\n"),
          fill: "var(--theme-background)",
          maxRadius: 24,
          lineWidth: 30
        })
      )
    ]
  });
  return element("div", {}, svg as unknown as HTMLElement);
}

/** The chart with its title, what the marks mean, and the numbers. */
export function gapFigure(marks: readonly GapMark[], convention: Convention, {width}: {width: number}): HTMLElement {
  const against = convention === "published" ? "the autoencoder’s own reconstruction" : "the true image";
  const own = marks.some(({ours, stage}) => ours && stage === "sr");
  const theirs = marks.some(({ours, low}) => !ours && low !== null)
    ? "The study prints no intervals: those drawn come from its standard deviations, as if both arms were independent."
    : `The study gives no intervals${convention === "published" ? "" : " against the true image"}.`;
  return figure(gapChart(marks, {width}), {
    name: `gap-by-data-set-${convention}`,
    title: `PSNR gained by the medical autoencoder, by dataset; super-resolution against ${against}`,
    subtitle:
      "Blue: this build; the other: the study. Filled: super-resolution. Hollow: the autoencoders alone, no generator. Lines: 95 % intervals.",
    caption: `${own ? "" : "Super-resolution against this reference was not measured here: this build has no study results. "}Study: MedVAE over SD-VAE. Here: small autoencoders of the same latent sizes, on simulated images; sizes of gaps need not agree, their signs may be compared. ${theirs}`,
    rows: marks.map(({label, n, stage, ours, value, low, high, interval}) => ({
      dataset: label,
      n,
      what: words[stage],
      whose: ours ? "ours" : "study’s",
      "gain (dB)": Number(value.toFixed(3)),
      "95 % low": low === null ? null : Number(low.toFixed(3)),
      "95 % high": high === null ? null : Number(high.toFixed(3)),
      interval
    }))
  });
}
