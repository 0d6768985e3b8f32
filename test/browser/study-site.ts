import type {Browser, BrowserContextOptions} from "playwright-core";
import {afterAll, beforeAll} from "vitest";
import {openBrowser, openPage, siteUrl, type WatchedPage} from "./support.js";

/** Whether the site under test shows a study: without one the study pages have less to test. */
export async function siteHasStudy(): Promise<boolean> {
  const html = await (await fetch(`${siteUrl}statistics`)).text();
  const file = /_file\/data\/studies\.[\w]+\.json/.exec(html)?.[0];
  if (file === undefined) return false;
  const studies = (await (await fetch(siteUrl + file)).json()) as unknown[];
  return studies.length > 0;
}

/** The site as the tests of one of its study pages use it. */
export interface StudySite {
  /** Known once the tests run. */
  readonly study: boolean;
  open(path: string, options?: BrowserContextOptions): Promise<WatchedPage>;
  /** A page at the address that another shows: what its link brings back. */
  openAgain(url: string): Promise<WatchedPage>;
}

/** To be called where tests are described: a browser for all of them, and whether there is a study to test. */
export function studySite(): StudySite {
  let browser: Browser;
  let study = false;
  beforeAll(async () => {
    browser = await openBrowser();
    study = await siteHasStudy();
  });
  afterAll(() => browser?.close());
  return {
    get study() {
      return study;
    },
    open: (path, options) => openPage(browser, path, options),
    openAgain: (url) => openPage(browser, url.slice(siteUrl.length))
  };
}
