import {element} from "./dom.js";
import {dateTime, grouped, shortHash} from "./format.js";
import type {Published, SiteIndex} from "./site-data.js";

/** Where each published number was read, and how precisely. */
export function publishedSources({sources, citation}: Published): HTMLElement {
  return simpleTable(
    ["Read in", "Precision", "Caution"],
    Object.values(sources).map(({where, precision, mispaired}) => [
      where,
      precision,
      mispaired ? "compares images of different patients" : ""
    ]),
    `Files of ${citation.code} at commit ${shortHash(citation.commit)}, unless another place is named; text: arXiv ${citation.arxiv}`
  );
}

/** Arms, images, engine and dates of this build. */
export function methodsProvenance(index: SiteIndex): HTMLElement {
  const dates = (arm: string) => index.images.map((image) => image.outputs[arm].date).sort();
  return element(
    "div",
    {},
    simpleTable(
      ["Arm", "Latent", "Parameters", "Weights (SHA-256)", "Trained on", "Licence", "Engine", "Computed"],
      index.arms.map((arm) => [
        arm.label,
        arm.geometry ? `${arm.geometry.channels} channels at 1/${arm.geometry.factor}` : "–",
        arm.parameters === undefined ? "–" : grouped(arm.parameters),
        arm.weights ? `${arm.weights.files.join(", ")}: ${shortHash(arm.weights.sha256)}…` : "–",
        arm.training ?? "–",
        arm.licence ?? "–",
        arm.engine,
        dateTime(dates(arm.id).at(-1) ?? null)
      ]),
      "Arms"
    ),
    simpleTable(
      ["Images", "Number", "Patients", "Kind", "Licence"],
      index.sets.map((set) => [
        set.label,
        String(set.images),
        set.patients === null ? "not known" : String(set.patients),
        set.simulated ? "simulated" : "real",
        set.licence
      ]),
      `Images; measured by Bandscope ${index.bandscope}`
    )
  );
}

function simpleTable(columns: readonly string[], rows: readonly (readonly string[])[], caption: string): HTMLElement {
  return element(
    "div",
    {class: "scroll", tabindex: 0, role: "region", "aria-label": caption},
    element(
      "table",
      {},
      element("caption", {}, caption),
      element("thead", {}, element("tr", {}, ...columns.map((column) => element("th", {scope: "col"}, column)))),
      element(
        "tbody",
        {},
        ...rows.map((row) =>
          element(
            "tr",
            {},
            ...row.map((cell, i) => (i === 0 ? element("th", {scope: "row"}, cell) : element("td", {}, cell)))
          )
        )
      )
    )
  );
}
