import {type Facts, hide, show} from "./provenance.js";

export interface PointsOptions<T> {
  /** What the points are, for those who listen. */
  readonly label: string;
  /** One data item a point, in the order of the points. */
  readonly items: readonly T[];
  readonly key: (item: T) => string;
  /** Said of a point that has the focus. */
  readonly describe: (item: T) => string;
  /** Shown beside a point. */
  readonly facts: (item: T) => Facts;
  readonly onSelect: (item: T) => void;
  /** The order in which the arrow keys go through the points; by default that of the items. */
  readonly order?: readonly number[];
}

/** A drawing whose points can be chosen. `setPoint` marks one by its key, or none. */
export type PointChart<E extends Element> = E & {setPoint(key: string | null): void};

/**
 * Makes points of a drawing a radio group: pointing at one shows its numbers, a click, a touch, Enter or the space bar chooses
 * it; the arrow keys go from one to the next.
 */
export function withSelectablePoints<E extends Element, T>(
  svg: E,
  points: readonly Element[],
  {label, items, key, describe, facts, onSelect, order = items.map((_, i) => i)}: PointsOptions<T>
): PointChart<E> {
  if (points.length !== items.length) {
    throw new RangeError(`a drawing has ${points.length} points for ${items.length} items`);
  }
  const place = new Map(order.map((item, i) => [item, i]));
  const indexOf = new Map<EventTarget, number>(points.map((point, i) => [point, i]));
  points.forEach((point, i) => {
    point.setAttribute("role", "radio");
    point.setAttribute("aria-checked", "false");
    point.setAttribute("aria-label", describe(items[i]));
    point.setAttribute("tabindex", i === order[0] ? "0" : "-1");
    point.setAttribute("data-point", key(items[i]));
  });
  const group = points[0]?.parentElement ?? svg;
  group.setAttribute("role", "radiogroup");
  group.setAttribute("aria-label", label);
  const at = (event: Event) => (event.target === null ? undefined : indexOf.get(event.target));
  const over = (event: Event) => {
    const i = at(event);
    if (i !== undefined) show(points[i], facts(items[i]));
  };
  group.addEventListener("pointerover", over);
  group.addEventListener("focusin", over);
  group.addEventListener("pointerout", hide);
  group.addEventListener("focusout", hide);
  const choose = (i: number) => onSelect(items[i]);
  svg.addEventListener("click", (event) => {
    const i = at(event) ?? nearest(points, event as MouseEvent);
    if (i === undefined) return;
    event.stopImmediatePropagation();
    choose(i);
  });
  group.addEventListener("keydown", (event) => {
    const i = at(event);
    if (i === undefined) return;
    const {key: pressed} = event as KeyboardEvent;
    if (pressed === "Escape") return hide();
    if (pressed === "Enter" || pressed === " ") {
      event.preventDefault();
      return choose(i);
    }
    const here = place.get(i)!;
    const next = {
      ArrowRight: here + 1,
      ArrowDown: here + 1,
      ArrowLeft: here - 1,
      ArrowUp: here - 1,
      Home: 0,
      End: order.length - 1
    }[pressed];
    if (next === undefined) return;
    event.preventDefault();
    const target = points[order[(next + order.length) % order.length]];
    points[i].setAttribute("tabindex", "-1");
    target.setAttribute("tabindex", "0");
    (target as SVGElement).focus();
  });
  return Object.assign(svg, {
    setPoint(chosen: string | null): void {
      let found = false;
      points.forEach((point, i) => {
        const is = key(items[i]) === chosen;
        point.setAttribute("aria-checked", String(is));
        if (is) found = true;
      });
      if (!found) return;
      points.forEach((point) => {
        point.setAttribute("tabindex", point.getAttribute("aria-checked") === "true" ? "0" : "-1");
      });
    }
  });
}

/** A finger does not hit a dot: the nearest one within reach counts. */
function nearest(points: readonly Element[], {clientX, clientY}: MouseEvent, reach = 14): number | undefined {
  let found: number | undefined;
  let least = reach;
  points.forEach((point, i) => {
    const box = point.getBoundingClientRect();
    const away = Math.hypot(clientX - box.left - box.width / 2, clientY - box.top - box.height / 2);
    if (away >= least) return;
    least = away;
    found = i;
  });
  return found;
}
