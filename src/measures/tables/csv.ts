import {type TidyRow, tidyColumnNames} from "./tidy.js";

/** One line of a CSV file (RFC 4180, without line end). Null is empty; numbers keep all their digits. */
export function csvLine(fields: readonly (string | number | null)[]): string {
  return fields
    .map((field) => {
      if (field === null) return "";
      const text = String(field);
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    })
    .join(",");
}

/** Tidy rows as CSV with a header line. */
export function tidyCsv(rows: Iterable<TidyRow>): string {
  const lines = [tidyColumnNames.join(",")];
  for (const row of rows) lines.push(csvLine(tidyColumnNames.map((name) => row[name])));
  return `${lines.join("\n")}\n`;
}
