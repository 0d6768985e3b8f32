import {createRequire} from "node:module";
import type {Browser, BrowserContextOptions, Page} from "playwright-core";

/** What a page should not exceed. */
export const limits = {requests: 25, bytes: 1.5e6, interactive: 1000} as const;

/** What loading a page took. */
export interface PageLoad {
  readonly requests: number;
  /** Over the wire, compressed, images left out. */
  readonly bytes: number;
  readonly imageBytes: number;
  /** Milliseconds from navigation until every cell that the page shows at first has run, and what it draws stands. */
  readonly interactive: number;
  /** JavaScript heap after loading, bytes. */
  readonly heap: number;
  readonly consoleErrors: readonly string[];
  readonly external: readonly string[];
}

export interface AxeViolation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly string[];
}

export const chromiumArguments = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--enable-precise-memory-info"
];

const axeSource = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Loads a page in a context of its own, so without a cache, and hands it to `use`. */
export async function withPage<T>(
  browser: Browser,
  url: string,
  options: BrowserContextOptions,
  use: (page: Page, load: PageLoad) => Promise<T>
): Promise<T> {
  const context = await browser.newContext(options);
  try {
    const page = await context.newPage();
    const origin = new URL(url).origin;
    const consoleErrors: string[] = [];
    const external: string[] = [];
    let requests = 0;
    let bytes = 0;
    let imageBytes = 0;
    page.on("request", (request) => {
      const address = request.url();
      if (/^(data|blob):/.test(address)) return;
      requests++;
      if (!address.startsWith(origin)) external.push(address);
    });
    page.on("requestfailed", (request) => consoleErrors.push(`failed: ${request.url()}`));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) consoleErrors.push(message.text());
    });
    page.on("pageerror", (error) => consoleErrors.push(error.message));
    const session = await context.newCDPSession(page);
    await session.send("Network.enable");
    const images = new Set<string>();
    session.on("Network.responseReceived", ({requestId, response}) => {
      if (response.mimeType.startsWith("image/")) images.add(requestId);
    });
    session.on("Network.loadingFinished", ({requestId, encodedDataLength}) => {
      if (images.has(requestId)) imageBytes += encodedDataLength;
      else bytes += encodedDataLength;
    });
    // tsx names the functions inside by a helper that a page does not have
    await page.addInitScript(`globalThis.__name ??= (f) => f; (${watchCells})();`);
    await page.goto(url, {waitUntil: "load"});
    const interactive = await page.evaluate(
      () => (window as unknown as {interactiveAt: Promise<number>}).interactiveAt
    );
    await page.waitForLoadState("networkidle");
    const heap = await page.evaluate(
      () => (performance as unknown as {memory?: {usedJSHeapSize: number}}).memory?.usedJSHeapSize ?? 0
    );
    return await use(page, {requests, bytes, imageBytes, interactive, heap, consoleErrors, external});
  } finally {
    await context.close();
  }
}

/** Serious and critical violations that axe-core finds. */
export async function axeViolations(page: Page): Promise<AxeViolation[]> {
  await page.addScriptTag({path: axeSource});
  return page.evaluate(async () => {
    const {axe} = window as unknown as {
      axe: {run(): Promise<{violations: {id: string; impact: string; nodes: {html: string}[]}[]}>};
    };
    return (await axe.run()).violations
      .filter(({impact}) => impact === "serious" || impact === "critical")
      .map(({id, impact, nodes}) => ({id, impact, nodes: nodes.map(({html}) => html.slice(0, 200))}));
  });
}

/**
 * Runs in the page, before anything else: when all cells that can run have run. Framework's runtime is caught through its module;
 * a cell runs until its promise settles. A cell that waits while nothing is fetched and nothing computed waits for the reader (a
 * file to be dropped) or for ever (pictures of a site without images): it does not count.
 */
function watchCells(): void {
  interface Variable {
    readonly _reachable: boolean;
    readonly _promise: Promise<unknown>;
  }
  interface Runtime {
    readonly _variables: ReadonlySet<Variable>;
    readonly _dirty: ReadonlySet<Variable>;
    readonly _updates: ReadonlySet<Variable>;
    readonly _computing: Promise<unknown> | null;
  }
  const runtimes = new Set<Runtime>();
  const links = new MutationObserver(() => {
    const link = document.querySelector<HTMLLinkElement>('link[rel="modulepreload"][href*="_observablehq/runtime."]');
    if (link === null) return;
    links.disconnect();
    // the module that the page imports anyway: no request more
    void import(link.href).then(({Runtime: {prototype}}) => {
      const compute = prototype._computeNow;
      prototype._computeNow = function (this: Runtime) {
        runtimes.add(this);
        return compute.call(this);
      };
    });
  });
  links.observe(document, {childList: true, subtree: true});

  let fetching = 0;
  const counted = <A extends unknown[], T>(run: (...given: A) => Promise<T>) =>
    async function (this: unknown, ...given: A): Promise<T> {
      fetching++;
      try {
        return await run.apply(this, given);
      } finally {
        fetching--;
      }
    };
  window.fetch = counted(window.fetch);
  for (const name of ["arrayBuffer", "blob", "json", "text"] as const) {
    Object.assign(Response.prototype, {[name]: counted(Response.prototype[name] as () => Promise<unknown>)});
  }

  const settled = new WeakSet<Promise<unknown>>();
  const watched = new WeakSet<Promise<unknown>>();
  let changes = 0;
  /** Cells that run; -1 while the runtime has yet to begin them. */
  const running = () => {
    let count = runtimes.size === 0 ? -1 : 0;
    for (const {_variables, _dirty, _updates, _computing} of runtimes) {
      if (_computing !== null || _dirty.size > 0 || _updates.size > 0) return -1;
      for (const {_reachable, _promise} of _variables) {
        if (!_reachable || settled.has(_promise)) continue;
        count++;
        if (watched.has(_promise)) continue;
        watched.add(_promise);
        const settle = () => {
          settled.add(_promise);
          changes++;
        };
        _promise.then(settle, settle);
      }
    }
    return count;
  };

  // what they draw in a frame of its own, when they know their width, is theirs too
  new MutationObserver(() => {
    changes++;
  }).observe(document, {childList: true, subtree: true});

  let tasks = 0;
  new PerformanceObserver((list) => {
    for (const {startTime, duration} of list.getEntries()) tasks = Math.max(tasks, startTime + duration);
  }).observe({type: "longtask", buffered: true});

  Object.assign(window, {
    interactiveAt: new Promise<number>((resolve) => {
      let since = 0;
      let last = "";
      let frame = 0;
      const look = () => {
        const now = performance.now();
        const cells = running();
        const state = `${cells} ${fetching} ${changes}`;
        if (state !== last || now - frame > 100) since = now;
        last = state;
        frame = now;
        const quiet = document.readyState === "complete" && cells >= 0 && fetching === 0;
        // what a last cell displays may still be drawn: a long task in that time counts
        if (now > 30_000 || (quiet && now - since >= (cells === 0 ? 150 : 1500))) resolve(Math.max(since, tasks));
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    })
  });
}
