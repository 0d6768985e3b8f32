import type {AnalysisReport} from "../../src/measures/tables/analysis.js";

/**
 * The report as JSON text, one line an image and a comparison, so that two reports can be compared by `diff`. Infinity
 * (the PSNR of equal images) becomes the text "Infinity", which JavaScript's Number() and Python's float() take back.
 * @throws RangeError on NaN, which no measure may be.
 */
export function reportJson({images, summary, pairing, ...head}: AnalysisReport): string {
  const lines = Object.entries(head).map(([key, value]) => `${JSON.stringify(key)}: ${json(value)}`);
  lines.push(`"pairing": {${block(Object.entries(pairing).map(([arm, v]) => `${JSON.stringify(arm)}: ${json(v)}`))}}`);
  const arms = Object.entries(summary.arms).map(([arm, v]) => `${JSON.stringify(arm)}: ${json(v)}`);
  lines.push(
    `"summary": {\n"arms": {${block(arms)}},\n"comparisons": [${block(summary.comparisons.map(json))}],\n"holmFamily": ${summary.holmFamily},\n"seedSpread": ${json(summary.seedSpread)}}`
  );
  lines.push(`"images": [${block(images.map(json))}]`);
  return `{\n${lines.join(",\n")}\n}\n`;
}

function block(lines: readonly string[]): string {
  return lines.length === 0 ? "" : `\n${lines.join(",\n")}\n`;
}

/** JSON in which infinities are the texts "Infinity" and "-Infinity". @throws RangeError on NaN. */
export function json(value: unknown): string {
  return JSON.stringify(value, (key, v) => {
    if (typeof v !== "number" || Number.isFinite(v)) return v;
    if (Number.isNaN(v)) throw new RangeError(`invalid value of ${key}: NaN`);
    return v > 0 ? "Infinity" : "-Infinity";
  });
}
