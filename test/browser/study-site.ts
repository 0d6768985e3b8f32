import type {Browser, BrowserContextOptions} from "playwright-core";
import {afterAll, beforeAll} from "vitest";
import type {SiteStudy} from "../../src/components/study-data.js";
import {openBrowser, openPage, siteUrl, type WatchedPage} from "./support.js";

/** The studies that the site under test shows: without one the study pages have less to test. */
export async function siteStudies(): Promise<SiteStudy[]> {
  const html = await (await fetch(`${siteUrl}statistics`)).text();
  const file = /_file\/data\/studies\.[\w]+\.json/.exec(html)?.[0];
  return file === undefined ? [] : ((await (await fetch(siteUrl + file)).json()) as SiteStudy[]);
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
    study = (await siteStudies()).length > 0;
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
