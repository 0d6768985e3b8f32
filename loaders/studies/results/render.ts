import {escapeLatex} from "../../../src/measures/tables/latex.js";
import type {ResultTable} from "./tables.js";

/** Tables for a terminal. */
export function tablesText(tables: readonly ResultTable[]): string {
  return tables
    .map(({title, note, head, rows}) => {
      const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i].length)));
      const line = (row: readonly string[]) =>
        row
          .map((cell, i) => cell.padEnd(widths[i]))
          .join("  ")
          .trimEnd();
      return `${title}\n${"=".repeat(title.length)}\n${line(head)}\n${rows.map(line).join("\n")}\n(${note})\n`;
    })
    .join("\n");
}

/** Tables as Markdown. */
export function tablesMarkdown(tables: readonly ResultTable[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return tables
    .map(({title, note, head, rows}) =>
      [`### ${title}`, "", line(head), line(head.map(() => "---")), ...rows.map(line), "", `*${note}*`, ""].join("\n")
    )
    .join("\n");
}

/** Tables for LaTeX, each with a caption (`\usepackage{booktabs,longtable}`). */
export function tablesLatex(tables: readonly ResultTable[]): string {
  const line = (cells: readonly string[]) => `${cells.map(escapeLatex).join(" & ")} \\\\`;
  return `% needs \\usepackage{booktabs,longtable}\n${tables
    .map(({id, title, note, head, rows}) =>
      [
        "",
        `\\begin{longtable}{${"l".repeat(head.length)}}`,
        `\\caption{${escapeLatex(`${title}: ${note}`)}}\\label{tab:${id}}\\\\`,
        "\\toprule",
        line(head),
        "\\midrule",
        "\\endhead",
        ...rows.map(line),
        "\\bottomrule",
        "\\end{longtable}",
        ""
      ].join("\n")
    )
    .join("")}`;
}
