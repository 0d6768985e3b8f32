import {csvLine} from "../measures/tables/csv.js";
import {element, tallRegion} from "./dom.js";
import {saveText} from "./download.js";
import {latexText} from "./export-table.js";
import {dateTime, fixed, shortHash, signed} from "./format.js";
import type {PaperRow} from "./paper-rows.js";
import {type Facts, sourced} from "./provenance.js";
import type {Published} from "./site-data.js";

export interface PaperFilter {
  /** A claim's number, a dataset's id, a measure's name; "all" for each. */
  readonly claim: string;
  readonly dataset: string;
  readonly measure: string;
}

/** The rows that a filter leaves. A number of no dataset (a fit over all three) belongs to each. */
export function filterPaper(rows: readonly PaperRow[], {claim, dataset, measure}: PaperFilter): PaperRow[] {
  return rows.filter(
    (row) =>
      (claim === "all" || row.claims.includes(Number(claim))) &&
      (dataset === "all" || row.published.dataset === undefined || row.published.dataset === dataset) &&
      (measure === "all" || row.published.measure === measure)
  );
}

/** Digits after the point with which numbers of a measure are shown. */
export function digitsOf({measure, unit}: {readonly measure: string; readonly unit: string}): number {
  if (measure === "bland_altman_bias") return 5;
  if (measure === "ceiling_fit_R2") return 3;
  if (measure === "lpips" || unit === "share of pixels" || /^ceiling_fit_(slope|r)$/.test(measure)) return 4;
  return 2;
}

const columns = [
  "quantity",
  "arm",
  "dataset",
  "band",
  "convention",
  "unit",
  "published",
  "published SD",
  "tolerance",
  "ours",
  "ours SD",
  "ours 95 % low",
  "ours 95 % high",
  "our images",
  "our patients",
  "our arms",
  "our pairing",
  "difference",
  "published in our interval",
  "source",
  "mispaired source",
  "reason"
] as const;

/** The rows with all their digits, for a spreadsheet. */
export function paperCsv(rows: readonly PaperRow[], published: Published): string {
  const lines = rows.map(({published: row, ours, ...rest}) =>
    csvLine([
      rest.quantity,
      rest.arm,
      rest.dataset,
      row.band ?? null,
      row.convention,
      row.unit,
      row.value,
      row.sd ?? null,
      rest.tolerance,
      ours?.value ?? null,
      ours?.sd ?? null,
      ours?.interval?.[0] ?? null,
      ours?.interval?.[1] ?? null,
      ours?.images ?? null,
      ours?.patients ?? null,
      ours?.arms ?? null,
      ours?.pairing ?? null,
      rest.difference,
      rest.within === null ? null : rest.within ? "yes" : "no",
      published.sources[row.source].where,
      rest.mispaired ? "yes" : "no",
      rest.reasons.join("; ")
    ])
  );
  return `${[columns.join(","), ...lines].join("\n")}\n`;
}

/** The rows as a booktabs table. */
export function paperLatex(rows: readonly PaperRow[], {citation}: Published): string {
  const cell = latexText;
  const lines = rows.map(({published: row, quantity, arm, dataset, tolerance, ours, difference, mispaired}) => {
    const n = digitsOf(row);
    const interval = ours?.interval ? ` [${fixed(ours.interval[0], n)}, ${fixed(ours.interval[1], n)}]` : "";
    return `${[
      cell(quantity) + (mispaired ? "$^{\\dagger}$" : ""),
      cell(arm),
      cell(dataset),
      cell(row.unit),
      cell(fixed(row.value, n)),
      tolerance === null ? "--" : String(tolerance),
      ours === null ? "--" : cell(fixed(ours.value, n) + interval),
      difference === null ? "--" : cell(signed(difference, n))
    ].join(" & ")} \\\\`;
  });
  return `${[
    "% needs \\usepackage{booktabs}",
    `% published: arXiv ${citation.arxiv}; tolerance: how precisely the number could be read; [..]: 95 % bootstrap interval over patients`,
    "% dagger: the source compares images of different patients",
    "\\begin{tabular}{llllrrrr}",
    "\\toprule",
    "Quantity & Arm & Dataset & Unit & Published & $\\pm$ & Ours & Difference \\\\",
    "\\midrule",
    ...lines,
    "\\bottomrule",
    "\\end{tabular}"
  ].join("\n")}\n`;
}

/** The table that a reader sees, with its exports. */
export function paperTable(rows: readonly PaperRow[], published: Published): HTMLElement {
  const counted = rows.filter(({ours}) => ours !== null).length;
  return element(
    "div",
    {id: "paper"},
    element(
      "p",
      {class: "keys", id: "paper-count", role: "status"},
      `${rows.length} of ${published.values.length} published numbers, ${counted} of them with one of ours.`
    ),
    tallRegion(
      "Published numbers and ours",
      element(
        "table",
        {class: "paper"},
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            ...["What", "Dataset", "Study", "± reading", "Ours", "Ours − study", "Why they differ"].map((text, i) =>
              element("th", {scope: "col", class: i > 1 && i < 6 && "number"}, text)
            )
          )
        ),
        element("tbody", {}, ...rows.map((row) => bodyRow(row, published)))
      )
    ),
    element(
      "p",
      {class: "export"},
      element(
        "button",
        {
          type: "button",
          class: "plain",
          onclick: () => saveText("paper-and-us.csv", "text/csv", paperCsv(rows, published))
        },
        "Save CSV"
      ),
      " ",
      element(
        "button",
        {
          type: "button",
          class: "plain",
          onclick: () => saveText("paper-and-us.tex", "application/x-tex", paperLatex(rows, published))
        },
        "Save LaTeX"
      )
    )
  );
}

function bodyRow(row: PaperRow, published: Published): HTMLElement {
  const {published: said, quantity, arm, dataset, tolerance, ours, difference, within, reasons, mispaired} = row;
  const n = digitsOf(said);
  const spread = (sd: number | null | undefined) => (sd === null || sd === undefined ? "" : ` ± ${fixed(sd, n)}`);
  const unit = said.unit === "" ? "" : ` ${said.unit}`;
  return element(
    "tr",
    {
      "data-source": said.source,
      "data-measure": said.measure,
      "data-dataset": said.dataset ?? "",
      "data-arm": said.arm ?? ""
    },
    element(
      "th",
      {scope: "row"},
      quantity,
      element("span", {class: "sub"}, arm === "–" ? said.convention : `${arm}; ${said.convention}`),
      mispaired && element("span", {class: "mispaired"}, "mispaired source")
    ),
    // a name of three words in as many lines would make every row as tall
    element("td", {style: "white-space: nowrap"}, dataset),
    element(
      "td",
      {class: "number"},
      sourced(`${fixed(said.value, n)}${spread(said.sd)}`, publishedFacts(row, published)),
      element("span", {class: "sub"}, unit)
    ),
    element("td", {class: "number"}, tolerance === null ? "not said" : String(Number(tolerance.toPrecision(2)))),
    element(
      "td",
      {class: "number"},
      ours === null ? "–" : sourced(`${fixed(ours.value, n)}${spread(ours.sd)}`, ourFacts(row)),
      ours?.interval &&
        element("span", {class: "sub"}, `${fixed(ours.interval[0], n)} to ${fixed(ours.interval[1], n)}`)
    ),
    element(
      "td",
      {class: "number"},
      difference === null ? "–" : signed(difference, n),
      within !== null && element("span", {class: "sub"}, within ? "inside our interval" : "outside our interval")
    ),
    element("td", {class: "reason"}, reasons.join("; "))
  );
}

function publishedFacts({published: row}: PaperRow, {citation, sources, conventions, datasets}: Published): Facts {
  const source = sources[row.source];
  return [
    ["published", `arXiv ${citation.arxiv}`],
    ["read in", source.where],
    ["precision", source.precision],
    ["convention", conventions[row.convention] ?? row.convention],
    ...(row.dataset === undefined ? [] : ([["data", datasets[row.dataset].label]] as const)),
    ...(row.n === undefined
      ? []
      : ([["n", `${row.n} ${row.measure.startsWith("ceiling") ? "points" : "images"}`]] as const)),
    ...(row.low === undefined ? [] : ([["interval", `${row.low} to ${row.high}`]] as const)),
    ...(source.mispaired ? ([["caution", "images of different patients were compared"]] as const) : [])
  ];
}

function ourFacts({ours}: PaperRow): Facts {
  const {arms, images, patients, seeds, artefact, engine, date, pairing, from} = ours!;
  return [
    ["arm", arms],
    ["from", from === "study" ? "this build’s study" : "this site’s own images"],
    ["n", `${images} images${patients === null ? "" : ` of ${patients} patients`}`],
    ["interval", "95 %, bootstrap over patients"],
    ["pairing", pairing === "correct" ? "by identifier" : "as the study’s code paired them"],
    ["seeds", seeds],
    ["artefact", shortHash(artefact)],
    ["engine", engine],
    ["computed", dateTime(date)]
  ];
}
