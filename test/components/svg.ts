import {parseHTML} from "linkedom";

/** Gives charts a document to draw in, without a browser. */
export function withDocument(): void {
  const {document, window} = parseHTML("<!doctype html><html><body></body></html>");
  Object.assign(globalThis, {document, window, SVGElement: window.SVGElement, Node: window.Node, Event: window.Event});
}

/** A drawing as text with one decimal, for snapshots that survive another machine's last digits. */
export function rounded(drawing: Element): string {
  return drawing.outerHTML
    .replace(/plot-[0-9a-f]+/g, "plot")
    .replace(/<style>[\s\S]*?<\/style>/g, "")
    .replace(/-?\d+\.\d+(e-?\d+)?/g, (number) => String(Math.round(Number(number) * 10) / 10))
    .replace(/></g, ">\n<");
}
