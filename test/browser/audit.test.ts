import type {Browser} from "playwright-core";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {hasBrowser, openBrowser, openPage} from "./support.js";

describe.skipIf(!hasBrowser)("Audit", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  test("pairing by position in a list of text changes the verdict", async () => {
    const {page, problems, close} = await openPage(browser, "audit");
    const before = await page.locator("#verdict").textContent();
    await page.getByText("as text: by position in a list").click();
    await expect.poll(() => page.locator("#verdict").textContent()).not.toBe(before);
    expect(new URL(page.url()).searchParams.get("pairs")).toBe("mispaired");
    expect(problems).toEqual([]);
    await close();
  });

  test("a larger p makes more of the published numbers impossible", async () => {
    const {page, close} = await openPage(browser, "audit?p=0.3");
    const impossible = () => page.locator("#parseval tbody tr", {hasText: "impossible"}).count();
    const few = await impossible();
    await page.locator('input[type="range"]').fill("1");
    await expect.poll(impossible).toBeGreaterThan(few);
    expect(new URL(page.url()).searchParams.get("p")).toBe("1");
    await close();
  });
});
