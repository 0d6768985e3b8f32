const longest = 120;

/** A text from a file that may be hostile, fit for a message on a terminal: no control characters, not too long. */
export function printable(text: string): string {
  const clean = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
  return clean.length > longest ? `${clean.slice(0, longest - 1)}…` : clean;
}

/** Likewise, as JSON: text comes out in quotation marks. */
export function quoted(value: unknown): string {
  try {
    return printable(JSON.stringify(value) ?? "nothing");
  } catch {
    // nested so deeply that it can't be written
    return "something too deep to show";
  }
}
