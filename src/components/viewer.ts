import type {Plane} from "../measures/image.js";
import {asInput, changed, element} from "./dom.js";
import {errorColour, magnitudeColour} from "./error-colours.js";
import {fixed, signed} from "./format.js";
import type {Outline} from "./outline.js";
import {difference, paintGrey, paintMagnitude, paintSigned} from "./paint.js";
import {dropdown, segmented} from "./segmented.js";
import {type Stage, stage} from "./stage.js";
import {formatView, pan, parseView, toImage, type View, wholeImage, zoomAt} from "./viewport.js";

/** HR and one output of it. */
export interface Pair {
  readonly hr: Plane;
  readonly output: Plane;
  readonly outputLabel: string;
  /** For those who can't see it: which image this is. */
  readonly description: string;
}

/** One of the pictures that are compared. */
export interface Picture {
  readonly id: string;
  readonly label: string;
  readonly plane: Plane;
  /** Standard deviation over a generator's seeds, and the grey levels that its scale ends at. */
  readonly spread?: {readonly plane: Plane; readonly scale: number; readonly seeds: number};
}

/** A map of one image that somebody else paints. */
export interface MapPicture {
  readonly id: string;
  readonly label: string;
  readonly picture: OffscreenCanvas;
  /** The value at a pixel, as text. */
  readonly read: (at: number) => string;
}

/** What the viewer compares: pictures of one image, all of HR's size. */
export interface Pictures {
  readonly hr: Plane;
  readonly pictures: readonly Picture[];
  /** Shown after the pictures in the mode `maps`. */
  readonly maps?: readonly MapPicture[];
  readonly outline: Outline | null;
  readonly description: string;
}

/** How the comparison is arranged; all of it can stand in an address. */
export interface ViewerState {
  readonly mode: Mode | "";
  /** `x,y,zoom`; null for the whole image. */
  readonly view: string | null;
  readonly wipe: number;
  readonly limit: string;
  /** What stands below each picture of the side by side. */
  readonly below: Below;
  /** Ids of the pictures on both sides of the wipe; empty for the first and the last. */
  readonly between: readonly string[];
  readonly outline: boolean;
  /** `black,white`; null for 0 to 1. */
  readonly window: string | null;
}

/** `maps` is not for readers to choose: pictures and maps side by side, without controls. */
export type Mode = "side" | "wipe" | "blink" | "difference" | "maps";
export type Below = "error" | "spread" | "nothing";
export const modes: readonly Mode[] = ["side", "wipe", "blink", "difference"];
export const belows: readonly Below[] = ["error", "spread", "nothing"];
export const errorLimits: readonly string[] = ["0.05", "0.1", "0.2", "0.5"];

/** One panel: a title with the marked pixel's value, and what it shows. */
interface Panel {
  readonly node: HTMLDivElement;
  readonly name: HTMLSpanElement;
  readonly value: HTMLSpanElement;
  readonly stage: Stage;
}

/** What a panel shows now. */
interface Shown {
  readonly panel: Panel;
  readonly picture: () => OffscreenCanvas;
  readonly right?: () => OffscreenCanvas;
  readonly read: (at: number) => string;
}

/**
 * Two to six pictures of one image: side by side, under a wipe, in turn, or as differences. All panels show the same part of
 * the image, under the same grey window, with the same pixel marked and the same lesion outlined.
 */
export function viewer(initial: Partial<ViewerState> = {}) {
  let content: Pictures | null = null;
  let view: View = initial.view ? parseView(initial.view) : wholeImage;
  let wipe = Math.min(1, Math.max(0, initial.wipe ?? 0.5));
  let between: readonly string[] = initial.between ?? [];
  let cursor: [number, number] | null = null;
  let window_ = parseWindow(initial.window ?? "");
  let turn = 0;
  let requested = 0;
  let shown: Shown[] = [];
  const greys = new Map<string, OffscreenCanvas>();
  const maps = new Map<string, OffscreenCanvas>();
  const painted = new Map<string, MapPicture>();

  const mode = segmented(
    [
      {value: "side", label: "Side by side"},
      {value: "wipe", label: "Wipe"},
      {value: "blink", label: "Blink"},
      {value: "difference", label: "Difference"}
    ],
    {label: "Compare", value: initial.mode || (innerWidth < 640 ? "wipe" : "side")}
  );
  const limit = dropdown(
    errorLimits.map((value) => ({value, label: `±${value}`})),
    {label: "Error scale", value: initial.limit ?? "0.1"}
  );
  const mapsOnly = initial.mode === "maps";
  const below = dropdown(
    [
      {value: "error", label: "error against HR"},
      {value: "spread", label: "spread over seeds"},
      {value: "nothing", label: "nothing"}
    ],
    {label: "Below", value: initial.below ?? "error"}
  );
  const left = dropdown([], {label: "Left"});
  const right = dropdown([], {label: "Right"});
  const outlineBox = element("input", {type: "checkbox", checked: initial.outline !== false});
  const outlineLabel = element("label", {class: "choice", hidden: true}, outlineBox, "Outline the lesion");

  const handle = element("div", {
    class: "handle",
    role: "slider",
    tabindex: 0,
    "aria-label": "Dividing line between the two pictures",
    "aria-valuemin": 0,
    "aria-valuemax": 100,
    "aria-orientation": "horizontal"
  });
  const leftCorner = element("span", {class: "corner left"});
  const rightCorner = element("span", {class: "corner right"});

  const grid = element("div", {
    class: "panels",
    tabindex: 0,
    role: "group",
    "aria-label":
      "Images. Arrow keys move the marked pixel, with Shift they pan; plus and minus zoom, 0 shows the whole image"
  });
  const reading = element("p", {class: "visually-hidden", "aria-live": "polite"});
  const zoomText = element("span", {}, "1×");
  const legend = element("span", {class: "legend"});
  const black = slider("Black at", window_.black);
  const white = slider("White at", window_.white);
  const node = element(
    "div",
    {class: "viewer compare"},
    element("div", {class: "controls"}, mode, below, left, right, limit, outlineLabel),
    grid,
    element(
      "div",
      {class: "bar"},
      legend,
      element(
        "span",
        {class: "legend"},
        button("−", "Zoom out", () => setView(zoomAt(view, 1 / 1.5))),
        zoomText,
        button("+", "Zoom in", () => setView(zoomAt(view, 1.5))),
        button("Whole image", "Show the whole image", () => setView(wholeImage))
      ),
      element("span", {class: "legend"}, black.node, white.node)
    ),
    reading
  );

  /** Panels are kept: each holds a canvas and its listeners. */
  const panels: Panel[] = [];
  function panel(i: number): Panel {
    if (panels[i] === undefined) {
      const name = element("span", {});
      const value = element("span", {class: "reading"});
      const own: Stage = stage("");
      listen(own.node);
      new ResizeObserver(request).observe(own.node);
      const node = element("div", {class: "panel"}, element("p", {class: "title"}, name, value), own.node);
      panels[i] = {node, name, value, stage: own};
    }
    return panels[i];
  }

  function slider(label: string, value: number) {
    const input = element("input", {type: "range", min: 0, max: 1, step: 0.01, value, style: "width: 90px"});
    const text = element("span", {}, fixed(value, 2));
    input.addEventListener("input", (event) => {
      event.stopPropagation();
      window_ = {black: Number(black.input.value), white: Number(white.input.value)};
      text.textContent = fixed(Number(input.value), 2);
      greys.clear();
      request();
      changed(node);
    });
    return {node: element("label", {class: "legend"}, label, input, text), input};
  }

  function button(text: string, label: string, onclick: () => void) {
    return element("button", {type: "button", class: "plain", "aria-label": label, onclick}, text);
  }

  const grey = ({id, plane}: Picture) => kept(greys, id, () => paintGrey(plane, window_.black, window_.white));
  const signedMap = (key: string, from: Plane, to: Plane) =>
    kept(maps, key, () => paintSigned(difference(from, to), Number(limit.value)));

  /** The two pictures of the wipe. */
  function sides(): readonly [Picture, Picture] {
    const {pictures} = content!;
    const find = (id: string | undefined) => pictures.find((one) => one.id === id);
    const a = find(between[0]) ?? pictures[0];
    const b = find(between[1]) ?? pictures.findLast((one) => one !== a) ?? pictures[0];
    return [a, b];
  }

  /** Decides what each panel shows; drawing is another matter. */
  function layout(): void {
    const now: Mode = mapsOnly ? "maps" : (mode.value as Mode);
    node.dataset.mode = now;
    below.hidden = now !== "side";
    left.hidden = right.hidden = now !== "wipe";
    limit.hidden = mapsOnly || (now === "side" && below.value !== "error");
    mode.hidden = mapsOnly;
    drawLegend();
    if (content === null) return;
    const {hr, pictures, outline, description} = content;
    outlineLabel.hidden = outline === null;
    const list: Shown[] = [];
    let index = 0;
    const add = (
      title: string,
      what: string,
      picture: () => OffscreenCanvas,
      read: (at: number) => string,
      right?: () => OffscreenCanvas
    ) => {
      const own = panel(index++);
      own.name.textContent = title;
      own.stage.node.firstElementChild!.setAttribute("aria-label", `${what}: ${description}`);
      list.push({panel: own, picture, read, ...(right ? {right} : {})});
      return own;
    };
    const value =
      ({plane}: Picture) =>
      (at: number) =>
        fixed(plane.data[at], 3);
    const off = (a: Plane, b: Plane) => (at: number) => signed(b.data[at] - a.data[at], 3);
    const addError = (one: Picture) =>
      add(
        `${one.label} − HR`,
        `Error of ${one.label}`,
        () => signedMap(`${one.id} − hr`, hr, one.plane),
        off(hr, one.plane)
      );
    for (const one of [leftCorner, rightCorner, handle]) one.remove();
    if (now === "maps") {
      for (const one of pictures) add(one.label, one.label, () => grey(one), value(one));
      for (const {id, label} of content.maps ?? []) {
        // looked up when drawn: a map may be painted anew
        const map = () => painted.get(id)!;
        add(
          label,
          label,
          () => map().picture,
          (at) => map().read(at)
        );
      }
      grid.style.setProperty("--columns", String(list.length));
      grid.replaceChildren(...list.map((one) => one.panel.node));
    } else if (now === "side") {
      const columns = pictures.map((one) => {
        const cells = [add(one.label, one.label, () => grey(one), value(one)).node];
        if (below.value === "error" && one.id !== "hr") cells.push(addError(one).node);
        const {spread} = one;
        if (below.value === "spread" && spread) {
          const own = add(
            `SD over ${spread.seeds} seeds`,
            `Spread of ${one.label} over ${spread.seeds} seeds`,
            () => kept(maps, `${one.id} spread`, () => paintMagnitude(spread.plane, spread.scale)),
            (at) => fixed(spread.plane.data[at], 3)
          );
          cells.push(own.node);
        }
        return element("div", {class: "column"}, ...cells);
      });
      grid.style.setProperty("--columns", String(columns.length));
      grid.replaceChildren(...columns);
    } else if (now === "wipe") {
      const [a, b] = sides();
      const both = add(
        `${a.label} | ${b.label}`,
        `${a.label} on the left of the dividing line, ${b.label} on the right`,
        () => grey(a),
        (at) => `${value(a)(at)} | ${value(b)(at)}`,
        () => grey(b)
      );
      leftCorner.textContent = a.label;
      rightCorner.textContent = b.label;
      both.stage.node.append(leftCorner, rightCorner, handle);
      const map = add(
        `${b.label} − ${a.label}`,
        `Difference of ${b.label} and ${a.label}`,
        () => signedMap(`${b.id} − ${a.id}`, a.plane, b.plane),
        off(a.plane, b.plane)
      );
      grid.style.setProperty("--columns", "2");
      grid.replaceChildren(both.node, map.node);
      for (const [side, picture] of [
        [left, a],
        [right, b]
      ] as const) {
        const select = side.querySelector("select")!;
        select.replaceChildren(...pictures.map(({id, label}) => element("option", {value: id}, label)));
        side.value = picture.id;
      }
    } else if (now === "blink") {
      const one = pictures[turn % pictures.length];
      const own = add(pictures.map(({label}) => label).join(", "), "The pictures in turn", () => grey(one), value(one));
      own.name.textContent = "In turn";
      rightCorner.textContent = one.label;
      own.stage.node.append(rightCorner);
      const map = addError(one);
      grid.style.setProperty("--columns", "2");
      grid.replaceChildren(own.node, map.node);
    } else {
      const others = pictures.filter(({id}) => id !== "hr");
      grid.style.setProperty("--columns", String(Math.max(1, others.length)));
      grid.replaceChildren(...others.map((one) => element("div", {class: "column"}, addError(one).node)));
    }
    shown = list;
    request();
  }

  function drawLegend(): void {
    const spread = mode.value === "side" && below.value === "spread";
    if (mapsOnly || (mode.value === "side" && below.value === "nothing")) {
      legend.replaceChildren();
      return;
    }
    const bound = Number(limit.value);
    const scale = content?.pictures.find((one) => one.spread)?.spread?.scale;
    if (spread && scale === undefined) {
      legend.replaceChildren("None of these pictures was drawn with several seeds for this image.");
      return;
    }
    const canvas = element("canvas", {width: 120, height: 1, "aria-hidden": "true"});
    const context = canvas.getContext("2d")!;
    for (let x = 0; x < 120; x++) {
      const [r, g, b] = spread ? magnitudeColour(x, 119) : errorColour(((x - 59.5) / 59.5) * bound, bound);
      context.fillStyle = `rgb(${r} ${g} ${b})`;
      context.fillRect(x, 0, 1, 1);
    }
    if (spread) legend.replaceChildren("SD 0", canvas, `${scale} and more (grey levels, 0 to 1)`);
    else legend.replaceChildren(`darker −${bound}`, canvas, `+${bound} brighter (grey levels, 0 to 1)`);
  }

  function request(): void {
    if (requested === 0) requested = requestAnimationFrame(draw);
  }

  function draw(): void {
    requested = 0;
    if (content === null) return;
    const outline = outlineBox.checked ? content.outline : null;
    for (const {panel, picture, right} of shown) {
      panel.stage.draw({left: picture(), ...(right ? {right: right(), split: wipe} : {})}, view, cursor, outline);
    }
    if (!mapsOnly && mode.value === "wipe") {
      handle.style.left = `${100 * wipe}%`;
      handle.setAttribute("aria-valuenow", String(Math.round(100 * wipe)));
    }
    zoomText.textContent = `${Number(view.zoom.toFixed(1))}×`;
    drawReading();
  }

  function drawReading(): void {
    const at = cursor && content ? cursor[1] * content.hr.width + cursor[0] : -1;
    for (const {panel, read} of shown) panel.value.textContent = at < 0 ? "" : read(at);
    reading.textContent =
      at < 0
        ? ""
        : `Pixel ${cursor![0]}, ${cursor![1]}: ${content!.pictures.map(({label, plane}) => `${label} ${fixed(plane.data[at], 3)}`).join(", ")}`;
    zoomText.title = at < 0 ? "" : `x ${cursor![0]}, y ${cursor![1]}`;
  }

  function setView(next: View): void {
    view = next;
    request();
    changed(node);
  }

  /** The pixel under a point of a stage, if it lies in the image. */
  function pixelAt(stageNode: Element, event: PointerEvent): [number, number] | null {
    if (content === null) return null;
    const box = stageNode.getBoundingClientRect();
    const [u, v] = toImage(view, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
    const {width, height} = content.hr;
    const longest = Math.max(width, height);
    const x = Math.floor(u * longest - (longest - width) / 2);
    const y = Math.floor(v * longest - (longest - height) / 2);
    return x >= 0 && y >= 0 && x < width && y < height ? [x, y] : null;
  }

  function listen(own: HTMLElement): void {
    let from: {x: number; y: number; view: View} | null = null;
    own.addEventListener("pointerdown", (event) => {
      if (event.target === handle) return;
      from = {x: event.clientX, y: event.clientY, view};
      if (view.zoom > 1) own.setPointerCapture(event.pointerId);
      cursor = pixelAt(own, event);
      request();
    });
    own.addEventListener("pointermove", (event) => {
      if (from !== null && view.zoom > 1) {
        const side = own.clientWidth;
        view = pan(from.view, (from.x - event.clientX) / side, (from.y - event.clientY) / side);
      }
      cursor = pixelAt(own, event);
      request();
    });
    for (const end of ["pointerup", "pointercancel"]) {
      own.addEventListener(end, () => {
        if (from !== null && from.view !== view) changed(node);
        from = null;
      });
    }
    own.addEventListener("pointerleave", () => {
      cursor = null;
      request();
    });
    own.addEventListener("dblclick", (event) => {
      const box = own.getBoundingClientRect();
      setView(zoomAt(view, 2, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height));
    });
    own.addEventListener("click", next);
    // the page scrolls unless the reader means the image: a pinch arrives as a wheel with ctrlKey
    own.addEventListener(
      "wheel",
      (event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        const box = own.getBoundingClientRect();
        const factor = Math.exp(-event.deltaY / 200);
        setView(zoomAt(view, factor, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height));
      },
      {passive: false}
    );
  }

  handle.addEventListener("pointerdown", (event) => {
    handle.setPointerCapture(event.pointerId);
    event.stopPropagation();
  });
  handle.addEventListener("pointermove", (event) => {
    if (!handle.hasPointerCapture(event.pointerId)) return;
    const box = handle.parentElement!.getBoundingClientRect();
    setWipe((event.clientX - box.left) / box.width);
  });
  handle.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 0.1 : 0.02;
    const next = {ArrowLeft: wipe - step, ArrowRight: wipe + step, Home: 0, End: 1}[event.key];
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    setWipe(next);
  });

  function setWipe(value: number): void {
    wipe = Math.min(1, Math.max(0, value));
    request();
    changed(node);
  }

  grid.addEventListener("keydown", (event) => {
    const [dx, dy] = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key] ?? [0, 0];
    if ((dx !== 0 || dy !== 0) && content !== null) {
      if (event.shiftKey) setView(pan(view, dx * 0.1, dy * 0.1));
      else {
        const {width, height} = content.hr;
        const [x, y] = cursor ?? [Math.floor(view.x * width), Math.floor(view.y * height)];
        cursor = [Math.min(width - 1, Math.max(0, x + dx)), Math.min(height - 1, Math.max(0, y + dy))];
        request();
      }
    } else if (event.key === "+" || event.key === "=") setView(zoomAt(view, 1.5));
    else if (event.key === "-") setView(zoomAt(view, 1 / 1.5));
    else if (event.key === "0") setView(wholeImage);
    else if (event.key === " " && mode.value === "blink") next();
    else return;
    event.preventDefault();
  });

  // blinking by itself only for those who do not mind motion; the space bar and a click switch as well
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  setInterval(() => {
    if (!still.matches && node.isConnected) next();
  }, 800);
  function next(): void {
    if (mode.value !== "blink") return;
    turn++;
    layout();
  }

  mode.addEventListener("input", layout);
  below.addEventListener("input", layout);
  limit.addEventListener("input", () => {
    maps.clear();
    layout();
  });
  outlineBox.addEventListener("input", (event) => {
    event.stopPropagation();
    request();
    changed(node);
  });
  for (const side of [left, right]) {
    side.addEventListener("input", () => {
      between = [left.value, right.value];
      layout();
    });
  }
  layout();

  const input = asInput(
    node,
    (): ViewerState => ({
      mode: mode.value as Mode,
      view: formatView(view),
      wipe: Math.round(wipe * 1000) / 1000,
      limit: limit.value,
      below: below.value as Below,
      between,
      outline: outlineBox.checked,
      window: window_.black === 0 && window_.white === 1 ? null : `${window_.black},${window_.white}`
    }),
    () => {
      throw new RangeError("the viewer's arrangement is set by the reader");
    }
  );
  return Object.assign(input, {
    /** Shows a map painted anew in place of the one of its id. */
    setMap(map: MapPicture): void {
      painted.set(map.id, map);
      request();
    },
    /** Shows other pictures in the same arrangement. */
    show(next: Pictures): void {
      content = next;
      cursor = null;
      turn = 0;
      painted.clear();
      for (const map of next.maps ?? []) painted.set(map.id, map);
      greys.clear();
      maps.clear();
      layout();
    }
  });
}

function kept(store: Map<string, OffscreenCanvas>, key: string, make: () => OffscreenCanvas): OffscreenCanvas {
  const known = store.get(key);
  if (known) return known;
  const made = make();
  store.set(key, made);
  return made;
}

function parseWindow(text: string): {black: number; white: number} {
  const [black, white] = text.split(",").map(Number);
  const fits = (value: number) => value >= 0 && value <= 1;
  return text !== "" && fits(black) && fits(white) ? {black, white} : {black: 0, white: 1};
}
