import {claimCards} from "./claim-cards.js";
import {changed, element} from "./dom.js";
import type {PaperData} from "./paper-data.js";
import type {PaperRow} from "./paper-rows.js";
import {filterPaper, paperTable} from "./paper-table.js";
import {dropdown} from "./segmented.js";
import type {Published} from "./site-data.js";
import type {StudyResults} from "./study-data.js";
import {fromUrl, toUrl} from "./url-state.js";

/**
 * The study's claims as cards, and every published number beside ours, with filters that stand in the address. Without a
 * study of ours (null): what was published, and what this build measured of autoencoders alone.
 */
export function paperBoard(
  published: Published,
  {rows, claims}: PaperData,
  study: {readonly results: StudyResults} | null
): HTMLElement {
  const claim = choice("claim", "Claim", [
    {value: "all", label: "all claims"},
    ...[1, 2, 3, 4, 5, 6].map((n) => ({value: String(n), label: `claim ${n}`}))
  ]);
  const dataset = choice("dataset", "Dataset", [
    {value: "all", label: "all datasets"},
    ...Object.entries(published.datasets).map(([value, {label}]) => ({value, label}))
  ]);
  const measure = choice("measure", "Measure", [{value: "all", label: "all measures"}, ...measureOptions(rows)]);
  const holder = element("div", {});
  const draw = () => {
    const filter = {claim: claim.value, dataset: dataset.value, measure: measure.value};
    toUrl(Object.fromEntries(Object.entries(filter).map(([name, value]) => [name, value === "all" ? null : value])));
    holder.replaceChildren(paperTable(filterPaper(rows, filter), published));
  };
  for (const input of [claim, dataset, measure]) input.addEventListener("input", draw);
  draw();

  const heading = element("h2", {id: "number-by-number"}, "Number by number");
  const cards = claimCards(claims, published, study);
  for (const link of cards.querySelectorAll<HTMLAnchorElement>("a[data-claim]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      claim.value = link.dataset.claim!;
      dataset.value = "all";
      measure.value = "all";
      changed(claim);
      heading.scrollIntoView();
    });
  }
  return element(
    "div",
    {},
    element("h2", {}, "Claim by claim"),
    element(
      "p",
      {},
      "What the study claims, the number that it gives for it, and what our own study says. The verdicts are computed from the two, by the rule that stands beside each."
    ),
    cards,
    heading,
    explanation(),
    element("div", {class: "controls"}, claim, dataset, measure),
    holder
  );
}

/** What the table's columns mean, before a reader meets them. */
function explanation(): HTMLElement {
  const term = (text: string) => element("strong", {}, text);
  return element(
    "p",
    {},
    term("± reading"),
    " is how far the published number may be off because of how it was read: off the vector paths of a figure, measured in its pixels, or printed. It says nothing about the study’s own uncertainty. ",
    term("Ours"),
    " carries its standard deviation and, below, a 95 % interval (bootstrap over patients). A published number that lies outside our interval is no failure of either side: images and autoencoders are not the same. ",
    term("Mispaired source"),
    ": that figure compares images of different patients; where our study has runs that are mispaired in the same way, ours is one of those."
  );
}

function choice(name: string, label: string, options: readonly {readonly value: string; readonly label: string}[]) {
  const allowed = options.map(({value}) => value);
  return dropdown(options, {label, value: fromUrl(name, "all", allowed)});
}

/** Each measure once; those that have a row a band or a ring without it. */
function measureOptions(rows: readonly PaperRow[]): {value: string; label: string}[] {
  const found = new Map<string, string>();
  for (const {published, quantity} of rows) {
    const label = /^(band_psnr|radial_log_power)$/.test(published.measure) ? quantity.split(",")[0] : quantity;
    if (!found.has(published.measure)) found.set(published.measure, label);
  }
  return Array.from(found, ([value, label]) => ({value, label}));
}
