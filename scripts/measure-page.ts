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
  /** Milliseconds from navigation until every cell has run and the page has answered a frame. */
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

/** Runs in the page: when no cell is waiting any longer, for a tenth of a second. */
function watchCells(): void {
  const waiting = () => document.querySelector("observablehq-loading, .observablehq--running") !== null;
  Object.assign(window, {
    interactiveAt: new Promise<number>((resolve) => {
      let since: number | null = null;
      const look = () => {
        const now = performance.now();
        if (document.readyState === "loading" || waiting()) since = null;
        else {
          since ??= now;
          if (now - since >= 100) {
            resolve(since);
            return;
          }
        }
        if (now > 30_000) resolve(now);
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    })
  });
}
