import {readFileSync} from "node:fs";
import {type Browser, type BrowserContextOptions, chromium, type Download, type Page} from "playwright-core";
import {inject} from "vitest";

export const siteUrl = inject("siteUrl");
export const hasBrowser = inject("chromium") !== "";

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: inject("chromium"),
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
  });
}

/** A page that records what must not happen: errors, failed and external requests. */
export interface WatchedPage {
  readonly page: Page;
  readonly problems: string[];
  readonly requests: string[];
  /** Bytes that came over the wire, headers included. */
  bytes(): number;
  close(): Promise<void>;
}

/** A page of the site under test. */
export function openPage(browser: Browser, path: string, options?: BrowserContextOptions): Promise<WatchedPage> {
  return watch(browser, siteUrl, path, options);
}

/** What was saved, as text. */
export async function readDownload(download: Download): Promise<string> {
  return readFileSync((await download.path())!, "utf8");
}

/** A page of the site at `site`. */
export async function watch(
  browser: Browser,
  site: string,
  path: string,
  options: BrowserContextOptions = {viewport: {width: 1280, height: 900}}
): Promise<WatchedPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const problems: string[] = [];
  const requests: string[] = [];
  let bytes = 0;
  page.on("request", (request) => {
    const url = request.url();
    if (/^(data|blob):/.test(url)) return;
    requests.push(url);
    if (!url.startsWith(site)) problems.push(`external request: ${url}`);
  });
  page.on("requestfailed", (request) => problems.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  page.on("response", (response) => {
    if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`);
  });
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  session.on("Network.loadingFinished", (event) => {
    bytes += event.encodedDataLength;
  });
  await page.goto(site + path, {waitUntil: "networkidle"});
  await page.waitForFunction(() => document.querySelector("observablehq-loading") === null);
  for (const text of await page.locator(".observablehq--error").allTextContents()) problems.push(`cell: ${text}`);
  return {page, problems, requests, bytes: () => bytes, close: () => context.close()};
}

/** The grey values on a canvas, thinned: enough to see whether what it shows has changed. */
export async function picture(page: Page, selector: string): Promise<number[]> {
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  return page.locator(selector).evaluate((node) => {
    const shown = node as HTMLCanvasElement;
    const canvas = new OffscreenCanvas(shown.width, shown.height);
    const context = canvas.getContext("2d", {willReadFrequently: true})!;
    context.drawImage(shown, 0, 0);
    const {data} = context.getImageData(0, 0, canvas.width, canvas.height);
    return Array.from({length: 400}, (_, i) => data[4 * Math.floor((i / 400) * (data.length / 4))]);
  });
}
