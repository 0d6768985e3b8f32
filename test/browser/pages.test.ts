import {createRequire} from "node:module";
import type {Browser} from "playwright-core";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {sitePages} from "../../scripts/site-pages.js";
import {hasBrowser, openBrowser, openPage} from "./support.js";

const pages = sitePages();
const axeSource = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

describe.skipIf(!hasBrowser)("every page", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  test.each(pages)("/%s loads without an error, a warning or an external request", async (path) => {
    const {page, problems, close} = await openPage(browser, path);
    expect(problems).toEqual([]);
    expect(await page.locator("h1").count()).toBe(1);
    await close();
  });

  test.each(pages)("/%s needs at most 25 requests and 1.5 MB", async (path) => {
    const {requests, bytes, close} = await openPage(browser, path);
    expect(requests.length).toBeLessThanOrEqual(path === "" ? 20 : 25);
    expect(bytes()).toBeLessThan(1.5e6);
    await close();
  });

  test.each(pages)("/%s fits 390 pixels, in the dark too", async (path) => {
    const {page, problems, close} = await openPage(browser, path, {
      viewport: {width: 390, height: 844},
      isMobile: true,
      hasTouch: true,
      colorScheme: "dark"
    });
    expect(problems).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await close();
  });

  const schemes = ["light", "dark"] as const;
  const looks = [1440, 390].flatMap((width) => schemes.map((scheme) => [width, scheme] as const));
  test.each(pages.flatMap((path) => looks.map((look) => [path, ...look] as const)))(
    "/%s has no serious accessibility violation (%i pixels, %s)",
    async (path, width, colorScheme) => {
      const {page, close} = await openPage(browser, path, {
        viewport: {width, height: 900},
        isMobile: width === 390,
        colorScheme
      });
      await page.addScriptTag({path: axeSource});
      const violations = await page.evaluate(async () => {
        const {axe} = window as unknown as {
          axe: {run(): Promise<{violations: {id: string; impact: string; nodes: {html: string}[]}[]}>};
        };
        return (await axe.run()).violations
          .filter(({impact}) => impact === "serious" || impact === "critical")
          .map(({id, nodes}) => `${id}: ${nodes.map(({html}) => html.slice(0, 160)).join(" | ")}`);
      });
      expect(violations).toEqual([]);
      await close();
    }
  );
});
