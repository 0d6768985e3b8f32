/**
 * What a page shows stands in its address, so that a link reproduces it. Reads `name`; `fallback` where the address does
 * not have it or its value is not among `allowed`.
 */
export function fromUrl(name: string, fallback: string, allowed?: readonly string[]): string {
  const value = new URLSearchParams(location.search).get(name);
  if (value === null || (allowed !== undefined && !allowed.includes(value))) return fallback;
  return value;
}

/** Writes values into the address without a new entry in the history, and into the links to our other pages. */
export function toUrl(values: Readonly<Record<string, string | null>>): void {
  const search = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(values)) {
    if (value === null) search.delete(name);
    else search.set(name, value);
  }
  const text = search.size > 0 ? `?${search}` : "";
  if (text !== location.search) history.replaceState(history.state, "", `${location.pathname}${text}${location.hash}`);
  for (const link of document.querySelectorAll<HTMLAnchorElement>("a[data-keep-state]")) link.search = text;
}
