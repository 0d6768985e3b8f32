import {element} from "./dom.js";

/** What stands around a drawing: a title that says what it shows, a caption, and the numbers behind it. */
export interface FigureOptions {
  readonly title: string;
  readonly subtitle?: string | Node;
  readonly caption?: string | Node;
  /** The numbers that are drawn: a table for readers and the CSV to take away. */
  readonly rows?: readonly Readonly<Record<string, string | number | null>>[];
  /** Stem of the files to take away. */
  readonly name: string;
}

/** A chart as a figure. The drawing is described by its title; the table says what the drawing shows. */
export function figure(drawing: Element, {title, subtitle, caption, rows, name}: FigureOptions): HTMLElement {
  const svg = drawing instanceof SVGElement ? drawing : drawing.querySelector("svg[class]");
  if (svg) {
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-label", title);
    // Plot names its groups after its marks ("rule", "dot"): noise to those who listen
    for (const group of svg.querySelectorAll("[aria-label]:not([role])")) group.removeAttribute("aria-label");
  }
  return element(
    "figure",
    {class: "chart"},
    element("h3", {}, title),
    subtitle !== undefined && element("p", {class: "sub"}, subtitle),
    drawing,
    caption !== undefined && element("figcaption", {}, caption),
    rows !== undefined && rows.length > 0 && behind(rows, svg, name)
  );
}

function behind(rows: NonNullable<FigureOptions["rows"]>, svg: Element | null, name: string): HTMLElement {
  const columns = Object.keys(rows[0]);
  const holder = element("div", {tabindex: 0, role: "region", "aria-label": "The numbers behind the chart"});
  const details = element(
    "details",
    {class: "behind"},
    element("summary", {}, "Numbers behind the chart"),
    holder,
    element(
      "p",
      {class: "export"},
      save("Save CSV", () => download(`${name}.csv`, "text/csv", csv(columns, rows))),
      svg !== null && save("Save SVG", () => download(`${name}.svg`, "image/svg+xml", standalone(svg)))
    )
  );
  // a long table is made when somebody asks for it
  details.addEventListener("toggle", () => {
    if (details.open && holder.childElementCount === 0) holder.append(table(columns, rows));
  });
  return details;
}

function save(text: string, onclick: () => void): HTMLButtonElement {
  return element("button", {type: "button", class: "plain", onclick}, text);
}

function table(columns: readonly string[], rows: NonNullable<FigureOptions["rows"]>): HTMLTableElement {
  const number = (column: string) => typeof rows[0][column] === "number" && "number";
  return element(
    "table",
    {},
    element(
      "thead",
      {},
      element("tr", {}, ...columns.map((column) => element("th", {scope: "col", class: number(column)}, column)))
    ),
    element(
      "tbody",
      {},
      ...rows.map((row) =>
        element(
          "tr",
          {},
          ...columns.map((column) => element("td", {class: number(column)}, String(row[column] ?? "–")))
        )
      )
    )
  );
}

function csv(columns: readonly string[], rows: NonNullable<FigureOptions["rows"]>): string {
  const cell = (value: string | number | null) => {
    const text = value === null ? "" : String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows.map((row) => columns.map((column) => row[column]))]
    .map((line) => `${line.map(cell).join(",")}\n`)
    .join("");
}

/** The drawing with the page's colours and typeface written into it. */
function standalone(svg: Element): string {
  const copy = svg.cloneNode(true) as SVGElement;
  const style = getComputedStyle(svg);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute(
    "style",
    `font-family: sans-serif; font-size: 12px; background: ${style.getPropertyValue("--theme-background")}`
  );
  copy.setAttribute("color", style.color);
  const page = getComputedStyle(document.documentElement);
  return copy.outerHTML.replace(
    /var\((--[\w-]+)\)/g,
    (whole, name: string) => page.getPropertyValue(name).trim() || whole
  );
}

function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], {type}));
  element("a", {href: url, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
