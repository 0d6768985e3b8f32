import {type BandName, bandLabel, bands} from "./bands-data.js";

export interface BandRowsOptions {
  /** Where the row of a band lies in the drawing, in pixels from the top. */
  readonly rowOf: (band: BandName) => {readonly top: number; readonly height: number};
  readonly width: number;
  /** What is said of a band beside its name. */
  readonly describe: (band: BandName) => string;
  /** A band was pointed at, or moved to by keyboard. */
  readonly onBand: (band: BandName) => void;
}

/** A drawing whose rows are bands. `setBand` marks one. */
export type BandChart<E extends Element> = E & {setBand(band: string): void};

/**
 * Lays a row over each band of a drawing that can be pointed at, touched and moved to by keyboard: the rows are a radio group
 * with the arrow keys.
 */
export function withBandRows<E extends Element>(
  svg: E,
  {rowOf, width, describe, onBand}: BandRowsOptions
): BandChart<E> {
  const document = svg.ownerDocument;
  const make = (name: string) => document.createElementNS("http://www.w3.org/2000/svg", name);
  const group = make("g");
  group.setAttribute("role", "radiogroup");
  group.setAttribute("aria-label", "Band");
  const rows = new Map<string, Element>();
  for (const band of bands) {
    const {top, height} = rowOf(band);
    const row = make("rect");
    for (const [name, value] of Object.entries({
      x: 0,
      y: top,
      width,
      height,
      rx: 2,
      fill: "transparent",
      role: "radio",
      tabindex: -1,
      "aria-checked": "false",
      "aria-label": `${bandLabel(band)} (${band}): ${describe(band)}`,
      class: "band-row",
      "data-band": band
    })) {
      row.setAttribute(name, String(value));
    }
    row.addEventListener("pointerenter", () => onBand(band));
    row.addEventListener("click", () => onBand(band));
    row.addEventListener("focus", () => onBand(band));
    rows.set(band, row);
    group.append(row);
  }
  group.addEventListener("keydown", (event) => {
    const {key, target} = event as KeyboardEvent;
    const step = {ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1}[key];
    if (step === undefined) return;
    const i = bands.indexOf((target as Element).getAttribute("data-band") as BandName);
    event.preventDefault();
    (rows.get(bands[(i + step + bands.length) % bands.length]) as unknown as SVGElement).focus();
  });
  svg.append(group);
  return Object.assign(svg, {
    setBand(chosen: string): void {
      for (const [band, row] of rows) {
        const is = band === chosen;
        row.setAttribute("aria-checked", String(is));
        row.setAttribute("tabindex", is ? "0" : "-1");
        row.setAttribute("fill", is ? "var(--theme-foreground-focus)" : "transparent");
        row.setAttribute("fill-opacity", is ? "0.1" : "1");
      }
    }
  });
}
