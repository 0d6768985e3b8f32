import * as Plot from "@observablehq/plot";
import {type BandName, type BandStatistic, bandLabel, bands} from "./bands-data.js";
import {fixed, scientific} from "./format.js";

/** Colour of a band in the budget: a lightness a level, the three directions told apart by pattern of opacity. */
export function bandColour(band: BandName): string {
  return band === "LL3" ? "var(--theme-foreground-faint)" : `var(--level-${band.slice(2)})`;
}

const opacity: Record<string, number> = {LL: 1, LH: 1, HL: 0.82, HH: 0.64};

/**
 * Where the error is: a bar an arm, as long as its mean squared error, divided into what each band contributes. The parts
 * add up exactly (Parseval), so unlike band PSNRs they can be compared.
 */
export function bandBudget(
  data: readonly BandStatistic[],
  {
    width,
    arms,
    relative = false,
    onBand = () => {}
  }: {
    width: number;
    arms: readonly {readonly id: string; readonly label: string}[];
    /** Shares of each arm's own error instead of the error itself. */
    relative?: boolean;
    onBand?: (band: BandName) => void;
  }
): Element & {setBand(band: string): void} {
  const rowHeight = 56;
  const segments = arms.flatMap(({id, label}, row) => {
    const own = bands.map((band) => ({band, value: data.find((d) => d.arm === id && d.band === band)?.mean ?? 0}));
    const total = own.reduce((sum, {value}) => sum + value, 0);
    let x = 0;
    return own.map(({band, value}) => {
      const length = relative ? (total > 0 ? (100 * value) / total : 0) : value * 1000;
      const segment = {row, id, label, band, x1: x, x2: x + length, share: total > 0 ? value / total : 0, value, total};
      x += length;
      return segment;
    });
  });
  const high = relative ? 100 : Math.max(1e-9, ...segments.map(({x2}) => x2));
  const inner = width - 28;
  const svg = Plot.plot({
    width,
    height: arms.length * rowHeight + 50,
    marginLeft: 2,
    marginRight: 26,
    marginTop: 4,
    marginBottom: 44,
    x: {
      domain: [0, high],
      label: relative ? "Share of the mean squared error (%) →" : "Mean squared error (10⁻³, grey levels 0 to 1) →",
      labelAnchor: "right",
      labelOffset: 38,
      ticks: width < 500 ? 5 : 10,
      nice: !relative
    },
    y: {domain: [0, arms.length], axis: null, reverse: true},
    marks: [
      Plot.text(arms, {
        x: 0,
        y: (_, i) => i + 0.16,
        text: ({id, label}) => {
          const total = segments.find((s) => s.id === id)?.total ?? 0;
          return `${label}: MSE ${scientific(total)}`;
        },
        textAnchor: "start",
        fill: "var(--theme-foreground)"
      }),
      Plot.rect(segments, {
        x1: "x1",
        x2: "x2",
        y1: (d) => d.row + 0.34,
        y2: (d) => d.row + 0.84,
        fill: (d) => bandColour(d.band),
        fillOpacity: (d) => opacity[d.band.slice(0, 2)],
        stroke: "var(--theme-background)",
        strokeWidth: 0.75,
        ariaLabel: (d) => `${d.label}, ${bandLabel(d.band)} (${d.band}): ${fixed(100 * d.share, 1)} % of the error`
      }),
      Plot.text(
        segments.filter((d) => ((d.x2 - d.x1) / high) * inner > 34),
        {
          x: (d) => (d.x1 + d.x2) / 2,
          y: (d) => d.row + 0.59,
          text: (d) => `${d.band}\n${fixed(100 * d.share, 0)} %`,
          fill: (d) =>
            d.band.endsWith("1")
              ? "var(--on-level-1)"
              : d.band.endsWith("2")
                ? "var(--on-level-2)"
                : "var(--on-level-3)",
          lineHeight: 1.1,
          fontSize: 11.5,
          pointerEvents: "none"
        }
      )
    ]
  });
  const rects = [...svg.querySelectorAll<SVGRectElement>("g[aria-label='rect'] rect")];
  rects.forEach((rect, i) => {
    rect.setAttribute("data-band", segments[i].band);
    rect.setAttribute("role", "img");
    rect.addEventListener("pointerenter", () => onBand(segments[i].band));
    rect.addEventListener("click", () => onBand(segments[i].band));
  });
  return Object.assign(svg as Element, {
    setBand(chosen: string): void {
      for (const rect of rects) {
        const is = rect.getAttribute("data-band") === chosen;
        rect.setAttribute("stroke", is ? "var(--theme-foreground)" : "var(--theme-background)");
        rect.setAttribute("stroke-width", is ? "2" : "0.75");
      }
    }
  });
}
