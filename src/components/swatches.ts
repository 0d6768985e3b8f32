import {element} from "./dom.js";
import {armColour} from "./palette.js";

/** A legend of arms, and after it what else a reader must know. */
export function armLegend(
  arms: readonly {readonly id: string; readonly label: string}[],
  note: string,
  withHr = false
): HTMLElement {
  return element(
    "span",
    {class: "swatches"},
    ...(withHr ? [item("hr", "HR")] : []),
    ...arms.map(({id, label}) => item(id, label)),
    element("span", {}, note)
  );
}

function item(id: string, label: string): HTMLElement {
  const dot = element("span", {class: "dot", style: `background: ${armColour(id)}`, "aria-hidden": "true"});
  return element("span", {class: "item"}, dot, label);
}
