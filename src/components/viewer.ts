import type {Plane} from "../measures/image.js";
import {asInput, changed, element} from "./dom.js";
import {errorColour} from "./error-colours.js";
import {fixed, signed} from "./format.js";
import {difference, paintGrey, paintSigned} from "./paint.js";
import {dropdown, segmented} from "./segmented.js";
import {type Layers, type Stage, stage} from "./stage.js";
import {formatView, pan, parseView, toImage, type View, wholeImage, zoomAt} from "./viewport.js";

/** What the viewer compares. */
export interface Pair {
  readonly hr: Plane;
  readonly output: Plane;
  readonly outputLabel: string;
  /** For those who can't see it: which image this is. */
  readonly description: string;
}

/** How the comparison is arranged; all of it can stand in an address. */
export interface ViewerState {
  readonly mode: Mode | "";
  /** `x,y,zoom`; null for the whole image. */
  readonly view: string | null;
  readonly wipe: number;
  readonly limit: string;
}

export type Mode = "side" | "wipe" | "blink";
export const modes: readonly Mode[] = ["side", "wipe", "blink"];
export const errorLimits: readonly string[] = ["0.05", "0.1", "0.2", "0.5"];

/**
 * HR, an output and their signed difference: side by side, under a wipe, or in turn. All panels show the same part of
 * the image, under the same grey window, with the same pixel marked.
 */
export function viewer(initial: Partial<ViewerState> = {}) {
  let pair: Pair | null = null;
  let pictures: {hr: OffscreenCanvas; output: OffscreenCanvas; error: OffscreenCanvas} | null = null;
  let view: View = initial.view ? parseView(initial.view) : wholeImage;
  let wipe = Math.min(1, Math.max(0, initial.wipe ?? 0.5));
  let cursor: [number, number] | null = null;
  let window_ = {black: 0, white: 1};
  let blinkOutput = false;
  let requested = 0;

  const mode = segmented(
    [
      {value: "side", label: "Side by side"},
      {value: "wipe", label: "Wipe"},
      {value: "blink", label: "Blink"}
    ],
    {label: "Compare", value: initial.mode || (innerWidth < 640 ? "wipe" : "side")}
  );
  const limit = dropdown(
    errorLimits.map((value) => ({value, label: `±${value}`})),
    {label: "Error scale", value: initial.limit ?? "0.1"}
  );

  const panels = {
    hr: panel("HR", "The original image"),
    output: panel("Output", "The output"),
    both: panel("HR | output", "HR on the left of the dividing line, the output on the right"),
    error: panel("Error: output − HR", "The difference between output and HR")
  };
  const handle = element("div", {
    class: "handle",
    role: "slider",
    tabindex: 0,
    "aria-label": "Dividing line between HR and output",
    "aria-valuemin": 0,
    "aria-valuemax": 100,
    "aria-orientation": "horizontal"
  });
  const leftCorner = element("span", {class: "corner left"}, "HR");
  const rightCorner = element("span", {class: "corner right"});
  panels.both.stage.node.append(leftCorner, rightCorner, handle);

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
  const black = slider("Black at", 0);
  const white = slider("White at", 1);
  const node = element(
    "div",
    {class: "viewer"},
    element("div", {class: "controls"}, mode, limit),
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

  function panel(title: string, label: string) {
    const name = element("span", {}, title);
    const value = element("span", {class: "reading"});
    const own: Stage = stage(label);
    const node = element("div", {class: "panel"}, element("p", {class: "title"}, name, value), own.node);
    return {node, name, value, stage: own};
  }

  function slider(label: string, value: number) {
    const input = element("input", {type: "range", min: 0, max: 1, step: 0.01, value, style: "width: 90px"});
    const text = element("span", {}, fixed(value, 2));
    input.addEventListener("input", (event) => {
      event.stopPropagation();
      window_ = {black: Number(black.input.value), white: Number(white.input.value)};
      text.textContent = fixed(Number(input.value), 2);
      paint();
      request();
    });
    return {node: element("label", {class: "legend"}, label, input, text), input};
  }

  function button(text: string, label: string, onclick: () => void) {
    return element("button", {type: "button", class: "plain", "aria-label": label, onclick}, text);
  }

  function layout(): void {
    const {hr, output, both, error} = panels;
    const shown = mode.value === "side" ? [hr, output, error] : [both, error];
    grid.replaceChildren(...shown.map((one) => one.node));
    handle.hidden = mode.value !== "wipe";
    leftCorner.hidden = mode.value === "blink";
    both.name.textContent = mode.value === "wipe" ? "HR | output" : "HR and output in turn";
    request();
  }

  function paint(): void {
    if (pair === null) return;
    const {black, white} = window_;
    pictures = {
      hr: paintGrey(pair.hr, black, white),
      output: paintGrey(pair.output, black, white),
      error: paintSigned(difference(pair.hr, pair.output), Number(limit.value))
    };
  }

  function drawLegend(): void {
    const bound = Number(limit.value);
    const canvas = element("canvas", {width: 120, height: 1, "aria-hidden": "true"});
    const context = canvas.getContext("2d")!;
    for (let x = 0; x < 120; x++) {
      const [r, g, b] = errorColour(((x - 59.5) / 59.5) * bound, bound);
      context.fillStyle = `rgb(${r} ${g} ${b})`;
      context.fillRect(x, 0, 1, 1);
    }
    legend.replaceChildren(`darker −${bound}`, canvas, `+${bound} brighter (grey levels, 0 to 1)`);
  }

  function request(): void {
    if (requested === 0) requested = requestAnimationFrame(draw);
  }

  function draw(): void {
    requested = 0;
    if (pair === null || pictures === null) return;
    const {hr, output, both, error} = panels;
    const {hr: a, output: b} = pictures;
    if (mode.value === "side") {
      hr.stage.draw({left: a}, view, cursor);
      output.stage.draw({left: b}, view, cursor);
    } else {
      const layers: Layers = mode.value === "wipe" ? {left: a, right: b, split: wipe} : {left: blinkOutput ? b : a};
      both.stage.draw(layers, view, cursor);
      handle.style.left = `${100 * wipe}%`;
      handle.setAttribute("aria-valuenow", String(Math.round(100 * wipe)));
      rightCorner.textContent = mode.value === "wipe" ? pair.outputLabel : blinkOutput ? pair.outputLabel : "HR";
    }
    error.stage.draw({left: pictures.error}, view, cursor);
    zoomText.textContent = `${Number(view.zoom.toFixed(1))}×`;
    drawReading();
  }

  function drawReading(): void {
    const {hr, output, both, error} = panels;
    const at = cursor && pair ? cursor[1] * pair.hr.width + cursor[0] : -1;
    if (pair === null || at < 0) {
      for (const one of [hr, output, both, error]) one.value.textContent = "";
      reading.textContent = "";
      return;
    }
    const a = pair.hr.data[at];
    const b = pair.output.data[at];
    hr.value.textContent = fixed(a, 3);
    output.value.textContent = fixed(b, 3);
    both.value.textContent = `${fixed(a, 3)} | ${fixed(b, 3)}`;
    error.value.textContent = `x ${cursor![0]}, y ${cursor![1]}: ${signed(b - a, 3)}`;
    reading.textContent = `Pixel ${cursor![0]}, ${cursor![1]}: HR ${fixed(a, 3)}, output ${fixed(b, 3)}`;
  }

  function setView(next: View): void {
    view = next;
    request();
    changed(node);
  }

  /** The pixel under a point of a stage, if it lies in the image. */
  function pixelAt(stageNode: Element, event: PointerEvent): [number, number] | null {
    if (pair === null) return null;
    const box = stageNode.getBoundingClientRect();
    const [u, v] = toImage(view, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
    const {width, height} = pair.hr;
    const longest = Math.max(width, height);
    const x = Math.floor(u * longest - (longest - width) / 2);
    const y = Math.floor(v * longest - (longest - height) / 2);
    return x >= 0 && y >= 0 && x < width && y < height ? [x, y] : null;
  }

  for (const {stage: own} of Object.values(panels)) {
    let from: {x: number; y: number; view: View} | null = null;
    own.node.addEventListener("pointerdown", (event) => {
      if (event.target === handle) return;
      from = {x: event.clientX, y: event.clientY, view};
      if (view.zoom > 1) own.node.setPointerCapture(event.pointerId);
      cursor = pixelAt(own.node, event);
      request();
    });
    own.node.addEventListener("pointermove", (event) => {
      if (from !== null && view.zoom > 1) {
        const side = own.node.clientWidth;
        view = pan(from.view, (from.x - event.clientX) / side, (from.y - event.clientY) / side);
      }
      cursor = pixelAt(own.node, event);
      request();
    });
    for (const end of ["pointerup", "pointercancel"]) {
      own.node.addEventListener(end, () => {
        if (from !== null && from.view !== view) changed(node);
        from = null;
      });
    }
    own.node.addEventListener("pointerleave", () => {
      cursor = null;
      request();
    });
    own.node.addEventListener("dblclick", (event) => {
      const box = own.node.getBoundingClientRect();
      setView(zoomAt(view, 2, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height));
    });
    // the page scrolls unless the reader means the image: a pinch arrives as a wheel with ctrlKey
    own.node.addEventListener(
      "wheel",
      (event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        const box = own.node.getBoundingClientRect();
        const factor = Math.exp(-event.deltaY / 200);
        setView(zoomAt(view, factor, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height));
      },
      {passive: false}
    );
    new ResizeObserver(request).observe(own.node);
  }

  handle.addEventListener("pointerdown", (event) => {
    handle.setPointerCapture(event.pointerId);
    event.stopPropagation();
  });
  handle.addEventListener("pointermove", (event) => {
    if (!handle.hasPointerCapture(event.pointerId)) return;
    const box = panels.both.stage.node.getBoundingClientRect();
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
    if ((dx !== 0 || dy !== 0) && pair !== null) {
      if (event.shiftKey) setView(pan(view, dx * 0.1, dy * 0.1));
      else {
        const {width, height} = pair.hr;
        const [x, y] = cursor ?? [Math.floor(view.x * width), Math.floor(view.y * height)];
        cursor = [Math.min(width - 1, Math.max(0, x + dx)), Math.min(height - 1, Math.max(0, y + dy))];
        request();
      }
    } else if (event.key === "+" || event.key === "=") setView(zoomAt(view, 1.5));
    else if (event.key === "-") setView(zoomAt(view, 1 / 1.5));
    else if (event.key === "0") setView(wholeImage);
    else if (event.key === " " && mode.value === "blink") {
      blinkOutput = !blinkOutput;
      request();
    } else return;
    event.preventDefault();
  });

  // blinking by itself only for those who do not mind motion; the space bar and a click switch as well
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  setInterval(() => {
    if (mode.value !== "blink" || still.matches || !node.isConnected) return;
    blinkOutput = !blinkOutput;
    request();
  }, 800);
  panels.both.stage.node.addEventListener("click", () => {
    if (mode.value !== "blink") return;
    blinkOutput = !blinkOutput;
    request();
  });

  mode.addEventListener("input", layout);
  limit.addEventListener("input", () => {
    paint();
    drawLegend();
    request();
  });
  layout();
  drawLegend();

  const input = asInput(
    node,
    (): ViewerState => ({
      mode: mode.value as Mode,
      view: formatView(view),
      wipe: Math.round(wipe * 1000) / 1000,
      limit: limit.value
    }),
    () => {
      throw new RangeError("the viewer's arrangement is set by the reader");
    }
  );
  return Object.assign(input, {
    /** Shows another pair in the same arrangement. */
    show(next: Pair): void {
      pair = next;
      cursor = null;
      panels.output.name.textContent = next.outputLabel;
      panels.hr.stage.node.firstElementChild!.setAttribute("aria-label", `HR: ${next.description}`);
      panels.output.stage.node.firstElementChild!.setAttribute(
        "aria-label",
        `${next.outputLabel}: ${next.description}`
      );
      panels.both.stage.node.firstElementChild!.setAttribute(
        "aria-label",
        `HR and ${next.outputLabel}: ${next.description}`
      );
      panels.error.stage.node.firstElementChild!.setAttribute(
        "aria-label",
        `Error of ${next.outputLabel}: ${next.description}`
      );
      paint();
      request();
    }
  });
}
