import * as Plot from "@observablehq/plot";
import type {LadderRow} from "../measures/studies/ladder.js";
import {signed} from "./format.js";
import {type PointChart, withSelectablePoints} from "./selectable-points.js";

export type Stage = "ae" | "sr";

export const stageNames: Readonly<Record<Stage, string>> = {
  ae: "autoencoder alone",
  sr: "super-resolution"
};

export interface LadderChartOptions {
  readonly width: number;
  /** The same for every dataset. */
  readonly domain: readonly [number, number];
  readonly onSelect?: (row: LadderRow) => void;
}

const rowHeight = 64;
const top = 6;

/** Where each bar of a path starts and ends: each step stands on the one before. */
export function waterfall(
  rows: readonly LadderRow[],
  path: readonly string[],
  stage: Stage
): {readonly row: LadderRow; readonly from: number; readonly to: number | null}[] {
  let at = 0;
  return [...path, "total"].flatMap((id) => {
    const row = rows.find((one) => one.step.id === id && one.stage === stage);
    if (row === undefined) return [];
    const from = id === "total" ? 0 : at;
    // without a number of ours the next step stands on the published one
    const worth = row.gain?.mean ?? row.published?.value ?? null;
    const bar = {row, from, to: row.gain === null ? null : from + row.gain.mean};
    if (worth !== null) at += id === "total" ? 0 : worth;
    return [bar];
  });
}

/** All numbers that a dataset's chart has to hold. */
export function ladderExtent(rows: readonly LadderRow[], path: readonly string[]): number[] {
  return (["ae", "sr"] as const).flatMap((stage) =>
    waterfall(rows, path, stage).flatMap(({row, from, to}) => [
      from,
      ...(to === null ? [] : [to]),
      ...(row.gain === null ? [] : [from + (row.gain.low ?? row.gain.mean), from + (row.gain.high ?? row.gain.mean)]),
      ...(row.published === null ? [] : [from + row.published.value])
    ])
  );
}

/** The colour of what a step changes: domain one, everything that is geometry another. */
export function stepColour({step}: Pick<LadderRow, "step">): string {
  return step.kind === "domain"
    ? "var(--theme-yellow)"
    : step.kind === "total"
      ? "var(--theme-foreground-muted)"
      : "var(--theme-blue)";
}

/**
 * One dataset's ladder from the generic autoencoder to the medical one: each step a bar that stands on the one before, outlined
 * for the autoencoder alone, solid for super-resolution; whiskers are intervals, red rings the published steps.
 */
export function ladderChart(
  rows: readonly LadderRow[],
  path: readonly string[],
  {width, domain, onSelect = () => {}}: LadderChartOptions
): PointChart<Element> {
  const ids = [...path, "total"];
  const bars = (["ae", "sr"] as const).flatMap((stage) =>
    waterfall(rows, path, stage).map((bar) => ({...bar, stage, i: ids.indexOf(bar.row.step.id)}))
  );
  const bottom = top + ids.length * rowHeight;
  const y = ({i, stage}: {i: number; stage: Stage}) => top + i * rowHeight + (stage === "ae" ? 33 : 50);
  const half = 6;
  const known = bars.filter(({to}) => to !== null);
  const right = 54;
  const labels = ids.flatMap((id, i) => {
    const row = rows.find(({step}) => step.id === id);
    return row === undefined
      ? []
      : [{i, text: row.step.kind === "total" ? `total: ${row.step.label}` : `${row.step.kind}: ${row.step.label}`}];
  });
  const svg = Plot.plot({
    width,
    height: bottom + 44,
    marginLeft: 12,
    marginRight: right,
    marginTop: top,
    marginBottom: 44,
    x: {
      domain: [...domain],
      grid: true,
      label: "Gain in PSNR against HR (dB) →",
      labelAnchor: "right",
      labelOffset: 38,
      ticks: 6
    },
    y: {type: "linear", domain: [top, bottom], range: [top, bottom], axis: null},
    marks: [
      Plot.ruleY(
        ids.slice(1).map((_, i) => top + (i + 1) * rowHeight + 2),
        {stroke: "var(--theme-foreground-faintest)"}
      ),
      Plot.ruleX([0], {stroke: "var(--theme-foreground)", strokeWidth: 1.2}),
      Plot.rect(known, {
        className: "ladder-bars",
        x1: ({from, to}) => Math.min(from, to!),
        x2: ({from, to}) => Math.max(from, to!),
        y1: (bar) => y(bar) - half,
        y2: (bar) => y(bar) + half,
        fill: ({row}) => stepColour(row),
        // not a paler fill: what is paler on white is darker on black
        fillOpacity: ({stage}) => (stage === "ae" ? 0 : 0.95),
        stroke: ({row}) => stepColour(row),
        strokeWidth: 1.6
      }),
      Plot.ruleY(
        known.filter(({row}) => row.gain!.low !== null && row.gain!.high !== null),
        {
          x1: ({row, from}) => from + row.gain!.low!,
          x2: ({row, from}) => from + row.gain!.high!,
          y,
          stroke: "var(--theme-foreground)",
          strokeWidth: 1.4
        }
      ),
      Plot.dot(
        bars.filter(({row}) => row.published !== null),
        {
          x: ({row, from}) => from + row.published!.value,
          y,
          r: 4.6,
          fill: "var(--theme-background)",
          stroke: "var(--theme-red)",
          strokeWidth: 2
        }
      ),
      Plot.text(labels, {
        x: domain[0],
        y: ({i}) => top + i * rowHeight + 13,
        dx: 2,
        text: "text",
        textAnchor: "start",
        fontWeight: 620,
        fill: "var(--theme-foreground)",
        stroke: "var(--theme-background)",
        strokeWidth: 4
      }),
      Plot.text(bars, {
        x: domain[1],
        y,
        dx: right - 2,
        textAnchor: "end",
        text: ({row}) =>
          row.gain !== null ? signed(row.gain.mean, 2) : row.published === null ? "–" : signed(row.published.value, 2),
        fill: ({row}) => (row.gain === null && row.published !== null ? "var(--theme-red)" : "var(--theme-foreground)")
      })
    ]
  });
  return withSelectablePoints(svg as unknown as Element, [...svg.querySelectorAll(".ladder-bars rect")], {
    label: "Steps of the ladder",
    items: known.map(({row}) => row),
    key: ladderKey,
    describe: (row) =>
      `${row.step.kind}, ${row.step.label}, ${stageNames[row.stage]}: ${signed(row.gain!.mean, 2)} dB${
        row.published === null ? "" : `, published ${signed(row.published.value, 2)} dB`
      }`,
    facts: (row) => [
      [row.step.kind, row.step.label],
      ["at", stageNames[row.stage]],
      [
        "gain",
        `${signed(row.gain!.mean, 2)} dB${
          row.gain!.low === null ? "" : ` [${signed(row.gain!.low, 2)}, ${signed(row.gain!.high!, 2)}]`
        }`
      ],
      ...(row.published === null ? [] : ([["published", `${signed(row.published.value, 2)} dB`]] as const)),
      ["n", `${row.gain!.nImages} images${row.gain!.nPatients === null ? "" : ` of ${row.gain!.nPatients} patients`}`],
      ["", "click: every image of this step"]
    ],
    onSelect
  });
}

export function ladderKey({set, stage, step}: LadderRow): string {
  return `${set} ${stage} ${step.id}`;
}
