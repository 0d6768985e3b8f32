import {element} from "./dom.js";
import {armColour, autoencoderAlone, levelColour} from "./palette.js";

/** What a legend's keys look like: the dots of bars, or the lines of curves. */
export type KeyForm = "dot" | "line";

/** A legend of arms, and after it what else a reader must know. */
export function armLegend(
  arms: readonly {readonly id: string; readonly label: string}[],
  note: string,
  {withHr = false, keys = "dot"}: {withHr?: boolean; keys?: KeyForm} = {}
): HTMLElement {
  return element(
    "span",
    {class: "swatches"},
    ...(withHr ? [item(armKey("hr", keys), "HR")] : []),
    ...arms.map(({id, label}) => item(armKey(id, keys), label)),
    element("span", {}, note)
  );
}

/** The key of an arm in its colour: hollow or dashed, as charts draw it, for an autoencoder alone. */
export function armKey(id: string, keys: KeyForm = "dot"): HTMLElement {
  // a colour that lies under the pattern: a saved picture takes it from there
  const names = ["dot", keys === "line" && "line", autoencoderAlone(id) && "hollow"].filter(Boolean);
  return element("span", {
    class: names.join(" "),
    style: `background-color: ${armColour(id)}`,
    "aria-hidden": "true"
  });
}

/** The colours of the wavelet levels, coarse to fine, in words that hold on light and on dark ground. */
export function levelLegend(note: string): HTMLElement {
  const levels = [
    ["LL3", "coarse picture, LL3"],
    ["LH3", "level 3, coarse"],
    ["LH2", "level 2"],
    ["LH1", "level 1, fine"]
  ];
  return element(
    "span",
    {class: "swatches"},
    ...levels.map(([band, label]) =>
      item(
        element("span", {
          class: "dot square",
          style: `background-color: ${levelColour(band)}`,
          "aria-hidden": "true"
        }),
        label
      )
    ),
    element("span", {}, note)
  );
}

function item(key: Node, label: string): HTMLElement {
  return element("span", {class: "item"}, key, label);
}
