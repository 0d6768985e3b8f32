import {element} from "./dom.js";

/** A place whose content is drawn for its width. `redraw` draws it anew, e.g. for another choice. */
export type Responsive = HTMLElement & {redraw(): void};

/** Draws as soon as its width is known, and whenever that changes. */
export function responsive(draw: (width: number) => Node): Responsive {
  const node = element("div", {class: "responsive"});
  let width = 0;
  const redraw = () => {
    if (width === 0) return;
    // who chose a point by keyboard stays on it
    const focused = node.contains(document.activeElement) ? document.activeElement?.getAttribute("data-point") : null;
    node.replaceChildren(draw(width));
    if (focused == null) return;
    for (const point of node.querySelectorAll<SVGElement>("[data-point]")) {
      if (point.getAttribute("data-point") !== focused) continue;
      point.focus({preventScroll: true});
      break;
    }
  };
  new ResizeObserver(([entry]) => {
    const next = Math.floor(entry.contentRect.width);
    if (next === width || next === 0) return;
    width = next;
    redraw();
  }).observe(node);
  return Object.assign(node, {redraw});
}
