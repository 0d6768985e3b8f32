/**
 * What a page shows stands in its address, so that a link reproduces it. Reads `name`; `fallback` where the address does
 * not have it or its value is not among `allowed`.
 */
export function fromUrl(name: string, fallback: string, allowed?: readonly string[]): string {
  const value = name in waiting ? waiting[name] : new URLSearchParams(location.search).get(name);
  if (value === null || (allowed !== undefined && !allowed.includes(value))) return fallback;
  return value;
}

/**
 * Writes values into the address without a new entry in the history, and into the links to our other pages. What follows the hand
 * changes them with every frame, but browsers refuse an address that changes hundreds of times in some seconds: after a few
 * changes at once the next are written together, ten times a second.
 */
export function toUrl(values: Readonly<Record<string, string | null>>): void {
  Object.assign(waiting, values);
  if (timer !== undefined) return;
  const now = performance.now();
  burst = Math.max(0, burst - (now - last) / interval) + 1;
  last = now;
  if (burst <= atOnce) write();
  else timer = setTimeout(write, interval);
}

const interval = 100;
const atOnce = 10;
let waiting: Record<string, string | null> = {};
let timer: ReturnType<typeof setTimeout> | undefined;
let burst = 0;
let last = 0;

function write(): void {
  clearTimeout(timer);
  timer = undefined;
  const search = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(waiting)) {
    if (value === null) search.delete(name);
    else search.set(name, value);
  }
  waiting = {};
  const text = search.size > 0 ? `?${search}` : "";
  if (text !== location.search) history.replaceState(history.state, "", `${location.pathname}${text}${location.hash}`);
  keepStateInLinks();
}

/** Takes everything out of the address but the values of these names. */
export function clearUrl(names: readonly string[]): void {
  const kept = names.map((name) => [name, fromUrl(name, "")] as const);
  waiting = {};
  history.replaceState(history.state, "", location.pathname);
  toUrl(Object.fromEntries(kept.map(([name, value]) => [name, value || null])));
}

/** What goes along every link between pages; a link with `data-keep-state` takes all that the address says. */
const everywhere = ["convention", "image"];

/** Updates the links to our other pages. */
export function keepStateInLinks(): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>("a[href]")) keepStateIn(link);
}

/** Updates one link, if it goes to another of our pages. What the link itself says (`?arm=…`) stays. */
export function keepStateIn(link: HTMLAnchorElement): void {
  const href = link.getAttribute("href");
  if (href === null || href.startsWith("#") || link.hasAttribute("download") || !isPage(link)) return;
  if (timer !== undefined) write();
  const here = new URLSearchParams(location.search);
  if (link.dataset.keepState !== undefined) {
    link.search = here.size > 0 ? `?${here}` : "";
    return;
  }
  link.dataset.said ??= link.search;
  const search = new URLSearchParams(link.dataset.said);
  for (const name of everywhere) {
    const value = here.get(name);
    if (value !== null && !search.has(name)) search.set(name, value);
  }
  const text = search.size > 0 ? `?${search}` : "";
  if (text !== link.search) link.search = text;
}

function isPage({origin, pathname}: HTMLAnchorElement): boolean {
  return origin === location.origin && /(\/|\/[\w-]+|\.html)$/.test(pathname);
}
