import {element} from "./dom.js";

/**
 * Says, once a page, that this site was published without images. The style sheet hides what would stay empty
 * (`[data-withheld]`).
 */
export function withheld(): void {
  if (document.getElementById("withheld") !== null) return;
  document.documentElement.dataset.withheld = "";
  const main = document.getElementById("observablehq-main") ?? document.body;
  const note = element(
    "p",
    {id: "withheld", class: "note-simulated", role: "note"},
    "This site was published without images: no pixel of them is in it. What this page would show of them is left out; its numbers and charts are all here."
  );
  const heading = main.querySelector("h1");
  if (heading === null) main.prepend(note);
  else heading.after(note);
}
