import {element, scrollRegion} from "./dom.js";
import {tableExport} from "./export-table.js";
import {grouped, shortHash} from "./format.js";
import type {SiteIndex} from "./site-data.js";

/** A package of which the site has a part (scripts/third-party.ts). */
export interface SitePackage {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

/** The datasets behind the site: how many images, whose, under which licence, and a hash of all their pixels. */
export function datasetTable({sets}: SiteIndex): HTMLElement {
  return table(
    "datasets",
    "Datasets of this site",
    ["Dataset", "SHA-256 of the pixels", "Images", "Patients or scenes", "Licence"],
    sets.map(({label, images, patients, licence, simulated, sha256}) => [
      label,
      sha256 === undefined ? "–" : shortHash(sha256),
      grouped(images),
      patients === null ? "not known" : grouped(patients),
      simulated ? licence : `${licence}; not part of this site's licence`
    ]),
    [2, 3]
  );
}

/** The networks whose outputs the site shows: files, hashes, licence, training. */
export function weightsTable({arms}: SiteIndex): HTMLElement {
  const rows = arms.flatMap(({label, weights, generator, parameters, licence, training, kind}) => {
    const own = kind === "super-resolution" ? generator : weights;
    if (own === undefined) return [];
    return [
      [
        label,
        shortHash(own.sha256),
        parameters === undefined ? "–" : grouped(parameters),
        licence ?? "not stated: see where you have them from",
        training ?? "not trained here"
      ]
    ];
  });
  if (rows.length === 0) return element("p", {}, "This site shows the output of no network.");
  return table("weights", "Weights", ["Network", "SHA-256", "Parameters", "Licence", "Training"], rows, [2]);
}

/** Software of which the site has a part, with the licence of each. */
export function packageTable(packages: readonly SitePackage[]): HTMLElement {
  return table(
    "software",
    "Software in this site",
    ["Package", "Version", "Licence"],
    packages.map(({name, version, licence}) => [name, version, licence]),
    []
  );
}

function table(
  name: string,
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  numbers: readonly number[]
): HTMLElement {
  const number = (i: number) => numbers.includes(i) && "number";
  const node = element(
    "table",
    // hashes, the page's subject, stand second: on a narrow screen the rest is scrolled to
    {id: name, class: "ledger"},
    element("caption", {class: "visually-hidden"}, caption),
    element(
      "thead",
      {},
      element("tr", {}, ...columns.map((text, i) => element("th", {scope: "col", class: number(i)}, text)))
    ),
    element(
      "tbody",
      {},
      ...rows.map((cells) =>
        element(
          "tr",
          {},
          ...cells.map((text, i) =>
            i === 0 ? element("th", {scope: "row"}, text) : element("td", {class: number(i)}, text)
          )
        )
      )
    )
  );
  return element("div", {}, scrollRegion(caption, node), tableExport(node, {name, caption}));
}
