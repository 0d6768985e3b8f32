import {element} from "./dom.js";

/** Where a number comes from, in the order in which a reader would ask. */
export type Facts = readonly (readonly [name: string, value: string])[];

/** A number that shows its provenance on hover, focus or click. */
export function sourced(text: string, facts: Facts): HTMLButtonElement {
  const button = element("button", {type: "button", class: "number", "aria-expanded": "false"}, text);
  let pinned = false;
  const close = () => {
    pinned = false;
    button.setAttribute("aria-expanded", "false");
    hide();
  };
  const open = () => {
    button.setAttribute("aria-expanded", "true");
    show(button, facts);
  };
  button.addEventListener("pointerenter", open);
  button.addEventListener("focus", open);
  button.addEventListener("pointerleave", () => pinned || close());
  button.addEventListener("blur", close);
  button.addEventListener("click", () => {
    pinned = !pinned;
    if (pinned) open();
    else close();
  });
  button.addEventListener("keydown", (event) => event.key === "Escape" && close());
  return button;
}

/** Shows facts beside an element, e.g. a mark of a chart. */
export function show(anchor: Element, facts: Facts): void {
  const box = panel();
  box.replaceChildren(factList(facts));
  box.hidden = false;
  const at = anchor.getBoundingClientRect();
  const own = box.getBoundingClientRect();
  const left = Math.min(Math.max(12, at.left), document.documentElement.clientWidth - own.width - 12);
  const below = at.bottom + 8 + own.height <= innerHeight || at.top < own.height + 8;
  box.style.left = `${left + scrollX}px`;
  box.style.top = `${(below ? at.bottom + 8 : at.top - own.height - 8) + scrollY}px`;
}

/** Takes away what `show` shows. */
export function hide(): void {
  panel().hidden = true;
}

/** Names and values as a definition list. */
export function factList(facts: Facts): HTMLDListElement {
  return element(
    "dl",
    {class: "facts"},
    ...facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)])
  );
}

function panel(): HTMLElement {
  let box = document.getElementById("provenance");
  if (box === null) {
    box = element("div", {id: "provenance", role: "status", hidden: true});
    document.body.append(box);
  }
  return box;
}
