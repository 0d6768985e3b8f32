import {element} from "./dom.js";
import {download, saveButton} from "./download.js";
import {canvasPng, type DrawingWords, drawingPng, standaloneSvg} from "./export-drawing.js";
import {type Cell, type TableData, tableButtons} from "./export-table.js";

export type FigureRow = Readonly<Record<string, Cell>>;

/** What stands around a drawing: a title that says what it shows, a caption, and the numbers behind it. */
export interface FigureOptions {
  readonly title: string;
  readonly subtitle?: string | Node;
  readonly caption?: string | Node;
  /** The numbers that are drawn: a table for readers and files to take away. A function where they cost something to make. */
  readonly rows?: readonly FigureRow[] | (() => readonly FigureRow[]);
  /** Stem of the files to take away. */
  readonly name: string;
}

/**
 * A chart as a figure. The drawing is described by its title; the table says what the drawing shows. Drawing and numbers
 * can be taken away: SVG, PNG (a drawing on a canvas: PNG only), CSV, LaTeX.
 */
export function figure(drawing: Element, {title, subtitle, caption, rows, name}: FigureOptions): HTMLElement {
  const svg = drawing instanceof SVGElement ? drawing : drawing.querySelector("svg[class]");
  if (svg) {
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-label", title);
    // Plot names its groups after its marks ("rule", "dot"): noise to those who listen
    for (const group of svg.querySelectorAll("[aria-label]:not([role])")) group.removeAttribute("aria-label");
  }
  const sub = subtitle === undefined ? undefined : element("p", {class: "sub"}, subtitle);
  const words: DrawingWords = {title, subtitle: sub};
  return element(
    "figure",
    {class: "chart"},
    element("h3", {}, title),
    sub,
    drawing,
    caption !== undefined && element("figcaption", {}, caption),
    behind(title, rows, svg, drawing, words, name)
  );
}

function behind(
  title: string,
  rows: FigureOptions["rows"],
  svg: Element | null,
  drawing: Element,
  words: DrawingWords,
  name: string
): HTMLElement | undefined {
  const canvas = svg === null ? canvasOf(drawing) : null;
  const hasRows = typeof rows === "function" || (rows !== undefined && rows.length > 0);
  if (!hasRows && svg === null && canvas === null) return undefined;
  let made: TableData | undefined;
  const data = () => {
    made ??= tableOf(typeof rows === "function" ? rows() : (rows ?? []), title);
    return made;
  };
  const holder = hasRows && element("div", {tabindex: 0, role: "region", "aria-label": "The numbers behind the chart"});
  const details = element(
    "details",
    {class: "behind"},
    element("summary", {}, hasRows ? "Numbers behind the chart" : "Take the picture away"),
    holder,
    element(
      "p",
      {class: "export"},
      ...(hasRows ? tableButtons(name, data) : []),
      svg !== null &&
        saveButton("Save SVG", () =>
          download(`${name}.svg`, "image/svg+xml", standaloneSvg(svg as SVGSVGElement, words))
        ),
      (svg !== null || canvas !== null) &&
        saveButton("Save PNG", () => {
          const picture = canvas === null ? drawingPng(svg as SVGSVGElement, words) : canvasPng(canvas);
          void picture.then((blob) => download(`${name}.png`, "image/png", blob));
        })
    )
  );
  // a long table is made when somebody asks for it
  details.addEventListener("toggle", () => {
    if (details.open && holder && holder.childElementCount === 0) holder.append(table(data()));
  });
  return details;
}

function canvasOf(drawing: Element): HTMLCanvasElement | null {
  return drawing.localName === "canvas" ? (drawing as HTMLCanvasElement) : drawing.querySelector("canvas");
}

function tableOf(rows: readonly FigureRow[], caption: string): TableData {
  const columns = Object.keys(rows[0] ?? {});
  return {columns, rows: rows.map((row) => columns.map((column) => row[column] ?? null)), caption};
}

function table({columns, rows}: TableData): HTMLTableElement {
  const number = (i: number) => rows.some((row) => typeof row[i] === "number") && "number";
  return element(
    "table",
    {},
    element(
      "thead",
      {},
      element("tr", {}, ...columns.map((column, i) => element("th", {scope: "col", class: number(i)}, column)))
    ),
    element(
      "tbody",
      {},
      ...rows.map((row) => element("tr", {}, ...row.map((cell, i) => element("td", {class: number(i)}, shown(cell)))))
    )
  );
}

/** Six digits are enough to read; the files have them all. */
function shown(cell: Cell): string {
  if (cell === null) return "–";
  if (typeof cell !== "number" || Number.isInteger(cell)) return String(cell);
  return String(Number(cell.toPrecision(6)));
}
