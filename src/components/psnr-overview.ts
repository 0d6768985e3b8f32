import * as Plot from "@observablehq/plot";
import {element} from "./dom.js";
import {fixed, signed} from "./format.js";
import {armColour} from "./palette.js";
import type {Overview, OverviewRow, Published, PublishedRow} from "./site-data.js";
import {subjects} from "./subjects.js";

/** One mark of the chart. */
export interface OverviewMark {
  readonly lane: number;
  readonly arm: string;
  readonly label: string;
  readonly kind: "super-resolution" | "autoencoder alone" | "bicubic";
  readonly value: number;
  readonly sd: number | null;
  readonly title: string;
  /** Measured here, not published. */
  readonly ours: boolean;
}

/** A row of the chart: one dataset, as the study saw it or as this machine did. */
export interface OverviewLane {
  readonly text: string;
  readonly note: string;
  /** The study's, by its id in published.json. */
  readonly dataset?: string;
  readonly ours: boolean;
}

const armNames: Record<string, string> = {
  bicubic: "Bicubic",
  "sr:sdvae": "SD-VAE, super-resolution",
  "sr:medvae-4-3": "MedVAE, super-resolution",
  "ae:sdvae": "SD-VAE alone",
  "ae:medvae-4-3": "MedVAE alone"
};
const anatomies = ["knee", "brain", "cxr"];

/** The marks and lanes: for each anatomy what the study reports, then what was measured here. */
export function overviewMarks({ours, published}: Pick<Overview, "ours" | "published">) {
  const lanes: OverviewLane[] = [];
  const marks: OverviewMark[] = [];
  const sets = [...new Set(ours.map((row) => row.anatomy))];
  for (const anatomy of [...anatomies, ...sets.filter((set) => !anatomies.includes(set))]) {
    for (const [id, {label, images}] of Object.entries(published.datasets)) {
      const rows = published.values.filter(
        (row) => row.dataset === id && row.measure === "psnr" && row.arm !== undefined && row.arm in armNames
      );
      if (published.datasets[id].anatomy !== anatomy || rows.length === 0) continue;
      lanes.push({text: `Study: ${label}`, note: `n = ${images}`, dataset: id, ours: false});
      for (const row of rows) marks.push(publishedMark(row, lanes.length - 1, published));
    }
    const own = ours.filter((row) => row.anatomy === anatomy);
    if (own.length === 0) continue;
    lanes.push({text: `Here: ${own[0].label}`, note: `n = ${own[0].n}`, ours: true});
    for (const row of own) marks.push(ownMark(row, lanes.length - 1));
  }
  return {lanes, marks};
}

/**
 * PSNR of every arm: a lane for each dataset of the study, and one for each of ours below it. Filled: a super-resolution
 * output; hollow: an autoencoder by itself (ours a diamond); a tick: bicubic. Whiskers: ±1 SD over images.
 */
export function psnrOverview(data: Pick<Overview, "ours" | "published">, {width}: {width: number}): HTMLElement {
  const {lanes, marks} = overviewMarks(data);
  const rowHeight = 62;
  const values = marks.flatMap(({value, sd}) => [value - (sd ?? 0), value + (sd ?? 0)]);
  const low = Math.floor(Math.min(...values) - 0.5);
  const high = Math.ceil(Math.max(...values) + 0.5);
  const hollow = marks.filter(({kind}) => kind === "autoencoder alone");
  const filled = marks.filter(({kind}) => kind === "super-resolution");
  const ticks = marks.filter(({kind}) => kind === "bicubic");
  const y = (mark: {lane: number}) => mark.lane;
  const gaps = lanes.flatMap(({dataset}, lane) => {
    const [from, to] = ["sr:sdvae", "sr:medvae-4-3"].map((arm) => filled.find((m) => m.lane === lane && m.arm === arm));
    // as printed: the difference of the means as read from the figure can be 0.01 off
    const gap = data.published.values.find(
      (row) => row.measure === "psnr_gap" && row.convention === "self-referential" && row.dataset === dataset
    );
    return from && to && gap ? [{lane, x1: from.value, x2: to.value, gap: gap.value}] : [];
  });
  const svg = Plot.plot({
    width,
    height: lanes.length * rowHeight + 58,
    marginLeft: 12,
    marginRight: 16,
    marginTop: 8,
    marginBottom: 44,
    x: {
      domain: [low, high],
      label: "PSNR against the reference (dB) →",
      labelAnchor: "right",
      labelOffset: 38,
      grid: true,
      ticks: width < 500 ? 6 : 12
    },
    y: {domain: [lanes.length - 0.5, -0.62], axis: null},
    marks: [
      Plot.ruleY(
        lanes.flatMap(({ours}, lane) => (ours || lane === 0 || lanes[lane - 1].ours ? [] : [lane])),
        {y: (lane: number) => lane - 0.5, stroke: "var(--theme-foreground-faintest)"}
      ),
      Plot.ruleY(
        lanes.flatMap((_, lane) => (lane > 0 && lanes[lane - 1].ours ? [lane - 0.56] : [])),
        {stroke: "var(--theme-foreground-fainter)"}
      ),
      ...[true, false].map((ours) =>
        Plot.text(
          lanes.flatMap((lane, i) => (lane.ours === ours ? [{...lane, i}] : [])),
          {
            x: low,
            y: "i",
            text: (lane: OverviewLane) => `${lane.text}, ${lane.note}`,
            textAnchor: "start",
            dx: 2,
            dy: -19,
            fontWeight: ours ? 620 : 400,
            fill: "var(--theme-foreground)"
          }
        )
      ),
      Plot.link(gaps, {
        x1: "x1",
        x2: "x2",
        y1: y,
        y2: y,
        stroke: "var(--theme-foreground)",
        strokeWidth: 1.2,
        dy: 13,
        markerEnd: "arrow"
      }),
      Plot.text(gaps, {
        x: (d) => (d.x1 + d.x2) / 2,
        y,
        dy: 24,
        // the marks that the arrow joins are, whatever the page's convention
        text: (d) => `${signed(d.gap, 2)} dB, self-referential`,
        fill: "var(--theme-foreground)",
        fontWeight: 620
      }),
      Plot.ruleY(
        marks.filter(({sd}) => sd !== null),
        {
          x1: (d) => d.value - d.sd,
          x2: (d) => d.value + d.sd,
          y,
          stroke: (d) => armColour(d.arm),
          strokeOpacity: 0.45,
          strokeWidth: 2
        }
      ),
      Plot.dot(hollow, {
        x: "value",
        y,
        r: 5.5,
        symbol: (d) => (d.ours ? "diamond" : "circle"),
        stroke: (d) => armColour(d.arm),
        strokeWidth: 2.2,
        fill: "var(--theme-background)"
      }),
      Plot.ruleX(ticks, {
        x: "value",
        y1: (d) => d.lane - 0.13,
        y2: (d) => d.lane + 0.13,
        stroke: (d) => armColour(d.arm),
        strokeWidth: 3
      }),
      Plot.dot(filled, {x: "value", y, r: 5.5, fill: (d) => armColour(d.arm)}),
      Plot.tip(marks, Plot.pointer({x: "value", y, title: "title", fill: "var(--theme-background)", maxRadius: 30}))
    ]
  });
  return element("div", {}, overviewLegend(marks), svg as unknown as HTMLElement);
}

/** What the shapes and colours mean, each arm once. */
function overviewLegend(marks: readonly OverviewMark[]): HTMLElement {
  const seen = new Map<string, OverviewMark>();
  for (const mark of marks) if (!seen.has(mark.arm)) seen.set(mark.arm, mark);
  return element(
    "div",
    {class: "swatches"},
    ...[...seen.values()].map((mark) => {
      const holder = element("span", {class: "item"});
      const colour = armColour(mark.arm);
      const shape =
        mark.kind === "bicubic"
          ? `<rect x="5.5" y="1" width="3" height="12" fill="${colour}"/>`
          : mark.kind === "super-resolution"
            ? `<circle cx="7" cy="7" r="5.5" fill="${colour}"/>`
            : mark.ours
              ? `<path d="M7,0.8L12,7L7,13.2L2,7Z" fill="none" stroke="${colour}" stroke-width="2.2"/>`
              : `<circle cx="7" cy="7" r="4.6" fill="none" stroke="${colour}" stroke-width="2.2"/>`;
      holder.innerHTML = `<svg width="14" height="14" aria-hidden="true">${shape}</svg>`;
      holder.append(mark.label);
      return holder;
    })
  );
}

function publishedMark(row: PublishedRow, lane: number, {citation, sources}: Published): OverviewMark {
  const arm = row.arm!;
  const label = armNames[arm];
  const against = row.convention === "self-referential" ? "against decode(encode(HR))" : "against HR";
  return {
    lane,
    arm,
    label,
    ours: false,
    kind: kindOf(arm),
    value: row.value,
    sd: row.sd ?? null,
    title: [
      label,
      `${fixed(row.value, 2)} dB${row.sd === undefined ? "" : ` ± ${fixed(row.sd, 2)} SD`}, ${against}`,
      `n = ${row.n} images`,
      `arXiv ${citation.arxiv}, ${sources[row.source].where}`
    ].join("\n")
  };
}

function ownMark(row: OverviewRow, lane: number): OverviewMark {
  const label = row.arm.startsWith("ae:") ? `${row.armLabel} alone` : row.armLabel;
  return {
    lane,
    arm: row.arm,
    ours: true,
    label: row.arm === "bicubic" ? "Bicubic" : label,
    kind: kindOf(row.arm),
    value: row.mean,
    sd: row.sd,
    title: [
      label,
      `${fixed(row.mean, 2)} dB${row.sd === null ? "" : ` ± ${fixed(row.sd, 2)} SD`}, against HR`,
      `n = ${row.n} images${row.patients === null ? "" : ` of ${subjects(row.patients, row.anatomy)}`}`,
      row.engine
    ].join("\n")
  };
}

function kindOf(arm: string): OverviewMark["kind"] {
  return arm === "bicubic" ? "bicubic" : arm.startsWith("ae:") ? "autoencoder alone" : "super-resolution";
}
