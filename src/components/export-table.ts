import {element} from "./dom.js";
import {download, saveButton} from "./download.js";

export type Cell = string | number | null;

/** A table to take away: the same rows as CSV and as LaTeX. */
export interface TableData {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  readonly caption?: string;
}

/** RFC 4180, with line feeds; an absent value is an empty cell. */
export function csv({columns, rows}: TableData): string {
  const cell = (value: Cell) => {
    const text = value === null ? "" : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((line) => `${line.map(cell).join(",")}\n`).join("");
}

/** A table for `\usepackage{booktabs}`: columns of numbers right-aligned, an absent value as a dash. */
export function latex({columns, rows, caption}: TableData): string {
  const right = columns.map((_, i) => {
    const present = rows.map((row) => row[i]).filter((value) => value !== null && value !== "" && value !== "–");
    return present.length > 0 && present.every(isNumeric);
  });
  const line = (cells: readonly Cell[]) => `    ${cells.map(latexCell).join(" & ")} \\\\\n`;
  return [
    "% needs \\usepackage{booktabs}\n",
    "\\begin{table}\n  \\centering\n",
    caption === undefined ? "" : `  \\caption{${latexText(caption)}}\n`,
    `  \\begin{tabular}{${right.map((numbers) => (numbers ? "r" : "l")).join("")}}\n`,
    "    \\toprule\n",
    line(columns),
    "    \\midrule\n",
    ...rows.map(line),
    "    \\bottomrule\n  \\end{tabular}\n\\end{table}\n"
  ].join("");
}

/** Text with all that LaTeX would take for a command made harmless, and our symbols as it knows them. */
export function latexText(text: string): string {
  return text.replace(/[\\&%$#_{}~^<>|"−–—“”‘’×±²³·≤≥≈→←∞…°⁻⁰¹⁴⁵⁶⁷⁸⁹Α-ω]/gu, (c) => symbols[c] ?? greek[c] ?? c);
}

/** Buttons that save the table as shown: CSV and LaTeX. */
export function tableButtons(name: string, data: () => TableData): HTMLButtonElement[] {
  return [
    saveButton("Save CSV", () => download(`${name}.csv`, "text/csv", csv(data()))),
    saveButton("Save LaTeX", () => download(`${name}.tex`, "application/x-tex", latex(data())))
  ];
}

/**
 * Buttons for a table that a page shows, its cells as they are read: `display(table); display(tableExport(table, …))`. Takes the
 * first table in `holder`; one row of heads.
 */
export function tableExport(
  holder: Element,
  {name, caption}: {readonly name: string; readonly caption?: string}
): HTMLElement {
  return element("p", {class: "export"}, ...tableButtons(name, () => readTable(holder, caption)));
}

/** What a table says. A cell that spans columns is followed by empty ones. */
export function readTable(holder: Element, caption?: string): TableData {
  const table = holder.matches("table") ? holder : holder.querySelector("table");
  if (table === null) throw new RangeError("there is no table to save");
  const cells = (row: Element) =>
    [...row.querySelectorAll("th, td")].flatMap((cell): string[] => {
      const span = Number(cell.getAttribute("colspan") ?? 1);
      return [textOf(cell), ...Array.from({length: span - 1}, () => "")];
    });
  const [head, ...others] = [...table.querySelectorAll("thead tr")].map(cells);
  const body = [...table.querySelectorAll("tbody tr")].map(cells);
  const columns = head ?? Array.from({length: Math.max(0, ...body.map((row) => row.length))}, (_, i) => String(i + 1));
  const width = columns.length;
  const rows = [...others, ...body].map((row) => Array.from({length: width}, (_, i) => row[i] ?? null));
  return {columns, rows, caption: caption ?? table.querySelector("caption")?.textContent?.trim()};
}

function textOf(cell: Element): string {
  return (cell.textContent ?? "").replace(/\s+/g, " ").trim();
}

/** 12, "−0.30", "+2.91", "1.2e-5" */
function isNumeric(value: Cell): boolean {
  return typeof value === "number" || (value !== null && /^[+−-]?(\d[\d,]*(\.\d+)?(e[+-]?\d+)?|∞)$/.test(value));
}

function latexCell(value: Cell): string {
  if (value === null) return "--";
  if (isNumeric(value)) {
    const text = String(value).replace("−", "-").replaceAll(",", "{,}").replace("Infinity", "∞");
    return /^[+-]|[∞{]/.test(text) ? `$${text.replace("∞", "\\infty")}$` : text;
  }
  return latexText(String(value));
}

const symbols: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "&": "\\&",
  "%": "\\%",
  $: "\\$",
  "#": "\\#",
  _: "\\_",
  "{": "\\{",
  "}": "\\}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "<": "$<$",
  ">": "$>$",
  "|": "$|$",
  '"': "''",
  "−": "$-$",
  "–": "--",
  "—": "---",
  "“": "``",
  "”": "''",
  "‘": "`",
  "’": "'",
  "×": "$\\times$",
  "±": "$\\pm$",
  "·": "$\\cdot$",
  "≤": "$\\le$",
  "≥": "$\\ge$",
  "≈": "$\\approx$",
  "→": "$\\to$",
  "←": "$\\leftarrow$",
  "∞": "$\\infty$",
  "…": "\\dots{}",
  "°": "$^\\circ$",
  "⁻": "$^{-}$",
  ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].map((c, i) => [c, `$^{${i}}$`]))
};

const greekNames =
  "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi psi omega";
const greek: Readonly<Record<string, string>> = Object.fromEntries([
  ...greekNames.split(" ").map((name, i) => [[..."αβγδεζηθικλμνξοπρστυφχψω"][i], `$\\${name}$`]),
  ...["Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi", "Omega"].map((name, i) => [
    [..."ΓΔΘΛΞΠΣΦΨΩ"][i],
    `$\\${name}$`
  ])
]);
