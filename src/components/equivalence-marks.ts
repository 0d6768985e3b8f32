import * as Plot from "@observablehq/plot";

/** The band of equivalence, ±`margin` as far as it lies in the drawing (null: none), and the line of no difference. */
export function equivalenceMarks(
  margin: number | null,
  {low, high, top, bottom}: {low: number; high: number; top: number; bottom: number}
): Plot.Markish[] {
  const zero = Plot.ruleX([0], {stroke: "var(--theme-foreground)", strokeWidth: 1.2});
  if (margin === null) return [zero];
  const band = Plot.rect([0], {
    x1: Math.max(low, -margin),
    x2: Math.min(high, margin),
    y1: top,
    y2: bottom,
    fill: "var(--theme-foreground)",
    fillOpacity: 0.07
  });
  return [band, zero];
}

/** Ground under the names of rows, a strip from each of `tops` down: neither line nor band nor grid runs through a name. */
export function nameStrips(
  tops: readonly number[],
  {low, high, height}: {low: number; high: number; height: number}
): Plot.Markish {
  return Plot.rect(tops, {
    className: "name-strips",
    x1: low,
    x2: high,
    y1: (top: number) => top,
    y2: (top: number) => top + height,
    fill: "var(--theme-background)"
  });
}
