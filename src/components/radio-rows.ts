export interface RadioRow<K extends string> {
  readonly key: K;
  /** Where it lies in the drawing, in pixels from the top. */
  readonly top: number;
  readonly height: number;
  /** For those who listen. */
  readonly label: string;
}

export interface RadioRowsOptions<K extends string> {
  /** What is chosen. */
  readonly label: string;
  readonly rows: readonly RadioRow<K>[];
  readonly width: number;
  /** The attribute of a row that holds its key. */
  readonly attribute: `data-${string}`;
  /** A row was pointed at, or moved to by keyboard. */
  readonly onRow: (key: K) => void;
}

/**
 * Lays rows over a drawing that can be pointed at, touched and moved to by keyboard: a radio group with the arrow keys. Returns what
 * marks one.
 */
export function withRadioRows<K extends string>(
  svg: Element,
  {label, rows, width, attribute, onRow}: RadioRowsOptions<K>
): (key: string) => void {
  const make = (name: string) => svg.ownerDocument.createElementNS("http://www.w3.org/2000/svg", name);
  const group = make("g");
  group.setAttribute("role", "radiogroup");
  group.setAttribute("aria-label", label);
  const marks = rows.map((row) => {
    const mark = make("rect");
    for (const [name, value] of Object.entries({
      x: 0,
      y: row.top,
      width,
      height: row.height,
      rx: 2,
      fill: "transparent",
      role: "radio",
      tabindex: -1,
      "aria-checked": "false",
      "aria-label": row.label,
      class: "band-row",
      [attribute]: row.key
    })) {
      mark.setAttribute(name, String(value));
    }
    for (const type of ["pointerenter", "click", "focus"]) mark.addEventListener(type, () => onRow(row.key));
    group.append(mark);
    return mark;
  });
  group.addEventListener("keydown", (event) => {
    const {key, target} = event as KeyboardEvent;
    const step = {ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1}[key];
    if (step === undefined) return;
    event.preventDefault();
    const i = marks.indexOf(target as SVGElement);
    (marks[(i + step + marks.length) % marks.length] as unknown as unknown as SVGElement).focus();
  });
  svg.append(group);
  return (chosen) => {
    for (const mark of marks) {
      const is = mark.getAttribute(attribute) === chosen;
      mark.setAttribute("aria-checked", String(is));
      mark.setAttribute("tabindex", is ? "0" : "-1");
      shade(mark, is);
    }
  };
}

/** The look of a part of a drawing that is chosen, or not. */
export function shade(mark: Element, chosen: boolean): void {
  mark.setAttribute("fill", chosen ? "var(--theme-foreground-focus)" : "transparent");
  mark.setAttribute("fill-opacity", chosen ? "0.1" : "1");
}
