import * as Plot from "@observablehq/plot";
import type {Plane} from "../measures/image.js";
import type {Convention} from "./convention.js";
import {asInput, changed, element, scrollRegion} from "./dom.js";
import {thresholdMap} from "./fabrication-maps.js";
import {figure} from "./figure.js";
import {fixed, signed} from "./format.js";
import {
  compareRates,
  type Direction,
  directions,
  type Floor,
  type LabImage,
  type LabResult,
  thresholdOf
} from "./lab-data.js";
import {armColour} from "./palette.js";
import {type Facts, sourced} from "./provenance.js";
import {dropdown, type Option, segmented} from "./segmented.js";
import {subjects} from "./subjects.js";
import {armLegend} from "./swatches.js";
import {type MapPicture, type Pictures, viewer} from "./viewer.js";

/** What the reader has set; all of it can stand in an address. */
export interface LabState {
  readonly a: string;
  readonly b: string;
  readonly floor: Floor;
  readonly direction: Direction;
  /** Equivalence margin, share of pixels. */
  readonly margin: number;
}

export interface LabOptions {
  readonly arms: readonly Option[];
  /** Whose errors can be the floor of all arms. */
  readonly autoencoders: readonly Option[];
  readonly autoencoderOf: (arm: string) => string;
  readonly load: (image: string, arms: readonly string[]) => Promise<Pictures>;
  /** Sees to it that a set's images have the histograms of some arms. */
  readonly loadHistograms: (set: string, arms: readonly string[]) => Promise<unknown>;
  readonly facts: (image: string | null, arm: string) => Facts;
  readonly value: LabState;
}

/** What the lab looks at: an image with the others of its set. */
export interface LabSubject {
  readonly image: string;
  readonly set: string;
  readonly anatomy?: string;
  readonly images: readonly LabImage[];
}

export const margins: readonly number[] = [0.005, 0.01, 0.02, 0.05];

/** A margin as it is written wherever it stands. */
function points(share: number): string {
  return `${fixed(100 * share, 1)} percentage points`;
}

/** The threshold and sense in which a convention counts. `shared` is the arm whose floor served all in the study. */
export function conventionalState(convention: Convention, shared: string): Pick<LabState, "floor" | "direction"> {
  return convention === "published"
    ? {floor: {source: shared, k: 2, fixed: 0.05}, direction: "brighter"}
    : {floor: {source: "own", k: 2, fixed: 0.05}, direction: "either"};
}

/**
 * Move the threshold and see what becomes of the rates: masks of two arms on one image, their rates over the set, Cohen's h
 * and the equivalence test, all in the frame in which the slider moves.
 */
export function thresholdLab({arms, autoencoders, autoencoderOf, load, loadHistograms, facts, value}: LabOptions) {
  let subject: LabSubject | null = null;
  let content: Pictures | null = null;
  let requested = 0;
  let chartKey = "";
  let chartWidth = 0;
  let rule: SVGElement | null = null;
  /** The two maps' canvases, painted anew with every change. */
  const masks = new Map<string, OffscreenCanvas>();
  let place: (x: number) => number = (x) => x;

  const a = dropdown(arms, {label: "Arm A", value: value.a});
  const b = dropdown(arms, {label: "Arm B", value: value.b});
  const source = dropdown(
    [
      {value: "own", label: "each arm's own autoencoder"},
      ...autoencoders.map(({value, label}) => ({value, label: `${label} for all`})),
      {value: "fixed", label: "a fixed number of grey levels"}
    ],
    {label: "Floor", value: value.floor.source}
  );
  const direction = segmented(
    [
      {value: "either", label: "either way"},
      {value: "brighter", label: "brighter"},
      {value: "darker", label: "darker"}
    ],
    {label: "Count", value: value.direction}
  );
  const margin = dropdown(
    margins.map((share) => ({value: String(share), label: `±${points(share)}`})),
    {label: "Equivalent within", value: String(value.margin)}
  );
  const k = slider("k (SDs above the mean error)", 0, 6, 0.05, value.floor.k, 2);
  const level = slider("Threshold (grey levels)", 0, 0.4, 0.002, value.floor.fixed, 3);

  function slider(label: string, min: number, max: number, step: number, start: number, digits: number) {
    const input = element("input", {type: "range", min, max, step, value: start, class: "wide"});
    const text = element("output", {}, fixed(start, digits));
    input.addEventListener("input", (event) => {
      event.stopPropagation();
      text.textContent = fixed(Number(input.value), digits);
      request();
      changed(node);
    });
    return {
      node: element("label", {class: "choice slider"}, label, input, text),
      input,
      set(next: number) {
        input.value = String(next);
        text.textContent = fixed(next, digits);
      }
    };
  }

  const maps = viewer({mode: "maps"});
  maps.addEventListener("input", (event) => event.stopPropagation());
  const results = element("div", {class: "lab-results"});
  const chart = element("div", {class: "lab-chart"});
  const node = element(
    "div",
    {class: "lab"},
    element("div", {class: "controls"}, a, b),
    element("div", {class: "controls"}, source, k.node, level.node),
    element("div", {class: "controls"}, direction, margin),
    maps,
    element("div", {class: "two"}, results, chart)
  );

  const state = (): LabState => ({
    a: a.value,
    b: b.value,
    floor: {source: source.value, k: Number(k.input.value), fixed: Number(level.input.value)},
    direction: direction.value as Direction,
    margin: Number(margin.value)
  });
  /** The arms whose histograms the rates are counted on. */
  const needed = () => {
    const wanted = [a.value, b.value];
    return [
      ...wanted,
      ...(source.value === "fixed" ? [] : source.value === "own" ? wanted.map(autoencoderOf) : [source.value])
    ];
  };
  const isReady = () => subject !== null && needed().every((arm) => arm in subject!.images[0].histograms);
  const labelOf = (arm: string) => arms.find((one) => one.value === arm)?.label ?? arm;

  /** The cells that change with the threshold; made anew when arms or images change. */
  interface Cells {
    readonly rates: readonly HTMLButtonElement[];
    readonly means: readonly HTMLButtonElement[];
    readonly thresholds: readonly HTMLElement[];
    readonly h: HTMLButtonElement;
    readonly difference: HTMLButtonElement;
    readonly verdict: HTMLElement;
  }
  let cells: Cells | null = null;

  function layResults({images, image, anatomy}: LabSubject): Cells {
    const sides = [a.value, b.value];
    const patients = new Set(images.map((one) => one.patient ?? one.id)).size;
    const n: Facts = [
      ["n", `${images.length} images of ${subjects(patients, anatomy)}`],
      ["test", "paired TOST over patients, α 0.05"],
      ["arms", sides.map(labelOf).join(" and ")]
    ];
    const own: Cells = {
      rates: sides.map((arm) => sourced("", facts(image, arm))),
      means: sides.map((arm) => sourced("", facts(null, arm))),
      thresholds: sides.map(() => element("span", {})),
      h: sourced("", n),
      difference: sourced("", n),
      verdict: element("p", {class: "verdict", role: "status"})
    };
    const row = (title: string, ...values: readonly Node[]) =>
      element(
        "tr",
        {},
        element("th", {scope: "row"}, title),
        ...values.map((one) => element("td", {class: "number"}, one))
      );
    const wide = (title: string, one: Node) =>
      element("tr", {}, element("th", {scope: "row"}, title), element("td", {class: "number", colspan: 2}, one));
    results.replaceChildren(
      scrollRegion(
        "Rates at this threshold",
        element(
          "table",
          {class: "measures"},
          element(
            "thead",
            {},
            element(
              "tr",
              {},
              element("th", {scope: "col"}, "Share of pixels beyond"),
              ...sides.map((arm, i) =>
                element(
                  "th",
                  {scope: "col", class: "number"},
                  element("span", {class: "dot", style: `background: ${armColour(arm)}`, "aria-hidden": "true"}),
                  `${"AB"[i]}: ${labelOf(arm)}`
                )
              )
            )
          ),
          element(
            "tbody",
            {},
            row("Threshold on this image", ...own.thresholds),
            row("This image", ...own.rates),
            row(`Mean of ${images.length} images`, ...own.means),
            wide("Cohen's h of the means, B − A", own.h),
            wide("B − A, 90 % interval", own.difference)
          )
        )
      ),
      own.verdict
    );
    return own;
  }

  function write(result: LabResult, own: Cells, {images, image}: LabSubject, {margin}: LabState): void {
    const at = images.findIndex(({id}) => id === image);
    const percent = (share: number) => `${fixed(100 * share, 2)} %`;
    [result.a, result.b].forEach((side, i) => {
      own.thresholds[i].textContent = fixed(side.thresholds[at], 4);
      own.rates[i].textContent = percent(side.rates[at]);
      own.means[i].textContent = percent(side.mean);
    });
    own.h.textContent = signed(result.h, 3);
    const {interval, difference, equivalent, p} = result;
    const off = (share: number) => signed(100 * share, 2);
    own.difference.textContent =
      interval === null
        ? `${off(difference)} percentage points`
        : `${off(difference)} percentage points, ${off(interval[0])} to ${off(interval[1])}`;
    const within = `±${points(margin)}`;
    own.verdict.textContent =
      equivalent === null
        ? "The differences do not vary, or there is one patient only: nothing to test."
        : equivalent
          ? `Equivalent within ${within} (TOST, p = ${fixed(p, 3)}).`
          : `Not shown to be equivalent within ${within} (TOST, p = ${fixed(p, 3)}). A small h alone would not tell.`;
    own.verdict.dataset.equivalent = String(equivalent);
  }

  /** Rates against the threshold: the curve does not depend on where the reader stands on it. */
  function drawChart({images, set}: LabSubject, now: LabState): void {
    const {floor} = now;
    const isFixed = floor.source === "fixed";
    if (chartWidth === 0) return; // it is told in a moment
    const width = Math.max(280, chartWidth);
    const key = JSON.stringify([set, now.a, now.b, floor.source, now.direction, width]);
    if (key === chartKey) return;
    chartKey = key;
    const steps = Array.from({length: 61}, (_, i) => (isFixed ? (0.4 * i) / 60 : i / 10));
    const rows = steps.flatMap((x) => {
      const at = {...floor, ...(isFixed ? {fixed: x} : {k: x})};
      const result = compareRates(images, {...now, floor: at}, autoencoderOf);
      return [
        {x, side: "a", arm: now.a, rate: 100 * result.a.mean},
        {x, side: "b", arm: now.b, rate: 100 * result.b.mean}
      ];
    });
    const svg = Plot.plot({
      width,
      height: 240,
      marginLeft: 40,
      marginTop: 30,
      marginBottom: 42,
      x: {
        label: isFixed ? "Threshold (grey levels, 0 to 1) →" : "k: SDs above the floor's mean error →",
        labelAnchor: "right",
        labelOffset: 36,
        ticks: 6
      },
      y: {label: null, grid: true, nice: true, domain: [0, Math.max(1, ...rows.map(({rate}) => rate))], ticks: 5},
      marks: [
        Plot.text(["↑ Share of pixels beyond (%), mean of the set"], {
          frameAnchor: "top-left",
          textAnchor: "start",
          dx: -36,
          dy: -22
        }),
        Plot.lineY(
          rows.filter(({side}) => side === "a"),
          {x: "x", y: "rate", stroke: armColour(now.a), strokeWidth: 2}
        ),
        Plot.lineY(
          rows.filter(({side}) => side === "b"),
          {x: "x", y: "rate", stroke: armColour(now.b), strokeWidth: 2, strokeDasharray: "6,3"}
        ),
        Plot.ruleX([0], {stroke: "var(--theme-foreground)", strokeWidth: 1.5, className: "here"})
      ]
    });
    const scale = svg.scale("x")!;
    place = (x) => scale.apply(x) as number;
    rule = svg.querySelector<SVGElement>("g.here line");
    chart.replaceChildren(
      figure(svg, {
        name: `rates-by-threshold-${set}`,
        title: "The rate depends on where the threshold stands",
        subtitle: armLegend(
          [
            {id: now.a, label: `A: ${labelOf(now.a)}`},
            {id: now.b, label: `B: ${labelOf(now.b)} (dashed)`}
          ],
          `Mean over ${images.length} images.`
        ),
        rows: rows.map(({x, arm, rate}) => ({
          [isFixed ? "threshold (grey levels)" : "k"]: x,
          arm: labelOf(arm),
          "mean rate (%)": rate
        }))
      })
    );
  }

  function paint(): void {
    requested = 0;
    if (subject === null || content === null || cells === null || !isReady()) return;
    const now = state();
    const image = subject.images.find(({id}) => id === subject!.image)!;
    for (const [id, arm] of [
      ["a", now.a],
      ["b", now.b]
    ] as const) {
      const plane = planeOf(content, arm);
      if (plane) maps.setMap(maskMap(content.hr, plane, thresholdOf(image, arm, now.floor, autoencoderOf), id, arm));
    }
    write(compareRates(subject.images, now, autoencoderOf), cells, subject, now);
    drawChart(subject, now);
    const x = String(place(now.floor.source === "fixed" ? now.floor.fixed : now.floor.k));
    rule?.setAttribute("x1", x);
    rule?.setAttribute("x2", x);
  }

  function maskMap(hr: Plane, output: Plane, threshold: number, id: string, arm: string) {
    const label = `${id.toUpperCase()}: ${labelOf(arm)}`;
    const counted = direction.value as Direction;
    const into = masks.get(id);
    const kept = (map: MapPicture) => {
      masks.set(id, map.picture);
      return map;
    };
    if (counted === "either") return kept(thresholdMap(hr, output, threshold, {id, label, into}));
    const mask = Int8Array.from(hr.data, (value, i) => {
      const off = output.data[i] - value;
      return counted === "brighter" ? (off > threshold ? 1 : 0) : off < -threshold ? -1 : 0;
    });
    return kept(thresholdMap(hr, output, threshold, {id, label, mask, into}));
  }

  function request(): void {
    if (requested === 0) requested = requestAnimationFrame(paint);
  }

  async function open(): Promise<void> {
    if (subject === null) return;
    const {image, set} = subject;
    const wanted = [a.value, b.value];
    const floor = source.value;
    const [next] = await Promise.all([load(image, wanted), loadHistograms(set, needed())]);
    if (subject?.image !== image || wanted[0] !== a.value || wanted[1] !== b.value || floor !== source.value) return;
    content = next;
    cells = layResults(subject);
    chartKey = "";
    const now = state();
    const own = subject.images.find(({id}) => id === image)!;
    maps.show({
      ...next,
      pictures: [{id: "hr", label: "HR", plane: next.hr}],
      maps: (["a", "b"] as const).map((id, i) =>
        maskMap(
          next.hr,
          planeOf(next, wanted[i])!,
          thresholdOf(own, wanted[i], now.floor, autoencoderOf),
          id,
          wanted[i]
        )
      )
    });
    paint();
  }

  const settle = () => {
    k.node.hidden = source.value === "fixed";
    level.node.hidden = source.value !== "fixed";
  };
  for (const choice of [a, b]) choice.addEventListener("input", () => void open());
  source.addEventListener("input", () => {
    settle();
    if (isReady()) request();
    else void open();
  });
  for (const choice of [direction, margin]) {
    choice.addEventListener("input", () => {
      settle();
      request();
    });
  }
  new ResizeObserver(([entry]) => {
    chartWidth = Math.floor(entry.contentRect.width);
    request();
  }).observe(chart);
  settle();

  const input = asInput(node, state, (next: LabState) => {
    a.value = next.a;
    b.value = next.b;
    source.value = next.floor.source;
    k.set(next.floor.k);
    level.set(next.floor.fixed);
    direction.value = directions.includes(next.direction) ? next.direction : "either";
    margin.value = String(next.margin);
    settle();
    void open();
  });
  return Object.assign(input, {
    /** Shows another image in the same arrangement. */
    async show(next: LabSubject): Promise<void> {
      subject = next;
      await open();
    }
  });
}

function planeOf({pictures}: Pictures, arm: string): Plane | undefined {
  return pictures.find(({id}) => id === arm)?.plane;
}
