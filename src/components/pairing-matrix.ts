import * as Plot from "@observablehq/plot";
import type {SiteAudit} from "./site-data.js";

/**
 * How alike each output's coarse picture is to each HR image's: a row an output, a column an image, the stronger the
 * colour, the more alike (Pearson's r; empty at 0 and below). The pairs that a list makes lie on the outlined diagonal.
 */
export function pairingMatrix(
  {images, order}: SiteAudit,
  correlation: readonly (readonly number[])[],
  {width, mispaired}: {width: number; mispaired: boolean}
): Element {
  const rows = mispaired ? order : images.map((_, i) => i);
  const cells = rows.flatMap((output, row) =>
    images.map((image, column) => ({
      row,
      column,
      value: correlation[output][column],
      title: `output stored as ${images[row].id} (it is of ${images[output].id})\nHR ${image.id}\nr = ${correlation[output][column].toFixed(2)}`
    }))
  );
  const side = Math.min(width, 620);
  const n = images.length;
  const starts = images.flatMap(({set}, i) => (i === 0 || images[i - 1].set !== set ? [{set, i}] : []));
  return Plot.plot({
    width: side,
    height: side,
    marginLeft: 58,
    marginTop: 40,
    marginRight: 6,
    marginBottom: 6,
    x: {domain: [-0.5, n - 0.5], axis: null},
    y: {domain: [n - 0.5, -0.5], axis: null},
    marks: [
      Plot.text(["HR images →"], {frameAnchor: "top-left", textAnchor: "start", dy: -32, fontWeight: 620}),
      Plot.text(["↓ Outputs"], {frameAnchor: "top-left", textAnchor: "start", dx: -58, dy: -12, fontWeight: 620}),
      Plot.text(starts, {x: "i", frameAnchor: "top", dy: -12, text: "set", textAnchor: "start", dx: -4}),
      Plot.text(starts, {y: "i", frameAnchor: "left", dx: -6, text: "set", textAnchor: "end"}),
      Plot.rect(cells, {
        x1: (d) => d.column - 0.5,
        x2: (d) => d.column + 0.5,
        y1: (d) => d.row - 0.5,
        y2: (d) => d.row + 0.5,
        fill: "var(--theme-foreground-focus)",
        fillOpacity: (d) => Math.max(0, d.value) ** 2,
        inset: 0.25
      }),
      Plot.rect(
        rows.map((_, i) => i),
        {
          x1: (i) => i - 0.5,
          x2: (i) => i + 0.5,
          y1: (i) => i - 0.5,
          y2: (i) => i + 0.5,
          stroke: mispaired ? "var(--theme-red)" : "var(--theme-foreground)",
          strokeWidth: 1.2
        }
      ),
      Plot.frame({stroke: "var(--theme-foreground-fainter)"}),
      Plot.tip(cells, Plot.pointer({x: "column", y: "row", title: "title", fill: "var(--theme-background)"}))
    ]
  });
}
