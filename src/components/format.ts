/** 27.8471 → "27.85"; a real minus sign. Infinity → "∞", an absent value → "–". */
export function fixed(value: number | null | undefined, digits: number): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (value === Infinity) return "∞";
  // what rounds to zero has no sign
  return value
    .toFixed(digits)
    .replace(/^-(?=[0.]+$)/, "")
    .replace("-", "−");
}

/** +2.91, −0.30 */
export function signed(value: number, digits: number): string {
  const text = fixed(value, digits);
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

/** 0.00123 → "1.23 × 10⁻³" */
export function scientific(value: number, digits = 2): string {
  if (value === 0) return "0";
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  return `${fixed(value / 10 ** exponent, digits)} × 10${superscript(exponent)}`;
}

/** 2026-11-23T21:05:00.000Z → 23 Nov 2026, 21:05 UTC; the same in every reader's locale and time zone. */
export function dateTime(iso: string | null): string {
  if (iso === null) return "date left out of this build";
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const date = new Date(iso);
  const two = (n: number) => String(n).padStart(2, "0");
  const day = `${date.getUTCDate()} ${months[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  return `${day}, ${two(date.getUTCHours())}:${two(date.getUTCMinutes())} UTC`;
}

/** The first twelve digits of a hash: enough to find it. */
export function shortHash(hash: string): string {
  return hash.slice(0, 12);
}

/** 335120 → "335,120" */
export function grouped(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

function superscript(exponent: number): string {
  return String(exponent).replace(/[-\d]/g, (c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)]));
}
