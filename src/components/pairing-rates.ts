import * as Plot from "@observablehq/plot";
import {cohensH} from "../measures/statistics/index.js";
import {fixed, signed} from "./format.js";

/** Mean rates of an arm when outputs meet their own images, or others. */
export interface PairingRate {
  readonly arm: string;
  readonly label: string;
  readonly paired: boolean;
  /** Shares of pixels. */
  readonly brighter: number;
  readonly darker: number;
  readonly n: number;
}

const barHeight = 18;

/** Two bars an arm: paired, mispaired; each divided into what is brighter than HR and what is darker. */
export function pairingRates(data: readonly PairingRate[], {width}: {width: number}): Element {
  const arms = [...new Map(data.map(({arm, label}) => [arm, label]))];
  const block = 2 * barHeight + 34;
  const place = (d: PairingRate) =>
    arms.findIndex(([arm]) => arm === d.arm) * block + 24 + (d.paired ? 0 : barHeight + 2);
  const parts = data.flatMap((d) => [
    {...d, x1: 0, x2: 100 * d.brighter, sign: 1},
    {...d, x1: 100 * d.brighter, x2: 100 * (d.brighter + d.darker), sign: -1}
  ]);
  const height = arms.length * block + 54;
  return Plot.plot({
    width,
    height,
    marginLeft: 78,
    marginRight: 58,
    marginTop: 4,
    marginBottom: 44,
    x: {
      domain: [0, Math.max(1, ...parts.map(({x2}) => x2))],
      grid: true,
      nice: true,
      label: "Share of pixels beyond the floor (%) →",
      labelAnchor: "right",
      labelOffset: 38,
      ticks: width < 500 ? 4 : 8
    },
    y: {type: "linear", domain: [0, arms.length * block], range: [4, 4 + arms.length * block], axis: null},
    marks: [
      Plot.text(arms, {
        frameAnchor: "left",
        y: (_, i) => i * block + 12,
        text: ([, label]) => label,
        textAnchor: "start",
        dx: -76,
        fontWeight: 620,
        fill: "var(--theme-foreground)"
      }),
      ...[1, -1].map((sign) =>
        Plot.rect(
          parts.filter((part) => part.sign === sign),
          {
            x1: "x1",
            x2: "x2",
            y1: place,
            y2: (d) => place(d) + barHeight,
            fill: sign > 0 ? "var(--mark-brighter)" : "var(--mark-darker)"
          }
        )
      ),
      Plot.text(data, {
        x: 0,
        y: (d) => place(d) + barHeight / 2,
        text: ({paired}) => (paired ? "paired" : "mispaired"),
        textAnchor: "end",
        dx: -6,
        fill: "var(--theme-foreground-muted)"
      }),
      Plot.text(data, {
        x: (d) => 100 * (d.brighter + d.darker),
        y: (d) => place(d) + barHeight / 2,
        text: (d) => `${fixed(100 * (d.brighter + d.darker), 1)} %`,
        textAnchor: "start",
        dx: 5,
        fill: "var(--theme-foreground)"
      })
    ]
  });
}

/**
 * What mispairing does to the total rates of two arms and to Cohen's h between them, in sentences; null without both arms in both
 * pairings.
 */
export function pairingSentence(data: readonly PairingRate[], a: string, b: string): string | null {
  const total = (arm: string, paired: boolean) => {
    const found = data.find((d) => d.arm === arm && d.paired === paired);
    return found === undefined ? null : found.brighter + found.darker;
  };
  const [a1, a2, b1, b2] = [total(a, true), total(a, false), total(b, true), total(b, false)];
  if (a === b || a1 === null || a2 === null || b1 === null || b2 === null) return null;
  const label = (arm: string) => data.find((d) => d.arm === arm)!.label;
  const times = (right: number, wrong: number) => `${fixed(wrong / right, 1)} times`;
  const [right, wrong] = [cohensH(b1, a1), cohensH(b2, a2)];
  return `Mispaired, the rates are ${times(a1, a2)} (${label(a)}) and ${times(b1, b2)} (${label(b)}) what they are paired. Cohen's h between the two: ${signed(right, 3)} paired, ${signed(wrong, 3)} mispaired: ${change(right, wrong)}.`;
}

/** What becomes of a difference, as far as its three printed digits show it. */
function change(right: number, wrong: number): string {
  const [from, to] = [right, wrong].map((h) => Math.round(1000 * h));
  if (from === to) return "no change";
  if (from * to < 0) return "its sign turns";
  return Math.abs(to) > Math.abs(from) ? "the difference looks larger" : "the difference looks smaller";
}
