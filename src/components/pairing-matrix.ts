import * as Plot from "@observablehq/plot";
import type {SiteAudit, SiteSet} from "./site-data.js";

/** How strongly a correlation is coloured: r², and nothing where r is negative, for then the two are not alike. */
export function likeness(r: number): number {
  return Math.max(0, r) ** 2;
}

/**
 * How alike each output's coarse picture is to each HR image's: a row an output, a column an image, the stronger the
 * colour, the more alike (r², of Pearson's r; empty at 0 and below), with the key to the colour below. The pairs that a list makes
 * lie on the outlined diagonal.
 */
export function pairingMatrix(
  {images, order}: Pick<SiteAudit, "images" | "order">,
  correlation: readonly (readonly number[])[],
  {width, mispaired, sets = []}: {width: number; mispaired: boolean; sets?: readonly Pick<SiteSet, "id" | "label">[]}
): Element {
  const rows = mispaired ? order : images.map((_, i) => i);
  const cells = rows.flatMap((output, row) =>
    images.map((image, column) => ({
      row,
      column,
      value: correlation[output][column],
      title: `output stored as ${images[row].id} (it is of ${images[output].id})\nHR ${image.id}\nr = ${correlation[output][column].toFixed(2)}, r² = ${likeness(correlation[output][column]).toFixed(2)}`
    }))
  );
  const side = Math.min(width, 620);
  const n = images.length;
  const names = shortNames(sets);
  const starts = images.flatMap(({set}, i) => (i === 0 || images[i - 1].set !== set ? [{set, i}] : []));
  const [left, above] = [86, 58];
  const cell = (side - left - 6) / n;
  const groups = starts.map(({set, i}, k) => ({name: names.get(set) ?? set, i, n: (starts[k + 1]?.i ?? n) - i}));
  // a letter is about 6.4 pixels wide: what does not fit between two sets goes on in the next line
  const roomFor = (pixels: number) => Math.max(3, pixels / 12.5);
  const svg = Plot.plot({
    width: side,
    height: side + above - left + 52,
    marginLeft: left,
    marginTop: above,
    marginRight: 6,
    marginBottom: 58,
    x: {domain: [-0.5, n - 0.5], axis: null},
    y: {domain: [n - 0.5, -0.5], axis: null},
    marks: [
      Plot.text(["HR images →"], {frameAnchor: "top-left", textAnchor: "start", dy: -48, fontWeight: 620}),
      Plot.text(["↓ Outputs"], {frameAnchor: "top-left", textAnchor: "start", dx: -left, dy: -24, fontWeight: 620}),
      ...groups.map(({name, i, n}) =>
        Plot.text([i - 0.5], {
          x: (at: number) => at,
          frameAnchor: "top",
          lineAnchor: "bottom",
          dy: -6,
          text: [name],
          textAnchor: "start",
          lineWidth: roomFor(n * cell - 4)
        })
      ),
      Plot.text(groups, {
        y: "i",
        frameAnchor: "left",
        lineAnchor: "top",
        dx: -6,
        dy: -6,
        text: "name",
        textAnchor: "end",
        lineWidth: roomFor(left - 10)
      }),
      Plot.rect(cells, {
        x1: (d) => d.column - 0.5,
        x2: (d) => d.column + 0.5,
        y1: (d) => d.row - 0.5,
        y2: (d) => d.row + 0.5,
        fill: "var(--theme-foreground-focus)",
        fillOpacity: (d) => likeness(d.value),
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
  }) as unknown as Element;
  svg.append(colourKey(left, side + above - left + 8));
  return svg;
}

/** The colour of every r² from 0 to 1, in steps, with the ends and the middle in figures. */
function colourKey(x: number, y: number): Element {
  const steps = 20;
  const [wide, high] = [6, 11];
  const svg = (name: string, attributes: Record<string, unknown>, text?: string) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const key = svg("g", {class: "colour-key", transform: `translate(${x},${y})`});
  for (let i = 0; i < steps; i++) {
    key.append(
      svg("rect", {
        x: i * wide,
        width: wide,
        height: high,
        fill: "var(--theme-foreground-focus)",
        "fill-opacity": i / (steps - 1)
      })
    );
  }
  key.append(
    svg("rect", {width: steps * wide, height: high, fill: "none", stroke: "var(--theme-foreground-fainter)"}),
    ...[0, 0.5, 1].map((value) =>
      svg("text", {x: value * steps * wide, y: high + 14, "text-anchor": "middle", fill: "currentColor"}, String(value))
    ),
    svg(
      "text",
      {x: steps * wide + 10, y: high - 1, "text-anchor": "start", fill: "currentColor"},
      "r²; none where r < 0"
    )
  );
  return key;
}

/** Names of sets without the remark in brackets that all of them end with: an axis has little room. */
export function shortNames(sets: readonly Pick<SiteSet, "id" | "label">[]): ReadonlyMap<string, string> {
  const [first] = sets;
  const remark = first === undefined ? "" : (/ \([^()]*\)$/.exec(first.label)?.[0] ?? "");
  const all = remark !== "" && sets.every(({label}) => label.endsWith(remark));
  return new Map(sets.map(({id, label}) => [id, all ? label.slice(0, -remark.length) : label]));
}
