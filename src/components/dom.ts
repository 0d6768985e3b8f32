type Child = Node | string | null | undefined | false;

/** Makes an HTML element. `on…` attributes are listeners; null, undefined and false leave an attribute out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, unknown>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value as EventListener);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== null && child !== undefined && child !== false) node.append(child);
  return node;
}

/** A place whose content may be wider than it: scrolled by finger, mouse and, as it can have the focus, by keyboard. */
export function scrollRegion(label: string, ...children: readonly Child[]): HTMLDivElement {
  return element("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": label}, ...children);
}

/** One that is scrolled up and down too, under a head that stays. */
export function tallRegion(label: string, ...children: readonly Child[]): HTMLDivElement {
  const region = scrollRegion(label, ...children);
  region.classList.add("tall");
  return region;
}

/** Gives an element the `value` and `input` events that Framework's `view` listens to. */
export function asInput<E extends Element, T>(node: E, get: () => T, set: (value: T) => void): E & {value: T} {
  Object.defineProperty(node, "value", {get, set, configurable: true});
  return node as E & {value: T};
}

/** Says that an input's value has changed. */
export function changed(node: Element): void {
  node.dispatchEvent(new Event("input", {bubbles: true}));
}
